// @ts-check
/**
 * What one can do with a message: one button that comes to the message under the pointer, and one menu.
 * The keyboard opens it with Enter, a finger with a tap.
 *
 * @typedef {object} Doings
 * @property {(text: Text) => { speak: boolean, edit: boolean, remove: boolean }} may
 * @property {(text: Text, reaction: string) => void} react
 * @property {(text: Text) => void} reply
 * @property {(text: Text) => void} edit
 * @property {(text: Text) => void} remove
 */

import { button } from "./dom.js";

/** @import { Talk } from "./talk.js" */
/** @import { Text } from "./texts.js" */

const REACTIONS = ["👍", "❤️", "😂", "🎉", "😮", "😢"];
const GAP_PX = 6;

export class Actions {
  /** @type {Text | null} */
  #of = null;

  /**
   * @param {HTMLElement} menu
   * @param {Talk} talk
   * @param {Doings} doings
   */
  constructor(menu, talk, doings) {
    this.menu = menu;
    this.talk = talk;
    this.doings = doings;
    this.more = button("more", "⋯");
    this.more.id = "more";
    this.more.ariaLabel = "What to do with this message";
    this.more.ariaHasPopup = "menu";
    this.more.tabIndex = -1;
    this.#fill();
    const { messages } = talk;
    messages.addEventListener("pointerover", (event) => this.#come(event.target));
    messages.addEventListener("focusin", (event) => this.#come(event.target));
    messages.addEventListener("click", (event) => this.#click(event));
    messages.addEventListener("keydown", (event) => {
      if ((event.key !== "Enter" && event.key !== " ") || !(event.target instanceof HTMLLIElement)) return;
      event.preventDefault();
      this.#open(event.target);
    });
    menu.addEventListener("keydown", (event) => this.#key(event));
    talk.scroll.addEventListener("scroll", () => menu.hidePopover());
  }

  #fill() {
    const row = document.createElement("div");
    row.className = "reacts";
    row.role = "group";
    row.ariaLabel = "React";
    for (const reaction of REACTIONS) {
      const one = button("react emoji", reaction);
      one.addEventListener("click", () => this.#do((text) => this.doings.react(text, reaction)));
      row.append(one);
    }
    this.menu.append(row);
    /** @type {["reply" | "edit" | "remove", string][]} */
    const words = [["reply", "Reply"], ["edit", "Edit"], ["remove", "Delete"]];
    for (const [what, label] of words) {
      const one = button(`do ${what}`, label);
      one.dataset.do = what;
      one.addEventListener("click", () => this.#do((text) => this.doings[what](text)));
      this.menu.append(one);
    }
    for (const one of this.menu.querySelectorAll("button")) one.role = "menuitem";
  }

  /** @param {(text: Text) => void} what */
  #do(what) {
    const of = this.#of;
    this.menu.hidePopover();
    if (of !== null) what(of);
  }

  /** @param {EventTarget | null} target */
  #come(target) {
    const item = target instanceof Element ? target.closest("li.message") : null;
    if (item === null || item.classList.contains("gone") || this.more.parentElement === item) return;
    item.append(this.more);
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const target = /** @type {Element} */ (event.target);
    const item = target.closest("li.message");
    if (!(item instanceof HTMLElement)) return;
    const chip = target.closest(".chip");
    const text = this.talk.texts.get(Number(item.dataset.seq));
    if (chip instanceof HTMLElement && text) return this.doings.react(text, chip.dataset.reaction ?? "");
    const tapped = matchMedia("(hover: none)").matches && target.closest(".bubble") && !target.closest(".quote");
    if (target === this.more || tapped) this.#open(item);
  }

  /** @param {HTMLElement} item */
  #open(item) {
    const text = this.talk.texts.get(Number(item.dataset.seq));
    if (text === undefined || text.gone) return;
    this.#of = text;
    const may = this.doings.may(text);
    const shown = { reply: may.speak, edit: may.edit, remove: may.remove };
    for (const [what, is] of Object.entries(shown)) {
      /** @type {HTMLElement} */ (this.menu.querySelector(`[data-do=${what}]`)).hidden = !is;
    }
    for (const one of this.menu.querySelectorAll(".react")) {
      one.classList.toggle("chosen", text.reactions.get(one.textContent ?? "")?.me ?? false);
    }
    this.menu.showPopover();
    this.#place(item.querySelector(".bubble") ?? item);
    this.menu.querySelector("button")?.focus();
  }

  /** Above the message if there is room, else below; never beyond the window. @param {Element} by */
  #place(by) {
    const around = by.getBoundingClientRect();
    const { width, height } = this.menu.getBoundingClientRect();
    const above = around.top - height - GAP_PX;
    const top = above > GAP_PX ? above : Math.min(around.bottom + GAP_PX, innerHeight - height - GAP_PX);
    const isMine = by.closest(".mine") !== null;
    const left = isMine ? around.right - width : around.left;
    this.menu.style.top = `${Math.max(GAP_PX, top)}px`;
    this.menu.style.left = `${Math.max(GAP_PX, Math.min(left, innerWidth - width - GAP_PX))}px`;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const all = /** @type {HTMLElement[]} */ ([...this.menu.querySelectorAll("button:not([hidden])")]);
    const at = all.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    all[(at + step + all.length) % all.length].focus();
  }
}
