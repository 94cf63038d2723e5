// @ts-check
/**
 * What one has not read of the conversation that is open: a line before the first of it, and a button
 * that counts what came while one looks further up.
 */

import { dress } from "./bubble.js";
import { element } from "./dom.js";

/** @import { Message } from "./sdk/types.js" */

export class Unread {
  #count = 0;
  /** The last one that was there when one came; those above it come live. */
  #head = 0;
  /** The last one that came. */
  #last = 0;
  /** The line stands before the first text above it; `null`: before the next one that is not seen. @type {number | null} */
  #lineAfter = null;

  /**
   * @param {HTMLElement} messages
   * @param {HTMLButtonElement} newer
   */
  constructor(messages, newer) {
    this.messages = messages;
    this.newer = newer;
  }

  /**
   * @param {number} next
   * @param {number} head
   * @param {number | null} read what is above it is new to this person
   */
  begin(next, head, read) {
    this.#head = head;
    this.#last = next - 1;
    this.#lineAfter = read;
    this.#count = 0;
    this.newer.hidden = true;
  }

  /** Whether all that was there when one came has come. */
  get isCaughtUp() {
    return this.#last >= this.#head;
  }

  /**
   * This one came; what one finds is read from the line on.
   * @param {number} seq
   */
  passed(seq) {
    this.#last = seq;
    if (seq === this.#head) this.messages.querySelector(".new-line")?.scrollIntoView({ block: "start" });
  }

  /**
   * Whether this is the first that one has not read: of those that were there before, the one after what
   * was read; later, the first that comes while one looks elsewhere.
   * @param {Message} message
   * @param {boolean} isSeen
   */
  isFirst({ kind, seq }, isSeen) {
    if (kind !== undefined) return false;
    if (seq > this.#head) return !isSeen && this.#count === 0;
    if (this.#lineAfter === null || seq <= this.#lineAfter) return false;
    this.#lineAfter = null;
    return true;
  }

  /** @param {HTMLElement | null} item before which the line stands; `null`: nothing is new to who speaks */
  line(item) {
    const had = this.messages.querySelector(".new-line");
    const under = had?.closest("li") ?? null;
    had?.remove();
    dress(under);
    item?.prepend(element("p", "new-line", "New"));
  }

  /** @param {boolean} isFollowed it is on the screen, though perhaps nobody looks */
  add(isFollowed) {
    this.#count += 1;
    this.newer.textContent = `↓ ${this.#count} new`;
    this.newer.hidden = isFollowed;
  }

  /** One sees the end. */
  read() {
    this.#count = 0;
    this.newer.hidden = true;
  }
}
