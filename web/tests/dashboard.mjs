/** The dashboard in a real browser, on a server that says what the test wants. Screenshots go to `target/page/`. */

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { WELL } from "./well.mjs";

const KINDS = { html: "text/html", js: "text/javascript", css: "text/css", svg: "image/svg+xml" };
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'";
const SHOTS = new URL("../../target/page/", import.meta.url);
const TOKEN = "of-an-analyst";

/** @type {import("playwright-core").Browser} */
let browser;
/** @type {import("playwright-core").Page} */
let page;
let server;
/** What the server says. */
let said;
let reports;
/** Whether it asks for a token. */
let locked;
let complaints;

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

function answer(request, response) {
  const { pathname: path, searchParams: asked } = new URL(request.url, "http://x");
  const report = path.startsWith("/v1/reports/") ? path.split("/").at(-1) : null;
  if (path === "/v1/status" || report !== null) {
    if (locked && request.headers.authorization !== `Bearer ${TOKEN}`) return response.writeHead(401).end();
    if (asked.get("format") === "csv") return response.writeHead(200, { "content-type": "text/csv" }).end("term,weight\nmovie,40\n");
    const body = report === null ? said : { report, rows: reports[report], more: false, behind: 0 };
    return response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
  }
  const name = path === "/dashboard" ? "dashboard.html" : path.slice(1);
  const headers = { "content-type": KINDS[name.split(".").at(-1)], "content-security-policy": POLICY };
  response.writeHead(200, headers).end(readFileSync(new URL(`../${name}`, import.meta.url)));
}

before(async () => {
  mkdirSync(SHOTS, { recursive: true });
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
  server = createServer(answer);
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
});
after(async () => {
  await browser.close();
  server.close();
});
beforeEach(() => {
  [said, reports, locked, complaints] = [status(), talk(), false, []];
});
afterEach(async () => {
  await page.context().close();
  assert.deepEqual(complaints, []);
});

async function open(options = {}) {
  await page?.context().close();
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  page = await context.newPage();
  page.setDefaultTimeout(10_000);
  page.on("console", (line) => { if (line.type() === "error" && !line.text().includes("401")) complaints.push(line.text()); });
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.goto(`http://127.0.0.1:${server.address().port}/dashboard`);
}

const loaded = () => page.locator("#words .word").first().waitFor();
const shot = (name) => page.screenshot({ path: fileURLToPath(new URL(`${name}.png`, SHOTS)), fullPage: true });
const texts = (of) => page.locator(of).allTextContents();

test("one screen shows the way of a message, its figures, and what is said", async () => {
  await open();
  await loaded();
  assert.equal(await page.textContent("#state"), "ready");
  assert.equal(await page.textContent("#verdict"), "Every stage keeps up.");
  assert.deepEqual(await texts(".stage-name"), ["Received", "In hand", "Called", "Durable", "Counted"]);
  assert.equal(await page.locator('.stage[data-is="tight"]').count(), 0);
  assert.deepEqual(await texts("#sum dd"), ["123,456", "123,000", "400", "56", "0"]);
  assert.equal(await page.textContent("#balance"), "adds up: error 0");
  assert.equal(await page.textContent("#card-in_time h2"), "Counted in time, budget left 100 %");
  assert.equal(await page.textContent("#card-calls_in_flight h2"), "Calls at once, breaker closed");
  assert.deepEqual(await texts("#topics .bar-name"), ["smalltalk", "question", "technical", "greeting"]);
  assert.deepEqual((await texts("#words .word")).slice(0, 3), ["movie", "robots", "<b>music</b>"]);
  assert.equal(await page.locator("#feelings rect").count(), 50);
  assert.deepEqual((await texts("#conversations .bar-name")).slice(0, 1), ["chat-0000"]);
  await shot("dashboard-light");
});

test("the bottleneck stands out in words, too, and what is lost is said", async () => {
  said.samples = said.samples.map((sample) => ({ ...sample, breaker: 2, calls_per_second: 0, calls_in_flight: 0, degraded: 500, late_per_second: 2 }));
  said.understanding.error = 3;
  said.readiness.warnings = ["the NLP service: it answers 503; chat goes on, messages have a guess meanwhile"];
  await open({ colorScheme: "dark" });
  await loaded();
  assert.match(await page.textContent("#verdict"), /The breaker is open/);
  assert.deepEqual(await texts('.stage[data-is="tight"] .stage-name'), ["Called"]);
  assert.equal(await page.locator('.stage[data-is="tight"] .tight').textContent(), "bottleneck");
  assert.equal(await page.textContent("#balance"), "does not add up: error 3");
  assert.equal(await page.textContent("#card-in_time h2"), "Counted in time, budget left 0 %");
  assert.equal(await page.textContent("#card-degraded h2"), "Recovery, does not get less");
  await shot("dashboard-dark");
});

test("everything drawn is said to those who do not see it, and reached without a mouse", async () => {
  await open();
  await loaded();
  const nameless = await page.evaluate(() =>
    [...document.querySelectorAll("svg, section, nav, button, [role=img]")].filter((one) => {
      const label = one.getAttribute("aria-label") ?? document.getElementById(one.getAttribute("aria-labelledby") ?? "")?.textContent ?? one.textContent;
      return (label ?? "").trim() === "";
    }).map((one) => one.outerHTML.slice(0, 80)));
  assert.deepEqual(nameless, []);
  assert.match(await page.locator("#feelings svg").getAttribute("aria-label"), /^How it feels, a bar a minute: [+−]0\.\d\d in the last minute/);
  const reached = [];
  for (let step = 0; step < 6; step += 1) {
    await page.keyboard.press("Tab");
    reached.push(await page.evaluate(() => document.activeElement?.textContent));
  }
  assert.deepEqual(reached, ["Status", "Chat", "CSV of topics", "CSV of words", "CSV of bots", "CSV of conversations"]);
});

test("a report is saved as a file", async () => {
  await open();
  await loaded();
  const [file] = await Promise.all([page.waitForEvent("download"), page.click('[data-report="trending"]')]);
  assert.equal(file.suggestedFilename(), "trending.csv");
  assert.equal(readFileSync(await file.path(), "utf8"), "term,weight\nmovie,40\n");
});

test("where the server asks for a token the page does, too", async () => {
  locked = true;
  await open();
  await page.fill("#token", TOKEN);
  assert.equal(await page.locator("#content").isHidden(), true);
  await page.click("#token-form button");
  await loaded();
  assert.equal(await page.locator("#token-form").isHidden(), true);
});

test("a process that asks no service says so, and one that nobody talks to is empty, not broken", async () => {
  said.understanding = null;
  const none = Object.keys(WELL).map((key) => [key, null]);
  said.samples = said.samples.map((sample) => ({ ...sample, ...Object.fromEntries(none) }));
  for (const report of Object.keys(reports)) reports[report] = [];
  await open();
  await page.locator("#words .nothing").waitFor();
  assert.equal(await page.locator("#understanding").isHidden(), true);
  assert.match(await page.textContent("#nobody"), /asks no NLP service/);
  assert.deepEqual(await texts("#cards h2"), ["Machine, 96 MiB, 40 GiB of disk free"]);
  assert.equal(await page.textContent("#feelings-said"), "Nothing is understood yet.");
});

test("on a phone nothing is wider than the screen, in either scheme", async () => {
  for (const colorScheme of ["light", "dark"]) {
    await open({ viewport: { width: 360, height: 760 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2, colorScheme });
    await loaded();
    const [wide, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(wide <= screen, `${wide} on ${screen}`);
    await shot(`dashboard-phone-${colorScheme}`);
  }
});
