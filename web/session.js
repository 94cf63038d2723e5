// @ts-check
/**
 * One user's side of the protocol (`docs/protocol.md`) over the browser's WebSocket: connects, and
 * connects again; follows one conversation from its position, so that nothing is missed or shown
 * twice; sends what is in the outbox until it is through.
 *
 * Of each conversation one message is on its way at a time, the lowest counter first: then sequence
 * numbers follow counters whatever breaks.
 *
 * @typedef {object} Message
 * @property {number} seq
 * @property {number} ordinal
 * @property {string} id
 * @property {string} sender
 * @property {string} body
 * @property {[number, string]} lamport
 * @property {number} received_at
 *
 * @typedef {{ epoch: number, seq: number }} Position
 *
 * @typedef {object} Follow A conversation that is followed.
 * @property {string} conversation
 * @property {Position | null} position the last message that came
 * @property {number} ref of the subscription that was asked for
 * @property {boolean} runs
 * @property {number} acknowledged
 *
 * @typedef {{ inFlight: string | null, notBefore: number, refusals: number }} Lane
 *
 * @typedef {object} Read
 * @property {string} conversation
 * @property {number} from
 * @property {number} limit
 * @property {(page: any) => void} done
 *
 * @typedef {object} Listener What the page is told.
 * @property {(state: "connecting" | "open" | "waiting" | "stopped", detail: { againAt?: number, why?: string }) => void} state
 * @property {(forget: boolean) => void} subscribed
 * @property {(message: Message) => void} message
 * @property {(id: string, seq: number) => void} said
 * @property {(id: string, why: string) => void} failed
 * @property {(why: string) => void} problem
 */

import { Backoff, leastWait } from "./backoff.js";

/** @import { Outbox } from "./outbox.js" */

const SUBPROTOCOL = "hubbub.v1.json";
const DEVICE = "page";
const CONNECT_TIMEOUT_MS = 10_000;
/** Messages shown of a conversation when it is opened. */
const LAST = 50;
/** The wait before a message that is refused with "retry now" again and again goes once more. */
const RETRY_NOW_MS = 100;
const ACK_DELAY_MS = 500;
/** Conversations of which it is remembered how far they were seen. */
const SEEN_MAX = 1000;

export class Session {
  /** @type {WebSocket | null} */
  #socket = null;
  #isOpen = false;
  #openedAt = 0;
  #heardAt = 0;
  #saidAt = 0;
  #heartbeatMs = 10_000;
  #ref = 0;
  #backoff = new Backoff();
  /** @type {number | undefined} */
  #timer = undefined;
  /** @type {Follow | null} */
  #follow = null;
  /** @type {Map<number, Read>} */
  #reads = new Map();
  /** @type {Map<string, Lane>} */
  #lanes = new Map();
  /** @type {Map<string, number>} */
  #seen = new Map();

