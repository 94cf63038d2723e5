// @ts-check
/** The dashboard: how messages are understood (`/v1/status`), and what the chat says (`/v1/reports`). */

import { draw, figure } from "./card.js";
import { by, element, write } from "./dom.js";
import { amount, bytes, count, duration, millis, percent } from "./figures.js";
import { bottleneck, drain, drainSaid, needed, now, promise, stages } from "./flow.js";
import { ask, introduce, watch } from "./operators.js";
import { MINUTES, busiest, drawFeelings, fillBars, fillWords, span, topics } from "./said.js";

/**
 * @typedef {import("./card.js").Sample} Sample
 * @typedef {Record<"deadline_ms" | "received" | "full" | "degraded" | "pending" | "dead" | "gone" | "error", number>} Understanding
 * @typedef {import("./operators.js").Process & { every_ms: number, understanding: Understanding | null, samples: Sample[] }} Status
 */

const STATUS_MS = 2000;
const REPORTS_MS = 5000;

/** @type {import("./card.js").Card[]} */
const CARDS = [
  { title: "Counted in time", say: percent, lines: [{ key: "in_time", label: "in time" }] },
  { title: "From arrival to its row", say: millis, lines: [{ key: "counted_p50_ms", label: "half" }, { key: "counted_p99_ms", label: "99 %" }] },
  { title: "Messages a second", say: count, lines: [{ key: "received_per_second", label: "received" }, { key: "counted_per_second", label: "counted" }] },
  {
    title: "Calls at once",
    say: count,
    lines: [{ key: "calls_in_flight", label: "out" }, { key: "calls_needed", label: "needed" }, { key: "calls_limit", label: "limit" }],
  },
  { title: "The service takes", say: millis, lines: [{ key: "call_p50_ms", label: "half" }, { key: "call_p99_ms", label: "99 %" }] },
  {
    title: "Calls a second",
    say: count,
    lines: [{ key: "calls_per_second", label: "first" }, { key: "second_calls_per_second", label: "second" }, { key: "failures_per_second", label: "failed" }],
  },
  {
    title: "Recovery",
    say: count,
    lines: [{ key: "degraded", label: "guesses" }, { key: "again_per_second", label: "again /s" }, { key: "dead", label: "given up" }],
  },
  {
    title: "Machine",
    say: percent,
    lines: [{ key: "cpu_share", label: "processors" }],
  },
];

const BREAKERS = ["breaker closed", "breaker half open", "breaker open"];

const content = by("content", HTMLElement);
watch(content, [
  { everyMs: STATUS_MS, look: async () => show(await (await ask("/v1/status")).json()) },
  { everyMs: REPORTS_MS, look: tellWhatIsSaid },
]);
for (const button of document.querySelectorAll("button.export")) {
  button.addEventListener("click", () => void save(String(/** @type {HTMLElement} */ (button).dataset.report)));
}

/** @param {Status} status */
function show(status) {
  introduce(status);
  const { samples, every_ms, understanding } = status;
  by("understanding", HTMLElement).hidden = understanding === null;
  by("nobody", HTMLElement).hidden = understanding !== null;
  if (understanding !== null) {
    flow(now(samples), understanding);
    balance(understanding);
  }
  const all = samples.map((sample) => ({ ...sample, calls_needed: needed(sample), in_time: promise([sample]).inTime }));
  for (const card of CARDS) draw(by("cards", HTMLElement), card, all, note(card.title, status));
  write(by("foot", HTMLElement), `The last ${duration((samples.length * every_ms) / 1000)}, a point every ${every_ms / 1000} s. The busiest are those of the running hour.`);
}

/**
 * @param {string} title
 * @param {Status} status
 */
