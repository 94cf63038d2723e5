/**
 * A server as simple as can be for the tests of the page and of its client: everything in memory, the
 * protocol of `docs/protocol.md` without most of its refusals. It can be told to behave badly: to drop
 * every socket, to lose an answer, to refuse a message, to forget history.
 *
 * `node stub.mjs [PORT]` runs it with a few people who talk, to look at the page by hand.
 */

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { WebSocketServer } from "ws";
import { Governed, asEvent, became } from "./governed.mjs";
import { circles, people } from "./people.mjs";

const KINDS = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".json": "application/json" };
const POLICY = [
  "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'",
  "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
].join("; ");
const WEB = new URL("../", import.meta.url);
/** What each command that takes a number leaves in the log. */
const FIELDS = {
  send: ["body", "reply_to"], edit: ["target", "body"], delete: ["target"], react: ["target", "reaction", "on"],
  member: ["user", "role"], describe: ["name", "topic", "public"],
};

export class Stub {
  epoch = 1;
  heartbeatMs = 1000;
  /** The tokens it takes; `null`: it asks for none. */
  tokens = null;
  /** How long a token is good for, milliseconds; `null`: it does not say. */
  expiresInMs = null;
  /** Answers `sent` that are kept back while their socket is dropped. */
  loseSent = 0;
  /** Messages that are refused once, with this problem. */
  refuse = [];
  /** Messages of a subscription that are left out once. */
  skip = 0;
  /** Every message by conversation. */
  logs = new Map();
  governed = new Governed();
  commands = [];
  /** Called with each user who comes. */
  greets = (_user) => {};
  #places = new Map();
  #sockets = new Map();
  #lamport = 0;

