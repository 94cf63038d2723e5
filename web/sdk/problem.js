// @ts-check
/** Something that was not done, as the server says it (`docs/protocol.md`, "Problems"). */

export class Problem extends Error {
  /**
   * @param {{ code: string, detail: string, retry?: string, conversation?: string, retry_after_ms?: number }} frame
   */
  constructor({ code, detail, retry = "never", conversation, retry_after_ms }) {
    super(`${code}: ${detail}`);
    this.name = "Problem";
    this.code = code;
    this.detail = detail;
    /** `now`, `after` or `never`. */
    this.retry = retry;
    /** Of `exists`: the conversation that is there already. */
    this.conversation = conversation;
    this.retryAfterMs = retry_after_ms ?? 0;
  }

  /** Whether trying again can help. What later versions call otherwise cannot be known to. */
  get mayRetry() {
    return this.retry === "now" || this.retry === "after";
  }
}
