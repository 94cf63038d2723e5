/** The page of operators in a real browser, on a server that says what the test wants. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { chromium } from "playwright-core";

const KINDS = { html: "text/html", js: "text/javascript", css: "text/css", svg: "image/svg+xml" };
const TOKEN = "of-an-analyst";

/** @type {import("playwright-core").Browser} */
let browser;
/** @type {import("playwright-core").Page} */
let page;
let server;
/** What the server says. */
let said;
/** Whether it asks for a token. */
let locked;
let complaints;
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

function answer(request, response) {
  if (request.url === "/v1/status") {
    if (locked && request.headers.authorization !== `Bearer ${TOKEN}`) return response.writeHead(401).end();
    return response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(said));
  }
  if (request.url.startsWith("/v1/replay")) {
    asked.push(`${request.method} ${request.url}`);
    return response.writeHead(200, { "content-type": "application/json" }).end('{"letters":3,"calls_least":3,"calls_most":60,"rate":100}');
  }
  const name = request.url === "/status" ? "status.html" : request.url.slice(1);
  const kind = KINDS[name.split(".").at(-1)];
  response.writeHead(200, { "content-type": kind }).end(readFileSync(new URL(`../${name}`, import.meta.url)));
}

before(async () => {
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
  server = createServer(answer);
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
});
after(async () => {
  await browser.close();
  server.close();
});
beforeEach(() => {
  [said, locked, complaints, asked] = [status(), false, [], []];
});
afterEach(async () => {
  await page.context().close();
  assert.deepEqual(complaints, []);
});

async function open(options = {}) {
  const context = await browser.newContext(options);
  page = await context.newPage();
  page.setDefaultTimeout(10_000);
  page.on("console", (line) => { if (line.type() === "error" && !line.text().includes("401")) complaints.push(line.text()); });
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.goto(`http://127.0.0.1:${server.address().port}/status`);
}

const card = (key) => page.locator(`#card-${key}`);

test("every figure has its card, with a line that is also said in words", async () => {
  await open();
  await card("connections").waitFor();
  assert.equal(await page.textContent("#state"), "ready");
  assert.equal(await page.textContent("#process"), "0.1.0 · up 1 h 2 min");
  assert.equal(await card("connections").locator("h2").textContent(), "Connections, of 19,000");
  assert.deepEqual(await card("acknowledge_p50_ms").locator("dd").allTextContents(), ["2.5ms", "1.5s"]);
  assert.deepEqual(await card("memory_bytes").locator("dd").allTextContents(), ["64MiB"]);
  assert.equal(await card("connections").locator("svg").getAttribute("aria-label"), "Connections in the last minutes: from 0 to 3");
  assert.equal(await card("sync_ms").count(), 0, "of what was never measured there is no card");
  assert.equal(await page.locator(".card").count(), 7);
});

test("why it is not ready stands on top, and goes when it is over", async () => {
  said.readiness = { ready: false, reasons: [{ code: "disk_full", detail: "<b>no room</b>" }], warnings: ["a range is damaged"] };
  await open();
  await page.locator("#reasons li").first().waitFor();
  assert.equal(await page.textContent("#state"), "not ready");
  assert.deepEqual(await page.locator("#reasons li").allTextContents(), ["disk_full<b>no room</b>", "warninga range is damaged"]);
  said.readiness = { ready: true, reasons: [], warnings: [] };
  await page.locator("#reasons").waitFor({ state: "hidden" });
});

test("where the server asks for a token the page does, too", async () => {
  locked = true;
  await open();
  await page.fill("#token", TOKEN);
  assert.equal(await page.locator("#content").isHidden(), true);
  await page.click("#token-form button");
  await card("connections").waitFor();
  assert.equal(await page.locator("#token-form").isHidden(), true);
});

test("what was given up is asked for again after its price was said, and stopped", async () => {
  await open();
  await card("connections").waitFor();
  const letters = page.locator("#letters");
  assert.equal(await letters.isHidden(), true);
  said.letters = { reasons: { exhausted: 1, refused: 2 }, replay: null };
  await letters.waitFor();
  assert.equal(await letters.locator("p").textContent(), "1 exhausted, 2 refused");
  const prices = [];
  page.on("dialog", (dialog) => { prices.push(dialog.message()); void (prices.length > 1 ? dialog.accept() : dialog.dismiss()); });
  for (const most of [1, 3]) {
    await letters.locator("button:enabled").click();
    while (asked.length < most) await page.waitForTimeout(10);
  }
  assert.equal(prices[0], "Ask again for 3 messages, 100 a second? 3 to 60 calls.");
  assert.deepEqual(asked, ["GET /v1/replay", "GET /v1/replay", "POST /v1/replay"]);
  said.letters = { reasons: {}, replay: { reason: null, rate: 100, of: 3, done: 1, left: 0, runs: true } };
  await letters.locator("button", { hasText: "Stop" }).click();
  while (asked.length < 4) await page.waitForTimeout(10);
  assert.equal(asked[3], "POST /v1/replay/cancel");
  said.letters = { reasons: {}, replay: null };
  await letters.waitFor({ state: "hidden" });
});

test("on a phone nothing is wider than the screen, in either scheme", async () => {
  for (const colorScheme of ["light", "dark"]) {
    await page?.context().close();
    await open({ viewport: { width: 320, height: 640 }, isMobile: true, colorScheme });
    await card("connections").waitFor();
    const [wide, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(wide <= screen, `${wide} on ${screen}`);
  }
});
