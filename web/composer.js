// @ts-check
/**
 * The place to speak: new words, an answer, or other words for what one said. Words that were not sent
 * are kept by conversation, also over a reload.
 *
 * @typedef {{ edits: boolean, text: Text } | null} About what the words are about; `null`: they stand alone
 *
 * @typedef {object} Speaking
 * @property {(body: string, replyTo: number | undefined) => boolean} say `false`: it is not taken now
 * @property {(target: number, body: string) => boolean} edit
 * @property {() => Text | undefined} lastOwn
 * @property {() => void} typing
 */

import { by, keep, recall, write } from "./dom.js";
import { count } from "./words.js";

/** @import { Text } from "./texts.js" */

const BODY_MAX_BYTES = 8192;
const KEY = "hubbub.words";
/** Conversations of which unsent words are kept. */
const KEPT_MAX = 50;

export class Composer {
  form = by("composer", HTMLFormElement);
  body = by("body", HTMLTextAreaElement);
  note = by("composer-note", HTMLElement);
  #context = by("context", HTMLElement);
  #contextText = by("context-text", HTMLElement);
  #say = by("say", HTMLButtonElement);
  #conversation = "";
  /** @type {About} */
  #about = null;

  /** @param {Speaking} speaking */
  constructor(speaking) {
    this.speaking = speaking;
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.body.addEventListener("keydown", (event) => this.#key(event));
    this.body.addEventListener("input", () => {
      this.#keep();
      if (this.body.value !== "") speaking.typing();
    });
    by("context-cancel", HTMLButtonElement).addEventListener("click", () => this.cancel());
  }

  /** @param {string | null} conversation */
  open(conversation) {
    this.#conversation = conversation ?? "";
    this.#show(null);
    this.body.value = words()[this.#conversation] ?? "";
    this.tell("");
  }

  /** @param {string} why one cannot speak; empty: one can */
  bar(why) {
    this.form.classList.toggle("barred", why !== "");
    write(by("barred", HTMLElement), why);
  }

  /** @param {string} why */
  tell(why) {
    this.note.textContent = why;
  }

  /** @param {Text} text */
  reply(text) {
    this.cancel();
    this.#show({ edits: false, text });
    this.body.focus();
  }

  /** @param {Text} text */
  edit(text) {
    this.#show({ edits: true, text });
    this.body.value = text.body;
    this.body.focus();
  }

  /** Back to new words, with those that waited here. */
  cancel() {
    if (this.#about?.edits) this.body.value = words()[this.#conversation] ?? "";
    this.#show(null);
  }

  /** @param {About} about */
  #show(about) {
    this.#about = about;
    this.#context.hidden = about === null;
    this.#say.textContent = about?.edits ? "Save" : "Send";
    this.#contextText.textContent = about === null ? "" : about.edits
      ? "Other words for your message" : `In answer to ${about.text.sender}: ${about.text.body}`;
  }

  #submit() {
    const body = this.body.value.trim();
    if (this.#conversation === "" || body === "") return;
    const bytes = new TextEncoder().encode(body).length;
    if (bytes > BODY_MAX_BYTES) {
      return this.tell(`That is ${count(bytes)} bytes, and ${count(BODY_MAX_BYTES)} is the most: send it in parts.`);
    }
    const about = this.#about;
    const edits = about?.edits ?? false;
    const same = edits && about?.text.body === body;
    const taken = same || (edits && about ? this.speaking.edit(about.text.seq, body) : this.speaking.say(body, about?.text.seq));
    if (!taken) return this.tell("Too much waits to be sent: wait until it is through.");
    this.tell("");
    if (edits) return this.cancel();
    this.body.value = "";
    this.#keep();
    this.#show(null);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.#submit();
    } else if (event.key === "Escape" && this.#about !== null) {
      event.stopPropagation();
      this.cancel();
    } else if (event.key === "ArrowUp" && this.body.value === "" && this.#about === null) {
      const own = this.speaking.lastOwn();
      if (own === undefined) return;
      event.preventDefault();
      this.edit(own);
    }
  }

  #keep() {
    if (this.#about?.edits) return;
    const { [this.#conversation]: _, ...others } = words();
    const all = this.body.value === "" ? others : { ...others, [this.#conversation]: this.body.value };
    keep(sessionStorage, KEY, JSON.stringify(Object.fromEntries(Object.entries(all).slice(-KEPT_MAX))));
  }
}

/** @returns {Record<string, string>} by conversation */
function words() {
  return JSON.parse(recall(sessionStorage, KEY) ?? "{}");
}
