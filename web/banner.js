// @ts-check
/** How it stands with the connection, when it does not stand. */

import { by } from "./dom.js";

/** @import { State } from "./sdk/types.js" */

export class Banner {
  #bar = by("banner", HTMLElement);
  #text = by("banner-text", HTMLElement);
  #again = by("banner-again", HTMLElement);
  #now = by("banner-now", HTMLButtonElement);
  #againAt = 0;
  #lost = "";

  /** @param {() => void} connect */
  constructor(connect) {
    this.#now.addEventListener("click", connect);
    addEventListener("online", connect);
    setInterval(() => this.#count(), 1000);
  }

  /**
   * @param {State} state
   * @param {number} waiting what was said and is not through
   */
  show(state, waiting) {
    this.#againAt = state.againAt ?? 0;
    this.#bar.hidden = state.is === "open" || state.is === "closed";
    this.#bar.dataset.state = state.is;
    this.#now.hidden = state.is === "open" || state.is === "connecting";
    this.#lost = {
      open: "",
      connecting: "Connecting…",
      waiting: "The connection is lost.",
      stopped: `The server closed the connection for good (${state.problem?.message ?? state.why}).`,
      closed: "",
    }[state.is];
    this.kept(waiting);
    this.#count();
  }

  /** @param {number} waiting */
  kept(waiting) {
    this.#text.textContent = this.#lost + (waiting === 0 ? "" : ` What you said (${waiting}) is kept and will be sent.`);
  }

  #count() {
    const seconds = Math.max(0, Math.ceil((this.#againAt - Date.now()) / 1000));
    this.#again.textContent = this.#againAt === 0 ? "" : `Next try in ${seconds} s.`;
  }
}
