// @ts-check
/** Who is in a conversation as what; what it is called; and whom one may invite, change and remove. */

import { button, by, element } from "./dom.js";
import { isName } from "./list.js";
import { Problem } from "./sdk/hubbub.js";
import { hue, initial, many, title } from "./words.js";

/** @import { Client } from "./sdk/hubbub.js" */
/** @import { Conversation, Member, Role } from "./sdk/types.js" */

/** @type {Role[]} */
const ROLES = ["owner", "admin", "member", "reader"];
const SHOWN_MAX = 200;

export class Members {
  #dialog = by("members", HTMLDialogElement);
  #list = by("member-list", HTMLUListElement);
  #note = by("members-note", HTMLElement);
  #describe = by("describe", HTMLFormElement);
  #invite = by("invite", HTMLFormElement);
  #leave = by("leave", HTMLButtonElement);

  /**
   * @param {() => Client} client
   * @param {() => Conversation | undefined} row the one that is open
   * @param {() => Promise<void>} changed
   */
  constructor(client, row, changed) {
    this.client = client;
    this.row = row;
    this.changed = changed;
    by("members-open", HTMLButtonElement).addEventListener("click", () => this.#open());
    by("members-close", HTMLButtonElement).addEventListener("click", () => this.close());
    this.#describe.addEventListener("submit", (event) => {
      event.preventDefault();
      const data = new FormData(this.#describe);
      const text = (/** @type {string} */ field) => String(data.get(field) ?? "").trim();
      void this.#do((client, { conversation }) =>
        client.describe(conversation, { name: text("name"), topic: text("topic"), public: data.has("public") }));
    });
    this.#invite.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#inviteOne();
    });
    this.#leave.addEventListener("click", () => void this.#do((client, { conversation }) => client.setRole(conversation, client.user, "none")));
  }

  close() {
    this.#dialog.close();
  }

  /** Something changed there. */
  refresh() {
    if (this.#dialog.open) void this.#show();
  }

  #open() {
    const row = this.row();
    if (row === undefined) return;
    const field = (/** @type {string} */ name) => /** @type {HTMLInputElement} */ (this.#describe.elements.namedItem(name));
    field("name").value = row.name;
    field("topic").value = row.topic;
    field("public").checked = row.public;
    this.#invite.reset();
    if (row.conversation.startsWith("c:")) /** @type {HTMLSelectElement} */ (this.#invite.elements.namedItem("role")).value = "reader";
    this.#note.textContent = "";
    this.#list.replaceChildren();
    this.#dialog.showModal();
    void this.#show();
  }

  async #show() {
    const row = this.row();
    if (row === undefined) return this.close();
    const governs = row.role === "owner" || row.role === "admin";
    by("members-title", HTMLElement).textContent = title(row);
    by("members-topic", HTMLElement).textContent = governs ? "" : row.topic;
    this.#describe.hidden = !governs;
    this.#invite.hidden = !governs;
    this.#leave.hidden = row.conversation.startsWith("d:");
    try {
      const { members, count } = await this.client().members(row.conversation, { limit: SHOWN_MAX });
      by("members-count", HTMLElement).textContent = many(count, "member");
      this.#list.replaceChildren(...members.map((member) => this.#draw(member, row)));
    } catch (error) {
      this.#tell(error);
    }
  }

  /**
   * @param {Member} member
   * @param {Conversation} row
   */
  #draw({ user, role }, row) {
    const me = this.client().user;
    const item = element("li", "member");
    const face = element("span", "face", initial(user));
    face.ariaHidden = "true";
    face.style.setProperty("--hue", String(hue(user)));
    face.dataset.user = user;
    item.append(face, element("span", "member-name", user === me ? `${user} (you)` : user));
    const mayOwn = row.role === "owner";
    const isBelow = role === "member" || role === "reader";
    if (user === me ? !mayOwn : !(mayOwn || (row.role === "admin" && isBelow))) {
      item.append(element("span", "member-role", role));
      return item;
    }
    const select = element("select", "member-role");
    select.ariaLabel = `The role of ${user}`;
    for (const one of mayOwn ? ROLES : ROLES.slice(2)) select.append(new Option(one, one, false, one === role));
    select.addEventListener("change", () => this.#set(user, /** @type {Role} */ (select.value)));
    item.append(select);
    if (user !== me) {
      const remove = button("quiet", "Remove");
      remove.ariaLabel = `Remove ${user}`;
      remove.addEventListener("click", () => this.#set(user, "none"));
      item.append(remove);
    }
    return item;
  }

  async #inviteOne() {
    const data = new FormData(this.#invite);
    const user = String(data.get("user")).trim();
    if (!isName(user)) {
      this.#note.textContent = "A name has 1 to 64 letters, digits and . _ : - only.";
      return;
    }
    if (await this.#set(user, /** @type {Role} */ (String(data.get("role"))))) this.#invite.reset();
  }

  /**
   * @param {string} user
   * @param {Role} role
   */
  #set(user, role) {
    return this.#do((client, { conversation }) => client.setRole(conversation, user, role));
  }

  /**
   * Whether it was done.
   * @param {(client: Client, row: Conversation) => Promise<unknown>} what
   */
  async #do(what) {
    const row = this.row();
    if (row === undefined) return false;
    this.#note.textContent = "";
    try {
      await what(this.client(), row);
      await this.changed();
      return true;
    } catch (error) {
      this.#tell(error);
      return false;
    } finally {
      this.refresh();
    }
  }

  /** @param {unknown} error */
  #tell(error) {
    if (!(error instanceof Problem)) throw error;
    const last = error.code === "last_owner" ? "Make another owner first: a conversation keeps one." : error.message;
    this.#note.textContent = last;
  }
}
