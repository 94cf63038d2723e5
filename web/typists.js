// @ts-check
/** Who types, for a few seconds after it was said. */

import { write } from "./dom.js";

const SHOWN_MS = 5000;
const NAMED_MAX = 3;

export class Typists {
  /** @type {Map<string, number>} until when */
  #all = new Map();

  /** @param {HTMLElement} line */
  constructor(line) {
    this.line = line;
    setInterval(() => this.#draw(), 1000);
  }

  /** @param {string} user */
  types(user) {
    this.#all.set(user, Date.now() + SHOWN_MS);
    this.#draw();
  }

  /** @param {string} user */
  said(user) {
    if (this.#all.delete(user)) this.#draw();
  }

  clear() {
    this.#all.clear();
    this.#draw();
  }

  #draw() {
    for (const [user, until] of this.#all) if (until <= Date.now()) this.#all.delete(user);
    const users = [...this.#all.keys()];
    const names = users.length > NAMED_MAX ? `${users.length} people` : users.join(", ").replace(/, ([^,]*)$/, " and $1");
    write(this.line, users.length === 0 ? "" : `${names} ${users.length === 1 ? "is" : "are"} typing…`);
    this.line.classList.toggle("shown", users.length > 0);
  }
}
