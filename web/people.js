// @ts-check
/**
 * Who is there, of those one sees: whatever has `data-user` gets a mark. Who is on the screen is looked
 * at now and then, since messages, rows and members come and go.
 */

/** @import { Client } from "./sdk/hubbub.js" */
/** @import { Presence } from "./sdk/types.js" */

const LOOK_EVERY_MS = 700;
const WATCHED_MAX = 200;

export class People {
  /** @type {Client | null} */
  #client = null;
  /** @type {Map<string, boolean>} */
  #online = new Map();
  #watched = "";

  constructor() {
    setInterval(() => this.#look(), LOOK_EVERY_MS);
  }

  /** @param {Client} client */
  of(client) {
    this.#client = client;
    this.#watched = "";
    this.forget();
  }

  /** @param {Presence[]} users */
  show(users) {
    for (const { user, online } of users) this.#online.set(user, online);
    this.#draw();
  }

  /** Without a connection nobody knows. */
  forget() {
    this.#online.clear();
    this.#draw();
  }

  #look() {
    if (document.hidden || this.#client === null) return;
    const users = [...new Set(marked().map((one) => one.dataset.user ?? ""))].sort().slice(0, WATCHED_MAX);
    if (users.join(" ") !== this.#watched) {
      this.#watched = users.join(" ");
      this.#client.watch(users);
    }
    this.#draw();
  }

  #draw() {
    for (const one of marked()) one.classList.toggle("online", this.#online.get(one.dataset.user ?? "") ?? false);
  }
}

/** The newest messages stand last. @returns {HTMLElement[]} */
function marked() {
  return /** @type {HTMLElement[]} */ ([...document.querySelectorAll("[data-user]")]).reverse();
}
