// @ts-check
/** Messages that were given up, on the page of operators: how many, why, and having them asked for again. */

import { button, by, element } from "./dom.js";

/**
 * @typedef {{ reason: string | null, rate: number, of: number, done: number, left: number, runs: boolean }} Replay
 * @typedef {{ reasons: Record<string, number>, replay: Replay | null }} Letters
 */

/** What went wrong last, for who looks. */
let told = "";

/**
 * @param {Letters | null} letters
 * @param {() => Record<string, string>} headers of who looks
 */
export function showLetters(letters, headers) {
  const place = by("letters", HTMLElement);
  const all = Object.entries(letters?.reasons ?? {});
  const replay = letters?.replay ?? null;
  place.hidden = letters === null || (all.length === 0 && !replay?.runs && told === "");
  if (place.hidden) return;
  const shown = JSON.stringify([letters, told]);
  if (place.dataset.shown === shown) return;
  place.dataset.shown = shown;
  /** @type {HTMLElement[]} */
  const parts = [element("h2", "", "Given up")];
  parts.push(element("p", "", all.length === 0 ? "none" : all.map(([reason, count]) => `${count} ${reason}`).join(", ")));
  if (replay?.runs) {
    parts.push(element("p", "", `asked for again: ${replay.done} of ${replay.of}, ${replay.rate} a second`));
    parts.push(doing("Stop", () => post("/v1/replay/cancel", headers)));
  } else if (all.length > 0) {
    parts.push(doing("Ask again …", () => begin(headers)));
  }
  if (told !== "") parts.push(element("p", "trouble", told));
  place.replaceChildren(...parts);
}

/**
 * @param {string} text
 * @param {() => Promise<void>} act
 */
function doing(text, act) {
  const made = button("", text);
  made.addEventListener("click", async () => {
    made.disabled = true;
    try {
      await act();
      told = "";
    } catch (why) {
      told = why instanceof Error ? why.message : String(why);
    }
    made.disabled = false;
  });
  return made;
}

/**
 * What it would do is said before it is done.
 * @param {() => Record<string, string>} headers
 */
async function begin(headers) {
  const would = await answered(await fetch("/v1/replay", { headers: headers(), cache: "no-store" }));
  const { letters, calls_least: least, calls_most: most, rate } = would;
  if (confirm(`Ask again for ${letters} messages, ${rate} a second? ${least} to ${most} calls.`)) await post("/v1/replay", headers);
}

/**
 * @param {string} path
 * @param {() => Record<string, string>} headers
 */
async function post(path, headers) {
  await answered(await fetch(path, { method: "POST", headers: headers() }));
}

/** @param {Response} answer */
async function answered(answer) {
  const said = await answer.json();
  if (!answer.ok) throw new Error(said.detail);
  return said;
}
