// @ts-check
/** What the pages of operators share: asking again and again while someone looks, the token if one is asked for, how the process is. */

import { by, element, keep, recall, write } from "./dom.js";
import { duration } from "./figures.js";

/**
 * @typedef {object} Process
 * @property {string} version
 * @property {string} role
 * @property {number} up_seconds
 * @property {{ ready: boolean, reasons: { code: string, detail: string }[], warnings: string[] }} readiness
 *
 * @typedef {object} Loop
 * @property {number} everyMs
 * @property {() => Promise<void>} look asks, and draws the answer
 */

const TOKEN_KEY = "hubbub.token";

const form = by("token-form", HTMLFormElement);
const state = by("state", HTMLElement);
let token = recall(sessionStorage, TOKEN_KEY) ?? "";

/** The server asks for a token, or for another one. */
class Locked extends Error {
  /** @param {number} status */
  constructor(status) {
    super(`it answers ${status}`);
    this.status = status;
  }
}

/**
 * Of who looks.
 * @returns {Record<string, string>}
 */
export const headers = () => (token === "" ? {} : { authorization: `Bearer ${token}` });

/**
 * @param {string} path
 * @returns {Promise<Response>} an answer that is none of a failure
 */
export async function ask(path) {
  const answer = await fetch(path, { headers: headers(), cache: "no-store" });
  if (answer.status === 401 || answer.status === 403) throw new Locked(answer.status);
  if (!answer.ok) throw new Error(`it answers ${answer.status}`);
  return answer;
}

/**
 * @param {HTMLElement} content what is hidden while there is no token
 * @param {Loop[]} loops
 */
export function watch(content, loops) {
  /** @type {ReturnType<typeof setTimeout>[]} */
  const timers = [];
  const again = () => loops.forEach((_, at) => void run(at));
  const run = async (/** @type {number} */ at) => {
    clearTimeout(timers[at]);
    if (document.hidden) return;
    try {
      await loops[at].look();
      form.hidden = true;
      content.hidden = false;
    } catch (why) {
      if (why instanceof Locked) return lock(why.status, content);
      tell("lost", "no answer");
    }
    timers[at] = setTimeout(() => void run(at), loops[at].everyMs);
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    token = by("token", HTMLTextAreaElement).value.trim();
    keep(sessionStorage, TOKEN_KEY, token);
    again();
  });
  document.addEventListener("visibilitychange", again);
  again();
}

/**
 * @param {number} status
 * @param {HTMLElement} content
 */
function lock(status, content) {
  const why = { 401: "This server asks for a token.", 403: "This token is of neither an admin nor an analyst." };
  write(by("token-note", HTMLElement), status === 403 ? why[403] : why[401]);
  tell("locked", "locked");
  content.hidden = true;
  if (!form.hidden) return;
  form.hidden = false;
  by("token", HTMLTextAreaElement).focus();
}

/**
 * @param {string} is
 * @param {string} text
 */
function tell(is, text) {
  state.dataset.is = is;
  write(state, text);
}

/**
 * How the process is: its state, its name, why it is not ready.
 * @param {Process} status
 */
export function introduce({ version, role, up_seconds, readiness }) {
  tell(readiness.ready ? "ready" : "not-ready", readiness.ready ? "ready" : "not ready");
  const part = role === "both" ? "" : ` · ${role}`;
  write(by("process", HTMLElement), `${version}${part} · up ${duration(up_seconds)}`);
  const list = by("reasons", HTMLElement);
  const all = [...readiness.reasons, ...readiness.warnings.map((detail) => ({ code: "warning", detail }))];
  list.hidden = all.length === 0;
  const text = JSON.stringify(all);
  if (list.dataset.shown === text) return;
  list.dataset.shown = text;
  list.replaceChildren(
    ...all.map(({ code, detail }) => {
      const item = element("li", "", "");
      item.append(element("b", "", code), detail);
      return item;
    }),
  );
}
