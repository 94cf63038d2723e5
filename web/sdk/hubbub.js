// @ts-check
/**
 * A client of hubbub, for browsers and for Node: one module, no dependency.
 *
 *     const client = await connect({ url: "http://127.0.0.1:8080", user: "ada" });
 *     client.subscribe("lobby", { from: { last: 10 }, message: (said) => console.log(said.sender, said.body) });
 *     await client.send("lobby", "Hello!");
 *
 * It connects and connects again by itself. What is said is kept until the server has it for good,
 * also without a connection and, with a storage that lasts, over a restart; it arrives once and in
 * order. What is followed arrives without gap or repeat. See `docs/protocol.md`.
 *
 * @typedef {object} Options
 * @property {string | URL} url of the server (`http:` or `ws:`, with or without `/v1/ws`)
 * @property {string} user
 * @property {string} [device] whose acknowledgements `from: "cursor"` goes by; `web` if it is not said
 * @property {string | (() => Promise<string>)} [token] a function is asked before each connection, and before a token expires
 * @property {Store} [storage] where what is under way is kept: `sessionStorage`, or anything with `getItem` and `setItem` that is
 *   this client's alone (all tabs share `localStorage`); without it, memory
 * @property {any} [WebSocket] its class, where there is none in the language (Node before 22)
 *
 * @typedef {object} ClientEvents
 * @property {State} state
 * @property {Draft} waiting something was said and is on its way
 * @property {{ draft: Draft, sent: Sent }} sent it is durable
 * @property {{ draft: Draft, problem: Problem }} refused it never will be
 * @property {{ conversation: string, user: string }} typing
 * @property {Presence[]} presence
 * @property {Problem} problem of something that nobody waits for
 */

import { Asks } from "./asks.js";
import { Connection } from "./connection.js";
import { Events } from "./events.js";
import { Lanes } from "./lanes.js";
import { Outbox, inMemory } from "./outbox.js";
import { Problem } from "./problem.js";
import { Subscriptions } from "./subscriptions.js";
import { Token } from "./token.js";

/** @import { Conversation, Draft, Member, Message, Page, Position, Presence, Role, Sent, State, Store } from "./types.js" */
/** @import { Handlers } from "./subscriptions.js" */

export { Problem };

/** A larger command closes the connection, and would again after each reconnect. */
const COMMAND_MAX_BYTES = 60 * 1024;
/** Conversations of which it is remembered how far they were seen. */
const SEEN_MAX = 1000;
const TYPING_EVERY_MS = 3000;
const RETRY_WATCH_MS = 1000;

/**
 * A client, which connects from now on. It can be used at once: what needs the server waits for it.
 * @param {Options} options
 * @returns {Promise<Client>}
 */
export async function connect(options) {
  const { user, device = "web", storage = inMemory() } = options;
  const client = new Client(options, await Outbox.open(storage, `hubbub.outbox/${user}/${device}`));
  client.connect();
  return client;
}

/** @extends {Events<ClientEvents>} */
export class Client extends Events {
  /** @type {State} */
  state = { is: "connecting" };
  /** @type {Map<string, number>} */
  #seen = new Map();
  /** @type {Map<string, Position>} */
  #marks = new Map();
  /** @type {Map<string, number>} */
  #typedAt = new Map();
  /** @type {string[]} */
  #watched = [];
  #watchRef = 0;

  /**
   * @param {Options} options
   * @param {Outbox} outbox
   */
  constructor(options, outbox) {
    super();
    this.user = options.user;
    this.device = options.device ?? "web";
    this.outbox = outbox;
    this.token = new Token(options.token);
    const hello = async () => ({
      type: "hello", user: this.user, device: this.device, instance: outbox.instance, ...(await this.token.get()),
    });
    this.connection = new Connection(socketUrl(options.url), options.WebSocket ?? globalThis.WebSocket, hello, {
      state: (state) => {
        this.state = state;
        this.emit("state", state);
      },
      welcome: (welcome) => this.#welcome(welcome),
      frame: (frame) => this.#frame(frame),
      lost: () => this.#parts.forEach((part) => part.down()),
      beat: () => this.#beat(),
    });
    const send = (/** @type {object} */ frame) => this.connection.send(frame);
    this.asks = new Asks(send);
    this.subscriptions = new Subscriptions(send, () => this.asks.ref());
    this.lanes = new Lanes(outbox, send, {
      sent: (sent) => this.emit("sent", sent),
      refused: (refused) => {
        if (refused.problem.code === "seen_ahead") this.#seen.delete(refused.draft.conversation ?? "");
        this.emit("refused", refused);
      },
    });
  }

