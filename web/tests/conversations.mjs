/** The page of somebody who is a member of a few conversations: what they see of others, and can do. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { PHONE, appears, choose, context, eachWithPage, messages, open, page, row, say, shot, stub, until } from "./browser.mjs";
import { circles } from "./people.mjs";

let group;
let channel;
let direct;

eachWithPage((stub) => ({ group, channel, direct } = circles(stub, "zoe")), "zoe");

const log = (name) => stub.logs.get(name);
const message = (text) => page.locator("#messages li.message", { has: page.locator(".said", { hasText: text }) }).last();
const chip = (text) => message(text).locator(".chip");

/** Opens the menu of a message and chooses. */
async function choice(text, what) {
  await message(text).locator(".bubble").hover();
  await page.click("#more");
  await page.locator("#actions").getByRole("menuitem", { name: what, exact: true }).click();
}

/** Zoe has read all of the group elsewhere. */
async function allRead() {
  stub.governed.all.get(group).read.set("zoe", log(group).length);
  await row(group).waitFor();
  await row(group).locator(".badge").waitFor({ state: "hidden" });
}

const menu = () => page.locator("#actions button:visible").allTextContents();

test("one's own conversations stand above the open ones, with what was said last and what is unread", async () => {
  await row(group).waitFor();
  assert.deepEqual(await page.locator("#yours .row-name").allTextContents(), ["ada-3", "Kitchen table", "News of the house"]);
  assert.deepEqual(await page.locator("#yours .row-facts").allTextContents(), ["Are you coming on Friday?", "ada-3: Which one?", "clara-7: The lift is repaired."]);
  assert.deepEqual(await page.locator("#yours .badge").allTextContents(), ["1", "3", "1"]);
  await page.waitForFunction(() => document.title === "(5) hubbub");
  assert.equal(await page.locator("#rows .row").count(), 24, "they are not among the open ones");
  await shot("yours");
  const invited = stub.create("edith-9", { kind: "group", name: "Choir", members: ["zoe"] });
  stub.say(invited, "edith-9", "Welcome!");
  await page.locator(`#yours li:first-child .row[href="#${invited}"]`).waitFor();
});

test("what is new begins at a line, and is read once one has seen the end", async () => {
  const head = log(group).length;
  await choose(group);
  const line = message("Shall we cook").locator(".new-line");
  await line.waitFor();
  await row(group).locator(".badge").waitFor({ state: "hidden" });
  await until(() => stub.governed.all.get(group).read.get("zoe") === head);
  await shot("new");
  await say("I come too.");
  await appears("I come too.");
  assert.equal(await page.locator(".new-line").count(), 0, "who speaks has read");
});

test("a link to a conversation begins at the line as well", async () => {
  await page.goto(`${stub.url}?again#${group}`);
  await message("Shall we cook").locator(".new-line").waitFor();
  assert.equal(await page.textContent("#talk-name"), "Kitchen table");
});

test("one who was away long begins at the line, not at the end, and has not read the rest", async () => {
  for (let number = 1; number <= 80; number += 1) stub.say(group, "ada-3", `while you were away, ${number}`);
  await until(async () => (await row(group).locator(".badge").textContent()) === "83");
  await choose(group);
  await page.locator(".new-line").waitFor();
  await page.waitForTimeout(500);
  assert.deepEqual(await page.locator(".new-line").evaluate((line) => {
    const [top, pane] = [line.getBoundingClientRect().top, document.querySelector("#scroll").getBoundingClientRect()];
    return top >= pane.top - 1 && top < pane.bottom;
  }), true, "the line is on the screen");
  assert.equal(stub.said("mark").length, 0);
  await page.locator("#scroll").evaluate((pane) => pane.scrollTo(0, pane.scrollHeight));
  await until(() => stub.governed.all.get(group).read.get("zoe") === log(group).length);
});

test("what comes while one reads further up is counted, and a line stands before it", async () => {
  for (let number = 1; number <= 40; number += 1) stub.say(group, "ada-3", `earlier, ${number}`);
  await allRead();
  await choose(group);
  await page.locator("#scroll").evaluate((pane) => pane.scrollTo(0, 0));
  stub.say(group, "bruno-14", "one");
  stub.say(group, "bruno-14", "two");
  await page.locator("#newer", { hasText: "2 new" }).click();
  await message("one").locator(".new-line").waitFor();
  await page.locator("#newer").waitFor({ state: "hidden" });
});

