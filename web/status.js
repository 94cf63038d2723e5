// @ts-check
/** The page of operators: what `/v1/status` says, drawn every few seconds while someone looks. */

import { by, element, keep, recall, write } from "./dom.js";
import { amount, bytes, count, duration, millis } from "./figures.js";
import { spark } from "./spark.js";

/**
 * @typedef {Record<string, number | null>} Sample
 * @typedef {object} Status
 * @property {string} version
 * @property {string} role
 * @property {number} up_seconds
 * @property {{ ready: boolean, reasons: { code: string, detail: string }[], warnings: string[] }} readiness
 * @property {number | null} connections_max
 * @property {number | null} disk_reserve_bytes
 * @property {number} every_ms
 * @property {Sample[]} samples
 *
 * @typedef {object} Line
 * @property {string} key of a sample
 * @property {string} label
 *
 * @typedef {object} Card
 * @property {string} title
 * @property {(value: number) => [string, string]} say a value and its unit
 * @property {Line[]} lines
 * @property {(status: Status) => string} [note]
 */

const TOKEN_KEY = "hubbub.token";
const AGAIN_MS = 2000;

/** @type {Card[]} */
const CARDS = [
  {
    title: "Connections",
    say: count,
    lines: [{ key: "connections", label: "now" }],
    note: ({ connections_max: most }) => (most === null ? "" : `of ${amount(most)}`),
  },
  { title: "Messages a second", say: count, lines: [{ key: "messages_per_second", label: "durable" }] },
  {
    title: "Acknowledgement",
    say: millis,
    lines: [{ key: "acknowledge_p50_ms", label: "half" }, { key: "acknowledge_p99_ms", label: "99 %" }],
  },
  { title: "Sync of a batch, mean", say: millis, lines: [{ key: "sync_ms", label: "mean" }] },
  {
    title: "Waiting",
    say: count,
    lines: [
      { key: "sends_in_flight", label: "sends" },
      { key: "undurable", label: "journal" },
      { key: "waiting", label: "history" },
    ],
  },
  {
    title: "Views behind, batches",
    say: count,
    lines: [{ key: "history_behind_batches", label: "history" }, { key: "tables_behind_batches", label: "tables" }],
  },
  { title: "Memory", say: bytes, lines: [{ key: "memory_bytes", label: "resident" }] },
  {
    title: "Free on the disk",
    say: bytes,
    lines: [{ key: "disk_free_bytes", label: "free" }],
    note: ({ disk_reserve_bytes: reserve }) => (reserve === null ? "" : `reserve ${bytes(reserve).join(" ")}`),
  },
];

const cards = by("cards", HTMLElement);
const form = by("token-form", HTMLFormElement);
const state = by("state", HTMLElement);
let token = recall(sessionStorage, TOKEN_KEY) ?? "";
/** @type {ReturnType<typeof setTimeout> | undefined} */
let timer;

form.addEventListener("submit", (event) => {
  event.preventDefault();
  token = by("token", HTMLTextAreaElement).value.trim();
  keep(sessionStorage, TOKEN_KEY, token);
  void look();
});
document.addEventListener("visibilitychange", () => void look());
void look();

async function look() {
  clearTimeout(timer);
  if (document.hidden) return;
  try {
    const headers = token === "" ? undefined : { authorization: `Bearer ${token}` };
    const answer = await fetch("/v1/status", { headers, cache: "no-store" });
    if (answer.status === 401 || answer.status === 403) return ask(answer.status);
    if (!answer.ok) throw new Error(`it answers ${answer.status}`);
    show(await answer.json());
  } catch {
    tell("lost", "no answer");
  }
  timer = setTimeout(() => void look(), AGAIN_MS);
}

/** @param {number} status */
function ask(status) {
  const why = { 401: "This server asks for a token.", 403: "This token is of neither an admin nor an analyst." };
  write(by("token-note", HTMLElement), status === 403 ? why[403] : why[401]);
  tell("locked", "locked");
  form.hidden = false;
  cards.hidden = true;
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

/** @param {Status} status */
function show(status) {
  form.hidden = true;
  cards.hidden = false;
  const { readiness, samples } = status;
  tell(readiness.ready ? "ready" : "not-ready", readiness.ready ? "ready" : "not ready");
  const role = status.role === "both" ? "" : ` · ${status.role}`;
  write(by("process", HTMLElement), `${status.version}${role} · up ${duration(status.up_seconds)}`);
  reasons(readiness);
  for (const card of CARDS) draw(card, status);
  const foot = by("foot", HTMLElement);
  foot.hidden = false;
  write(foot, `The last ${duration((samples.length * status.every_ms) / 1000)}, a point every ${status.every_ms / 1000} s.`);
}

/** @param {Status["readiness"]} readiness */
function reasons({ reasons, warnings }) {
  const list = by("reasons", HTMLElement);
  const all = [...reasons.map(({ code, detail }) => ({ code, detail })), ...warnings.map((detail) => ({ code: "warning", detail }))];
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

/**
 * @param {Card} card
 * @param {Status} status
 */
function draw(card, status) {
  const id = `card-${card.lines[0].key}`;
  const had = document.getElementById(id);
  const lines = card.lines.filter(({ key }) => status.samples.some((sample) => sample[key] !== null));
  if (lines.length === 0) return had?.remove();
  const made = element("section", "card");
  made.id = id;
  made.setAttribute("aria-label", card.title);
  const note = card.note?.(status) ?? "";
  made.append(element("h2", "", note === "" ? card.title : `${card.title}, ${note}`));
  const figures = element("dl", "figures");
  lines.forEach(({ key, label }, index) => {
    const last = status.samples.findLast((sample) => sample[key] !== null)?.[key] ?? 0;
    const [value, unit] = card.say(last);
    const one = element("div", lines.length === 1 ? "alone" : `line-${index}`);
    const shown = element("dd", "", value);
    if (unit !== "") shown.append(element("small", "", unit));
    one.append(element("dt", "", label), shown);
    figures.append(one);
  });
  made.append(figures);
  const values = lines.map(({ key }) => status.samples.map((sample) => sample[key]));
  const { drawing, least, most } = spark(values);
  const from = card.say(least).join(" ").trim();
  const to = card.say(most).join(" ").trim();
  drawing.setAttribute("aria-label", `${card.title} in the last minutes: from ${from} to ${to}`);
  const range = element("div", "range");
  range.setAttribute("aria-hidden", "true");
  range.append(element("span", "", `low ${from}`), element("span", "", `high ${to}`));
  made.append(drawing, range);
  if (had === null) cards.append(made);
  else had.replaceWith(made);
}
