// @ts-check
/** The dialog that makes a direct conversation, a group or a channel. */

import { by } from "./dom.js";
import { isName } from "./list.js";
import { Problem } from "./sdk/hubbub.js";

/** @import { Client } from "./sdk/hubbub.js" */

export class Create {
  #dialog = by("create", HTMLDialogElement);
  #form = by("create-form", HTMLFormElement);
  #note = by("create-note", HTMLElement);

  /**
   * @param {() => Client} client
   * @param {(conversation: string) => void} made
   */
  constructor(client, made) {
    this.client = client;
    this.made = made;
    by("new", HTMLButtonElement).addEventListener("click", () => this.#open());
    by("create-cancel", HTMLButtonElement).addEventListener("click", () => this.#dialog.close());
    this.#form.addEventListener("change", () => this.#show());
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#submit();
    });
  }

  #open() {
    this.#form.reset();
    this.#note.textContent = "";
    this.#show();
    this.#dialog.showModal();
  }

  get #kind() {
    return /** @type {"direct" | "group" | "channel"} */ (new FormData(this.#form).get("kind"));
  }

  #show() {
    const isDirect = this.#kind === "direct";
    by("create-direct", HTMLFieldSetElement).hidden = by("create-direct", HTMLFieldSetElement).disabled = !isDirect;
    by("create-many", HTMLFieldSetElement).hidden = by("create-many", HTMLFieldSetElement).disabled = isDirect;
  }

  async #submit() {
    const data = new FormData(this.#form);
    const text = (/** @type {string} */ field) => String(data.get(field) ?? "").trim();
    const kind = this.#kind;
    const members = text("members").split(/[\s,]+/).filter(Boolean);
    const wrong = (kind === "direct" ? [text("with")] : members).find((name) => !isName(name));
    if (wrong !== undefined) return this.#tell(`“${wrong}” is no name: a name has 1 to 64 letters, digits and . _ : - only.`);
    const client = this.client();
    this.#tell(client.state.is === "open" ? "" : "There is no connection: it is made as soon as there is one.");
    try {
      const { conversation } = await client.create(kind === "direct"
        ? { kind, with: text("with") }
        : { kind, name: text("name"), topic: text("topic"), public: data.has("public"), members });
      this.#go(conversation);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (error.code === "exists" && error.conversation !== undefined) this.#go(error.conversation);
      else this.#tell(error.message);
    }
  }

  /** @param {string} conversation */
  #go(conversation) {
    // Whoever has closed the dialog since does something else.
    if (!this.#dialog.open) return;
    this.#dialog.close();
    this.made(conversation);
  }

  /** @param {string} why */
  #tell(why) {
    this.#note.textContent = why;
  }
}
