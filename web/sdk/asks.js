// @ts-check
/**
 * Questions and their answers. A question that a lost connection leaves open is asked again: asking
 * changes nothing on the server.
 *
 * @typedef {object} Ask
 * @property {object} command
 * @property {(answer: any) => void} resolve
 * @property {(problem: Problem) => void} reject
 */

import { Problem } from "./problem.js";

/** Questions without an answer. */
const ASKS_MAX = 64;
const RETRY_MS = 100;

export class Asks {
  #isOpen = false;
  #ref = 1;
  /** @type {Map<number, Ask>} */
  #open = new Map();

  /** @param {(frame: object) => void} send */
  constructor(send) {
    this.send = send;
  }

  /** A number that no other command has; odd, as those of the outbox are even. */
  ref() {
    this.#ref += 2;
    return this.#ref;
  }

  /**
   * @param {object} command
   * @returns {Promise<any>}
   */
  ask(command) {
    if (this.#open.size >= ASKS_MAX) {
      const detail = `${ASKS_MAX} questions wait for their answers already`;
      return Promise.reject(new Problem({ code: "busy", detail, retry: "after" }));
    }
    const ref = this.ref();
    return new Promise((resolve, reject) => {
      this.#open.set(ref, { command, resolve, reject });
      if (this.#isOpen) this.send({ ...command, ref });
    });
  }

  up() {
    this.#isOpen = true;
    for (const [ref, { command }] of this.#open) this.send({ ...command, ref });
  }

  down() {
    this.#isOpen = false;
  }

  close() {
    for (const { reject } of this.#open.values()) reject(new Problem({ code: "closed", detail: "this client was closed" }));
    this.#open.clear();
  }

  /** @param {any} frame */
  answer(frame) {
    this.#open.get(frame.ref)?.resolve(frame);
    this.#open.delete(frame.ref);
  }

  /**
   * `false`: it is about nothing that was asked here.
   * @param {any} frame
   */
  problem(frame) {
    const ask = this.#open.get(frame.ref);
    if (ask === undefined) return false;
    const problem = new Problem(frame);
    if (problem.mayRetry) {
      const again = () => { if (this.#isOpen && this.#open.has(frame.ref)) this.send({ ...ask.command, ref: frame.ref }); };
      setTimeout(again, Math.max(problem.retryAfterMs, RETRY_MS));
    } else {
      this.#open.delete(frame.ref);
      ask.reject(problem);
    }
    return true;
  }
}
