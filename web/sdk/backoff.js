// @ts-check
/**
 * How long to wait between tries to connect, as `docs/protocol.md` asks: clients that lost the same
 * server must not come back together.
 */

const STEPS_MS = [1000, 2000, 4000, 8000];
const CEILING_MS = 60_000;
const CEILING_SPREAD_MS = 10_000;
/** A connection that stood for so long starts anew. */
const ANEW_AFTER_MS = 60_000;

export class Backoff {
  #failed = 0;

  /**
   * The wait before the next try.
   * @param {number} stoodMs how long the connection stood, 0 if it never did
   * @param {number} atLeastMs what the server asked for
   */
  next(stoodMs, atLeastMs) {
    if (stoodMs >= ANEW_AFTER_MS) this.#failed = 0;
    const step = STEPS_MS[this.#failed];
    this.#failed += 1;
    const [base, spread] = step === undefined ? [CEILING_MS, CEILING_SPREAD_MS] : [step, step];
    return Math.max(base + Math.random() * spread, atLeastMs);
  }
}

/**
 * What a close code means: `null` = do not connect again; otherwise the least wait, milliseconds.
 * @param {number} code
 * @param {string} reason
 * @returns {number | null}
 */
export function leastWait(code, reason) {
  if (code >= 3500 && code <= 3999) return null;
  if (code !== 1001 && code !== 1013) return 0;
  try {
    return Number(JSON.parse(reason).retry_after_ms) || 0;
  } catch {
    return 0;
  }
}