test("an answer shows what it answers, and leads there", async () => {
  await choose(group);
  assert.match(await message("Which one?").locator(".quote").textContent(), /bruno-14Yes! I bring the soup, and bread\./);
  await choice("Shall we cook", "Reply");
  await page.locator("#context-text", { hasText: "ada-3: Shall we cook on Friday?" }).waitFor();
  await shot("reply");
  await say("Friday is good.");
  await appears("Friday is good.");
  assert.equal(log(group).at(-1).reply_to, 2);
  await message("Friday is good.").locator(".quote").click();
  await page.waitForFunction(() => document.activeElement?.querySelector(".said")?.textContent === "Shall we cook on Friday?");
});

test("an answer to what is not on the screen is looked up", async () => {
  for (let number = 1; number <= 70; number += 1) stub.say(group, "ada-3", `more, ${number}`);
  stub.act(group, "ada-3", { body: "as I said first", reply_to: 2 });
  await allRead();
  await choose(group);
  await message("as I said first").locator(".quote", { hasText: "Shall we cook on Friday?" }).waitFor();
});

test("one's own words can be changed, by the menu and by the arrow key, and others see that they were", async () => {
  await choose(group);
  await say("I bring applse");
  await appears("applse");
  await page.press("#body", "ArrowUp");
  assert.equal(await page.inputValue("#body"), "I bring applse");
  await say("I bring apples");
  await appears("I bring apples");
  await message("I bring apples").locator(".edited").waitFor();
  assert.equal(await page.inputValue("#body"), "");
  await choice("I bring apples", "Edit");
  await page.press("#body", "Escape");
  assert.equal(await page.locator("#context").isHidden(), true);
  stub.act(group, "bruno-14", { kind: "edit", target: 3, body: "No soup." });
  await appears("No soup.");
  await message("Which one?").locator(".quote", { hasText: "No soup." }).waitFor();
});

test("what was deleted is shown as gone, here and for who comes later", async () => {
  await choose(group);
  await say("never mind");
  await appears("never mind");
  const { seq } = log(group).at(-1);
  await choice("never mind", "Delete");
  await page.locator(`#messages li[data-seq="${seq}"] .deleted`).waitFor();
  stub.act(group, "bruno-14", { kind: "delete", target: 3 });
  await page.locator('#messages li[data-seq="3"] .deleted').waitFor();
  assert.match(await message("Which one?").locator(".quote").textContent(), /deleted/);
  assert.equal(await page.locator('#messages li[data-seq="3"] .chip').count(), 0);
  await page.reload();
  await page.locator(`#messages li[data-seq="${seq}"] .deleted`).waitFor();
  assert.ok(!(await messages()).some((text) => text.includes("soup") || text.includes("never mind")));
});

test("a reaction is given by the menu, counted with those of others, and taken back", async () => {
  await choose(group);
  const soup = "I bring the soup";
  assert.deepEqual(await chip(soup).allTextContents(), ["❤️ 1"]);
  await choice(soup, "❤️");
  await page.waitForFunction(() => document.querySelector(".chip")?.textContent === "❤️ 2");
  assert.equal(await chip(soup).getAttribute("aria-pressed"), "true");
  await choice(soup, "🎉");
  await message(soup).locator(".chip", { hasText: "🎉 1" }).waitFor();
  await shot("reactions");
  await chip(soup).first().click();
  await page.waitForFunction(() => document.querySelector(".chip")?.textContent === "❤️ 1");
  stub.act(group, "ada-3", { kind: "react", target: 3, reaction: "❤️", on: false });
  await until(async () => (await chip(soup).allTextContents()).join() === "🎉 1");
});

test("older texts say what became of them, with what happened since", async () => {
  const old = stub.say(group, "ada-3", "an old question");
  stub.act(group, "bruno-14", { kind: "react", target: old.seq, reaction: "👍", on: true });
  for (let number = 1; number <= 70; number += 1) stub.say(group, "ada-3", `then, ${number}`);
  await allRead();
  await choose(group);
  stub.act(group, "clara-7", { kind: "react", target: old.seq, reaction: "👍", on: true });
  stub.act(group, "ada-3", { kind: "edit", target: old.seq, body: "an old question, put better" });
  await page.waitForTimeout(300);
  await page.click("#older");
  await appears("an old question, put better");
  assert.deepEqual(await chip("put better").allTextContents(), ["👍 2"]);
});

