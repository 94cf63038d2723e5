/**
 * The page in Debian's Chromium, on a stub of its own for each test. Screenshots go to `target/page/`.
 *
 * `CHROMIUM=/path/to/chromium` names another browser.
 */

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { after, afterEach, before, beforeEach } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { people } from "./people.mjs";
import { Stub } from "./stub.mjs";

const SHOTS = new URL("../../target/page/", import.meta.url);
export const DESKTOP = { width: 1180, height: 760 };
export const PHONE = { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true, deviceScaleFactor: 2 };

/** @type {import("playwright-core").Browser} */
let browser;
/** @type {Stub} */
export let stub;
/** @type {import("playwright-core").BrowserContext} */
export let context;
/** @type {import("playwright-core").Page} */
export let page;
/** What the console complained about. */
let complaints;

/**
 * Before each test there is a stub with people, and the page of somebody.
 * @param {(stub: Stub) => void} [prepare]
 * @param {string} [user] a guest if none is named
 */
export function eachWithPage(prepare = () => {}, user = "") {
  before(async () => {
    mkdirSync(SHOTS, { recursive: true });
    const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
    browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  });
  after(() => browser.close());
  beforeEach(async () => {
    stub = await new Stub().start();
    people(stub);
    prepare(stub);
    await open({}, user);
  });
  afterEach(async () => {
    await context.close();
    stub.stop();
    assert.deepEqual(complaints, []);
  });
}

export async function open(options = {}, user = "") {
  await context?.close();
  context = await browser.newContext({ viewport: DESKTOP, ...options });
  if (user !== "") await context.addInitScript((name) => localStorage.setItem("hubbub.user", name), user);
  page = await context.newPage();
  page.setDefaultTimeout(10_000);
  complaints = [];
  page.on("console", (line) => { if (line.type() === "error" && !line.text().includes("ERR_INTERNET_DISCONNECTED")) complaints.push(line.text()); });
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.goto(stub.url);
  await page.waitForSelector("#rows .row");
}

export const shot = (name) => page.screenshot({ path: fileURLToPath(new URL(`${name}.png`, SHOTS)) });
export const row = (name) => page.locator(`.row[href="#${name}"]`);
export const messages = () => page.locator("#messages .said").allTextContents();
export const appears = (text) => page.locator("#messages .said", { hasText: text }).first().waitFor();

/** Opens a conversation by its row, and waits until it is read. */
export async function choose(name) {
  await row(name).click();
  await page.locator("#live").waitFor();
  const shown = stub.logs.get(name).findLast(({ kind }) => !["edit", "delete", "react"].includes(kind));
  await page.locator(`#messages li[data-seq="${shown.seq}"]`).waitFor();
}

export async function say(text) {
  await page.fill("#body", text);
  await page.press("#body", "Enter");
}

/** Waits until it is so on this side. */
export async function until(holds) {
  for (let tries = 0; tries < 500; tries += 1) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.fail(`not within 10 s: ${holds}`);
}
