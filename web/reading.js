// @ts-check
/**
 * The conversation that is open: followed from its last messages, or from where one stopped reading;
 * older ones on demand; marked as read where one sees its end.
 *
 * @typedef {object} Parts
 * @property {() => Client} client
 * @property {Yours} yours
 * @property {() => void} changed
 * @property {(message: Message) => void} came
 * @property {(why: string) => void} tell
 */

import { isGoverned } from "./list.js";
import { Talk } from "./talk.js";

/** @import { Client } from "./sdk/hubbub.js" */
/** @import { Message, Subscribed } from "./sdk/types.js" */
/** @import { Subscription } from "./sdk/subscriptions.js" */
/** @import { Yours } from "./yours.js" */

/** Messages of one page of older ones, and of those one begins with. */
const OLDER = 50;
/** Of more unread ones than this, one begins with the last. */
const UNREAD_MAX = 400;
/** Read ones above the line of the new ones. */
const BEFORE_NEW = 10;

export class Reading {
  /** @type {string | null} */
  conversation = null;
  /** Why it cannot be read. */
  ended = "";
  isLive = false;
  /** It may be there for those who join. */
  mayJoin = false;
  /** The first sequence number there is to read; unknown until a page was read. */
  #first = 1;
  #isReadingOlder = false;
  /** @type {Subscription | null} */
  #following = null;

  /**
   * @param {[HTMLElement, HTMLOListElement, HTMLOListElement, HTMLButtonElement]} places where the talk is drawn
   * @param {Parts} parts
   */
  constructor([scroll, messages, pending, newer], parts) {
    this.parts = parts;
    this.talk = new Talk(scroll, messages, pending, newer, {
      atEnd: () => this.#mark(),
      lookUp: (seq) => this.#lookUp(seq),
    });
  }

  get hasOlder() {
    return this.talk.lowest > this.#first;
  }

  /** @param {string | null} conversation */
  open(conversation) {
    const { client, yours } = this.parts;
    this.close();
    this.conversation = conversation;
    this.ended = "";
    this.mayJoin = false;
    this.#first = 1;
    this.talk.clear();
    yours.reading(null);
    for (const draft of client().drafts) if (draft.conversation === conversation) this.talk.wait(draft);
    if (conversation === null) return;
    if (!isGoverned(conversation) || yours.row(conversation) !== undefined) return this.#follow(conversation);
    // Where one stopped reading is in the list, which was not asked for yet.
    void yours.ask().then(() => { if (this.conversation === conversation && this.#following === null) this.#follow(conversation); });
  }

  close() {
    this.#following?.close();
    this.#following = null;
    this.isLive = false;
  }

  /** @param {string} conversation */
  #follow(conversation) {
    const row = this.parts.yours.row(conversation);
    const unread = row === undefined ? 0 : Math.min(row.head - row.read_seq, UNREAD_MAX);
    const read = row !== undefined && row.unread > 0 ? row.read_seq : null;
    this.#following = this.parts.client().subscribe(conversation, {
      from: { last: Math.max(OLDER, unread + BEFORE_NEW) },
      subscribed: (frame) => this.#begun(frame, read),
      message: (message) => {
        this.talk.add(message);
        if (message.kind === "expire") {
          this.#first = Math.max(this.#first, message.first ?? 0);
          this.parts.changed();
        }
        this.parts.came(message);
      },
      ended: (why) => {
        this.isLive = false;
        this.ended = why === null ? "You are no longer in this conversation."
          : why.code === "not_found" ? "There is no such conversation, or you are not in it." : why.message;
        this.mayJoin = why?.code === "not_found" && !conversation.startsWith("d:");
        if (why !== null) this.talk.clear();
        this.parts.changed();
      },
    });
  }

  /**
   * @param {Subscribed} frame
   * @param {number | null} read
   */
  #begun({ recovered, next, head }, read) {
    if (!recovered) this.talk.forget();
    this.talk.begin(next, head, recovered ? read : null);
    this.isLive = true;
    this.parts.changed();
  }

  /** The connection is lost: it goes on by itself, and says so. */
  lost() {
    this.isLive = false;
  }

  /** What others say here while one sees the end is read. */
  #mark() {
    const { conversation } = this;
    const position = this.#following?.position;
    if (conversation === null || !isGoverned(conversation) || !position) return;
    this.parts.yours.reading(conversation);
    if (position.seq > (this.parts.yours.row(conversation)?.read_seq ?? 0)) this.parts.client().mark(conversation, position);
  }

  /** @param {number} seq */
  async #lookUp(seq) {
    const page = await this.parts.client().read(this.conversation ?? "", { from: seq, limit: 1 });
    if (page.conversation !== this.conversation) throw new Error("another conversation is open by now");
    return page;
  }

  async older() {
    const { conversation, talk } = this;
    if (conversation === null || this.#isReadingOlder) return;
    const from = Math.max(this.#first, talk.lowest - OLDER);
    this.#isReadingOlder = true;
    try {
      const page = await this.parts.client().read(conversation, { from, limit: talk.lowest - from });
      if (conversation !== this.conversation || page.epoch !== this.#following?.position?.epoch) return;
      const [oldest] = page.messages;
      this.#first = oldest !== undefined && oldest.seq > from ? oldest.seq : Math.max(this.#first, page.first);
      talk.prepend(from, page);
      this.parts.changed();
    } catch (problem) {
      this.parts.tell(String(problem));
    } finally {
      this.#isReadingOlder = false;
    }
  }

  async join() {
    const { conversation } = this;
    if (conversation === null) return;
    const client = this.parts.client();
    try {
      await client.setRole(conversation, client.user, conversation.startsWith("c:") ? "reader" : "member");
      await this.parts.yours.ask();
      if (this.conversation === conversation) this.open(conversation);
      this.parts.changed();
    } catch {
      this.ended = "This conversation is not there, or not open to whoever wants to join.";
      this.mayJoin = false;
      this.parts.changed();
    }
  }
}
