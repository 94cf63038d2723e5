/** The dashboard in a real browser, on a server that says what the test wants. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { beforeEach, test } from "node:test";
import { isForOperators, stage } from "./operators.mjs";
import { WELL } from "./well.mjs";

/** What the server says of the chat. */
let reports;

function status() {
  const samples = Array.from({ length: 60 }, (_, at) => {
    const wave = 1 + 0.2 * Math.sin(at / 5);
    return { ...WELL, received_per_second: 100 * wave, counted_per_second: 100 * wave, calls_in_flight: 20 * wave, cpu_share: 0.31 * wave,
      memory_bytes: 96 * 1024 ** 2, disk_free_bytes: 40 * 1024 ** 3, counted_p99_ms: 370 * wave ** 0.2, call_p99_ms: 340 * wave ** 0.3 };
  });
  return {
    version: "0.1.0", role: "both", up_seconds: 3720, every_ms: 2000, samples,
    readiness: { ready: true, reasons: [], warnings: [] },
    understanding: { deadline_ms: 400, received: 123456, full: 123000, degraded: 400, pending: 56, dead: 0, gone: 0, error: 0 },
  };
}

function talk() {
  const at = (minutes) => new Date(Date.UTC(2026, 0, 1, 10, 0) - minutes * 60_000).toISOString().replace(".000", "");
  const counts = (messages, sentiment) => ({ messages, sentiment, enriched: messages, degraded: 0 });
  const people = [["bot-amelie-of-a-rather-long-name-in-paris", 412, 0.4], ["bo", 377, -0.3], ["chen", 201, 0], ["dana", 90, null]];
  return {
    summary_minutely: Array.from({ length: 50 }, (_, ago) => ({ at: at(ago), ...counts(90, Math.sin(ago / 7) * 0.45) })),
    topic_minutely: [["smalltalk", 512, 0.3], ["question", 230, 0.1], ["technical", 80, -0.2], ["greeting", 44, 0.5]].map(([topic, n, mood]) => ({ at: at(0), topic, ...counts(n, mood) })),
    trending: ["movie", "robots", "<b>music</b>", "weekend", "coffee", "pizza", "travel", "dog"].map((term, at) => ({ term, weight: 40 / (at + 1) })),
    bot_hourly: people.map(([sender, n, mood]) => ({ at: at(0), sender, ...counts(n, mood) })),
    conversation_hourly: people.map(([, n, mood], at_) => ({ at: at(0), conversation: `chat-000${at_}`, ...counts(n, mood) })),
  };
}

function answer(_, { pathname, searchParams }) {
  if (searchParams.get("format") === "csv") return { kind: "text/csv", body: "term,weight\nmovie,40\n" };
  const report = pathname.split("/").at(-1);
  return { kind: "application/json", body: JSON.stringify({ report, rows: reports[report], more: false, behind: 0 }) };
}

const its = stage("dashboard", status, answer);
const { texts, shot } = its;
const open = (options = {}) => its.open({ viewport: { width: 1440, height: 900 }, ...options });
const loaded = () => its.page.locator("#words .word").first().waitFor();
beforeEach(() => {
  reports = talk();
});
isForOperators(its, loaded, { width: 360, height: 760 });

test("one screen shows the way of a message, its figures, and what is said", async () => {
  await open();
  await loaded();
  assert.equal(await its.page.textContent("#state"), "ready");
  assert.equal(await its.page.textContent("#verdict"), "Every stage keeps up.");
  assert.deepEqual(await texts(".stage-name"), ["Received", "In hand", "Called", "Durable", "Counted"]);
  assert.equal(await its.page.locator('.stage[data-is="tight"]').count(), 0);
  assert.deepEqual(await texts("#sum dd"), ["123,456", "123,000", "400", "56", "0"]);
  assert.equal(await its.page.textContent("#balance"), "adds up: error 0");
  assert.equal(await its.page.textContent("#card-in_time h2"), "Counted in time, budget left 100 %");
  assert.equal(await its.page.textContent("#card-calls_in_flight h2"), "Calls at once, breaker closed");
  assert.deepEqual(await texts("#topics .bar-name"), ["smalltalk", "question", "technical", "greeting"]);
  assert.deepEqual((await texts("#words .word")).slice(0, 3), ["movie", "robots", "<b>music</b>"]);
  assert.equal(await its.page.locator("#feelings rect").count(), 50);
  assert.deepEqual((await texts("#conversations .bar-name")).slice(0, 1), ["chat-0000"]);
  await shot("dashboard-light");
});

