// @ts-check
/** A figure and its last minutes. */

import { element } from "./dom.js";
import { spark } from "./spark.js";

/**
 * @typedef {Record<string, number | null>} Sample
 *
 * @typedef {object} Line
 * @property {string} key of a sample
 * @property {string} label
 *
 * @typedef {object} Card
 * @property {string} title
 * @property {(value: number) => [string, string]} say a value and its unit
 * @property {Line[]} lines
 */

/**
 * Draws it among its like, in the place where it was. Of what was never measured there is none.
 * @param {HTMLElement} among
 * @param {Card} card
 * @param {Sample[]} samples the oldest first
 * @param {string} [note] behind the title
 */
export function draw(among, card, samples, note = "") {
  const id = `card-${card.lines[0].key}`;
  const had = document.getElementById(id);
  const lines = card.lines.filter(({ key }) => samples.some((sample) => (sample[key] ?? null) !== null));
  if (lines.length === 0) return had?.remove();
  const made = element("section", "card");
  made.id = id;
  made.setAttribute("aria-label", card.title);
  made.append(element("h2", "", note === "" ? card.title : `${card.title}, ${note}`), figures(card, lines, samples));
  const values = lines.map(({ key }) => samples.map((sample) => sample[key] ?? null));
  const { drawing, least, most } = spark(values);
  const from = card.say(least).join(" ").trim();
  const to = card.say(most).join(" ").trim();
  drawing.setAttribute("aria-label", `${card.title} in the last minutes: from ${from} to ${to}`);
  const range = element("div", "range");
  range.setAttribute("aria-hidden", "true");
  range.append(element("span", "", `low ${from}`), element("span", "", `high ${to}`));
  made.append(drawing, range);
  if (had === null) among.append(made);
  else had.replaceWith(made);
}

/**
 * @param {Card} card
 * @param {Line[]} lines
 * @param {Sample[]} samples
 */
function figures(card, lines, samples) {
  const list = element("dl", "figures");
  lines.forEach(({ key, label }, index) => {
    const last = samples.findLast((sample) => (sample[key] ?? null) !== null)?.[key] ?? 0;
    const one = element("div", lines.length === 1 ? "alone" : `line-${index}`);
    one.append(element("dt", "", label), figure(card.say(last)));
    list.append(one);
  });
  return list;
}

/**
 * A value with its unit in small.
 * @param {[string, string]} said
 */
export function figure([value, unit]) {
  const shown = element("dd", "", value);
  if (unit !== "") shown.append(element("small", "", unit));
  return shown;
}
