// @ts-check
/** What can be told from samples of how messages are understood: stages, what holds them up, what is left of the promise. */

import { amount, duration, millis } from "./figures.js";

/**
 * @typedef {import("./card.js").Sample} Sample
 *
 * @typedef {object} Stage
 * @property {string} key
 * @property {string} name
 * @property {number | null} rate messages a second
 * @property {string} waits what waits there, in words
 * @property {number} fill how full it is, 0 to 1
 *
 * @typedef {object} Verdict
 * @property {string | null} stage which holds the others up; null = none
 * @property {string} why
 */

/** Of the messages so many may be late: the other 99 in 100 are the promise. */
const LATE_SHARE_MAX = 0.01;

/** What is there now is the mean of so many samples. */
const NOW_SAMPLES = 3;

/** From here on a stage is held to hold up those before it. */
const BATCHES_BEHIND_MAX = 250;
const FILL_MAX = 0.95;
const FAILED_SHARE_MAX = 0.1;
const SYNC_MAX_MS = 50;
const ACKNOWLEDGE_MAX_MS = 250;
const COUNTING_MAX_MS = 100;

/** Samples of how fast a backlog goes. */
const DRAIN_SAMPLES = 15;

/**
 * Means of the last few samples.
 * @param {Sample[]} samples the oldest first
 * @returns {Sample}
 */
export function now(samples) {
  const last = samples.slice(-NOW_SAMPLES);
  /** @type {Sample} */
  const means = {};
  for (const key of Object.keys(last.at(-1) ?? {})) {
    const values = last.map((sample) => sample[key]).filter((value) => value !== null);
    means[key] = values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
  }
  return means;
}

/** @param {number | null | undefined} value */
const or0 = (value) => value ?? 0;

/** @param {number | null | undefined} value */
const whole = (value) => amount(Math.round(or0(value)));

/** @param {number} value */
const share = (value) => Math.min(1, Math.max(0, value));

/**
 * Calls that must be out at once for nobody to wait: Little's law.
 * @param {Sample} sample
 */
export function needed({ received_per_second: rate, call_p50_ms: takes }) {
  return (rate ?? null) === null || (takes ?? null) === null ? null : (or0(rate) * or0(takes)) / 1000;
}

/**
 * The way of a message, from its coming to its row.
 * @param {Sample} s
 * @param {number} deadline_ms
 * @returns {Stage[]}
 */
export function stages(s, deadline_ms) {
  const took = (/** @type {number | null} */ ms) => ((ms ?? null) === null ? "" : `p99 ${millis(or0(ms)).join(" ")}`);
  return [
    {
      key: "received",
      name: "Received",
      rate: s.messages_per_second,
      waits: took(s.acknowledge_p99_ms) || `${whole(s.undurable)} wait`,
      fill: share(or0(s.acknowledge_p99_ms) / ACKNOWLEDGE_MAX_MS),
    },
    {
      key: "in-hand",
      name: "In hand",
      rate: s.received_per_second,
      waits: `${whole(s.in_hand)} in hand, ${whole(s.queued)} wait`,
      fill: share(Math.max(or0(s.unread_batches) / BATCHES_BEHIND_MAX, or0(s.queued) / Math.max(1, or0(s.received_per_second)))),
    },
    {
      key: "called",
      name: "Called",
      rate: or0(s.calls_per_second) + or0(s.second_calls_per_second),
      waits: `${whole(s.calls_in_flight)} of ${whole(s.calls_limit)} out`,
      fill: or0(s.breaker) === 2 ? 1 : share(or0(s.calls_in_flight) / Math.max(1, or0(s.calls_limit))),
    },
    { key: "durable", name: "Durable", rate: s.durable_per_second, waits: took(s.durable_p99_ms), fill: share(or0(s.durable_p99_ms) / deadline_ms) },
    { key: "counted", name: "Counted", rate: s.counted_per_second, waits: took(s.counted_p99_ms), fill: share(or0(s.counted_p99_ms) / deadline_ms) },
  ];
}

/**
 * Which stage holds the others up, and why it is held to.
 * @param {Sample} s
 * @param {number} deadline_ms
 * @returns {Verdict}
 */
export function bottleneck(s, deadline_ms) {
  const calls = or0(s.calls_per_second) + or0(s.second_calls_per_second) + or0(s.again_per_second);
  const counting = or0(s.counted_p99_ms) - or0(s.durable_p99_ms);
  /** @type {[boolean, string, string][]} */
  const rules = [
    [or0(s.breaker) >= 1.5, "called", "The breaker is open: the service is not asked, messages have a guess meanwhile."],
    [or0(s.breaker) >= 0.5, "called", "The breaker is half open: the service is being tried."],
    [
      or0(s.calls_in_flight) >= FILL_MAX * or0(s.calls_limit) && or0(s.queued) > 0,
      "called",
      `Every place of the service is taken: ${whole(s.calls_in_flight)} of ${whole(s.calls_limit)}, and ${whole(s.queued)} wait.`,
    ],
    [calls > 0 && or0(s.failures_per_second) > FAILED_SHARE_MAX * calls, "called", `The service fails: ${whole(s.failures_per_second)} of ${whole(calls)} calls a second.`],
    [or0(s.unread_batches) > BATCHES_BEHIND_MAX, "in-hand", `${whole(s.unread_batches)} batches wait to be taken in hand.`],
    [or0(s.sync_ms) > SYNC_MAX_MS, "durable", `The disk is slow: ${whole(s.sync_ms)} ms a batch.`],
    [or0(s.tables_behind_batches) > BATCHES_BEHIND_MAX || counting > COUNTING_MAX_MS, "counted", `The tables are behind: ${whole(s.tables_behind_batches)} batches.`],
    [or0(s.acknowledge_p99_ms) > ACKNOWLEDGE_MAX_MS, "received", `Senders wait for ${whole(s.acknowledge_p99_ms)} ms.`],
    [or0(s.call_p99_ms) >= deadline_ms, "called", `The service is slow: p99 ${whole(s.call_p99_ms)} ms.`],
  ];
  const found = rules.find(([holds]) => holds);
  return found ? { stage: found[1], why: found[2] } : { stage: null, why: "Every stage keeps up." };
}

/**
 * What share was counted in time, and what is left of the lateness that is allowed; null = nothing was counted.
 * @param {Sample[]} samples
 */
export function promise(samples) {
  const sum = (/** @type {string} */ key) => samples.reduce((all, sample) => all + or0(sample[key]), 0);
  const counted = sum("counted_per_second");
  if (counted === 0) return { inTime: null, left: null };
  const late = sum("late_per_second") / counted;
  return { inTime: 1 - late, left: 1 - late / LATE_SHARE_MAX };
}

/**
 * How long until every guess is replaced, as it goes now: seconds; infinite = it does not get less.
 * @param {Sample[]} samples
 * @param {number} every_ms
 */
export function drain(samples, every_ms) {
  const known = samples.filter((sample) => (sample.degraded ?? null) !== null).slice(-DRAIN_SAMPLES);
  const left = or0(known.at(-1)?.degraded);
  if (left === 0) return 0;
  const gone = or0(known[0].degraded) - left;
  const seconds = ((known.length - 1) * every_ms) / 1000;
  return gone <= 0 ? Infinity : (left * seconds) / gone;
}

/** @param {number} seconds */
export function drainSaid(seconds) {
  if (seconds === 0) return "nothing to do";
  return seconds === Infinity ? "does not get less" : `${duration(seconds)} to go`;
}
