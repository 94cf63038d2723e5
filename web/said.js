// @ts-check
/** What the chat says: how it feels over time, what about, which words, who says most. */

import { element, svg } from "./dom.js";
import { amount } from "./figures.js";

/** @typedef {Record<string, any>} Row */

/** Minutes of the chart of feelings, at most and at least, and of topics. */
export const MINUTES = 60;
const MINUTES_MIN = 15;
const TOPIC_MINUTES = 15;
const MINUTE_MS = 60_000;
/** Shown of each list. */
const SHOWN = 7;
/** Feelings of chat seldom go further; what does is cut. */
const SCALE = 0.6;
const HEIGHT = 60;

/** @param {Row} row */
const understood = (row) => row.enriched + row.degraded;

/**
 * A bar a minute, up when it felt good, down when it did not; the missing minutes are empty.
 * @param {Row[]} rows of `summary_minutely`, the latest first
 * @returns {SVGSVGElement}
 */
export function feelings(rows) {
  const minutes = span(rows);
  const drawing = svg("svg", { class: "feelings", viewBox: `0 0 ${minutes} ${HEIGHT}`, preserveAspectRatio: "none", role: "img" });
  drawing.append(svg("path", { class: "zero", d: `M0 ${HEIGHT / 2}H${minutes}` }));
  const last = rows.length === 0 ? 0 : Date.parse(rows[0].at);
  for (const { at, sentiment } of rows) {
    const ago = (last - Date.parse(at)) / MINUTE_MS;
    if (sentiment === null || ago >= minutes) continue;
    const tall = (Math.min(1, Math.abs(sentiment) / SCALE) * HEIGHT) / 2;
    const height = Math.max(0.8, tall);
    const y = sentiment < 0 ? HEIGHT / 2 : HEIGHT / 2 - height;
    const bar = { class: sentiment < 0 ? "low" : "high", x: minutes - ago - 0.9, y, width: 0.8, height };
    drawing.append(svg("rect", bar));
  }
  return drawing;
}

/**
 * Minutes that are drawn: as many as there are, within bounds.
 * @param {Row[]} rows the latest first
 */
export function span(rows) {
  const all = rows.length === 0 ? 0 : (Date.parse(rows[0].at) - Date.parse(rows[rows.length - 1].at)) / MINUTE_MS + 1;
  return Math.min(MINUTES, Math.max(MINUTES_MIN, all));
}

/**
 * The chart in words.
 * @param {Row[]} rows
 */
export function feelingsSaid(rows) {
  const felt = rows.filter(({ sentiment }) => sentiment !== null).slice(0, MINUTES);
  if (felt.length === 0) return "Nothing is understood yet.";
  const weight = felt.reduce((sum, row) => sum + understood(row), 0);
  const mean = felt.reduce((sum, row) => sum + row.sentiment * understood(row), 0) / Math.max(1, weight);
  return `${signed(felt[0].sentiment)} in the last minute, ${signed(mean)} in ${felt.length} min`;
}

/**
 * Topics of the last minutes, the most frequent first.
 * @param {Row[]} rows of `topic_minutely`, the latest first
 * @returns {Row[]} with `name`, `messages`, `sentiment`
 */
export function topics(rows) {
  const last = rows.length === 0 ? 0 : Date.parse(rows[0].at);
  /** @type {Map<string, { messages: number, sum: number, felt: number }>} */
  const sums = new Map();
  for (const row of rows) {
    if (last - Date.parse(row.at) >= TOPIC_MINUTES * MINUTE_MS) continue;
    const sum = sums.get(row.topic) ?? { messages: 0, sum: 0, felt: 0 };
    sum.messages += row.messages;
    sum.sum += (row.sentiment ?? 0) * understood(row);
    sum.felt += understood(row);
    sums.set(row.topic, sum);
  }
  const all = [...sums].map(([name, { messages, sum, felt }]) => ({ name, messages, sentiment: felt > 0 ? sum / felt : null }));
  return all.sort((one, other) => other.messages - one.messages || one.name.localeCompare(other.name));
}

/**
 * Those of the latest window, which the report begins with.
 * @param {Row[]} rows of `bot_hourly` or `conversation_hourly`
 * @param {string} key
 */
export function busiest(rows, key) {
  return rows.filter(({ at }) => at === rows[0].at).map((row) => ({ name: row[key], messages: row.messages, sentiment: row.sentiment }));
}

/**
 * A line each: its name, how much of the most, how it feels.
 * @param {HTMLElement} list
 * @param {Row[]} rows with `name`, `messages`, `sentiment`
 */
export function fillBars(list, rows) {
  const most = Math.max(1, ...rows.map(({ messages }) => messages));
  list.replaceChildren(
    ...rows.slice(0, SHOWN).map(({ name, messages, sentiment }) => {
      const item = element("li", "bar");
      const [label, count] = [element("span", "bar-name", name), element("span", "bar-count", amount(messages))];
      label.title = name;
      const track = element("span", "track");
      track.setAttribute("aria-hidden", "true");
      const fill = element("span", "fill");
      fill.style.setProperty("--share", String(messages / most));
      track.append(fill);
      item.append(label, count, mood(sentiment), track);
      return item;
    }),
  );
  if (rows.length === 0) list.append(element("li", "nothing", "Nothing yet."));
}

/**
 * Words, the larger the more they are said.
 * @param {HTMLElement} list
 * @param {Row[]} rows of `trending`
 */
export function fillWords(list, rows) {
  const most = Math.max(...rows.map(({ weight }) => weight), 1);
  list.replaceChildren(
    ...rows.map(({ term, weight }) => {
      const word = element("li", "word", term);
      word.style.setProperty("--share", String(weight / most));
      return word;
    }),
  );
  if (rows.length === 0) list.append(element("li", "nothing", "Words come when three people have said them."));
}

/**
 * @param {number | null} sentiment
 */
function mood(sentiment) {
  const shown = element("span", "mood");
  const is = sentiment === null ? "none" : sentiment > 0.05 ? "high" : sentiment < -0.05 ? "low" : "even";
  shown.dataset.mood = is;
  shown.style.setProperty("--mood", String(Math.min(1, Math.abs(sentiment ?? 0))));
  shown.setAttribute("role", "img");
  const said = sentiment === null ? "not understood yet" : `feels ${signed(sentiment)}`;
  shown.setAttribute("aria-label", said);
  shown.title = said;
  shown.append(element("span", ""));
  return shown;
}

/** @param {number} value */
function signed(value) {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;
}

/**
 * @param {HTMLElement} place
 * @param {Row[]} rows
 */
export function drawFeelings(place, rows) {
  const drawing = feelings(rows);
  const said = feelingsSaid(rows);
  drawing.setAttribute("aria-label", `How it feels, a bar a minute: ${said}`);
  place.replaceChildren(drawing);
  return said;
}
