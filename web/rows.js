// @ts-check
/**
 * The rows of all conversations, asked for once a second while somebody looks: how many messages and
 * people, how many are enriched, the mean sentiment. They are a view and may be behind; they say so.
 *
 * @typedef {object} Row
 * @property {string} conversation
 * @property {number} messages
 * @property {number} speakers
 * @property {number} enriched messages that the service answered
 * @property {number} degraded messages that have our own guess so far
 * @property {number} dead messages that were given up; the rest is pending
 * @property {number | null} sentiment_mean
 * @property {number} last_at
 *
 * @typedef {object} Rows
 * @property {Row[]} rows
 * @property {number} behind facts that the view has not folded yet
 * @property {boolean} more there are more than are asked for
 */

const PAGE = 200;
/** Pages that are asked for at most: beyond it the counters are lower bounds. */
const PAGES_MAX = 10;
const EVERY_MS = 1000;
const AFTER_FAILURE_MS = 5000;

/**
 * Tells the rows again and again; `null` when they cannot be had.
 * @param {(rows: Rows | null, why: string) => void} tell
 */
export async function watchRows(tell) {
  for (;;) {
    let wait = EVERY_MS;
    if (!document.hidden) {
      try {
        tell(await fetchRows(), "");
      } catch (error) {
        tell(null, error instanceof Error ? error.message : String(error));
        wait = AFTER_FAILURE_MS;
      }
    }
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

/** @returns {Promise<Rows>} */
async function fetchRows() {
  /** @type {Row[]} */
  const rows = [];
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const query = new URLSearchParams({ limit: String(PAGE) });
    const last = rows.at(-1);
    if (last !== undefined) query.set("after", last.conversation);
    const response = await fetch(`/v1/rows?${query}`, { cache: "no-store" });
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    const answer = await response.json();
    rows.push(...answer.rows);
    if (answer.rows.length < PAGE) return { rows, behind: answer.behind ?? 0, more: false };
  }
  return { rows, behind: 0, more: true };
}
