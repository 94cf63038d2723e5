/**
 * Two people in two browsers and a bot, on a real server: a group, an edit, a reaction, who is there, a cut of
 * the network, and a reload while there is none. Nothing is lost or doubled.
 *
 * `HUBBUB=/path/to/hubbub` names another binary than `target/debug/hubbub`.
 */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import WebSocket from "ws";
import { connect } from "../sdk/hubbub.js";
import { DESKTOP, PHONE, until } from "./browser.mjs";
import { Cable } from "./cable.mjs";

const BINARY = process.env.HUBBUB ?? fileURLToPath(new URL("../../target/debug/hubbub", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "hubbub-together-"));

let server;
let direct;
/** Ann's network. */
let cable;
let browser;
let bot;

before(async () => {
  server = spawn(BINARY, [
    "serve", "--dev", "--listen", "127.0.0.1:0", "--data", join(folder, "data"),
    "--retain", "channel 3", "--retain-sweep-seconds", "1",
  ]);
  direct = await new Promise((found, lost) => {
    let heard = "";
    const look = (part) => {
      heard += part;
      const url = /http:\/\/127\.0\.0\.1:\d+/.exec(heard);
      if (url) found(url[0]);
    };
    server.stdout.on("data", look);
    server.stderr.on("data", look);
    server.on("error", lost);
    server.on("exit", (code) => lost(new Error(`the server ended with ${code}: ${heard}`)));
  });
  cable = await new Cable().start(Number(new URL(direct).port));
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
  bot = await connect({ url: direct, user: "echo", WebSocket });
});

after(async () => {
  bot?.close();
  await browser?.close();
  cable?.stop();
  server?.removeAllListeners("exit");
  const ended = new Promise((done) => server.on("exit", done));
  server?.kill("SIGTERM");
  await ended;
  rmSync(folder, { recursive: true });
});

/** A page of this user. */
async function person(user, url, options = { viewport: DESKTOP }) {
  const context = await browser.newContext(options);
  await context.addInitScript((name) => localStorage.setItem("hubbub.user", name), user);
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  await page.goto(url);
  await page.locator("#me-name", { hasText: user }).waitFor({ state: "attached" });
  return page;
}

const shot = (page, name) => page.screenshot({ path: fileURLToPath(new URL(`../../target/page/together-${name}.png`, import.meta.url)) });
const exactly = (text) => new RegExp(`^${text.replace(/[?.]/g, "\\$&")}$`);
const message = (page, text) => page.locator("#messages li.message", { has: page.locator(".said", { hasText: exactly(text) }) });
const appears = (page, text) => message(page, text).waitFor();
const said = (page) => page.locator("#messages .said").allTextContents();

async function say(page, text) {
  await page.fill("#body", text);
  await page.press("#body", "Enter");
}

/** Opens the menu of a message and chooses. */
async function choice(page, text, what) {
  await message(page, text).locator(".bubble").hover();
  await page.click("#more");
  await page.locator("#actions").getByRole("menuitem", { name: what, exact: true }).click();
}

/** The bot answers what ends with a question mark. */
function answer(conversation) {
  bot.subscribe(conversation, {
    from: "start",
    message: ({ sender, kind, body, seq }) => {
      if (sender === "echo" || kind !== undefined || !body.endsWith("?")) return;
      bot.send(conversation, `I heard: ${body}`, { replyTo: seq });
    },
  });
}

test("two people and a bot lose nothing and hear nothing twice, whatever the network does", async () => {
  const bob = await person("bob", direct, PHONE);
  const ann = await person("ann", cable.url);
  await ann.click("#new");
  await ann.fill("#create-many [name=name]", "Kitchen table");
  await ann.fill("#create-many [name=topic]", "What we cook");
  await ann.fill("#create-many [name=members]", "bob, echo");
  await ann.click("#create-form [type=submit]");
  await ann.locator("#talk-name", { hasText: "Kitchen table" }).waitFor();
  const conversation = decodeURIComponent(new URL(ann.url()).hash.slice(1));
  answer(conversation);
  await bob.locator("#yours .row", { hasText: "Kitchen table" }).click();

  await say(ann, "Who brings the suop?");
  await appears(bob, "Who brings the suop?");
  await appears(ann, "I heard: Who brings the suop?");
  await choice(ann, "Who brings the suop?", "Edit");
  await say(ann, "Who brings the soup?");
  await message(bob, "Who brings the soup?").locator(".edited").waitFor();
  await say(bob, "I do.");
  await appears(ann, "I do.");
  await choice(ann, "I do.", "❤️");
  await message(bob, "I do.").locator(".chip", { hasText: "❤️ 1" }).waitFor();
  await ann.locator('#messages .face.online[data-user="bob"]').first().waitFor();
  await shot(ann, "ann");
  await shot(bob, "bob");

  // Her network is cut; she goes on, and reloads while there is none.
  cable.cut();
  await ann.locator("#banner[data-state=waiting]").waitFor();
  await say(ann, "offline, one");
  await say(ann, "offline, two");
  await say(bob, "Ann?");
  await appears(bob, "I heard: Ann?");
  await shot(ann, "cut");
  assert.ok(await ann.reload().catch((why) => String(why).includes("ERR_")), "there is no network");
  cable.mend();
  await until(() => ann.goto(`${cable.url}/#${conversation}`).then(() => true, () => false));
  await appears(ann, "offline, two");
  await appears(bob, "offline, two");
  await until(async () => (await ann.locator("#pending li").count()) === 0);
  await shot(ann, "back");

  const expected = [
    "Who brings the soup?", "I heard: Who brings the suop?", "I do.", "Ann?", "I heard: Ann?", "offline, one", "offline, two",
  ];
  assert.deepEqual(await said(ann), expected);
  assert.deepEqual(await said(bob), expected);
  const read = await fetch(`${direct}/v1/conversations/${conversation}/messages?from=1&limit=200`, { headers: { "Hubbub-User": "bob" } });
  const { messages } = await read.json();
  const texts = messages.filter(({ kind }) => kind === undefined).map(({ body, edited }) => edited?.body ?? body);
  assert.deepEqual(texts, expected);
  assert.deepEqual(messages.map(({ seq }) => seq), messages.map((_, index) => index + 1), "every place is there, once");
});

test("what has expired and what was erased is gone from the page, at once and for who comes later", async () => {
  const { conversation } = await bot.create({ kind: "channel", name: "News", members: ["ann"] });
  for (let number = 1; number <= 6; number += 1) await bot.send(conversation, `news ${number}`);
  const ann = await person("ann", `${direct}/#${conversation}`);
  await ann.locator("#messages .event", { hasText: "Older messages have expired" }).first().waitFor();
  const kept = ["news 4", "news 5", "news 6"];
  await until(async () => (await said(ann)).join() === kept.join());
  await ann.locator("#older").waitFor({ state: "hidden" });
  const answer = await fetch(`${direct}/v1/users/echo/erase`, { method: "POST", headers: { "Hubbub-User": "root" } });
  assert.equal(answer.status, 200, await answer.text());
  await ann.locator("#messages .event", { hasText: "What echo said was erased" }).waitFor();
  await until(async () => (await said(ann)).length === 0);
  await shot(ann, "erased");
  await ann.reload();
  await ann.locator("#messages .event", { hasText: "What echo said was erased" }).waitFor();
  assert.deepEqual(await said(ann), []);
});