test("only those who may are offered to change, delete and speak", async () => {
  await choose(group);
  await message("Which one?").locator(".bubble").hover();
  await page.click("#more");
  assert.deepEqual((await menu()).slice(6), ["Reply"]);
  await page.keyboard.press("Escape");
  await choose(channel);
  await page.locator("#barred", { hasText: "You can read here" }).waitFor();
  assert.equal(await page.locator("#body").isHidden(), true);
  await message("The lift").locator(".bubble").hover();
  await page.click("#more");
  assert.deepEqual((await menu()).slice(6), []);
  await page.keyboard.press("Escape");
  stub.act(channel, "clara-7", { kind: "member", user: "zoe", role: "admin" });
  await page.locator("#body").waitFor();
  await message("The lift").locator(".bubble").hover();
  await page.click("#more");
  assert.deepEqual((await menu()).slice(6), ["Reply", "Delete"]);
});

test("who types is named, until they have spoken", async () => {
  await choose(group);
  stub.types(group, "ada-3");
  stub.types(group, "bruno-14");
  await page.locator("#typing", { hasText: "ada-3 and bruno-14 are typing…" }).waitFor();
  await shot("typing");
  stub.say(group, "ada-3", "there");
  await page.locator("#typing", { hasText: "bruno-14 is typing…" }).waitFor();
  await page.locator("#typing.shown").waitFor({ state: "hidden" });
  await page.locator("#body").pressSequentially("words");
  await until(() => stub.said("typing").length === 1);
});

test("who is there has a mark, which goes when they go and when nobody can know", async () => {
  await choose(group);
  const face = (user) => page.locator(`#messages .face.online[data-user="${user}"]`).first();
  await face("ada-3").waitFor();
  await row(direct).locator(".face.online").waitFor();
  stub.shows("bruno-14", true);
  await face("bruno-14").waitFor();
  stub.shows("ada-3", false);
  await face("ada-3").waitFor({ state: "detached" });
  stub.drop();
  await face("bruno-14").waitFor({ state: "detached" });
});

test("a group is made, its people are invited, changed and removed, and one can leave it", async () => {
  await page.click("#new");
  await page.fill("#create-many [name=name]", "Choir");
  await page.fill("#create-many [name=topic]", "Tuesdays");
  await page.fill("#create-many [name=members]", "ada-3, bruno-14");
  await shot("create");
  await page.click("#create-form [type=submit]");
  await page.locator("#talk-name", { hasText: "Choir" }).waitFor();
  await page.locator("#members-open", { hasText: "3 members" }).click();
  const member = (user) => page.locator("#member-list li", { hasText: user });
  await member("bruno-14").waitFor();
  await page.fill("#invite [name=user]", "clara-7");
  await page.click("#invite button");
  await member("clara-7").waitFor();
  await member("ada-3").locator("select").selectOption("admin");
  await until(() => [...stub.governed.all.values()].at(-1).roles.get("ada-3") === "admin");
  await page.waitForTimeout(400);
  await shot("members");
  await member("bruno-14").getByText("Remove").click();
  await member("bruno-14").waitFor({ state: "detached" });
  await page.fill("#describe [name=name]", "The choir");
  await page.click("#describe button");
  await page.locator("#members-title", { hasText: "The choir" }).waitFor();
  await page.click("#leave");
  await page.locator("#members-note", { hasText: "Make another owner first" }).waitFor();
  await member("ada-3").locator("select").selectOption("owner");
  await until(() => [...stub.governed.all.values()].at(-1).roles.get("ada-3") === "owner");
  await page.click("#leave");
  await page.locator("#talk-note", { hasText: "no longer in this conversation" }).waitFor();
  await page.locator("#members").waitFor({ state: "hidden" });
  await until(async () => !(await page.locator("#yours .row-name").allTextContents()).includes("The choir"));
  assert.deepEqual(await page.locator("#messages .event").allTextContents(), [
    "zoe created “Choir”", "zoe made clara-7 a member", "zoe made ada-3 an admin", "zoe removed bruno-14",
    "zoe named it “The choir”", "zoe made ada-3 an owner", "zoe left",
  ]);
});

test("somebody is spoken to directly, and whoever was already is found again", async () => {
  for (const [user, expected] of [["edith-9", null], ["ada-3", direct]]) {
    await page.click("#new");
    await page.locator(".kinds label", { hasText: "Direct" }).click();
    await page.fill("#create-direct input", user);
    await page.click("#create-form [type=submit]");
    await page.locator("#talk-name", { hasText: user }).waitFor();
    await page.locator("#create").waitFor({ state: "hidden" });
    if (expected) assert.equal(new URL(page.url()).hash, `#${expected}`);
  }
});

