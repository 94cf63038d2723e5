// @ts-check
/**
 * Sends what is in the outbox until it is through. Of each conversation one command is on its way at a
 * time, the lowest counter first: then sequence numbers follow counters whatever breaks. Those that
 * make a conversation have none yet and share a lane.
 *
 * @typedef {object} Lane
 * @property {string | null} inFlight
 * @property {number} notBefore
 * @property {number} refusals
 * @property {ReturnType<typeof setTimeout>} [timer]
 *
 * @typedef {{ resolve: (sent: Sent) => void, reject: (problem: Problem) => void }} Waiter
 *
 * @typedef {object} Told
 * @property {(sent: { draft: Draft, sent: Sent }) => void} sent
 * @property {(refused: { draft: Draft, problem: Problem }) => void} refused
 */

import { Problem } from "./problem.js";

/** @import { Draft, Sent } from "./types.js" */
/** @import { Outbox } from "./outbox.js" */

/** The wait before a command that is refused with "retry now" again and again goes once more. */
const RETRY_NOW_MS = 100;

export class Lanes {
  #isOpen = false;
  /** @type {Map<string, Lane>} */
  #lanes = new Map();
  /** @type {Map<string, Waiter>} */
  #waiters = new Map();

  /**
   * @param {Outbox} outbox
   * @param {(frame: object) => void} send
   * @param {Told} told
   */
  constructor(outbox, send, told) {
    this.outbox = outbox;
    this.send = send;
    this.told = told;
  }

  /**
   * Sends it when its turn comes. The promise may be left alone: `told` hears of a refusal as well.
   * @param {Draft} draft
   * @returns {Promise<Sent>}
   */
  add(draft) {
    const promise = new Promise((resolve, reject) => this.#waiters.set(draft.id, { resolve, reject }));
    promise.catch(() => {});
    this.pump();
    return promise;
  }

  up() {
    this.#isOpen = true;
    this.pump();
  }

  down() {
    this.#isOpen = false;
    for (const lane of this.#lanes.values()) clearTimeout(lane.timer);
    this.#lanes.clear();
  }

  /** What waits is kept, and sent by whoever opens this outbox again; nobody hears of it here. */
  close() {
    this.down();
    const problem = new Problem({ code: "closed", detail: "this client was closed", retry: "after" });
    for (const waiter of this.#waiters.values()) waiter.reject(problem);
    this.#waiters.clear();
  }

  /** Sends of each conversation what may go now: the lowest counter that waits, alone. */
  pump() {
    if (!this.#isOpen) return;
    const met = new Set();
    for (const draft of this.outbox.drafts) {
      const name = draft.conversation ?? "";
      if (met.has(name)) continue;
      met.add(name);
      const lane = this.#lanes.get(name) ?? { inFlight: null, notBefore: 0, refusals: 0 };
      if (lane.inFlight !== null || lane.notBefore > Date.now()) continue;
      lane.inFlight = draft.id;
      this.#lanes.set(name, lane);
      this.send({ ...draft, ref: refOf(draft.id) });
    }
  }

  /** @param {Sent} sent */
  sent(sent) {
    const draft = this.outbox.find(sent.id);
    if (draft === undefined) return;
    this.#done(draft, true);
    this.#waiters.get(draft.id)?.resolve(sent);
    this.#waiters.delete(draft.id);
    this.told.sent({ draft, sent });
    this.pump();
  }

  /**
   * `false`: it is about nothing that was sent here.
   * @param {any} frame
   */
  problem(frame) {
    const draft = this.outbox.drafts.find(({ id }) => id === frame.id || refOf(id) === frame.ref);
    const lane = draft && this.#lanes.get(draft.conversation ?? "");
    if (!draft || lane?.inFlight !== draft.id) return frame.id !== undefined;
    const problem = new Problem(frame);
    if (problem.mayRetry) {
      lane.refusals += 1;
      const wait = problem.retry === "after" ? problem.retryAfterMs : lane.refusals > 1 ? RETRY_NOW_MS : 0;
      lane.inFlight = null;
      lane.notBefore = Date.now() + wait;
      lane.timer = setTimeout(() => this.pump(), wait);
      return true;
    }
    this.#done(draft, false);
    this.#waiters.get(draft.id)?.reject(problem);
    this.#waiters.delete(draft.id);
    this.told.refused({ draft, problem });
    this.pump();
    return true;
  }

  /**
   * @param {Draft} draft
   * @param {boolean} acknowledged
   */
  #done(draft, acknowledged) {
    this.#lanes.delete(draft.conversation ?? "");
    this.outbox.remove(draft, acknowledged);
  }
}

/**
 * The same each time it is sent, and even: what is asked for has odd ones. A refusal that knows no id,
 * since the frame was not understood, finds its command by it.
 * @param {string} id
 */
function refOf(id) {
  return 2 * Number(id.slice(id.indexOf("-") + 1));
}