function note(title, { samples, every_ms, understanding }) {
  const last = now(samples);
  if (title === "Counted in time" && understanding !== null) {
    const { left } = promise(samples);
    return left === null ? "" : `budget left ${percent(Math.max(0, left)).join(" ")}`;
  }
  if (title === "Calls at once") return BREAKERS[Math.round(last.breaker ?? 0)];
  if (title === "Recovery") return drainSaid(drain(samples, every_ms));
  if (title === "Machine" && (last.memory_bytes ?? null) !== null) {
    return `${bytes(last.memory_bytes ?? 0).join(" ")}, ${bytes(last.disk_free_bytes ?? 0).join(" ")} of disk free`;
  }
  return "";
}

/**
 * @param {Sample} last
 * @param {Understanding} understanding
 */
function flow(last, { deadline_ms }) {
  const { stage: tight, why } = bottleneck(last, deadline_ms);
  const verdict = by("verdict", HTMLElement);
  verdict.dataset.is = tight === null ? "good" : "tight";
  write(verdict, why);
  by("flow", HTMLElement).replaceChildren(
    ...stages(last, deadline_ms).map(({ key, name, rate, waits, fill }) => {
      const item = element("li", "stage");
      item.id = `stage-${key}`;
      if (key === tight) {
        item.dataset.is = "tight";
        item.append(element("span", "tight", "bottleneck"));
      }
      const [value, unit] = count(rate ?? 0);
      const shown = element("span", "stage-rate", `${value}${unit}`);
      shown.append(element("small", "", "/s"));
      const meter = element("span", "track");
      meter.setAttribute("aria-hidden", "true");
      const filled = element("span", "fill");
      filled.style.setProperty("--share", String(fill));
      meter.append(filled);
      item.append(element("span", "stage-name", name), shown, element("span", "stage-waits", waits), meter);
      return item;
    }),
  );
}

/** @param {Understanding} understanding */
function balance({ received, full, degraded, pending, dead, gone, error }) {
  const terms = /** @type {[string, string, number][]} */ ([
    ["", "received", received], ["=", "full", full], ["+", "guesses", degraded], ["+", "pending", pending], ["+", "given up", dead],
  ]);
  if (gone > 0) terms.push(["+", "gone", gone]);
  by("sum", HTMLElement).replaceChildren(
    ...terms.map(([operator, name, value]) => {
      const term = element("div", "term");
      if (operator !== "") term.dataset.operator = operator;
      term.append(element("dt", "", name), figure([amount(value), ""]));
      return term;
    }),
  );
  const shown = by("balance", HTMLElement);
  shown.dataset.is = error === 0 ? "good" : "bad";
  write(shown, error === 0 ? "adds up: error 0" : `does not add up: error ${error}`);
}

async function tellWhatIsSaid() {
  const rows = async (/** @type {string} */ report, /** @type {number} */ limit) =>
    (await (await ask(`/v1/reports/${report}?limit=${limit}`)).json()).rows;
  const [minutes, about, words, bots, conversations] = await Promise.all([
    rows("summary_minutely", MINUTES), rows("topic_minutely", 400), rows("trending", 24), rows("bot_hourly", 10), rows("conversation_hourly", 10),
  ]);
  write(by("feelings-said", HTMLElement), drawFeelings(by("feelings", HTMLElement), minutes));
  write(by("feelings-from", HTMLElement), `${span(minutes)} min ago`);
  fillBars(by("topics", HTMLElement), topics(about));
  fillWords(by("words", HTMLElement), words);
  fillBars(by("bots", HTMLElement), busiest(bots, "sender"));
  fillBars(by("conversations", HTMLElement), busiest(conversations, "conversation"));
}

/**
 * Saves a report as a file; asked for here, because a link carries no token.
 * @param {string} report
 */
async function save(report) {
  const answer = await ask(`/v1/reports/${report}?format=csv&limit=1000`);
  const link = element("a", "");
  link.href = URL.createObjectURL(await answer.blob());
  link.download = `${report}.csv`;
  link.click();
  URL.revokeObjectURL(link.href);
}
