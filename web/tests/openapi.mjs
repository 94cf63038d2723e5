/** The reference at `/openapi`: everything of the document is there, and the keyboard is enough. */

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { PHONE, context, eachWithPage, open, page, shot, stub } from "./browser.mjs";

eachWithPage();

const api = JSON.parse(await readFile(new URL("../openapi.json", import.meta.url), "utf8"));

async function read() {
  await page.goto(`${stub.url}openapi`);
  await page.locator("#say").waitFor();
}

test("every operation and every shape is shown once, and every link leads to one", async () => {
  await read();
  const operations = Object.values(api.paths).flatMap((item) => [item.get, item.post].filter(Boolean));
  for (const { operationId, summary } of operations) {
    const card = page.locator(`#${operationId}`);
    assert.equal(await card.locator(".summary").textContent(), summary);
    assert.ok((await card.locator(".status").count()) > 0, operationId);
    assert.match((await card.locator("pre").textContent()) ?? "", /^curl .*'http:\/\/127\.0\.0\.1:\d+\//);
  }
  for (const name of Object.keys(api.components.schemas)) await page.locator(`#schema-${name}`).waitFor();
  const dead = await page.locator("a[href^='#']").evaluateAll((links) => links.filter((link) => !document.getElementById(link.hash.slice(1))).length);
  assert.equal(dead, 0);
  await shot("openapi");
});

test("the keyboard finds, clears and goes there", async () => {
  await read();
  await page.keyboard.press("/");
  await page.keyboard.type("server-sent");
  assert.equal(await page.locator("#follow").isVisible(), true);
  assert.equal(await page.locator("#say").isVisible(), false);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  assert.equal(new URL(page.url()).hash, "#follow");
  await page.focus("#find");
  await page.keyboard.type(" of nothing at all");
  assert.match((await page.textContent("#note")) ?? "", /Nothing here/);
  await page.keyboard.press("Escape");
  assert.equal(await page.locator("#say").isVisible(), true);
  assert.equal(await page.locator("#note").isVisible(), false);
});

test("a link to a place of it leads there, and on a phone nothing is cut off", async () => {
  await open({ ...PHONE, colorScheme: "dark" });
  await page.goto(`${stub.url}openapi#schema-Problem`);
  await page.waitForFunction(() => Math.abs(document.querySelector("#schema-Problem")?.getBoundingClientRect().top ?? 999) < 120);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.equal(wide, 0);
  assert.equal(context.pages().length, 1);
  await shot("openapi-phone");
});
