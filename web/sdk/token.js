// @ts-check
/**
 * The token that says who one is: fixed, or asked for each time one is needed. One that can be asked
 * for is renewed a little before it expires, so that the connection stays.
 */

const BEFORE_MS = 30_000;

export class Token {
  #expiresAt = Infinity;
  #isAsked = false;

  /** @param {string | (() => Promise<string>) | undefined} given */
  constructor(given) {
    this.given = given;
  }

  /** @returns {Promise<{ token?: string }>} */
  async get() {
    const token = typeof this.given === "function" ? await this.given() : this.given;
    return token ? { token } : {};
  }

  /** @param {number | undefined} at milliseconds since 1970; a server may not say it */
  expires(at) {
    this.#expiresAt = at ?? Infinity;
    this.#isAsked = false;
  }

  /**
   * Renews it when it is time.
   * @param {(token: string) => Promise<{ expires_at?: number }>} refresh
   */
  async renew(refresh) {
    if (this.#isAsked || typeof this.given !== "function" || Date.now() < this.#expiresAt - BEFORE_MS) return;
    this.#isAsked = true;
    try {
      const token = await this.given();
      if (token) this.expires((await refresh(token)).expires_at);
    } catch {
      // The server closes when the token expires, and the next `hello` brings a new one.
    }
  }
}