  /**
   * @param {string} url
   * @param {Outbox} outbox
   * @param {Listener} listener
   */
  constructor(url, outbox, listener) {
    this.url = url;
    this.outbox = outbox;
    this.listener = listener;
    setInterval(() => this.#beat(), 1000);
    setInterval(() => this.#acknowledge(), ACK_DELAY_MS);
  }

  /** Connects now, whatever was waited for. */
  connect() {
    if (this.#socket !== null) return;
    clearTimeout(this.#timer);
    this.listener.state("connecting", {});
    const socket = new WebSocket(this.url, SUBPROTOCOL);
    this.#socket = socket;
    this.#openedAt = 0;
    this.#timer = setTimeout(() => this.#lost(socket, 0, ""), CONNECT_TIMEOUT_MS);
    socket.onopen = () => {
      const { user, instance } = this.outbox;
      this.#send({ type: "hello", user, device: DEVICE, instance });
    };
    socket.onmessage = (event) => this.#frame(JSON.parse(event.data));
    socket.onclose = (event) => this.#lost(socket, event.code, event.reason);
  }

  /**
   * Follows this conversation and no other.
   * @param {string | null} conversation
   */
  follow(conversation) {
    const had = this.#follow;
    if (had?.conversation === (conversation ?? undefined)) return;
    this.#acknowledge();
    if (had && this.#isOpen) this.#send({ type: "unsubscribe", conversation: had.conversation });
    this.#reads.clear();
    this.#follow = conversation === null
      ? null
      : { conversation, position: null, ref: 0, runs: false, acknowledged: 0 };
    if (this.#isOpen) this.#subscribe();
  }

  /**
   * Says something; `null` when too much waits already.
   * @param {string} conversation
   * @param {string} body
   */
  say(conversation, body) {
    if (this.outbox.isFull) return null;
    const draft = this.outbox.say(conversation, body, this.#seen.get(conversation) ?? 0);
    this.#pump();
    return draft;
  }

  /**
   * Reads a page of what was said before; asked again after a lost connection.
   * @param {number} from
   * @param {number} limit
   * @param {(page: { epoch: number, first: number, messages: Message[] }) => void} done
   */
  read(from, limit, done) {
    if (this.#follow === null || this.#reads.size > 0) return;
    const read = { conversation: this.#follow.conversation, from, limit, done };
    this.#ref += 1;
    this.#reads.set(this.#ref, read);
    if (this.#isOpen) this.#ask(this.#ref, read);
  }

  /**
   * Goes on as another user; only with an empty outbox.
   * @param {string} user
   */
  async rename(user) {
    await this.outbox.rename(user);
    const socket = this.#socket;
    if (socket !== null) this.#close(socket);
    this.connect();
  }

  /** @param {any} frame */
  #frame(frame) {
    this.#heardAt = Date.now();
    switch (frame.type) {
      case "welcome": return this.#welcome(frame.heartbeat_ms);
      case "subscribed": return this.#subscribed(frame);
      case "message": return this.#message(frame);
      case "page": return this.#page(frame);
      case "sent":
        this.#lanes.delete(frame.conversation);
        if (this.outbox.remove(frame.id, true)) this.listener.said(frame.id, frame.seq);
        return this.#pump();
      case "problem": return this.#problem(frame);
      default: // `pong`, `unsubscribed`, and what later versions say.
    }
  }

  /** @param {number} heartbeatMs */
  #welcome(heartbeatMs) {
    clearTimeout(this.#timer);
    this.#isOpen = true;
    this.#openedAt = Date.now();
    this.#heartbeatMs = heartbeatMs;
    this.listener.state("open", {});
    this.#subscribe();
    for (const [ref, read] of this.#reads) this.#ask(ref, read);
    this.#pump();
  }

  #subscribe() {
    const follow = this.#follow;
    if (follow === null) return;
    this.#ref += 1;
    Object.assign(follow, { ref: this.#ref, runs: false });
    const from = follow.position === null ? { last: LAST } : { after: follow.position };
    this.#send({ type: "subscribe", ref: follow.ref, conversation: follow.conversation, from });
  }

  /** @param {any} frame */
  #subscribed({ ref, conversation, epoch, recovered, next, head }) {
    const follow = this.#follow;
    if (follow === null || follow.conversation !== conversation) return;
    if (ref === undefined ? !follow.runs : ref !== follow.ref) return;
    follow.runs = true;
    const forget = !recovered;
    if (forget || follow.position === null) {
      follow.position = { epoch, seq: next - 1 };
      follow.acknowledged = 0;
    }
    // What was lost cannot have been seen: a message that claims it is refused for good.
    const seen = this.#seen.get(conversation);
    if (forget && seen !== undefined) this.#seen.set(conversation, Math.min(seen, head));
    this.listener.subscribed(forget);
  }

  /** @param {any} frame */
  #message(frame) {
    this.#observe(frame.conversation, frame);
    const follow = this.#follow;
    if (follow === null || !follow.runs || follow.conversation !== frame.conversation) return;
    const had = follow.position;
    if (had !== null && had.epoch === frame.epoch && frame.seq <= had.seq) return;
    follow.position = { epoch: frame.epoch, seq: frame.seq };
    this.listener.message(frame);
  }

  /** @param {any} frame */
  #page(frame) {
    for (const message of frame.messages) this.#observe(frame.conversation, message);
    const read = this.#reads.get(frame.ref);
    if (read === undefined || !this.#reads.delete(frame.ref)) return;
    if (this.#follow?.position?.epoch === frame.epoch) read.done(frame);
  }

  /** @param {any} problem */
  #problem(problem) {
    const { code, detail, retry, retry_after_ms: afterMs = 0 } = problem;
    const why = `${code}: ${detail}`;
    if (problem.id !== undefined) {
      const draft = this.outbox.drafts.find((waiting) => waiting.id === problem.id);
      const lane = draft && this.#lanes.get(draft.conversation);
      if (!draft || !lane) return;
      if (retry === "never") {
        this.#lanes.delete(draft.conversation);
        this.outbox.remove(draft.id, false);
        this.listener.failed(draft.id, why);
        return this.#pump();
      }
      lane.refusals += 1;
      const wait = retry === "after" ? afterMs : lane.refusals > 1 ? RETRY_NOW_MS : 0;
      Object.assign(lane, { inFlight: null, notBefore: Date.now() + wait });
      setTimeout(() => this.#pump(), wait);
      return;
    }
    const wait = retry === "never" ? null : Math.max(afterMs, RETRY_NOW_MS);
    if (this.#follow?.ref === problem.ref && wait !== null) {
      const asked = problem.ref;
      setTimeout(() => { if (this.#isOpen && this.#follow?.ref === asked) this.#subscribe(); }, wait);
    } else if (this.#reads.delete(problem.ref) || code !== "not_subscribed") {
      this.listener.problem(why);
    }
  }

  /** Sends of each conversation what may go now: the lowest counter that waits, alone. */
  #pump() {
    if (!this.#isOpen) return;
    const met = new Set();
    for (const draft of this.outbox.drafts) {
      if (met.has(draft.conversation)) continue;
      met.add(draft.conversation);
      const lane = this.#lanes.get(draft.conversation) ?? { inFlight: null, notBefore: 0, refusals: 0 };
      if (lane.inFlight !== null || lane.notBefore > Date.now()) continue;
      lane.inFlight = draft.id;
      this.#lanes.set(draft.conversation, lane);
      this.#send({ type: "send", ...draft });
    }
  }

  /** The device has what it was shown; said now and then, cumulatively. */
  #acknowledge() {
    const follow = this.#follow;
    if (!this.#isOpen || follow === null || !follow.runs || follow.position === null) return;
    if (follow.position.seq <= follow.acknowledged) return;
    follow.acknowledged = follow.position.seq;
    this.#send({ type: "ack", conversation: follow.conversation, ...follow.position });
  }

  /**
   * @param {string} conversation
   * @param {Message} message
   */
  #observe(conversation, message) {
    this.outbox.observe(message.lamport[0]);
    const seen = this.#seen.get(conversation) ?? 0;
    this.#seen.delete(conversation);
    this.#seen.set(conversation, Math.max(seen, message.seq));
    const [oldest] = this.#seen.keys();
    if (this.#seen.size > SEEN_MAX) this.#seen.delete(oldest);
  }

  /** Signs of life, both ways. */
  #beat() {
    const socket = this.#socket;
    if (socket === null || !this.#isOpen) return;
    const now = Date.now();
    if (now - this.#heardAt > 3 * this.#heartbeatMs) return this.#lost(socket, 0, "");
    if (now - this.#saidAt >= this.#heartbeatMs) this.#send({ type: "ping" });
    this.#pump();
  }

  /**
   * @param {WebSocket} socket
   * @param {number} code
   * @param {string} reason
   */
  #lost(socket, code, reason) {
    if (socket !== this.#socket) return;
    const stoodMs = this.#openedAt === 0 ? 0 : Date.now() - this.#openedAt;
    this.#close(socket);
    const least = leastWait(code, reason);
    if (least === null) {
      this.listener.state("stopped", { why: `${code} ${reason}` });
      return;
    }
    const wait = this.#backoff.next(stoodMs, least);
    this.#timer = setTimeout(() => this.connect(), wait);
    this.listener.state("waiting", { againAt: Date.now() + wait });
  }

  /** @param {WebSocket} socket */
  #close(socket) {
    clearTimeout(this.#timer);
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
    this.#socket = null;
    this.#isOpen = false;
    this.#lanes.clear();
    if (this.#follow !== null) Object.assign(this.#follow, { runs: false, acknowledged: 0 });
  }

  /** @param {object} frame */
  #send(frame) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return;
    this.#saidAt = Date.now();
    this.#socket.send(JSON.stringify(frame));
  }

  /**
   * @param {number} ref
   * @param {Read} read
   */
  #ask(ref, { conversation, from, limit }) {
    this.#send({ type: "read", ref, conversation, from, limit });
  }
}
