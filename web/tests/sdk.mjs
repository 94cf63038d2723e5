/** The client of `web/sdk`, in Node, against the stub: what it promises when things go wrong. */

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { afterEach, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";
import WebSocket from "ws";
import { Backoff, leastWait } from "../sdk/backoff.js";
import { connect } from "../sdk/hubbub.js";
import { inMemory } from "../sdk/outbox.js";
import { Stub } from "./stub.mjs";

/** @type {Stub} */
let stub;
let clients;

beforeEach(async () => {
  stub = await new Stub().start();
  clients = [];
});

afterEach(() => {
  for (const client of clients) client.close();
  stub.stop();
});

async function client(user = "zoe", options = {}) {
  const made = await connect({ url: stub.url, user, WebSocket, ...options });
  clients.push(made);
  return made;
}

/** Waits until it is so. */
async function until(holds, what = holds.toString()) {
  for (let tries = 0; tries < 800; tries += 1) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.fail(`not within 8 s: ${what}`);
}

/** Follows a conversation into a list. */
function follow(from, conversation, begin = "start") {
  const got = [];
  const told = [];
  const ended = [];
  const subscription = from.subscribe(conversation, {
    from: begin, message: (message) => got.push(message), subscribed: (frame) => told.push(frame), ended: (why) => ended.push(why),
  });
  return { got, told, ended, subscription, seqs: () => got.map(({ seq }) => seq), bodies: () => got.map(({ body }) => body) };
}

const busy = (afterMs) => ({ code: "busy", detail: "too much waits", retry: "after", retry_after_ms: afterMs });

test("the waits between tries are those of the protocol, and a minute that stood begins anew", () => {
  const bounds = [[1000, 2000], [2000, 4000], [4000, 8000], [8000, 16_000], [60_000, 70_000], [60_000, 70_000]];
  for (let times = 0; times < 50; times += 1) {
    const backoff = new Backoff();
    for (const [low, high] of bounds) {
      const wait = backoff.next(0, 0);
      assert.ok(wait >= low && wait <= high, `${wait} of ${low} to ${high}`);
    }
    assert.ok(backoff.next(60_000, 0) <= 2000);
    assert.ok(backoff.next(0, 90_000) >= 90_000, "what the server asks for is the least");
  }
  assert.equal(leastWait(1013, JSON.stringify({ retry_after_ms: 7000 })), 7000);
  assert.equal(leastWait(1001, JSON.stringify({ retry_after_ms: 400 })), 400, "it goes away and says when to come");
  assert.equal(leastWait(3500, "no hello"), null);
  for (const code of [3002, 3003, 3004]) assert.equal(leastWait(code, "again"), 0);
});

test("many conversations are followed at the same time, each from its own place", async () => {
  for (let number = 1; number <= 40; number += 1) {
    for (let said = 1; said <= number; said += 1) stub.say(`room-${number}`, "ada", `${said}`);
  }
  const zoe = await client();
  const all = Array.from({ length: 40 }, (_, at) => follow(zoe, `room-${at + 1}`, { last: 5 }));
  await until(() => all.every(({ got }, at) => got.length === Math.min(5, at + 1)));
  stub.say("room-7", "ada", "one more");
  await until(() => all[6].seqs().at(-1) === 8);
  assert.deepEqual(all[6].seqs(), [3, 4, 5, 6, 7, 8]);
  assert.deepEqual(all[39].seqs(), [36, 37, 38, 39, 40]);
});

test("after a lost connection each goes on where it was, without gap or repeat", async () => {
  const zoe = await client();
  const one = follow(zoe, "one");
  const two = follow(zoe, "two");
  for (let number = 0; number < 3; number += 1) stub.say("one", "ada", "before");
  await until(() => one.got.length === 3 && two.told.length === 1);
  stub.drop();
  for (let number = 0; number < 3; number += 1) stub.say("one", "ada", "meanwhile");
  stub.say("two", "ada", "meanwhile");
  await until(() => one.got.length === 6 && two.got.length === 1);
  assert.deepEqual(one.seqs(), [1, 2, 3, 4, 5, 6]);
  assert.deepEqual(stub.said("subscribe").filter(({ conversation }) => conversation === "one").at(-1).from, { after: { epoch: 1, seq: 3 } });
  assert.ok(one.told.every(({ recovered }) => recovered));
});

test("a hole in what comes is asked for again", async () => {
  const zoe = await client();
  const lobby = follow(zoe, "lobby");
  stub.say("lobby", "ada", "1");
  await until(() => lobby.got.length === 1);
  stub.skip = 1;
  stub.say("lobby", "ada", "2");
  stub.say("lobby", "ada", "3");
  await until(() => lobby.got.length === 3);
  assert.deepEqual(lobby.bodies(), ["1", "2", "3"]);
});

test("history that was lost is told, and read anew", async () => {
  const zoe = await client();
  const lobby = follow(zoe, "lobby");
  for (const body of ["a", "b", "c"]) stub.say("lobby", "ada", body);
  await until(() => lobby.got.length === 3);
  stub.epoch = 2;
  stub.logs.set("lobby", []);
  stub.say("lobby", "ada", "a new beginning");
  stub.drop();
  await until(() => lobby.bodies().at(-1) === "a new beginning");
  assert.equal(lobby.told.at(-1).recovered, false);
  await zoe.send("lobby", "and on");
  assert.equal(stub.said("send").at(-1).seen_seq, 1, "what was lost is not claimed to be seen");
});

test("what is said without a connection arrives once, in order, under rising stamps", async () => {
  const zoe = await client();
  const lobby = follow(zoe, "lobby");
  stub.say("lobby", "ada", "hello");
  await until(() => lobby.got.length === 1);
  stub.drop();
  await until(() => zoe.state.is === "waiting");
  const sent = await Promise.all(["one", "two", "three"].map((body) => zoe.send("lobby", body)));
  assert.deepEqual(sent.map(({ seq }) => seq), [2, 3, 4]);
  await until(() => lobby.got.length === 4);
  assert.deepEqual(lobby.bodies().slice(1), ["one", "two", "three"]);
  const stamps = lobby.got.map(({ lamport }) => lamport[0]);
  assert.ok(stamps.every((stamp, at) => at === 0 || stamp > stamps[at - 1]), `${stamps}`);
});

test("an acknowledgement that was lost makes no second message", async () => {
  const zoe = await client();
  await until(() => zoe.state.is === "open");
  stub.loseSent = 1;
  const sent = await zoe.send("lobby", "once");
  assert.equal(sent.duplicate, true);
  const [first, second] = stub.said("send");
  assert.deepEqual(first, second);
  assert.equal(stub.logs.get("lobby").length, 1);
  assert.deepEqual(zoe.counts, { said: 1, acknowledged: 1 });
});

test("what is refused for now goes again, and what comes after it waits, but only there", async () => {
  const zoe = await client();
  await until(() => zoe.state.is === "open");
  stub.refuse.push(busy(300));
  const first = zoe.send("lobby", "first");
  const second = zoe.send("lobby", "second");
  const elsewhere = await zoe.send("elsewhere", "not held up");
  assert.equal(elsewhere.seq, 1);
  assert.equal(stub.logs.has("lobby"), false);
  assert.deepEqual([(await first).seq, (await second).seq], [1, 2]);
});

test("what is refused for good rejects with its code, and the next one goes", async () => {
  const zoe = await client();
  const refused = [];
  zoe.on("refused", ({ draft, problem }) => refused.push([draft.body, problem.code]));
  stub.refuse.push({ code: "seen_ahead", detail: "7 lies above 6", retry: "never" });
  const first = zoe.send("lobby", "never to be");
  const second = zoe.send("lobby", "to be");
  await assert.rejects(first, (problem) => problem.code === "seen_ahead" && problem.detail === "7 lies above 6" && problem.retry === "never");
  assert.equal((await second).seq, 1);
  assert.deepEqual(refused, [["never to be", "seen_ahead"]]);
});

test("a refusal that names no id, but the number of the command, ends that command", async () => {
  const zoe = await client();
  stub.refuse.push({ id: undefined, code: "bad_frame", detail: "body: too long", retry: "never" });
  await assert.rejects(zoe.send("lobby", "…"), { code: "bad_frame" });
  assert.equal((await zoe.send("lobby", "short")).seq, 1);
});

test("what was under way is sent again after a restart, under the same ids and stamps", async () => {
  const storage = inMemory();
  const before = await client("zoe", { storage });
  await until(() => before.state.is === "open");
  stub.refuse.push(busy(60_000));
  before.send("lobby", "kept");
  before.send("lobby", "kept too");
  await until(() => stub.said("send").length === 1);
  before.close();
  const after = await client("zoe", { storage });
  await until(() => after.drafts.length === 0);
  assert.deepEqual(stub.logs.get("lobby").map(({ body }) => body), ["kept", "kept too"]);
  const [tried, again] = stub.said("send");
  assert.deepEqual(tried, again);
  assert.equal(after.outbox.instance, before.outbox.instance);
  const last = await after.send("lobby", "and on");
  assert.match(last.id, /-3$/);
});

test("the outbox of one user is not sent by another", async () => {
  const storage = inMemory();
  const zoe = await client("zoe", { storage });
  await until(() => zoe.state.is === "open");
  stub.refuse.push(busy(60_000));
  zoe.send("lobby", "mine");
  await until(() => stub.said("send").length === 1);
  zoe.close();
  const bob = await client("bob", { storage });
  await bob.send("lobby", "bob's");
  assert.deepEqual(stub.logs.get("lobby").map(({ sender, body }) => [sender, body]), [["bob", "bob's"]]);
  assert.notEqual(bob.outbox.instance, zoe.outbox.instance);
});

test("what cannot be sent is refused here, and does not stay", async () => {
  const zoe = await client();
  await assert.rejects(zoe.send("lobby", "x".repeat(70_000)), { code: "bad_frame" });
  stub.stop();
  await until(() => zoe.state.is === "waiting");
  for (let number = 0; number < 256; number += 1) void zoe.send("lobby", `${number}`);
  await assert.rejects(zoe.send("lobby", "one too many"), { code: "outbox_full", retry: "after" });
  assert.equal(zoe.drafts.length, 256);
});

test("a group is made, spoken in, changed and listed, and its making has no name until it is sent", async () => {
  const zoe = await client();
  const made = await zoe.create({ kind: "group", name: "Kitchen", members: ["ada"] });
  assert.match(made.conversation, /^g:/);
  const group = made.conversation;
  const { seq } = await zoe.send(group, "helo");
  await zoe.edit(group, seq, "hello");
  await zoe.react(group, seq, "👍");
  await zoe.setRole(group, "ada", "admin");
  await zoe.describe(group, { name: "Kitchen table", topic: "soup" });
  const [row] = await zoe.list();
  assert.deepEqual([row.name, row.topic, row.role, row.members, row.last.edited.body], ["Kitchen table", "soup", "owner", 2, "hello"]);
  assert.deepEqual(row.last.reactions, [{ reaction: "👍", count: 1, me: true }]);
  assert.deepEqual((await zoe.members(group)).members, [{ user: "ada", role: "admin" }, { user: "zoe", role: "owner" }]);
  await zoe.delete(group, seq);
  const page = await zoe.read(group, { from: 1, limit: 200 });
  assert.deepEqual(page.messages.map(({ kind }) => kind), ["create", "gone", "edit", "react", "member", "describe", "delete"]);
  await assert.rejects(zoe.setRole(group, "zoe", "none"), { code: "last_owner" });
});

test("a direct conversation that is there already is named by its refusal", async () => {
  const zoe = await client();
  const { conversation } = await zoe.create({ kind: "direct", with: "ada" });
  await assert.rejects(zoe.create({ kind: "direct", with: "ada" }), { code: "exists", conversation });
});

test("who is removed hears it, and hears nothing more", async () => {
  const group = stub.create("ada", { kind: "group", name: "Kitchen", members: ["zoe"] });
  const zoe = await client();
  const kitchen = follow(zoe, group);
  await until(() => kitchen.got.length === 1);
  stub.act(group, "ada", { kind: "member", user: "zoe", role: "none" });
  stub.say(group, "ada", "now we are alone");
  await until(() => kitchen.ended.length === 1);
  assert.deepEqual([kitchen.ended, kitchen.got.at(-1).kind], [[null], "member"]);
  await assert.rejects(zoe.read(group), { code: "not_found" });
  const again = follow(zoe, group);
  await until(() => again.ended.length === 1);
  assert.equal(again.ended[0].code, "not_found");
});

test("questions that a lost connection left open are asked again", async () => {
  stub.say("lobby", "ada", "hello");
  const zoe = await client();
  await until(() => zoe.state.is === "open");
  stub.drop();
  await until(() => zoe.state.is === "waiting");
  const page = await zoe.read("lobby");
  assert.equal(page.messages[0].body, "hello");
});

test("what came is acknowledged, and what was read is marked", async () => {
  const group = stub.create("ada", { kind: "group", name: "Kitchen", members: ["zoe"] });
  for (const body of ["a", "b", "c"]) stub.say(group, "ada", body);
  const zoe = await client();
  const kitchen = follow(zoe, group, "cursor");
  await until(() => kitchen.got.length === 4);
  await until(() => stub.said("ack").length > 0);
  const { seq, epoch } = stub.said("ack").at(-1);
  assert.deepEqual([seq, epoch], [4, 1]);
  assert.equal((await zoe.list())[0].unread, 3);
  zoe.mark(group, { epoch: 1, seq: 4 });
  assert.equal((await zoe.list())[0].unread, 0);
});

test("typing is said at most once in three seconds, and heard", async () => {
  const [zoe, ada] = [await client("zoe"), await client("ada")];
  const heard = [];
  ada.on("typing", ({ conversation, user }) => heard.push([conversation, user]));
  const followed = [follow(zoe, "lobby"), follow(ada, "lobby")];
  await until(() => followed.every(({ told }) => told.length === 1));
  for (let key = 0; key < 10; key += 1) zoe.typing("lobby");
  await until(() => heard.length === 1);
  assert.deepEqual([heard, stub.said("typing").length], [[["lobby", "zoe"]], 1]);
  // What comes after a message is another.
  await zoe.send("lobby", "hello");
  for (let key = 0; key < 10; key += 1) zoe.typing("lobby");
  await until(() => heard.length === 2);
  assert.equal(stub.said("typing").length, 2);
});

test("who is watched is watched again after a lost connection", async () => {
  const zoe = await client("zoe");
  const shown = new Map();
  zoe.on("presence", (users) => users.forEach(({ user, online }) => shown.set(user, online)));
  zoe.watch(["bob"]);
  await until(() => shown.get("bob") === false);
  const bob = await client("bob");
  await until(() => shown.get("bob") === true);
  bob.close();
  await until(() => shown.get("bob") === false);
  stub.drop();
  await until(() => stub.said("watch").length === 2);
});

test("a token is asked for before each connection, and renewed before it expires", async () => {
  stub.tokens = ["token-1", "token-2"];
  stub.expiresInMs = 30_500;
  let asked = 0;
  const zoe = await client("zoe", { token: async () => `token-${asked += 1}` });
  await until(() => zoe.state.is === "open");
  stub.expiresInMs = 3_600_000;
  await until(() => stub.said("refresh").length === 1);
  assert.equal(stub.said("refresh")[0].token, "token-2");
});

test("a token that is not accepted stops the client, which says why, until it is told to try again", async () => {
  stub.tokens = ["right"];
  let token = "wrong";
  const zoe = await client("zoe", { token: async () => token });
  await until(() => zoe.state.is === "stopped");
  assert.equal(zoe.state.problem?.code, "unauthorized");
  token = "right";
  zoe.connect();
  await until(() => zoe.state.is === "open");
});

test("a handler that throws does not stop the client", async () => {
  const caught = [];
  const others = process.listeners("uncaughtException");
  process.removeAllListeners("uncaughtException");
  process.once("uncaughtException", (error) => caught.push(error.message));
  const zoe = await client();
  const got = [];
  zoe.subscribe("lobby", { message: ({ body }) => {
    got.push(body);
    if (body === "bad") throw new Error("my own");
  } });
  stub.say("lobby", "ada", "bad");
  stub.say("lobby", "ada", "good");
  await until(() => got.length === 2);
  for (const other of others) process.on("uncaughtException", other);
  assert.deepEqual([got, caught], [["bad", "good"], ["my own"]]);
});

test("the example of ten lines runs", async () => {
  stub.say("lobby", "ada", "anyone here?");
  const example = fileURLToPath(new URL("../sdk/example.mjs", import.meta.url));
  const flags = typeof globalThis.WebSocket === "undefined" ? ["--experimental-websocket"] : [];
  const printed = await new Promise((resolve, reject) => {
    execFile(process.execPath, [...flags, example, stub.url, "zoe"], (error, out) => (error ? reject(error) : resolve(out)));
  });
  assert.match(printed, /ada: anyone here\?\n(.*\n)*durable as lobby 2/);
});