  get #parts() { return [this.subscriptions, this.asks, this.lanes]; }

  /** What was said and is not through, the lowest counter first. @returns {readonly Draft[]} */
  get drafts() { return this.outbox.drafts; }

  /** Whether one more can be said before something is through. */
  get hasRoom() { return !this.outbox.isFull; }

  /** How much was said under this outbox, and how much of it is durable. */
  get counts() {
    const { said, acknowledged } = this.outbox.kept;
    return { said, acknowledged };
  }

  /** Tries now instead of later; also after the server said not to come back. */
  connect() {
    this.connection.connect();
  }

  /** Ends it. What is not through stays in the storage. */
  close() {
    this.subscriptions.acknowledge();
    this.connection.close();
    this.lanes.close();
    this.asks.close();
    this.outbox.release();
  }

  /**
   * Follows a conversation; any number of them at the same time.
   * @param {string} conversation
   * @param {Handlers} handlers
   */
  subscribe(conversation, handlers) {
    const { subscribed } = handlers;
    return this.subscriptions.add(conversation, {
      ...handlers,
      subscribed: (frame) => {
        // What was lost cannot have been seen: a message that claims it is refused for good.
        const seen = this.#seen.get(conversation);
        if (!frame.recovered && seen !== undefined) this.#seen.set(conversation, Math.min(seen, frame.head));
        subscribed?.(frame);
      },
    });
  }

  /**
   * @param {string} conversation
   * @param {string} body
   * @param {{ replyTo?: number }} [options]
   */
  send(conversation, body, { replyTo } = {}) {
    this.#typedAt.delete(conversation);
    return this.#say({ type: "send", conversation, body, ...(replyTo && { reply_to: replyTo }) });
  }

  /**
   * @param {string} conversation
   * @param {number} target the sequence number of one's own text
   * @param {string} body
   */
  edit(conversation, target, body) {
    return this.#say({ type: "edit", conversation, target, body });
  }

  /**
   * @param {string} conversation
   * @param {number} target
   */
  delete(conversation, target) {
    return this.#say({ type: "delete", conversation, target });
  }

  /**
   * @param {string} conversation
   * @param {number} target
   * @param {string} reaction
   * @param {boolean} [on]
   */
  react(conversation, target, reaction, on = true) {
    return this.#say({ type: "react", conversation, target, reaction, on });
  }

  /**
   * Makes a conversation; its `sent` names it. A direct one that is there already is refused with
   * `exists`, and the problem names it.
   * @param {{ kind: "direct", with: string } | { kind: "group" | "channel", name: string, topic?: string, public?: boolean, members?: string[] }} what
   */
  create(what) {
    return this.#say({ type: "create", ...what });
  }

  /**
   * Invites, joins, changes, removes (`none`) or leaves (`none`, of oneself).
   * @param {string} conversation
   * @param {string} user
   * @param {Role} role
   */
  setRole(conversation, user, role) {
    return this.#say({ type: "member", conversation, user, role });
  }

  /**
   * @param {string} conversation
   * @param {{ name: string, topic?: string, public?: boolean }} what all of them anew
   */
  describe(conversation, what) {
    return this.#say({ type: "describe", conversation, ...what });
  }

  /**
   * A page of what was said.
   * @param {string} conversation
   * @param {{ from?: number | "latest", limit?: number }} [options]
   * @returns {Promise<Page>}
   */
  async read(conversation, { from = "latest", limit = 50 } = {}) {
    const page = await this.asks.ask({ type: "read", conversation, from, limit });
    for (const message of page.messages) this.#observe(conversation, message);
    return page;
  }

  /**
   * The governed conversations of this user, by name.
   * @param {{ after?: string, limit?: number }} [options]
   * @returns {Promise<Conversation[]>}
   */
  async list({ after, limit = 200 } = {}) {
    return (await this.asks.ask({ type: "list", ...(after && { after }), limit })).conversations;
  }