test("the bottleneck stands out in words, too, and what is lost is said", async () => {
  its.said.samples = its.said.samples.map((sample) => ({ ...sample, breaker: 2, calls_per_second: 0, calls_in_flight: 0, degraded: 500, late_per_second: 2 }));
  its.said.understanding.error = 3;
  its.said.readiness.warnings = ["the NLP service: it answers 503; chat goes on, messages have a guess meanwhile"];
  await open({ colorScheme: "dark" });
  await loaded();
  assert.match(await its.page.textContent("#verdict"), /The breaker is open/);
  assert.deepEqual(await texts('.stage[data-is="tight"] .stage-name'), ["Called"]);
  assert.equal(await its.page.locator('.stage[data-is="tight"] .tight').textContent(), "bottleneck");
  assert.equal(await its.page.textContent("#balance"), "does not add up: error 3");
  assert.equal(await its.page.textContent("#card-in_time h2"), "Counted in time, budget left 0 %");
  assert.equal(await its.page.textContent("#card-degraded h2"), "Recovery, does not get less");
  await shot("dashboard-dark");
});

test("everything drawn is said to those who do not see it, and reached without a mouse", async () => {
  await open();
  await loaded();
  const nameless = await its.page.evaluate(() =>
    [...document.querySelectorAll("svg, section, nav, button, [role=img]")].filter((one) => {
      const label = one.getAttribute("aria-label") ?? document.getElementById(one.getAttribute("aria-labelledby") ?? "")?.textContent ?? one.textContent;
      return (label ?? "").trim() === "";
    }).map((one) => one.outerHTML.slice(0, 80)));
  assert.deepEqual(nameless, []);
  assert.match(await its.page.locator("#feelings svg").getAttribute("aria-label"), /^How it feels, a bar a minute: [+−]0\.\d\d in the last minute/);
  const reached = [];
  for (let step = 0; step < 6; step += 1) {
    await its.page.keyboard.press("Tab");
    reached.push(await its.page.evaluate(() => document.activeElement?.textContent));
  }
  assert.deepEqual(reached, ["Status", "Chat", "CSV of topics", "CSV of words", "CSV of bots", "CSV of conversations"]);
});

test("a report is saved as a file", async () => {
  await open();
  await loaded();
  const [file] = await Promise.all([its.page.waitForEvent("download"), its.page.click('[data-report="trending"]')]);
  assert.equal(file.suggestedFilename(), "trending.csv");
  assert.equal(readFileSync(await file.path(), "utf8"), "term,weight\nmovie,40\n");
});

test("a process that asks no service says so, and one that nobody talks to is empty, not broken", async () => {
  its.said.understanding = null;
  const none = Object.keys(WELL).map((key) => [key, null]);
  its.said.samples = its.said.samples.map((sample) => ({ ...sample, ...Object.fromEntries(none) }));
  for (const report of Object.keys(reports)) reports[report] = [];
  await open();
  await its.page.locator("#words .nothing").waitFor();
  assert.equal(await its.page.locator("#understanding").isHidden(), true);
  assert.match(await its.page.textContent("#nobody"), /asks no NLP service/);
  assert.deepEqual(await texts("#cards h2"), ["Machine, 96 MiB, 40 GiB of disk free"]);
  assert.equal(await its.page.textContent("#feelings-said"), "Nothing is understood yet.");
});
