// @ts-check
/**
 * One socket at a time: says hello, shows signs of life, and comes back when the connection is lost,
 * no sooner than `docs/protocol.md` ("Reconnecting") allows.
 *
 * @typedef {object} Listener
 * @property {(state: State) => void} state
 * @property {(welcome: any) => void} welcome
 * @property {(frame: any) => void} frame everything else
 * @property {() => void} lost
 * @property {() => void} beat once a second while the connection stands
 */

import { Backoff, leastWait } from "./backoff.js";
import { Problem } from "./problem.js";

/** @import { State } from "./types.js" */

const SUBPROTOCOL = "hubbub.v1.json";
const CONNECT_TIMEOUT_MS = 10_000;
const HEARTBEAT_MS = 10_000;
const CLOSE_FOLLOWS_MS = 100;
const BEAT_MS = 1000;
/** `WebSocket.OPEN`, whatever made the socket. */
const OPEN = 1;

export class Connection {
  /** @type {WebSocket | null} */
  #socket = null;
  #openedAt = 0;
  #heardAt = 0;
  #saidAt = 0;
  #heartbeatMs = HEARTBEAT_MS;
  #backoff = new Backoff();
  /** @type {Problem | undefined} */
  #refusal = undefined;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer = undefined;
  /** @type {ReturnType<typeof setInterval>} */
  #beat;

  /**
   * @param {string} url
   * @param {typeof WebSocket} Socket
   * @param {() => Promise<object>} hello
   * @param {Listener} listener
   */
  constructor(url, Socket, hello, listener) {
    this.url = url;
    this.Socket = Socket;
    this.hello = hello;
    this.listener = listener;
    this.#beat = setInterval(() => this.#tick(), BEAT_MS);
  }

  get isOpen() {
    return this.#openedAt > 0;
  }

  /** Connects now, whatever was waited for. */
  connect() {
    if (this.#socket !== null) return;
    clearTimeout(this.#timer);
    this.#refusal = undefined;
    this.listener.state({ is: "connecting" });
    const socket = new this.Socket(this.url, SUBPROTOCOL);
    this.#socket = socket;
    this.#timer = setTimeout(() => this.#lost(socket, 0, ""), CONNECT_TIMEOUT_MS);
    socket.onopen = () => void this.#greet(socket);
    socket.onmessage = (event) => this.#frame(JSON.parse(event.data));
    socket.onclose = (event) => this.#lost(socket, event.code, event.reason);
    // `close` follows and says more, except in Node 20, where a refused handshake is told by `error` alone.
    socket.onerror = () => void setTimeout(() => this.#lost(socket, 0, ""), CLOSE_FOLLOWS_MS);
  }

  /** Closes for good. */
  close() {
    clearInterval(this.#beat);
    clearTimeout(this.#timer);
    if (this.#socket !== null) this.#drop(this.#socket);
    this.listener.state({ is: "closed" });
  }

  /** @param {object} frame */
  send(frame) {
    if (this.#socket?.readyState !== OPEN) return;
    this.#saidAt = Date.now();
    this.#socket.send(JSON.stringify(frame));
  }

  /** @param {WebSocket} socket */
  async #greet(socket) {
    try {
      const hello = await this.hello();
      if (socket === this.#socket) this.send(hello);
    } catch {
      // No token could be had: the next try asks for one again.
      this.#lost(socket, 0, "");
    }
  }

  /** @param {any} frame */
  #frame(frame) {
    this.#heardAt = Date.now();
    if (this.isOpen) return this.listener.frame(frame);
    if (frame.type === "problem") this.#refusal = new Problem(frame);
    if (frame.type !== "welcome") return;
    clearTimeout(this.#timer);
    this.#openedAt = Date.now();
    this.#heartbeatMs = frame.heartbeat_ms;
    this.listener.state({ is: "open" });
    this.listener.welcome(frame);
  }

  /** Signs of life, both ways. */
  #tick() {
    const socket = this.#socket;
    if (socket === null || !this.isOpen) return;
    const now = Date.now();
    if (now - this.#heardAt > 3 * this.#heartbeatMs) return this.#lost(socket, 0, "");
    if (now - this.#saidAt >= this.#heartbeatMs) this.send({ type: "ping" });
    this.listener.beat();
  }

  /**
   * @param {WebSocket} socket
   * @param {number} code
   * @param {string} reason
   */
  #lost(socket, code, reason) {
    if (socket !== this.#socket) return;
    const stoodMs = this.isOpen ? Date.now() - this.#openedAt : 0;
    this.#drop(socket);
    const least = leastWait(code, reason);
    if (least === null) {
      this.listener.state({ is: "stopped", why: `${code} ${reason}`.trim(), problem: this.#refusal });
      return;
    }
    const wait = this.#backoff.next(stoodMs, Math.max(least, this.#refusal?.retryAfterMs ?? 0));
    this.#timer = setTimeout(() => this.connect(), wait);
    this.listener.state({ is: "waiting", againAt: Date.now() + wait });
  }

  /** @param {WebSocket} socket */
  #drop(socket) {
    clearTimeout(this.#timer);
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
    this.#socket = null;
    this.#openedAt = 0;
    this.listener.lost();
  }
}
