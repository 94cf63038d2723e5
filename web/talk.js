// @ts-check
/**
 * One conversation: what was said, in the order of its sequence numbers, and below it what this tab
 * said that is still on its way. Text of people is only ever set as text.
 */

import { fullTime, hue, timeOfDay } from "./words.js";

/** @import { Message } from "./session.js" */
/** @import { Draft } from "./outbox.js" */

/** Messages in the document: beyond it the oldest leave while one reads the newest. */
const SHOWN_MAX = 500;
/** Messages of one person within this time stand together. */
const TOGETHER_MS = 5 * 60_000;
/** Nearer to the end than this, one follows it. */
const NEAR_END_PX = 80;

export class Talk {
  /** The user whose messages stand on the right. */
  me = "";
  #unread = 0;

  /**
   * @param {HTMLElement} scroll
   * @param {HTMLOListElement} messages
   * @param {HTMLOListElement} pending
   * @param {HTMLButtonElement} newer
   */
  constructor(scroll, messages, pending, newer) {
    this.scroll = scroll;
    this.messages = messages;
    this.pending = pending;
    this.newer = newer;
    newer.addEventListener("click", () => this.toEnd());
    scroll.addEventListener("scroll", () => { if (this.#isAtEnd()) this.#read(); });
    new ResizeObserver(() => { if (this.#wasAtEnd) this.toEnd(); }).observe(scroll);
  }

  #wasAtEnd = true;

  /** The lowest sequence number shown, or 0. */
  get lowest() {
    return Number(/** @type {HTMLElement | null} */ (this.messages.firstElementChild)?.dataset.seq ?? 0);
  }

  get isEmpty() {
    return this.messages.childElementCount + this.pending.childElementCount === 0;
  }

  clear() {
    this.messages.replaceChildren();
    this.pending.replaceChildren();
    this.#wasAtEnd = true;
    this.#read();
  }

  /** History was lost: what was said is gone, what is on its way is not. */
  forget() {
    this.messages.replaceChildren();
  }

  /**
   * The next message; of one's own, the one that was on its way.
   * @param {Message} message
   */
  add(message) {
    const follows = this.#isAtEnd();
    this.#waiting(message.id)?.remove();
    const item = this.#draw(message.sender, message.body, message.received_at);
    item.dataset.seq = String(message.seq);
    item.dataset.id = message.id;
    this.messages.append(item);
    dress(item);
    dress(this.pending.firstElementChild);
    if (follows || message.sender === this.me) {
      while (this.messages.childElementCount > SHOWN_MAX) this.messages.firstElementChild?.remove();
      dress(this.messages.firstElementChild);
      this.toEnd();
    } else {
      this.#unread += 1;
      this.newer.textContent = `↓ ${this.#unread} new`;
      this.newer.hidden = false;
    }
  }

  /**
   * Older ones, put before the others without moving what one reads.
   * @param {Message[]} older
   */
  prepend(older) {
    const fromEnd = this.scroll.scrollHeight - this.scroll.scrollTop;
    const first = this.messages.firstElementChild;
    const lowest = this.lowest;
    const items = older.filter((message) => lowest === 0 || message.seq < lowest).map((message) => {
      const item = this.#draw(message.sender, message.body, message.received_at);
      item.dataset.seq = String(message.seq);
      item.dataset.id = message.id;
      return item;
    });
    this.messages.prepend(...items);
    items.forEach(dress);
    dress(first);
    this.scroll.scrollTop = this.scroll.scrollHeight - fromEnd;
  }

  /**
   * Said, and on its way.
   * @param {Draft} draft
   */
  wait(draft) {
    const item = this.#draw(this.me, draft.body, draft.sent_at);
    item.dataset.id = draft.id;
    item.dataset.state = "waiting";
    item.title = "On its way";
    this.pending.append(item);
    dress(item);
    this.toEnd();
  }

  /** @param {string} id */
  acknowledged(id) {
    const item = this.#waiting(id);
    if (!item) return;
    item.dataset.state = "said";
    item.title = "Durable";
  }

  /**
   * @param {string} id
   * @param {string} why
   */
  failed(id, why) {
    const item = this.#waiting(id);
    if (!item) return;
    item.dataset.state = "failed";
    const note = document.createElement("p");
    note.className = "why";
    note.textContent = `Not said. ${why}`;
    item.querySelector(".bubble")?.append(note);
  }

  toEnd() {
    this.scroll.scrollTop = this.scroll.scrollHeight;
    this.#read();
  }

  #read() {
    this.#unread = 0;
    this.newer.hidden = true;
  }

  #isAtEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroll;
    this.#wasAtEnd = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
    return this.#wasAtEnd;
  }

  /** @param {string} id */
  #waiting(id) {
    const items = /** @type {HTMLElement[]} */ ([...this.pending.children]);
    return items.find((item) => item.dataset.id === id);
  }

  /**
   * @param {string} sender
   * @param {string} body
   * @param {number} at
   */
  #draw(sender, body, at) {
    const item = document.createElement("li");
    item.className = sender === this.me ? "message mine" : "message";
    item.dataset.sender = sender;
    item.dataset.at = String(at);
    item.style.setProperty("--hue", String(hue(sender)));
    const face = element("span", "face", sender.slice(0, 1).toUpperCase());
    face.ariaHidden = "true";
    const bubble = element("div", "bubble", "");
    const time = element("time", "at", timeOfDay(at));
    time.title = fullTime(at);
    const said = element("p", "said", body);
    said.dir = "auto";
    bubble.append(element("span", "sender", sender), said, time);
    item.append(face, bubble);
    return item;
  }
}

/**
 * A message right after one of the same person does not repeat who speaks.
 * @param {Element | null} item
 */
function dress(item) {
  if (!(item instanceof HTMLElement)) return;
  const before = item.previousElementSibling ?? beforePending(item);
  const together = before instanceof HTMLElement
    && before.dataset.sender === item.dataset.sender
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

/**
 * @param {string} tag
 * @param {string} kind
 * @param {string} text
 */
function element(tag, kind, text) {
  const made = document.createElement(tag);
  made.className = kind;
  made.textContent = text;
  return made;
}
