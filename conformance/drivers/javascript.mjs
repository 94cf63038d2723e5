// The driver of the JavaScript SDK (conformance/README.md, "A driver"). Node 22, or before it
// `node --experimental-websocket conformance/drivers/javascript.mjs`.

import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";

const SCALE = Number(process.env.KIT_TIME_SCALE ?? 1);

// A second of the client's clock is a SCALE-th of a second. The SDK must see no other clock, so it is
// imported afterwards.
const { setTimeout: realTimeout, setInterval: realInterval } = globalThis;
const started = Date.now();
const realStarted = performance.now();
Date.now = () => Math.round(started + (performance.now() - realStarted) * SCALE);
globalThis.setTimeout = (call, ms = 0, ...given) => realTimeout(call, ms / SCALE, ...given);
globalThis.setInterval = (call, ms = 0, ...given) => realInterval(call, ms / SCALE, ...given);
const { connect } = await import("../../web/sdk/hubbub.js");

const tell = (event, what = {}) => process.stdout.write(`${JSON.stringify({ event, ...what })}\n`);

/** A file as a storage; it is replaced whole, for the kit kills without warning. */
function fileStorage(path) {
  let items = {};
  try {
    items = JSON.parse(readFileSync(path, "utf8"));
  } catch {
    // There is none yet.
  }
  return {
    getItem: (key) => items[key] ?? null,
    setItem: (key, value) => {
      items[key] = value;
      writeFileSync(`${path}.new`, JSON.stringify(items));
      renameSync(`${path}.new`, path);
    },
  };
}

let client;
const followed = new Map();

async function open({ url, user, device, token, storage }) {
  client = await connect({ url, user, device, token, ...(storage && { storage: fileStorage(storage) }) });
  const state = ({ is, againAt }) => tell("state", { is, ...(againAt && { wait_ms: againAt - Date.now() }) });
  state(client.state);
  client.on("state", state);
  client.on("typing", ({ conversation, user: who }) => tell("typing", { conversation, user: who }));
  client.on("presence", (users) => tell("presence", { users }));
  client.on("problem", ({ code }) => tell("problem", { code }));
}

function subscribe(conversation, from) {
  followed.set(conversation, client.subscribe(conversation, {
    from,
    message: (message) => tell("message", message),
    subscribed: (frame) => tell("subscribed", frame),
    ended: (why) => tell("ended", { conversation, code: why?.code }),
  }));
}

const said = (n, sent) => sent.then((frame) => tell("sent", { ...frame, n }), ({ code, conversation }) => tell("refused", { n, code, conversation }));
const asked = (n, answer, told) => answer.then((frame) => tell(...told(frame)), ({ code }) => tell("refused", { n, code }));

const verbs = {
  open,
  connect: () => client.connect(),
  close: () => client.close(),
  subscribe: ({ conversation, from }) => subscribe(conversation, from),
  unsubscribe: ({ conversation }) => followed.get(conversation).close(),
  send: ({ n, conversation, body, reply_to: replyTo }) => said(n, client.send(conversation, body, { replyTo })),
  edit: ({ n, conversation, target, body }) => said(n, client.edit(conversation, target, body)),
  delete: ({ n, conversation, target }) => said(n, client.delete(conversation, target)),
  react: ({ n, conversation, target, reaction, on }) => said(n, client.react(conversation, target, reaction, on)),
  create: ({ n, ...what }) => said(n, client.create(what)),
  member: ({ n, conversation, user, role }) => said(n, client.setRole(conversation, user, role)),
  describe: ({ n, conversation, ...what }) => said(n, client.describe(conversation, what)),
  read: ({ n, conversation, from, limit }) =>
    asked(n, client.read(conversation, { from, limit }), ({ head, messages }) => ["page", { n, head, seqs: messages.map(({ seq }) => seq) }]),
  list: ({ n, after, limit }) => asked(n, client.list({ after, limit }), (conversations) => ["conversations", { n, conversations }]),
  members: ({ n, conversation, after, limit }) =>
    asked(n, client.members(conversation, { after, limit }), ({ members }) => ["members", { n, members }]),
  mark: ({ conversation, epoch, seq }) => client.mark(conversation, { epoch, seq }),
  typing: ({ conversation }) => client.typing(conversation),
  watch: ({ users }) => client.watch(users),
};

for await (const line of createInterface({ input: process.stdin })) {
  const { do: verb, ...given } = JSON.parse(line);
  // What is asked for is answered later; only `open` must be done before what follows.
  if (verb === "open") await open(given);
  else void verbs[verb](given);
}
process.exit(0);
