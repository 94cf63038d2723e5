// @ts-check
/**
 * The conversations one follows, each from its own position: what comes is dense, each message once,
 * and after a lost connection it goes on where it was. What was handed over is acknowledged now and
 * then, cumulatively.
 *
 * @typedef {object} Handlers
 * @property {From} [from] where to begin; without it, at the start
 * @property {(message: Message) => void} [message]
 * @property {(subscribed: Subscribed) => void} [subscribed] also after each lost connection; `recovered: false`: forget what you had
 * @property {(why: Problem | null) => void} [ended] the server will send nothing more; `null`: one is no longer a member
 */

import { tell } from "./events.js";
import { Problem } from "./problem.js";

/** @import { From, Message, Position, Subscribed } from "./types.js" */

const RETRY_MS = 100;
/** The wait before one subscribes anew after a hole, which a server does not make. */
const AFTER_HOLE_MS = 1000;

export class Subscription {
  /** The last message that came. @type {Position | null} */
  position = null;
  ref = 0;
  runs = false;
  acknowledged = 0;

  /**
   * @param {string} conversation
   * @param {Handlers} handlers
   * @param {() => void} close
   */
  constructor(conversation, handlers, close) {
    this.conversation = conversation;
    this.handlers = handlers;
    /** Follows it no longer. */
    this.close = close;
  }

  /** @returns {From} */
  get from() {
    return this.position === null ? this.handlers.from ?? "start" : { after: this.position };
  }
}

export class Subscriptions {
  #isOpen = false;
  /** @type {Map<string, Subscription>} */
  #all = new Map();

  /**
   * @param {(frame: object) => void} send
   * @param {() => number} ref
   */
  constructor(send, ref) {
    this.send = send;
    this.ref = ref;
  }

  /**
   * Another one of the same conversation takes the place of the first, as it does on the server.
   * @param {string} conversation
   * @param {Handlers} handlers
   */
  add(conversation, handlers) {
    const made = new Subscription(conversation, handlers, () => {
      if (this.#all.get(conversation) !== made) return;
      this.#acknowledge(made);
      this.#all.delete(conversation);
      if (this.#isOpen) this.send({ type: "unsubscribe", conversation });
    });
    this.#all.set(conversation, made);
    if (this.#isOpen) this.#ask(made);
    return made;
  }

  /** @param {string} conversation */
  runs(conversation) {
    return this.#all.get(conversation)?.runs ?? false;
  }

  up() {
    this.#isOpen = true;
    for (const subscription of this.#all.values()) this.#ask(subscription);
  }

  down() {
    this.#isOpen = false;
    for (const subscription of this.#all.values()) Object.assign(subscription, { runs: false, acknowledged: 0 });
  }

  acknowledge() {
    for (const subscription of this.#all.values()) this.#acknowledge(subscription);
  }

  /** @param {any} frame */
  subscribed({ ref, conversation, epoch, recovered, next, head }) {
    const subscription = this.#all.get(conversation);
    if (subscription === undefined) return;
    if (ref === undefined ? !subscription.runs : ref !== subscription.ref) return;
    const had = recovered ? subscription.position?.seq ?? 0 : 0;
    Object.assign(subscription, { runs: true, position: { epoch, seq: Math.max(had, next - 1) }, acknowledged: 0 });
    tell(subscription.handlers.subscribed, { conversation, epoch, recovered, next, head });
  }

  /** @param {any} frame */
  message(frame) {
    const subscription = this.#all.get(frame.conversation);
    const had = subscription?.position;
    if (!subscription?.runs || !had || frame.seq <= had.seq) return;
    if (frame.seq > had.seq + 1) return this.#again(subscription, AFTER_HOLE_MS);
    subscription.position = { epoch: frame.epoch, seq: frame.seq };
    tell(subscription.handlers.message, frame);
  }

  /** @param {any} frame */
  unsubscribed({ ref, conversation }) {
    const subscription = this.#all.get(conversation);
    if (subscription === undefined || ref !== undefined || !subscription.runs) return;
    this.#all.delete(conversation);
    tell(subscription.handlers.ended, null);
  }

  /**
   * `false`: it is about no subscription of this client.
   * @param {any} frame
   */
  problem(frame) {
    const subscription = [...this.#all.values()].find(({ ref, runs }) => ref === frame.ref && !runs);
    if (subscription === undefined) return false;
    const problem = new Problem(frame);
    if (problem.mayRetry) {
      this.#again(subscription, Math.max(problem.retryAfterMs, RETRY_MS));
    } else {
      this.#all.delete(subscription.conversation);
      tell(subscription.handlers.ended, problem);
    }
    return true;
  }

  /**
   * @param {Subscription} subscription
   * @param {number} wait
   */
  #again(subscription, wait) {
    const { ref, conversation } = subscription;
    subscription.runs = false;
    setTimeout(() => {
      if (this.#isOpen && this.#all.get(conversation) === subscription && subscription.ref === ref) this.#ask(subscription);
    }, wait);
  }

  /** @param {Subscription} subscription */
  #ask(subscription) {
    Object.assign(subscription, { ref: this.ref(), runs: false });
    const { ref, conversation, from } = subscription;
    this.send({ type: "subscribe", ref, conversation, from });
  }

  /** @param {Subscription} subscription */
  #acknowledge(subscription) {
    const { runs, position, conversation, acknowledged } = subscription;
    if (!this.#isOpen || !runs || position === null || position.seq <= acknowledged) return;
    subscription.acknowledged = position.seq;
    this.send({ type: "ack", conversation, ...position });
  }
}