  async start(port = 0) {
    this.server = createServer((request, response) => void this.#http(request, response));
    const sockets = new WebSocketServer({ server: this.server, path: "/v1/ws" });
    sockets.on("connection", (socket) => this.#connection(socket));
    await new Promise((resolve) => this.server.listen(port, "127.0.0.1", resolve));
    this.url = `http://127.0.0.1:${this.server.address().port}/`;
    return this;
  }

  stop() {
    this.drop();
    this.server.closeAllConnections();
    this.server.close();
  }

  /** Drops every socket, as a broken network does. */
  drop() {
    for (const socket of this.#sockets.keys()) socket.terminate();
  }

  close(code, reason) {
    for (const socket of this.#sockets.keys()) socket.close(code, reason);
  }

  said(type) {
    return this.commands.filter((command) => command.type === type);
  }

  /** Somebody says something. */
  say(conversation, sender, body, at = Date.now()) {
    return this.act(conversation, sender, { body }, at);
  }

  /** Somebody does something that takes a number, allowed or not. */
  act(conversation, sender, what, at = Date.now()) {
    this.#lamport += 1;
    const id = `00000000000000aa-${this.#lamport}`;
    const stamp = { id, lamport: [this.#lamport, "00000000000000aa"], seen_seq: 0, sent_at: at, received_at: at };
    return this.#append({ conversation, sender, ...what, ...stamp });
  }

  /** Somebody makes a governed conversation; its name. */
  create(user, what, at = Date.now()) {
    const [conversation, event] = this.governed.create(user, { id: `00000000000000aa-${this.#lamport + 1}`, ...what });
    if (event) this.act(conversation, user, event, at);
    return conversation;
  }

  /** Somebody types. */
  types(conversation, user) {
    for (const [socket, peer] of this.#sockets) {
      if (peer.user !== user && peer.follows.has(conversation)) send(socket, { type: "typing", conversation, user });
    }
  }

  /** Somebody who has no socket here comes or goes. */
  shows(user, online) {
    for (const [socket, peer] of this.#sockets) {
      if (peer.watches.includes(user)) send(socket, { type: "presence", users: [{ user, online }] });
    }
  }

  #append(message) {
    const { conversation, kind } = message;
    const log = this.logs.get(conversation) ?? [];
    this.logs.set(conversation, log);
    message.ordinal = (log.at(-1)?.ordinal ?? 0) + (kind === undefined ? 1 : 0);
    message.seq = log.length + 1;
    log.push(message);
    for (const socket of this.#sockets.keys()) this.#deliver(socket, conversation);
    if (kind === "member" || kind === "describe") this.governed.apply(message);
    for (const [socket, { user, follows }] of this.#sockets) {
      if (follows.has(conversation) && !this.governed.sees(conversation, user)) {
        follows.delete(conversation);
        send(socket, { type: "unsubscribed", conversation });
      }
    }
    return message;
  }

  #deliver(socket, conversation) {
    const follows = this.#sockets.get(socket).follows;
    const log = this.logs.get(conversation) ?? [];
    while (follows.has(conversation) && follows.get(conversation) < log.length) {
      const message = log[follows.get(conversation)];
      follows.set(conversation, message.seq);
      if (this.skip > 0) this.skip -= 1;
      else send(socket, { type: "message", epoch: this.epoch, ...asEvent(log, message) });
    }
  }

  #connection(socket) {
    this.#sockets.set(socket, { follows: new Map(), watches: [], user: "", instance: "" });
    socket.on("close", () => {
      const user = this.#sockets.get(socket)?.user;
      this.#sockets.delete(socket);
      if (user && !this.#isOnline(user)) this.shows(user, false);
    });
    socket.on("message", (data) => this.#command(socket, JSON.parse(data.toString())));
  }

  #isOnline(user) {
    return [...this.#sockets.values()].some((peer) => peer.user === user);
  }

  #command(socket, command) {
    const peer = this.#sockets.get(socket);
    if (peer === undefined) return;
    this.commands.push(command);
    const { ref, conversation } = command;
    if (conversation && !FIELDS[command.type] && !this.governed.sees(conversation, peer.user)) {
      return send(socket, { type: "problem", ref, conversation, code: "not_found", detail: `there is no ${conversation}`, retry: "never" });
    }
    const log = this.logs.get(conversation) ?? [];
    switch (command.type) {
      case "hello": return this.#hello(socket, peer, command);
      case "ping": return send(socket, { type: "pong", ref });
      case "subscribe": return this.#subscribe(socket, peer, command);
      case "unsubscribe":
        peer.follows.delete(conversation);
        return send(socket, { type: "unsubscribed", ref, conversation });
      case "read": {
        const from = command.from === "latest" ? Math.max(1, log.length - command.limit + 1) : command.from;
        const messages = log.slice(from - 1, from - 1 + command.limit).map((message) => became(log, message, peer.user));
        return send(socket, { type: "page", ref, conversation, epoch: this.epoch, first: 1, head: log.length, as_of: log.length, messages });
      }
      case "list": return send(socket, { type: "conversations", ref, conversations: this.governed.list(peer.user, this.logs, this.epoch) });
      case "members": {
        const members = [...(this.governed.all.get(conversation)?.roles ?? [])].map(([user, role]) => ({ user, role })).sort((a, b) => (a.user < b.user ? -1 : 1));
        return send(socket, { type: "members", ref, conversation, count: members.length, members });
      }
      case "mark": {
        const read = this.governed.all.get(conversation)?.read;
        return read?.set(peer.user, Math.max(read.get(peer.user) ?? 0, command.seq));
      }
      case "typing": return this.types(conversation, peer.user);
      case "watch":
        peer.watches = command.users;
        return send(socket, { type: "presence", ref, users: command.users.map((user) => ({ user, online: this.#isOnline(user) || user.startsWith("ada") })) });
      case "refresh": return send(socket, { type: "refreshed", ref, expires_at: Date.now() + (this.expiresInMs ?? 0) });
      case "create": return this.#create(socket, peer, command);
      default:
        if (FIELDS[command.type]) this.#stamped(socket, peer, command);
    }
  }

  #hello(socket, peer, { ref, user, instance, token }) {
    if (this.tokens && !this.tokens.includes(token)) {
      send(socket, { type: "problem", ref, code: "unauthorized", detail: "this token is not accepted", retry: "never" });
      return socket.close(3502, "unauthorized");
    }
    Object.assign(peer, { user, instance });
    this.greets(user);
    const expires = this.expiresInMs === null ? {} : { expires_at: Date.now() + this.expiresInMs };
    send(socket, { type: "welcome", ref, heartbeat_ms: this.heartbeatMs, ...expires });
    this.shows(user, true);
  }

  #create(socket, peer, command) {
    if (this.#refuses(socket, command) || this.#again(socket, command)) return;
    const [conversation, event] = this.governed.create(peer.user, command);
    if (event === null) {
      const detail = "this conversation is there already";
      return send(socket, { type: "problem", ref: command.ref, id: command.id, code: "exists", detail, retry: "never", conversation });
    }
    this.#take(socket, peer, { ...command, conversation }, event);
  }

  #stamped(socket, peer, command) {
    if (this.#refuses(socket, command) || this.#again(socket, command)) return;
    const { type, ref, id, conversation } = command;
    const code = this.governed.forbids(peer.user, command, this.logs.get(conversation) ?? []);
    if (code !== null) return send(socket, { type: "problem", ref, id, conversation, code, detail: "so it is", retry: "never" });
    const what = Object.fromEntries(FIELDS[type].filter((field) => command[field] !== undefined).map((field) => [field, command[field]]));
    this.#take(socket, peer, command, type === "send" ? what : { kind: type, ...what });
  }

  #refuses(socket, { ref, id, conversation }) {
    const problem = this.refuse.shift();
    if (problem !== undefined) send(socket, { type: "problem", ref, id, conversation, ...problem });
    return problem !== undefined;
  }

  #again(socket, { ref, id }) {
    const place = this.#places.get(id);
    if (place !== undefined) this.#sent(socket, ref, place, true);
    return place !== undefined;
  }

  #take(socket, peer, { ref, id, conversation, lamport, seen_seq, sent_at }, what) {
    this.#lamport = Math.max(this.#lamport, lamport);
    const losing = this.loseSent > 0;
    if (losing) peer.follows.clear();
    const place = this.#append({
      conversation, sender: peer.user, id, ...what, lamport: [lamport, peer.instance], seen_seq, sent_at, received_at: Date.now(),
    });
    this.#places.set(id, place);
    if (!losing) return this.#sent(socket, ref, place, false);
    this.loseSent -= 1;
    socket.terminate();
  }

  #sent(socket, ref, { id, conversation, seq, received_at }, duplicate) {
    send(socket, { type: "sent", ref, id, conversation, epoch: this.epoch, seq, received_at, duplicate });
  }

  #subscribe(socket, peer, { ref, conversation, from }) {
    const head = (this.logs.get(conversation) ?? []).length;
    const recovered = !from.after || (from.after.epoch === this.epoch && from.after.seq <= head);
    const after = from.after && recovered ? from.after.seq : from.last ? Math.max(0, head - from.last) : 0;
    send(socket, { type: "subscribed", ref, conversation, epoch: this.epoch, recovered, next: after + 1, head });
    peer.follows.set(conversation, after);
    this.#deliver(socket, conversation);
  }

  async #http(request, response) {
    const url = new URL(request.url, this.url);
    if (url.pathname === "/v1/rows") {
      response.setHeader("content-type", "application/json");
      return response.end(JSON.stringify(this.#rows(url.searchParams)));
    }
    const name = { "/": "index.html", "/openapi": "openapi.html" }[url.pathname] ?? url.pathname.slice(1);
    const kind = KINDS[extname(name)];
    const file = kind && /^(sdk\/)?[a-z-]+\.[a-z]+$/.test(name) ? await readFile(new URL(name, WEB)).catch(() => null) : null;
    if (!file) return response.writeHead(404).end();
    response.writeHead(200, { "content-type": `${kind}; charset=utf-8`, "content-security-policy": POLICY });
    response.end(file);
  }

  #rows(query) {
    const names = [...this.logs.keys()].sort().filter((name) => name > (query.get("after") ?? ""));
    const rows = names.slice(0, Number(query.get("limit") ?? 100)).map((conversation) => {
      const log = this.logs.get(conversation);
      const enriched = Math.floor(log.length * 0.9);
      const mean = enriched === 0 ? null : Math.sin(conversation.length + conversation.charCodeAt(conversation.length - 1) * 2.4);
      return {
        conversation, messages: log.length, speakers: new Set(log.map((message) => message.sender)).size,
        enriched, degraded: 0, dead: 0, sentiment_mean: mean, last_at: log.at(-1).received_at,
      };
    });
    return { rows, behind: 0 };
  }
}

function send(socket, frame) {
  socket.send(JSON.stringify(frame));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const stub = await new Stub().start(Number(process.argv[2] ?? 8081));
  people(stub);
  const met = new Set();
  stub.greets = (user) => {
    if (!met.has(user)) circles(stub, user);
    met.add(user);
  };
  let number = 0;
  setInterval(() => {
    number += 1;
    stub.say(`chat-000${1 + (number % 4)}`, number % 3 ? "ada-3" : "edith-9", `and another thing, number ${number}`);
  }, 700);
  console.log(`the page: ${stub.url}`);
}
