/**
 * A server as simple as can be for the tests of the page: everything in memory, the protocol of
 * `docs/protocol.md` without its refusals. It can be told to behave badly: to drop every socket, to
 * lose an answer, to refuse a message, to forget history.
 *
 * `node stub.mjs [PORT]` runs it with a few people who talk, to look at the page by hand.
 */

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { WebSocketServer } from "ws";

const KINDS = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };
const POLICY = [
  "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'",
  "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
].join("; ");
const WEB = new URL("../", import.meta.url);

export class Stub {
  epoch = 1;
  heartbeatMs = 1000;
  /** Answers `sent` that are kept back while their socket is dropped. */
  loseSent = 0;
  /** Messages that are refused once, with this problem. */
  refuse = [];
  /** Every message by conversation. */
  logs = new Map();
  commands = [];
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

  /** Somebody says something. */
  say(conversation, sender, body, at = Date.now()) {
    this.#lamport += 1;
    const id = `00000000000000aa-${this.#lamport}`;
    return this.#append({ conversation, sender, id, body, lamport: [this.#lamport, "00000000000000aa"], seen_seq: 0, sent_at: at, received_at: at });
  }

  #append(message) {
    const log = this.logs.get(message.conversation) ?? [];
    this.logs.set(message.conversation, log);
    message.seq = message.ordinal = log.length + 1;
    log.push(message);
    for (const socket of this.#sockets.keys()) this.#deliver(socket, message.conversation);
    return message;
  }

  #deliver(socket, conversation) {
    const follows = this.#sockets.get(socket).follows;
    const log = this.logs.get(conversation) ?? [];
    while (follows.has(conversation) && follows.get(conversation) < log.length) {
      const message = log[follows.get(conversation)];
      follows.set(conversation, message.seq);
      send(socket, { type: "message", epoch: this.epoch, ...message });
    }
  }

  #connection(socket) {
    this.#sockets.set(socket, { follows: new Map(), user: "", instance: "" });
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("message", (data) => this.#command(socket, JSON.parse(data.toString())));
  }

  #command(socket, command) {
    const peer = this.#sockets.get(socket);
    if (peer === undefined) return;
    this.commands.push(command);
    const { ref, conversation } = command;
    switch (command.type) {
      case "hello":
        Object.assign(peer, { user: command.user, instance: command.instance });
        return send(socket, { type: "welcome", ref, heartbeat_ms: this.heartbeatMs });
      case "ping": return send(socket, { type: "pong", ref });
      case "send": return this.#send(socket, peer, command);
      case "subscribe": return this.#subscribe(socket, peer, command);
      case "unsubscribe":
        peer.follows.delete(conversation);
        return send(socket, { type: "unsubscribed", ref, conversation });
      case "read": {
        const log = this.logs.get(conversation) ?? [];
        const messages = log.slice(command.from - 1, command.from - 1 + command.limit);
        return send(socket, { type: "page", ref, conversation, epoch: this.epoch, first: 1, head: log.length, messages });
      }
      default: // `ack`
    }
  }

  #send(socket, peer, { ref, id, conversation, body, lamport, seen_seq, sent_at }) {
    const problem = this.refuse.shift();
    if (problem !== undefined) return send(socket, { type: "problem", ref, id, conversation, ...problem });
    const duplicate = this.#places.has(id);
    if (!duplicate) {
      this.#lamport = Math.max(this.#lamport, lamport);
      const losing = this.loseSent > 0;
      if (losing) this.#sockets.get(socket).follows.clear();
      const said = this.#append({
        conversation, sender: peer.user, id, body, lamport: [lamport, peer.instance], seen_seq, sent_at, received_at: Date.now(),
      });
      this.#places.set(id, said);
      if (losing) {
        this.loseSent -= 1;
        return socket.terminate();
      }
    }
    const { seq, received_at } = this.#places.get(id);
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
    const name = url.pathname === "/" ? "index.html" : url.pathname.slice(1);
    const kind = KINDS[extname(name)];
    const file = kind && !name.includes("/") ? await readFile(new URL(name, WEB)).catch(() => null) : null;
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
        enriched, sentiment_mean: mean, last_at: log.at(-1).received_at,
      };
    });
    return { rows, behind: 0 };
  }
}

function send(socket, frame) {
  socket.send(JSON.stringify(frame));
}

/** A few conversations, some of them long, said over the last hour. */
export function people(stub) {
  const says = [
    "Hello!", "hey, how are you doing today?", "pretty good, just back from a long walk by the river", "nice 🙂",
    "It rained here the whole weekend, so I finally read that book you told me about. The ending surprised me, I have to admit.",
    "no spoilers please", "haha ok ok", "what are you cooking tonight?", "Probably a soup. Or whatever is left in the fridge",
    "living the dream",
  ];
  const names = ["ada-3", "bruno-14", "clara-7", "deniz-21", "edith-9", "farid-30"];
  for (let number = 1; number <= 24; number += 1) {
    const conversation = `chat-${String(number).padStart(4, "0")}`;
    const length = number === 1 ? 130 : 3 + ((number * 37) % 60);
    const [one, other] = [names[number % 6], names[(number * 5 + 1) % 6]];
    for (let place = 0; place < length; place += 1) {
      const at = Date.now() - number * 95_000 - (length - place) * 21_000;
      const sender = place % 5 < 2 ? one : other;
      stub.say(conversation, sender, says[(place * 7 + number) % says.length], at);
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const stub = await new Stub().start(Number(process.argv[2] ?? 8081));
  people(stub);
  let number = 0;
  setInterval(() => {
    number += 1;
    stub.say(`chat-000${1 + (number % 4)}`, number % 3 ? "ada-3" : "edith-9", `and another thing, number ${number}`);
  }, 700);
  console.log(`the page: ${stub.url}`);
}
