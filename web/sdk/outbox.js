// @ts-check
/**
 * What was said and is not acknowledged yet, and the instance it is said under.
 *
 * An instance and its outbox belong together (`docs/protocol.md`), and both to one user on one device:
 * they are kept under one key, so that a reload sends again what was under way, under the same ids. A
 * tab that was duplicated has a copy of that storage: whoever does not get the lock of the instance
 * draws a new one and forgets the copy, since the first tab still sends it.
 *
 * @typedef {object} Kept
 * @property {string} instance
 * @property {number} counter
 * @property {Draft[]} drafts
 * @property {number} said
 * @property {number} acknowledged
 */

/** @import { Draft, Store } from "./types.js" */

/** Commands that wait for their acknowledgement. */
const DRAFTS_MAX = 256;
/** A reload may overlap with the page it replaces by a moment. */
const LOCK_WAIT_MS = 1000;

export class Outbox {
  #lamport;

  /**
   * @param {Store} store
   * @param {string} key
   * @param {Kept} kept
   * @param {() => void} release
   */
  constructor(store, key, kept, release) {
    this.store = store;
    this.key = key;
    this.kept = kept;
    this.release = release;
    this.#lamport = Number(read(store, `${key}.lamport`) ?? 0);
  }

  /**
   * The outbox under this key, or a new one.
   * @param {Store} store
   * @param {string} key
   */
  static async open(store, key) {
    const text = read(store, key);
    if (text !== null) {
      const kept = /** @type {Kept} */ (JSON.parse(text));
      const release = await claim(kept.instance);
      if (release !== null) return new Outbox(store, key, kept, release);
    }
    const instance = digits(8);
    const release = (await claim(instance)) ?? (() => {});
    const outbox = new Outbox(store, key, { instance, counter: 0, drafts: [], said: 0, acknowledged: 0 }, release);
    outbox.#save();
    return outbox;
  }

  get instance() { return this.kept.instance; }
  get drafts() { return this.kept.drafts; }
  get isFull() { return this.kept.drafts.length >= DRAFTS_MAX; }

  /**
   * Stamps a command and keeps it until it is through.
   * @param {{ type: string, conversation?: string }} command
   * @param {number} seenSeq
   * @returns {Draft}
   */
  stamp(command, seenSeq) {
    const kept = this.kept;
    kept.counter += 1;
    kept.said += 1;
    this.observe(this.#lamport + 1);
    const draft = {
      ...command,
      id: `${kept.instance}-${kept.counter}`,
      lamport: this.#lamport,
      seen_seq: seenSeq,
      sent_at: Date.now(),
    };
    kept.drafts.push(draft);
    this.#save();
    return draft;
  }

  /** @param {string} id */
  find(id) {
    return this.kept.drafts.find((draft) => draft.id === id);
  }

  /**
   * It is through, or never will be.
   * @param {Draft} draft
   * @param {boolean} acknowledged
   */
  remove(draft, acknowledged) {
    this.kept.drafts.splice(this.kept.drafts.indexOf(draft), 1);
    if (acknowledged) this.kept.acknowledged += 1;
    this.#save();
  }

  /**
   * Counts on to a stamp that was given or received (Lamport 1978).
   * @param {number} lamport
   */
  observe(lamport) {
    if (!(lamport > this.#lamport)) return;
    this.#lamport = lamport;
    write(this.store, `${this.key}.lamport`, String(lamport));
  }

  #save() {
    write(this.store, this.key, JSON.stringify(this.kept));
  }
}

/** Where there is no other storage: it forgets when the process ends. @returns {Store} */
export function inMemory() {
  /** @type {Map<string, string>} */
  const items = new Map();
  return { getItem: (key) => items.get(key) ?? null, setItem: (key, value) => void items.set(key, value) };
}

/**
 * Takes the lock of an instance until it is released, or the page is gone; `null`: another has it.
 * @param {string} instance
 * @returns {Promise<(() => void) | null>}
 */
function claim(instance) {
  const locks = globalThis.navigator?.locks;
  if (!locks) return Promise.resolve(() => {});
  return new Promise((resolve) => {
    const hold = () => new Promise((/** @type {(value: null) => void} */ done) => resolve(() => done(null)));
    const signal = AbortSignal.timeout(LOCK_WAIT_MS);
    locks.request(`hubbub-${instance}`, { signal }, hold).catch(() => resolve(null));
  });
}

/**
 * Random hexadecimal digits, two a byte.
 * @param {number} bytes
 */
function digits(bytes) {
  const random = crypto.getRandomValues(new Uint8Array(bytes));
  return Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * @param {Store} store
 * @param {string} key
 */
function read(store, key) {
  try {
    return store.getItem(key);
  } catch {
    return null;
  }
}

/**
 * A browser that keeps nothing still lets one speak: only a reload forgets.
 * @param {Store} store
 * @param {string} key
 * @param {string} value
 */
function write(store, key, value) {
  try {
    store.setItem(key, value);
  } catch {
    // Full or forbidden.
  }
}
