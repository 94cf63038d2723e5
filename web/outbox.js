// @ts-check
/**
 * Who this tab is, and what it said that is not acknowledged yet.
 *
 * An instance and its outbox belong together (`docs/protocol.md`): both are in `sessionStorage`, so
 * that a reload sends again what was under way, under the same ids. A tab that was duplicated has a
 * copy of that storage: whoever does not get the lock of the instance draws a new one and forgets
 * the copy, since the first tab still sends it.
 *
 * @typedef {object} Draft A message as it was first stamped; it never changes.
 * @property {string} id
 * @property {string} conversation
 * @property {string} body
 * @property {number} lamport
 * @property {number} seen_seq
 * @property {number} sent_at
 *
 * @typedef {object} Kept
 * @property {string} user
 * @property {string} instance
 * @property {number} counter
 * @property {Draft[]} drafts
 * @property {number} said
 * @property {number} acknowledged
 */

const KEY = "hubbub.outbox";
const LAMPORT_KEY = "hubbub.lamport";
const USER_KEY = "hubbub.user";
/** Messages that wait for their acknowledgement. */
const DRAFTS_MAX = 256;
/** A reload may overlap with the page it replaces by a moment. */
const LOCK_WAIT_MS = 1000;

export class Outbox {
  /** @type {Kept} */
  #kept;
  #lamport = 0;

  /** @param {Kept} kept */
  constructor(kept) {
    this.#kept = kept;
    this.#lamport = Number(read(sessionStorage, LAMPORT_KEY) ?? 0);
  }

  /** The outbox of this tab, or a new one. */
  static async open() {
    const text = read(sessionStorage, KEY);
    if (text !== null) {
      const kept = /** @type {Kept} */ (JSON.parse(text));
      if (await claim(kept.instance)) return new Outbox(kept);
    }
    const user = read(localStorage, USER_KEY) ?? `guest-${digits(2)}`;
    const outbox = new Outbox(await fresh(user));
    outbox.#save();
    return outbox;
  }

  get user() { return this.#kept.user; }
  get instance() { return this.#kept.instance; }
  get drafts() { return this.#kept.drafts; }
  get said() { return this.#kept.said; }
  get acknowledged() { return this.#kept.acknowledged; }
  get isFull() { return this.#kept.drafts.length >= DRAFTS_MAX; }

  /**
   * Stamps a message and keeps it until it is through.
   * @param {string} conversation
   * @param {string} body
   * @param {number} seenSeq
   * @returns {Draft}
   */
  say(conversation, body, seenSeq) {
    const kept = this.#kept;
    kept.counter += 1;
    kept.said += 1;
    this.observe(this.#lamport + 1);
    const draft = {
      id: `${kept.instance}-${kept.counter}`,
      conversation,
      body,
      lamport: this.#lamport,
      seen_seq: seenSeq,
      sent_at: Date.now(),
    };
    kept.drafts.push(draft);
    this.#save();
    return draft;
  }

  /**
   * It is through, or never will be. `false`: it was not here, so it was counted before.
   * @param {string} id
   * @param {boolean} acknowledged
   */
  remove(id, acknowledged) {
    const at = this.#kept.drafts.findIndex((draft) => draft.id === id);
    if (at < 0) return false;
    this.#kept.drafts.splice(at, 1);
    if (acknowledged) this.#kept.acknowledged += 1;
    this.#save();
    return true;
  }

  /**
   * Counts on to a stamp that was given or received (Lamport 1978).
   * @param {number} lamport
   */
  observe(lamport) {
    if (lamport <= this.#lamport) return;
    this.#lamport = lamport;
    write(sessionStorage, LAMPORT_KEY, String(lamport));
  }

  /**
   * Another user is another instance. Only when nothing waits: ids must not change hands.
   * @param {string} user
   */
  async rename(user) {
    const { said, acknowledged } = this.#kept;
    this.#kept = { ...(await fresh(user)), said, acknowledged };
    write(localStorage, USER_KEY, user);
    this.#save();
  }

  #save() {
    write(sessionStorage, KEY, JSON.stringify(this.#kept));
  }
}

/**
 * @param {string} user
 * @returns {Promise<Kept>}
 */
async function fresh(user) {
  const instance = digits(8);
  await claim(instance);
  return { user, instance, counter: 0, drafts: [], said: 0, acknowledged: 0 };
}

/**
 * Takes the lock of an instance for as long as this page lives.
 * @param {string} instance
 * @returns {Promise<boolean>}
 */
function claim(instance) {
  if (!navigator.locks) return Promise.resolve(true);
  return new Promise((resolve) => {
    const hold = () => {
      resolve(true);
      return new Promise(() => {});
    };
    const signal = AbortSignal.timeout(LOCK_WAIT_MS);
    navigator.locks.request(`hubbub-${instance}`, { signal }, hold).catch(() => resolve(false));
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
 * @param {Storage} storage
 * @param {string} key
 */
function read(storage, key) {
  try {
    return storage.getItem(key);
  } catch {
    return null;
  }
}

/**
 * A browser that keeps nothing still lets one speak: only a reload forgets.
 * @param {Storage} storage
 * @param {string} key
 * @param {string} value
 */
function write(storage, key, value) {
  try {
    storage.setItem(key, value);
  } catch {
    // Full or forbidden.
  }
}
