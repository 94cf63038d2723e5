/** What the dashboard concludes from samples, without a browser. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { bottleneck, drain, drainSaid, needed, now, promise, stages } from "../flow.js";
import { busiest, feelingsSaid, topics } from "../said.js";
import { WELL } from "./well.mjs";

test("the stage that holds up the others is named, with why; where none does, none", () => {
  const found = (change) => bottleneck({ ...WELL, ...change }, 400);
  assert.deepEqual(found({}), { stage: null, why: "Every stage keeps up." });
  for (const [change, stage, why] of [
    [{ breaker: 2 }, "called", "breaker is open"],
    [{ breaker: 1 }, "called", "half open"],
    [{ calls_in_flight: 61, queued: 1 }, "called", "61 of 64, and 1 wait"],
    [{ failures_per_second: 11 }, "called", "11 of 103 calls"],
    [{ unread_batches: 251 }, "in-hand", "251 batches"],
    [{ sync_ms: 51 }, "durable", "51 ms a batch"],
    [{ tables_behind_batches: 251 }, "counted", "251 batches"],
    [{ counted_p99_ms: 456 }, "counted", "behind"],
    [{ acknowledge_p99_ms: 251 }, "received", "251 ms"],
    [{ call_p99_ms: 400 }, "called", "slow: p99 400 ms"],
  ]) {
    const verdict = found(change);
    assert.equal(verdict.stage, stage, JSON.stringify(change));
    assert.match(verdict.why, new RegExp(why));
  }
  for (const change of [
    { calls_in_flight: 60, queued: 1 }, { calls_in_flight: 64, queued: 0 }, { failures_per_second: 10 }, { unread_batches: 250 }, { sync_ms: 50 },
    { tables_behind_batches: 250 }, { counted_p99_ms: 455 }, { acknowledge_p99_ms: 250 }, { call_p99_ms: 399 },
  ]) {
    assert.equal(found(change).stage, null, JSON.stringify(change));
  }
});

test("the stages follow one another, and the mean of the last samples is now", () => {
  const keys = ["received", "in-hand", "called", "durable", "counted"];
  assert.deepEqual(stages(WELL, 400).map(({ key }) => key), keys);
  assert.equal(stages({ ...WELL, breaker: 2 }, 400)[2].fill, 1);
  const samples = [1000, 10, 20, null].map((undurable) => ({ ...WELL, undurable }));
  assert.equal(now(samples).undurable, 15);
  assert.equal(now([{ undurable: null }]).undurable, null);
  assert.equal(needed(WELL), 19.5);
  assert.equal(needed({ received_per_second: 5, call_p50_ms: null }), null);
});

test("one in a hundred may be late: then nothing of the budget is left", () => {
  const of = (late) => promise([{ counted_per_second: 100, late_per_second: late }, { counted_per_second: null, late_per_second: null }]);
  assert.deepEqual(of(0), { inTime: 1, left: 1 });
  assert.equal(of(1).left, 0);
  assert.equal(of(2).left, -1);
  assert.deepEqual(promise([]), { inTime: null, left: null });
});

test("how long the guesses last is told from how fast they go", () => {
  const of = (...guesses) => drain(guesses.map((degraded) => ({ degraded })), 2000);
  assert.equal(of(0), 0);
  assert.equal(of(null, 100, 80, 60), 6);
  assert.equal(of(10, 10), Infinity);
  assert.equal(of(10, 20), Infinity);
  assert.deepEqual([0, 90, Infinity].map(drainSaid), ["nothing to do", "1 min to go", "does not get less"]);
});

test("topics are summed over the last quarter of an hour, the busiest are of the latest hour", () => {
  const at = (minute) => `2026-01-01T10:${minute}:00Z`;
  const row = (minute, topic, messages, sentiment) => ({ at: at(minute), topic, messages, sentiment, enriched: messages, degraded: 0 });
  const rows = [row("20", "smalltalk", 3, 0.5), row("19", "question", 4, null), row("06", "smalltalk", 1, -0.5), row("05", "smalltalk", 99, 0)];
  assert.deepEqual(topics(rows), [{ name: "question", messages: 4, sentiment: 0 }, { name: "smalltalk", messages: 4, sentiment: 0.25 }]);
  assert.deepEqual(topics([]), []);
  const bots = [{ at: at("00"), sender: "a", messages: 2, sentiment: 0.1 }, { at: at("01"), sender: "b", messages: 9, sentiment: null }];
  assert.deepEqual(busiest(bots, "sender"), [{ name: "a", messages: 2, sentiment: 0.1 }]);
  assert.equal(feelingsSaid([]), "Nothing is understood yet.");
  assert.equal(feelingsSaid(rows), "+0.50 in the last minute, +0.01 in 3 min");
});
