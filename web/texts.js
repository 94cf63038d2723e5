// @ts-check
/**
 * What became of each text: edits, deletions, reactions, folded in the order of their sequence
 * numbers. A page of older texts says what became of them up to its `as_of`; events above it were
 * perhaps seen already, so they are remembered.
 *
 * @typedef {object} Text
 * @property {number} seq
 * @property {string} id
 * @property {string} sender
 * @property {number} at
 * @property {string} body
 * @property {boolean} edited
 * @property {boolean} gone
 * @property {number} [replyTo]
 * @property {number} asOf the last event that is in it
 * @property {Map<string, Counted>} reactions
 *
 * @typedef {object} Counted
 * @property {number} count
 * @property {boolean} me
 * @property {Map<string, boolean>} users those that are known by name
 */

/** @import { Message } from "./sdk/types.js" */

/** Events that are remembered for texts that are read later. */
const LATER_MAX = 1000;

export class Texts {
  me = "";
  /** @type {Map<number, Text>} */
  #texts = new Map();
  /** @type {Message[]} */
  #later = [];

  clear() {
    this.#texts.clear();
    this.#later = [];
  }

  /** @param {number} seq */
  get(seq) {
    return this.#texts.get(seq);
  }

  /**
   * A text, as it stood when events up to `asOf` had happened.
   * @param {Message} message
   * @param {number} asOf
   */
  add(message, asOf) {
    const { seq, id, sender, received_at: at, body = "", reply_to: replyTo, edited, reactions = [] } = message;
    /** @type {Text} */
    const text = {
      seq, id, sender, at, replyTo, asOf,
      body: edited?.body ?? body,
      edited: edited !== undefined,
      gone: message.kind === "gone",
      reactions: new Map(reactions.map(({ reaction, count, me }) => [reaction, { count, me, users: new Map() }])),
    };
    this.#texts.set(seq, text);
    for (const event of this.#later) if (event.target === seq) this.#fold(text, event);
    return text;
  }

  /**
   * An edit, a deletion or a reaction; the text that it changed, if that is here.
   * @param {Message} event
   */
  apply(event) {
    this.#later.push(event);
    if (this.#later.length > LATER_MAX) this.#later.shift();
    const text = this.#texts.get(event.target ?? 0);
    return text && this.#fold(text, event) ? text : undefined;
  }

  /**
   * A user's texts below this event have lost their words; those of them that are here.
   * @param {string} user
   * @param {number} by
   */
  erase(user, by) {
    const theirs = [...this.#texts.values()].filter((text) => text.sender === user && text.seq < by && !text.gone);
    theirs.forEach((text) => this.#take(text));
    return theirs;
  }

  /** @param {Text} text */
  #take(text) {
    text.gone = true;
    text.body = "";
    text.reactions.clear();
  }

  /**
   * @param {Text} text
   * @param {Message} event
   */
  #fold(text, event) {
    if (event.seq <= text.asOf || text.gone) return false;
    text.asOf = event.seq;
    if (event.kind === "edit") {
      text.body = event.body ?? "";
      text.edited = true;
    } else if (event.kind === "delete") {
      this.#take(text);
    } else {
      this.#react(text, event.sender, event.reaction ?? "", event.on ?? true);
    }
    return true;
  }

  /**
   * @param {Text} text
   * @param {string} user
   * @param {string} reaction
   * @param {boolean} on
   */
  #react(text, user, reaction, on) {
    const counted = text.reactions.get(reaction) ?? { count: 0, me: false, users: new Map() };
    text.reactions.set(reaction, counted);
    const was = user === this.me ? counted.me : counted.users.get(user) ?? !on;
    if (was === on) return;
    if (user === this.me) counted.me = on;
    counted.users.set(user, on);
    counted.count += on ? 1 : -1;
    if (counted.count <= 0) text.reactions.delete(reaction);
  }
}