test("a public channel is joined by its link, and one that is not there says so", async () => {
  const open = stub.create("ada-3", { kind: "channel", name: "Weather", public: true });
  stub.say(open, "ada-3", "Rain.");
  await page.goto(`${stub.url}#${open}`);
  await page.locator("#talk-note", { hasText: "There is no such conversation, or you are not in it." }).waitFor();
  await page.click("#join");
  await appears("Rain.");
  await page.locator("#talk-name", { hasText: "Weather" }).waitFor();
  await page.goto(`${stub.url}#g:nothing-here`);
  await page.locator("#talk-note", { hasText: "There is no such conversation" }).waitFor();
  await page.click("#join");
  await page.locator("#talk-note", { hasText: "not open to whoever wants to join" }).waitFor();
});

test("a server that asks for a token is given one", async () => {
  stub.tokens = ["the right one"];
  stub.drop();
  await page.locator("#sign-in[open] #token").waitFor();
  assert.match(await page.textContent("#sign-in-note"), /not accepted/);
  await shot("sign-in");
  await page.fill("#token", "the right one");
  await page.click("#sign-in [type=submit]");
  await page.locator("#banner").waitFor({ state: "hidden" });
  await page.reload();
  await row(group).waitFor();
  assert.equal(await page.locator("#sign-in").isHidden(), true, "it is kept over a reload");
});

test("words that were not sent, and changes under way, survive a reload", async () => {
  await choose(group);
  await page.fill("#body", "half a thou");
  stub.refuse.push({ code: "busy", detail: "too much waits", retry: "after", retry_after_ms: 60_000 });
  await choice("Which one?", "👍");
  await page.locator("#messages .changing").waitFor();
  await page.reload();
  await chip("Which one?").waitFor();
  assert.equal(await page.inputValue("#body"), "half a thou");
  assert.equal(await page.locator("#messages .changing").count(), 0);
  await choose(direct);
  assert.equal(await page.inputValue("#body"), "");
});

test("when the network is cut, one goes on, and all of it arrives in order", async () => {
  await choose(group);
  await context.setOffline(true);
  stub.drop();
  await page.locator("#banner[data-state=waiting]").waitFor();
  await say("first, offline");
  await say("second, offline");
  await choice("Which one?", "👍");
  stub.say(group, "ada-3", "meanwhile");
  await page.waitForTimeout(300);
  await shot("offline");
  await context.setOffline(false);
  await appears("second, offline");
  await chip("Which one?").waitFor();
  assert.deepEqual((await messages()).slice(-3), ["meanwhile", "first, offline", "second, offline"]);
});

test("all of it can be done with the keyboard", async () => {
  await page.keyboard.press("/");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.locator("#talk-name", { hasText: "Kitchen table" }).waitFor();
  await appears("Which one?");
  await page.focus("#scroll");
  for (let tabs = 0; tabs < 6; tabs += 1) {
    await page.keyboard.press("Tab");
    if (await page.evaluate(() => document.activeElement?.matches("li.message"))) break;
  }
  await page.keyboard.press("ArrowUp");
  await page.waitForFunction(() => document.activeElement?.querySelector(".said")?.textContent?.includes("I bring the soup"));
  await page.keyboard.press("Enter");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  await message("I bring the soup").locator(".chip", { hasText: "😂 1" }).waitFor();
  await page.waitForFunction(() => document.activeElement?.matches("li.message"), undefined, { timeout: 3000 });
});

test("it looks right where one is a member, in dark and on a phone", async () => {
  await open({ colorScheme: "dark" }, "zoe");
  await choose(group);
  await say("I bring **nothing**, sorry.");
  await appears("sorry");
  await message("I bring the soup").locator(".bubble").hover();
  await page.click("#more");
  await shot("dark-group");
  await page.keyboard.press("Escape");
  await page.click("#members-open");
  await page.locator("#member-list li").first().waitFor();
  await shot("dark-members");
  stub.governed.all.get(group).read.set("zoe", 2);
  await open(PHONE, "zoe");
  await row(group).waitFor();
  await page.waitForTimeout(900);
  await shot("phone-yours");
  await choose(group);
  await page.locator(".new-line").waitFor();
  await shot("phone-group");
  await message("Which one?").locator(".said").tap();
  await page.locator("#actions").waitFor();
  await shot("phone-actions");
  await page.locator("#actions").getByRole("menuitem", { name: "👍" }).tap();
  await chip("Which one?").waitFor();
  await page.tap("#members-open");
  await page.locator("#member-list li").first().waitFor();
  await shot("phone-members");
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  assert.equal(wide, false, "nothing is wider than the phone");
});
