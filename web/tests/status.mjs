/** The page of the process in a real browser, on a server that says what the test wants. */

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { isForOperators, stage } from "./operators.mjs";

/** What was asked for replays. */
let asked;

const SAMPLE = {
  connections: 3, messages_per_second: 1200, acknowledge_p50_ms: 2.5, acknowledge_p99_ms: 1500, sync_ms: null,
  sends_in_flight: 1, undurable: 2, waiting: 0, history_behind_batches: 4, tables_behind_batches: 5,
  memory_bytes: 64 * 1024 * 1024, disk_free_bytes: 5 * 1024 ** 3,
};

function status() {
  const samples = [{ ...SAMPLE, connections: 0, acknowledge_p50_ms: null, acknowledge_p99_ms: null }, SAMPLE];
  return {
    version: "0.1.0", role: "both", up_seconds: 3720, connections_max: 19000, disk_reserve_bytes: 1024 ** 2, letters: null, every_ms: 2000, samples,
    readiness: { ready: true, reasons: [], warnings: [] },
  };
}

function answer({ method, url }) {
  if (!url.startsWith("/v1/replay")) return null;
  asked.push(`${method} ${url}`);
  return { kind: "application/json", body: '{"letters":3,"calls_least":3,"calls_most":60,"rate":100}' };
}

const its = stage("status", status, answer);
const { open } = its;
beforeEach(() => {
  asked = [];
});

const card = (key) => its.page.locator(`#card-${key}`);
isForOperators(its, () => card("connections").waitFor(), { width: 320, height: 640 });

test("every figure has its card, with a line that is also said in words", async () => {
  await open();
  await card("connections").waitFor();
  assert.equal(await its.page.textContent("#state"), "ready");
  assert.equal(await its.page.textContent("#process"), "0.1.0 · up 1 h 2 min");
  assert.equal(await card("connections").locator("h2").textContent(), "Connections, of 19,000");
  assert.deepEqual(await card("acknowledge_p50_ms").locator("dd").allTextContents(), ["2.5ms", "1.5s"]);
  assert.deepEqual(await card("memory_bytes").locator("dd").allTextContents(), ["64MiB"]);
  assert.equal(await card("connections").locator("svg").getAttribute("aria-label"), "Connections in the last minutes: from 0 to 3");
  assert.equal(await card("sync_ms").count(), 0, "of what was never measured there is no card");
  assert.equal(await its.page.locator(".card").count(), 7);
});

test("why it is not ready stands on top, and goes when it is over", async () => {
  its.said.readiness = { ready: false, reasons: [{ code: "disk_full", detail: "<b>no room</b>" }], warnings: ["a range is damaged"] };
  await open();
  await its.page.locator("#reasons li").first().waitFor();
  assert.equal(await its.page.textContent("#state"), "not ready");
  assert.deepEqual(await its.page.locator("#reasons li").allTextContents(), ["disk_full<b>no room</b>", "warninga range is damaged"]);
  its.said.readiness = { ready: true, reasons: [], warnings: [] };
  await its.page.locator("#reasons").waitFor({ state: "hidden" });
});

test("what was given up is asked for again after its price was said, and stopped", async () => {
  await open();
  await card("connections").waitFor();
  const letters = its.page.locator("#letters");
  assert.equal(await letters.isHidden(), true);
  its.said.letters = { reasons: { exhausted: 1, refused: 2 }, replay: null };
  await letters.waitFor();
  assert.equal(await letters.locator("p").textContent(), "1 exhausted, 2 refused");
  const prices = [];
  its.page.on("dialog", (dialog) => { prices.push(dialog.message()); void (prices.length > 1 ? dialog.accept() : dialog.dismiss()); });
  for (const most of [1, 3]) {
    await letters.locator("button:enabled").click();
    while (asked.length < most) await its.page.waitForTimeout(10);
  }
  assert.equal(prices[0], "Ask again for 3 messages, 100 a second? 3 to 60 calls.");
  assert.deepEqual(asked, ["GET /v1/replay", "GET /v1/replay", "POST /v1/replay"]);
  its.said.letters = { reasons: {}, replay: { reason: null, rate: 100, of: 3, done: 1, left: 0, runs: true } };
  await letters.locator("button", { hasText: "Stop" }).click();
  while (asked.length < 4) await its.page.waitForTimeout(10);
  assert.equal(asked[3], "POST /v1/replay/cancel");
  its.said.letters = { reasons: {}, replay: null };
  await letters.waitFor({ state: "hidden" });
});
