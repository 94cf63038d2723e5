// @ts-check
/** The page of operators: what `/v1/status` says, drawn every few seconds while someone looks. */

import { draw } from "./card.js";
import { by, write } from "./dom.js";
import { amount, bytes, count, duration, millis } from "./figures.js";
import { showLetters } from "./letters.js";
import { ask, headers, introduce, watch } from "./operators.js";

/**
 * @typedef {import("./operators.js").Process & {
 *   connections_max: number | null, disk_reserve_bytes: number | null,
 *   letters: import("./letters.js").Letters | null, every_ms: number, samples: import("./card.js").Sample[],
 * }} Status
 * @typedef {import("./card.js").Card & { note?: (status: Status) => string }} Card
 */

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

const content = by("content", HTMLElement);
watch(content, [{ everyMs: AGAIN_MS, look: async () => show(await (await ask("/v1/status")).json()) }]);

/** @param {Status} status */
function show(status) {
  introduce(status);
  showLetters(status.letters, headers);
  const { samples, every_ms } = status;
  for (const card of CARDS) draw(by("cards", HTMLElement), card, samples, card.note?.(status));
  write(by("foot", HTMLElement), `The last ${duration((samples.length * every_ms) / 1000)}, a point every ${every_ms / 1000} s.`);
}