  /**
   * @param {string} conversation
   * @param {{ after?: string, limit?: number }} [options]
   * @returns {Promise<{ count: number, members: Member[] }>}
   */
  members(conversation, { after, limit = 200 } = {}) {
    return this.asks.ask({ type: "members", conversation, ...(after && { after }), limit });
  }

  /**
   * The user has read everything up to here. Said when there is a connection, the last one only.
   * @param {string} conversation
   * @param {Position} position
   */
  mark(conversation, { epoch, seq }) {
    this.#marks.set(conversation, { epoch, seq });
    if (this.connection.isOpen) this.#sayMarks();
  }

  /**
   * Call it at each key: it is said as often as others are told, and anew after each message.
   * @param {string} conversation
   */
  typing(conversation) {
    const now = Date.now();
    if (!this.subscriptions.runs(conversation) || now - (this.#typedAt.get(conversation) ?? 0) < TYPING_EVERY_MS) return;
    this.#typedAt.clear();
    this.#typedAt.set(conversation, now);
    this.connection.send({ type: "typing", conversation });
  }

  /**
   * Whose coming and going one wants to hear of, as `presence`: these and no others.
   * @param {string[]} users
   */
  watch(users) {
    this.#watched = users;
    if (this.connection.isOpen) this.#sayWatch();
  }

  /**
   * @param {{ type: string, conversation?: string, [field: string]: unknown }} command
   * @returns {Promise<Sent>}
   */
  #say(command) {
    const bytes = new TextEncoder().encode(JSON.stringify(command)).length;
    const refused = this.outbox.isFull
      ? new Problem({ code: "outbox_full", detail: "too much waits to be sent: wait until it is through", retry: "after" })
      : bytes > COMMAND_MAX_BYTES
        ? new Problem({ code: "bad_frame", detail: `a command of ${bytes} bytes is longer than ${COMMAND_MAX_BYTES}` })
        : null;
    if (refused !== null) return Promise.reject(refused);
    const draft = this.outbox.stamp(command, this.#seen.get(command.conversation ?? "") ?? 0);
    this.emit("waiting", draft);
    return this.lanes.add(draft);
  }

  /** @param {any} welcome */
  #welcome(welcome) {
    this.token.expires(welcome.expires_at);
    this.#parts.forEach((part) => part.up());
    if (this.#watched.length > 0) this.#sayWatch();
    this.#sayMarks();
  }

  /** @param {any} frame */
  #frame(frame) {
    switch (frame.type) {
      case "message":
        this.#observe(frame.conversation, frame);
        return this.subscriptions.message(frame);
      case "subscribed": return this.subscriptions.subscribed(frame);
      case "unsubscribed": return this.subscriptions.unsubscribed(frame);
      case "sent": return this.lanes.sent(frame);
      case "typing": return this.emit("typing", frame);
      case "presence": return this.emit("presence", frame.users);
      case "page": case "conversations": case "members": case "refreshed": return this.asks.answer(frame);
      case "problem": return this.#problem(frame);
      default: // `pong`, and what later versions say.
    }
  }

  /** @param {any} frame */
  #problem(frame) {
    if (this.lanes.problem(frame) || this.asks.problem(frame) || this.subscriptions.problem(frame)) return;
    const problem = new Problem(frame);
    if (frame.ref === undefined || frame.ref !== this.#watchRef) return this.emit("problem", problem);
    const again = () => { if (this.connection.isOpen && frame.ref === this.#watchRef) this.#sayWatch(); };
    if (problem.mayRetry) setTimeout(again, Math.max(problem.retryAfterMs, RETRY_WATCH_MS));
  }

  #beat() {
    this.subscriptions.acknowledge();
    this.lanes.pump();
    void this.token.renew((token) => this.asks.ask({ type: "refresh", token }));
  }

  #sayWatch() {
    this.#watchRef = this.asks.ref();
    this.connection.send({ type: "watch", ref: this.#watchRef, users: this.#watched });
  }

  #sayMarks() {
    for (const [conversation, position] of this.#marks) this.connection.send({ type: "mark", conversation, ...position });
    this.#marks.clear();
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
}

/**
 * @param {string | URL} given
 * @returns {string}
 */
function socketUrl(given) {
  const url = new URL(given);
  url.protocol = url.protocol.replace("http", "ws");
  if (url.pathname === "/") url.pathname = "/v1/ws";
  return url.href;
}
