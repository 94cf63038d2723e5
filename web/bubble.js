// @ts-check
/** One message as one sees it: who, what, when, what it answers, and what others feel about it. */

import { button, element } from "./dom.js";
import { fullTime, hue, initial, timeOfDay } from "./words.js";

/** @import { Text } from "./texts.js" */

/** Messages of one person within this time stand together. */
const TOGETHER_MS = 5 * 60_000;

/**
 * @param {{ seq?: number, id: string, sender: string, at: number }} of
 * @param {boolean} mine
 */
export function newBubble({ seq, id, sender, at }, mine) {
  const item = element("li", mine ? "message mine" : "message");
  Object.assign(item.dataset, { id, sender, at: String(at) });
  if (seq !== undefined) item.dataset.seq = String(seq);
  item.tabIndex = -1;
  item.style.setProperty("--hue", String(hue(sender)));
  const face = element("span", "face", initial(sender));
  face.ariaHidden = "true";
  if (!mine) face.dataset.user = sender;
  const bubble = element("div", "bubble");
  const time = element("time", "at", timeOfDay(at));
  time.title = fullTime(at);
  bubble.append(element("span", "sender", sender), element("p", "said"), time);
  const stack = element("div", "stack");
  stack.append(bubble);
  item.append(face, stack);
  return item;
}

/**
 * What it says now.
 * @param {HTMLElement} item
 * @param {Pick<Text, "body" | "gone" | "edited">} text
 */
export function drawBody(item, { body, gone, edited }) {
  item.classList.toggle("gone", gone);
  const said = /** @type {HTMLElement} */ (item.querySelector(".said, .deleted"));
  said.className = gone ? "deleted" : "said";
  said.textContent = gone ? "This message was deleted" : body;
  said.dir = "auto";
  if (gone) item.querySelector(".quote")?.remove();
  const time = item.querySelector(".at");
  item.querySelector(".edited")?.remove();
  if (edited && !gone) time?.prepend(element("span", "edited", "edited "));
}

/**
 * @param {HTMLElement} item
 * @param {Text} text
 */
export function drawReactions(item, { reactions }) {
  const had = item.querySelector(".reactions");
  const focused = had?.contains(document.activeElement) ? /** @type {HTMLElement} */ (document.activeElement).dataset.reaction : undefined;
  had?.remove();
  if (reactions.size === 0) return;
  const row = element("div", "reactions");
  row.ariaLive = "off";
  for (const [reaction, { count, me }] of reactions) {
    const chip = button("chip", "");
    chip.append(element("span", "emoji", reaction), ` ${count}`);
    chip.dataset.reaction = reaction;
    chip.ariaPressed = String(me);
    chip.ariaLabel = `${reaction}, ${count === 1 ? "1 person" : `${count} people`}${me ? ", you too" : ""}`;
    row.append(chip);
    if (reaction === focused) queueMicrotask(() => chip.focus());
  }
  item.querySelector(".stack")?.append(row);
}

/**
 * What it answers, short; a click goes there.
 * @param {HTMLElement} item
 * @param {number} to
 * @param {{ sender: string, body: string, gone: boolean } | undefined} text unknown yet
 */
export function drawQuote(item, to, text) {
  const quote = item.querySelector(".quote") ?? button("quote", "");
  if (!(quote instanceof HTMLElement)) return;
  quote.dataset.to = String(to);
  quote.ariaLabel = text ? `In answer to ${text.sender}: ${text.gone ? "a deleted message" : text.body}` : "In answer to an earlier message";
  const who = element("span", "quote-who", text?.sender ?? "…");
  who.style.setProperty("--hue", String(hue(text?.sender ?? "")));
  quote.replaceChildren(who, element("span", "quote-said", text?.gone ? "deleted" : text?.body ?? ""));
  const said = item.querySelector(".said");
  if (!quote.isConnected) said?.before(quote);
}

/**
 * A line about the conversation itself: who came, who went, what it is called.
 * @param {number} seq
 * @param {number} at
 * @param {string} words
 */
export function newEvent(seq, at, words) {
  const item = element("li", "event", words);
  Object.assign(item.dataset, { seq: String(seq), at: String(at) });
  item.title = fullTime(at);
  return item;
}

/**
 * A message right after one of the same person does not repeat who speaks.
 * @param {Element | null} item
 */
export function dress(item) {
  if (!(item instanceof HTMLElement) || !item.classList.contains("message")) return;
  const before = item.previousElementSibling ?? beforePending(item);
  const together = before instanceof HTMLElement
    && before.dataset.sender === item.dataset.sender
    && item.querySelector(".new-line") === null
    && Math.abs(Number(item.dataset.at) - Number(before.dataset.at)) < TOGETHER_MS;
  item.classList.toggle("together", together);
}

/**
 * The first that waits stands after the last that was said.
 * @param {HTMLElement} item
 */
function beforePending(item) {
  return item.dataset.state === undefined ? null : item.parentElement?.previousElementSibling?.lastElementChild ?? null;
}
