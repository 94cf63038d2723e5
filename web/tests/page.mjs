/** The page as a person meets it: what it shows, what it says, and what it does when the network breaks. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { PHONE, appears, choose, context, eachWithPage, messages, open, page, row, say, shot, stub } from "./browser.mjs";

eachWithPage();

test("rows appear, the last one to speak on top, and counters add them up", async () => {
  assert.equal(await page.locator(".row").count(), 24);
  stub.say("chat-0017", "ada-3", "me again");
  await page.locator("#rows li:first-child .row[href='#chat-0017']").waitFor();
  const all = [...stub.logs.values()].reduce((sum, log) => sum + log.length, 0);
  await page.waitForFunction((count) => document.querySelector("#count-messages")?.textContent === count, all.toLocaleString("en"));
  assert.equal(await page.textContent("#count-conversations"), "24");
  assert.match((await page.textContent("#count-enriched")) ?? "", /^\d+ %$/);
  assert.match((await row("chat-0002").locator(".mood").getAttribute("aria-label")) ?? "", /mean sentiment [+−]0\.\d\d/);
});

test("nothing changes places under the pointer", async () => {
  await page.hover(".row >> nth=0");
  stub.say("chat-0017", "ada-3", "me again");
  stub.say("chat-9000", "ada-3", "new here", Date.now() + 50);
  await page.locator("#rows li:last-child .row[href='#chat-9000']").waitFor({ state: "attached" });
  assert.equal(await page.getAttribute("#rows li:first-child .row", "href"), "#chat-0001");
  await page.hover("h1");
  await page.locator("#rows li:first-child .row[href='#chat-9000']").waitFor();
});

test("a conversation is read live from its last fifty, and older ones on demand", async () => {
  await choose("chat-0001");
  await page.waitForFunction(() => document.querySelectorAll("#messages li").length === 50);
  stub.say("chat-0001", "ada-3", "this just happened");
  await appears("this just happened");
  await page.click("#older");
  await page.waitForFunction(() => document.querySelectorAll("#messages li").length === 101);
  await page.click("#older");
  await page.waitForFunction(() => document.querySelectorAll("#messages li").length === 131);
  assert.equal(await page.locator("#older").isHidden(), true);
  const places = await page.locator("#messages li").evaluateAll((items) => items.map((item) => Number(item.dataset.seq)));
  assert.deepEqual(places, Array.from({ length: 131 }, (_, place) => place + 1));
});

test("what one says appears once, acknowledged, and as text whatever it is", async () => {
  await choose("chat-0002");
  const text = "<img src=x onerror=alert(1)> & so on";
  await say(text);
  await appears("so on");
  await page.waitForFunction(() => document.querySelector("#count-acked")?.textContent === "1 / 1");
  assert.equal((await messages()).filter((said) => said === text).length, 1);
  assert.equal(await page.locator("#pending li").count(), 0);
  assert.equal(await page.locator("#messages img").count(), 0);
  const sent = stub.commands.find((command) => command.type === "send");
  assert.equal(sent.seen_seq, stub.logs.get("chat-0002").length - 1);
  assert.ok(sent.lamport > 24, "the stamp counts on from what was heard");
});

test("when the server drops the socket the page comes back, without gap or repeat", async () => {
  await choose("chat-0003");
  const [had, head] = [(await messages()).length, stub.logs.get("chat-0003").length];
  stub.drop();
  await page.locator("#banner").waitFor();
  stub.say("chat-0003", "ada-3", "while you were away");
  await say("said without a connection");
  await page.locator("#pending li").waitFor();
  await shot("lost");
  await appears("said without a connection");
  await page.locator("#banner").waitFor({ state: "hidden" });
  const now = await messages();
  assert.deepEqual(now.slice(had), ["while you were away", "said without a connection"]);
  const again = stub.commands.filter((command) => command.type === "subscribe").at(-1);
  assert.deepEqual(again.from, { after: { epoch: 1, seq: head } });
});

test("an acknowledgement that was lost makes no second message", async () => {
  await choose("chat-0004");
  stub.loseSent = 1;
  await say("once and only once");
  await appears("once and only once");
  await page.waitForFunction(() => document.querySelector("#count-acked")?.textContent === "1 / 1");
  const sends = stub.commands.filter((command) => command.type === "send");
  assert.equal(sends.length, 2);
  assert.deepEqual(sends[0], sends[1]);
  assert.equal((await messages()).filter((text) => text === "once and only once").length, 1);
});

test("a reload sends again what was under way, under the same id", async () => {
  await choose("chat-0004");
  stub.refuse.push({ code: "busy", detail: "too much waits", retry: "after", retry_after_ms: 60_000 });
  await say("kept over a reload");
  await page.waitForFunction(() => Object.values(sessionStorage).some((kept) => kept.includes("kept over")));
  await page.reload();
  await appears("kept over a reload");
  const ids = stub.commands.filter((command) => command.type === "send").map((command) => command.id);
  assert.equal(new Set(ids).size, 1);
});

test("a message that is refused goes again, and the next one waits for it", async () => {
  await choose("chat-0005");
  stub.refuse.push({ code: "busy", detail: "too much waits", retry: "after", retry_after_ms: 400 });
  await say("first");
  await say("second");
  await appears("second");
  assert.deepEqual((await messages()).slice(-2), ["first", "second"]);
});

test("a message that is refused for good says why", async () => {
  await choose("chat-0005");
  stub.refuse.push({ code: "seen_ahead", detail: "7 lies above 6", retry: "never" });
  await say("never to be");
  await page.locator("#pending .why", { hasText: "seen_ahead" }).waitFor();
});

test("history that was lost is forgotten here too", async () => {
  await choose("chat-0006");
  stub.epoch = 2;
  stub.logs.set("chat-0006", []);
  stub.say("chat-0006", "ada-3", "a new beginning");
  stub.drop();
  await appears("a new beginning");
  assert.deepEqual(await messages(), ["a new beginning"]);
});

test("a server that says not to come back is left alone until one asks", async () => {
  await choose("chat-0006");
  stub.close(3500, "no hello");
  await page.locator("#banner[data-state=stopped]", { hasText: "3500" }).waitFor();
  await page.click("#banner-now");
  await page.locator("#live").waitFor();
});

test("a new conversation is begun by its name, under a name of one's own", async () => {
  await page.keyboard.press("/");
  await page.keyboard.type("kitchen-table");
  await page.keyboard.press("Enter");
  await page.locator("#live").waitFor();
  await page.click("#me");
  await page.fill("#user", "zoe");
  await page.press("#user", "Enter");
  await page.locator("#me-name", { hasText: "zoe" }).waitFor();
  await page.locator("#live").waitFor();
  await say("anyone here?");
  await appears("anyone here?");
  await row("kitchen-table").waitFor({ state: "attached" });
  assert.equal(stub.logs.get("kitchen-table")[0].sender, "zoe");
});

test("a tab that was duplicated is an instance of its own", async () => {
  const kept = await page.evaluate(() => Object.entries(sessionStorage));
  const copy = await context.newPage();
  await copy.addInitScript((all) => all.forEach(([key, text]) => sessionStorage.setItem(key, text)), kept);
  await copy.goto(stub.url);
  await copy.waitForSelector(".row");
  const instances = stub.commands.filter((command) => command.type === "hello").map((command) => command.instance);
  assert.equal(new Set(instances).size, 2);
});

test("it looks right in light, in dark and on a phone", async () => {
  for (const colorScheme of ["light", "dark"]) {
    await open({ colorScheme });
    await choose("chat-0001");
    await say("And here I am, joining in.");
    await appears("joining in");
    await page.waitForTimeout(1200);
    await shot(colorScheme);
  }
  await open(PHONE);
  await page.waitForTimeout(300);
  await shot("phone-list");
  await choose("chat-0003");
  await shot("phone-talk");
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  assert.equal(wide, false, "nothing is wider than the phone");
  await page.goBack();
  await row("chat-0003").waitFor();
});
