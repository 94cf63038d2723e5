/** A page of operators in a real browser, on a server that says what the test wants. Screenshots go to `target/page/`. */

import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const KINDS = { html: "text/html", js: "text/javascript", css: "text/css", svg: "image/svg+xml" };
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'";
const SHOTS = new URL("../../target/page/", import.meta.url);
const TOKEN = "of-an-analyst";

const file = (name) => readFileSync(new URL(`../${name}`, import.meta.url), "utf8");

/** As the server puts it together. */
const framed = (name) => file("operators.html").replaceAll("{page}", name).replace("<!-- content -->", () => file(`${name}.html`));

/**
 * Each test begins with what `status` says; `more` answers what else is asked for, or has no answer.
 * @param {string} name of the page
 * @param {() => any} status what `/v1/status` answers
 * @param {(request: import("node:http").IncomingMessage, asked: URL) => { kind: string, body: string } | null} more
 */
export function stage(name, status, more) {
  /** @type {import("playwright-core").Browser} */
  let browser;
  let server;
  let complaints;
  const stage = {
    /** @type {import("playwright-core").Page} */
    page: undefined,
    /** What the server says. */
    said: undefined,
    /** Whether it asks for a token. */
    locked: false,
    async open(options = {}) {
      await stage.page?.context().close();
      const context = await browser.newContext(options);
      const page = await context.newPage();
      stage.page = page;
      page.setDefaultTimeout(10_000);
      page.on("console", (line) => { if (line.type() === "error" && !line.text().includes("401")) complaints.push(line.text()); });
      page.on("pageerror", (error) => complaints.push(String(error)));
      await page.goto(`http://127.0.0.1:${server.address().port}/${name}`);
    },
    texts: (of) => stage.page.locator(of).allTextContents(),
    shot: (of) => stage.page.screenshot({ path: fileURLToPath(new URL(`${of}.png`, SHOTS)), fullPage: true }),
  };

  function answer(request, response) {
    const asked = new URL(request.url, "http://x");
    const path = asked.pathname;
    if (path.startsWith("/v1/")) {
      if (stage.locked && request.headers.authorization !== `Bearer ${TOKEN}`) return response.writeHead(401).end();
      const said = path === "/v1/status" ? { kind: "application/json", body: JSON.stringify(stage.said) } : more(request, asked);
      return said === null ? response.writeHead(404).end() : response.writeHead(200, { "content-type": said.kind }).end(said.body);
    }
    const kind = path === `/${name}` ? "html" : path.split(".").at(-1);
    const body = kind === "html" ? framed(name) : file(path.slice(1));
    response.writeHead(200, { "content-type": KINDS[kind], "content-security-policy": POLICY }).end(body);
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
    [stage.said, stage.locked, complaints] = [status(), false, []];
  });
  afterEach(async () => {
    await stage.page.context().close();
    assert.deepEqual(complaints, []);
  });
  return stage;
}

/**
 * What holds of every page of operators.
 * @param {ReturnType<typeof stage>} stage
 * @param {() => Promise<void>} loaded
 * @param {{ width: number, height: number }} phone the smallest one
 */
export function isForOperators(stage, loaded, phone) {
  test("where the server asks for a token the page does, too", async () => {
    stage.locked = true;
    await stage.open();
    await stage.page.fill("#token", TOKEN);
    assert.equal(await stage.page.locator("#content").isHidden(), true);
    await stage.page.click("#token-form button");
    await loaded();
    assert.equal(await stage.page.locator("#token-form").isHidden(), true);
  });

  test("on a phone nothing is wider than the screen, in either scheme", async () => {
    for (const colorScheme of ["light", "dark"]) {
      await stage.open({ viewport: phone, isMobile: true, hasTouch: true, deviceScaleFactor: 2, colorScheme });
      await loaded();
      const [wide, screen] = await stage.page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      assert.ok(wide <= screen, `${wide} on ${screen}`);
      await stage.shot(`${new URL(stage.page.url()).pathname.slice(1)}-phone-${colorScheme}`);
    }
  });
}
