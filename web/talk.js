// @ts-check
/**
 * One conversation: what was said, in the order of its sequence numbers, and below it what this tab
 * said that is still on its way. A line says where what is new begins.
 */

import { dress, drawBody, drawQuote, drawReactions, newBubble, newEvent } from "./bubble.js";
import { element } from "./dom.js";
import { Texts } from "./texts.js";
import { Unread } from "./unread.js";
import { eventWords } from "./words.js";

/** @import { Draft, Message, Page } from "./sdk/types.js" */
/** @import { Text } from "./texts.js" */

/** Messages in the document: beyond it the oldest leave while one reads the newest. */
const SHOWN_MAX = 500;
/** Nearer to the end than this, one follows it. */
const NEAR_END_PX = 80;

/**
 * @typedef {object} Handlers
 * @property {() => void} atEnd one reads the newest
 * @property {(seq: number) => Promise<Page>} lookUp a text that is answered, and not shown
 */

export class Talk {
  texts = new Texts();
  /** The lowest sequence number that was read, or 0. */
  lowest = 0;
  #wasAtEnd = true;
  /** Texts that are answered, and asked for. @type {Set<number>} */
  #lookedUp = new Set();

  /**
   * @param {HTMLElement} scroll
   * @param {HTMLOListElement} messages
   * @param {HTMLOListElement} pending
   * @param {HTMLButtonElement} newer
   * @param {Handlers} handlers
   */
  constructor(scroll, messages, pending, newer, handlers) {
    this.scroll = scroll;
    this.messages = messages;
    this.pending = pending;
    this.unread = new Unread(messages, newer);
    this.handlers = handlers;
    newer.addEventListener("click", () => this.toEnd());
    scroll.addEventListener("scroll", () => { if (this.isAtEnd()) this.#read(); });
    document.addEventListener("visibilitychange", () => { if (this.isAtEnd()) this.#read(); });
    messages.addEventListener("keydown", (event) => this.#key(event));
    messages.addEventListener("click", (event) => {
      const quote = event.target instanceof Element ? event.target.closest(".quote") : null;
      if (quote instanceof HTMLElement) this.#goTo(Number(quote.dataset.to));
    });
    new ResizeObserver(() => { if (this.#wasAtEnd) this.toEnd(); }).observe(scroll);
  }

  /** The user whose messages stand on the right. */
  get me() { return this.texts.me; }
  set me(user) { this.texts.me = user; }

  get isEmpty() {
    return this.messages.childElementCount + this.pending.childElementCount === 0;
  }

  clear() {
    this.forget();
    this.pending.replaceChildren();
  }

  /** History was lost: what was said is gone, what is on its way is not. */
  forget() {
    this.messages.replaceChildren();
    this.texts.clear();
    this.#lookedUp.clear();
    this.lowest = 0;
    this.#wasAtEnd = true;
    this.unread.begin(1, 0, null);
  }

  /**
   * What comes now begins with `next`; up to `head` it was there before.
   * @param {number} next
   * @param {number} head
   * @param {number | null} read what is above it is new to this person
   */
  begin(next, head, read) {
    if (this.lowest !== 0) return;
    this.lowest = next;
    this.unread.begin(next, head, read);
    if (next > head) this.#read();
  }

  /**
   * The next message; of one's own, the one that was on its way.
   * @param {Message} message
   */
  add(message) {
    if (message.kind === "edit" || message.kind === "delete" || message.kind === "react") {
      this.#change(message);
    } else {
      if (message.kind === "erase") this.texts.erase(message.user ?? "", message.seq).forEach((text) => this.#redraw(text));
      if (message.kind === "expire") this.#expire(message.first ?? 0);
      this.#append(message);
    }
    this.unread.passed(message.seq);
    if (this.isAtEnd()) this.#read();
  }

  /** @param {Message} message */
  #append(message) {
    const follows = this.isAtEnd();
    const mine = message.sender === this.me;
    const isSeen = mine || (follows && !document.hidden);
    const isNew = !mine && this.unread.isFirst(message, isSeen);
    this.#waiting(message.id)?.remove();
    const item = this.#draw(message, message.seq);
    this.messages.append(item);
    this.#enter(item);
    if (isNew) this.unread.line(item);
    dress(item);
    dress(this.pending.firstElementChild);
    if (!isSeen) this.unread.add(follows);
    if (!follows && !mine) return;
    if (this.messages.childElementCount > SHOWN_MAX) {
      this.messages.firstElementChild?.remove();
      this.lowest = Number(this.messages.firstElementChild?.getAttribute("data-seq"));
      dress(this.messages.firstElementChild);
    }
    this.#follow();
  }

  /** @param {Message} event */
  #change(event) {
    this.#waitingChange(event.target ?? 0, false);
    const follows = this.isAtEnd();
    const text = this.texts.apply(event);
    if (text) this.#redraw(text);
    if (follows) this.#follow();
  }

  /** @param {Text} text */
  #redraw(text) {
    const item = this.#item(text.seq);
    if (item) {
      drawBody(item, text);
      drawReactions(item, text);
    }
    this.#drawQuotes(text);
  }

  /**
   * What stands below is not there any more.
   * @param {number} first
   */
  #expire(first) {
    for (const item of [...this.messages.children]) if (Number(item.getAttribute("data-seq")) < first) item.remove();
    this.lowest = Math.max(this.lowest, first);
    dress(this.messages.firstElementChild);
  }

  /**
   * Older ones, put before the others without moving what one reads.
   * @param {number} from
   * @param {Page} page
   */
  prepend(from, page) {
    const fromEnd = this.scroll.scrollHeight - this.scroll.scrollTop;
    const first = this.messages.firstElementChild;
    const older = page.messages.filter(({ seq, kind }) => seq < this.lowest && kind !== "edit" && kind !== "delete" && kind !== "react");
    const items = older.map((message) => this.#draw(message, page.as_of));
    this.lowest = Math.min(this.lowest, page.messages[0]?.seq ?? from);
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
    if (draft.type !== "send") return this.#waitingChange(draft.target ?? 0, true);
    const item = newBubble({ id: draft.id, sender: this.me, at: draft.sent_at }, true);
    drawBody(item, { body: draft.body ?? "", gone: false, edited: false });
    if (draft.reply_to) this.#quote(item, draft.reply_to);
    item.dataset.state = "waiting";
    item.title = "On its way";
    this.pending.append(item);
    dress(item);
    this.unread.line(null);
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
   * @param {Draft} draft
   * @param {string} why
   */
  failed(draft, why) {
    this.#waitingChange(draft.target ?? 0, false);
    const item = this.#waiting(draft.id);
    if (!item) return;
    item.dataset.state = "failed";
    item.querySelector(".bubble")?.append(element("p", "why", `Not said. ${why}`));
  }

  toEnd() {
    this.#follow();
    this.#read();
  }

  isAtEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.scroll;
    this.#wasAtEnd = scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
    return this.#wasAtEnd;
  }

  /** The last text of this user that is shown and not gone. */
  get lastOwn() {
    const mine = [...this.messages.querySelectorAll(".message.mine:not(.gone)")].at(-1);
    return mine instanceof HTMLElement ? this.texts.get(Number(mine.dataset.seq)) : undefined;
  }

  #follow() {
    this.scroll.scrollTop = this.scroll.scrollHeight;
    this.#wasAtEnd = true;
  }

  #read() {
    if (document.hidden || !this.unread.isCaughtUp) return;
    this.unread.read();
    if (this.lowest !== 0) this.handlers.atEnd();
  }

  /**
   * @param {Message} message
   * @param {number} asOf
   */
  #draw(message, asOf) {
    if (message.kind !== undefined && message.kind !== "gone") return newEvent(message.seq, message.received_at, eventWords(message));
    const text = this.texts.add(message, asOf);
    const item = newBubble(text, text.sender === this.me);
    drawBody(item, text);
    drawReactions(item, text);
    if (text.replyTo !== undefined && !text.gone) this.#quote(item, text.replyTo);
    this.#drawQuotes(text);
    return item;
  }

  /**
   * @param {HTMLElement} item
   * @param {number} to
   */
  #quote(item, to) {
    const text = this.texts.get(to);
    drawQuote(item, to, text);
    if (text !== undefined || this.#lookedUp.has(to)) return;
    this.#lookedUp.add(to);
    this.handlers.lookUp(to).then((page) => {
      const [message] = page.messages;
      if (message?.seq === to && this.#lookedUp.delete(to) && this.texts.get(to) === undefined) this.#drawQuotes(this.texts.add(message, page.as_of));
    }, () => {});
  }

  /** @param {Text} text */
  #drawQuotes(text) {
    for (const quote of this.scroll.querySelectorAll(`.quote[data-to="${text.seq}"]`)) {
      const item = quote.closest("li");
      if (item !== null) drawQuote(item, text.seq, text);
    }
  }

  /** @param {number} seq */
  #goTo(seq) {
    const item = this.#item(seq);
    item?.scrollIntoView({ block: "center" });
    item?.focus();
  }

  /** @param {number} seq @returns {HTMLElement | null} */
  #item(seq) {
    return this.messages.querySelector(`li.message[data-seq="${seq}"]`);
  }

  /** @param {string} id */
  #waiting(id) {
    const items = /** @type {HTMLElement[]} */ ([...this.pending.children]);
    return items.find((item) => item.dataset.id === id);
  }

  /**
   * @param {number} target
   * @param {boolean} waits
   */
  #waitingChange(target, waits) {
    this.#item(target)?.classList.toggle("changing", waits);
  }

  /** One message is reached with the tab key, the others from there with the arrows. @param {HTMLElement} item */
  #enter(item) {
    if (this.messages.contains(document.activeElement) || !item.classList.contains("message")) return;
    this.messages.querySelector("[tabindex='0']")?.setAttribute("tabindex", "-1");
    item.tabIndex = 0;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    const items = /** @type {HTMLElement[]} */ ([...this.messages.querySelectorAll("li.message")]);
    const at = items.indexOf(/** @type {HTMLElement} */ (event.target));
    const next = at < 0 ? undefined : items[event.key === "ArrowDown" ? at + 1 : at - 1];
    if (next === undefined) return;
    event.preventDefault();
    items[at].tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  }
}
