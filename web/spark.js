// @ts-check
/** Small lines of the last minutes, as SVG. */

import { svg } from "./dom.js";

const WIDTH = 150;
const HEIGHT = 40;
/** So that a line at the edge is not cut. */
const MARGIN = 2;

/**
 * Draws lines on one scale, which begins at 0 unless all of them stay far above it.
 * @param {(number | null)[][]} lines the oldest value first; null = there is none
 * @returns {{ drawing: SVGSVGElement, least: number, most: number }}
 */
export function spark(lines) {
  const all = lines.flat().filter((value) => value !== null);
  const [least, most] = [Math.min(...all), Math.max(...all)];
  const floor = least > most * 0.5 ? least - (most - least || most || 1) * 0.5 : 0;
  const span = most - floor || 1;
  const drawing = svg("svg", { class: "spark", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img" });
  const y = (/** @type {number} */ value) => HEIGHT - MARGIN - ((value - floor) / span) * (HEIGHT - 2 * MARGIN);
  lines.forEach((values, index) => {
    const step = WIDTH / Math.max(1, values.length - 1);
    for (const run of runs(values)) {
      const points = run.map(([at, value]) => `${(at * step).toFixed(1)} ${y(value).toFixed(1)}`);
      // A single value is a dot: a line of no length with a round end.
      const line = `M${points.join("L")}${points.length === 1 ? `L${points[0]}` : ""}`;
      const [from, to] = [run[0][0] * step, run[run.length - 1][0] * step];
      if (lines.length === 1) drawing.append(svg("path", { class: `line-${index} under`, d: `${line}L${to.toFixed(1)} ${HEIGHT}L${from.toFixed(1)} ${HEIGHT}Z` }));
      drawing.append(svg("path", { class: `line-${index}`, d: line }));
    }
  });
  return { drawing, least, most };
}

/**
 * Values with nothing missing between them, each with its place.
 * @param {(number | null)[]} values
 */
function runs(values) {
  /** @type {[number, number][][]} */
  const found = [];
  values.forEach((value, at) => {
    if (value === null) return;
    const last = found.at(-1);
    if (last !== undefined && last[last.length - 1][0] === at - 1) last.push([at, value]);
    else found.push([[at, value]]);
  });
  return found;
}
