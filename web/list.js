// @ts-check
/**
 * The list of conversations: the one that spoke last on top. While a pointer or the keyboard is in
 * it, nothing changes places, so that one opens what one aimed at.
 */

import { ago, facts, mood } from "./words.js";

/** @import { Row } from "./rows.js" */

/** Rows in the document; the others are found by name. */
const SHOWN_MAX = 200;
const NAME = /^[a-zA-Z0-9._:-]{1,64}$/;

/** @param {string} text */
export const isName = (text) => NAME.test(text);

export class List {
  /** @type {Row[]} */
  #rows = [];
  /** @type {Map<string, HTMLLIElement>} */
  #items = new Map();
  /** @type {string | null} */
  #current = null;

  /**
   * @param {HTMLUListElement} list
   * @param {HTMLInputElement} find
   * @param {HTMLAnchorElement} begin
   * @param {HTMLElement} note
   */
  constructor(list, find, begin, note) {
    this.list = list;
    this.find = find;
    this.begin = begin;
    this.note = note;
    find.addEventListener("input", () => this.#draw(true));
    find.addEventListener("keydown", (event) => this.#findKey(event));
    list.addEventListener("keydown", (event) => this.#listKey(event));
  }

  /** @param {Row[]} rows */
  show(rows) {
    this.#rows = rows;
    const held = this.list.matches(":hover") || this.list.querySelector(":focus-visible") !== null;
    this.#draw(!held);
  }

  /** @param {string | null} conversation */
  choose(conversation) {
    this.#current = conversation;
    for (const [name, item] of this.#items) mark(item, name === conversation);
  }

  /** @param {string | null} conversation */
  row(conversation) {
    return this.#rows.find((row) => row.conversation === conversation);
  }

  /** @param {boolean} sort */
  #draw(sort) {
    const wanted = this.find.value.trim();
    const found = this.#rows.filter((row) => row.conversation.includes(wanted));
    found.sort((a, b) => b.last_at - a.last_at || (a.conversation < b.conversation ? -1 : 1));
    const shown = (sort ? found : this.#inPlace(found)).slice(0, SHOWN_MAX);
    const names = new Set(shown.map((row) => row.conversation));
    for (const [name, item] of this.#items) {
      if (names.has(name)) continue;
      item.remove();
      this.#items.delete(name);
    }
    shown.forEach((row, place) => {
      const item = this.#item(row);
      if (this.list.children[place] !== item) this.list.insertBefore(item, this.list.children[place] ?? null);
    });
    this.#drawBegin(wanted, found.length - shown.length);
  }

  /**
   * Those that are shown, where they are; new ones behind them.
   * @param {Row[]} found sorted
   */
  #inPlace(found) {
    const places = new Map([...this.list.children].map((item, place) => [item, place]));
    const place = (/** @type {Row} */ row) => {
      const item = this.#items.get(row.conversation);
      return (item && places.get(item)) ?? places.size;
    };
    return found.map((row) => ({ row, at: place(row) })).sort((a, b) => a.at - b.at).map(({ row }) => row);
  }

  /** @param {Row} row */
  #item(row) {
    const item = this.#items.get(row.conversation) ?? this.#newItem(row.conversation);
    const [, time, said, gauge] = /** @type {HTMLElement[]} */ ([...item.children[0].children]);
    write(time, ago(row.last_at));
    const facing = facts(row);
    if (said.textContent !== facing && said.textContent !== "") pulse(item);
    write(said, facing);
    showMood(gauge, row);
    return item;
  }

  /** @param {string} conversation */
  #newItem(conversation) {
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = `#${conversation}`;
    link.className = "row";
    for (const [tag, kind] of [["span", "row-name"], ["span", "row-time"], ["span", "row-facts"]]) {
      const part = document.createElement(tag);
      part.className = kind;
      link.append(part);
    }
    link.children[0].textContent = conversation;
    link.append(newMood());
    item.append(link);
    mark(item, conversation === this.#current);
    this.#items.set(conversation, item);
    return item;
  }

  /**
   * @param {string} wanted
   * @param {number} hidden
   */
  #drawBegin(wanted, hidden) {
    const isNew = isName(wanted) && !this.#rows.some((row) => row.conversation === wanted);
    this.begin.hidden = !isNew;
    this.begin.href = `#${wanted}`;
    write(this.begin, `Begin “${wanted}”`);
    const notes = [
      this.#rows.length === 0 && wanted === "" ? "Waiting for the first conversation…" : "",
      wanted !== "" && !isName(wanted) ? "A name has letters, digits and . _ : - only." : "",
      hidden > 0 ? `${hidden} more: find them by name.` : "",
    ];
    write(this.note, notes.filter(Boolean).join(" "));
    this.note.hidden = this.note.textContent === "";
  }

  /** @param {KeyboardEvent} event */
  #findKey(event) {
    const first = this.begin.hidden ? this.list.querySelector("a") : this.begin;
    if (event.key === "Enter") {
      first?.click();
    } else if (event.key === "ArrowDown") {
      first?.focus();
      event.preventDefault();
    }
  }

  /** @param {KeyboardEvent} event */
  #listKey(event) {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    const item = event.target instanceof Element ? event.target.closest("li") : null;
    const next = event.key === "ArrowDown" ? item?.nextElementSibling : item?.previousElementSibling;
    (next?.querySelector("a") ?? this.find).focus();
  }
}

/** A mark for a mood: a bar to the left or to the right of a middle. */
export function newMood() {
  const gauge = document.createElement("span");
  gauge.className = "mood";
  gauge.role = "img";
  gauge.append(document.createElement("span"));
  return gauge;
}

/**
 * @param {HTMLElement} gauge
 * @param {Row} row
 */
export function showMood(gauge, row) {
  const mean = row.enriched > 0 ? row.sentiment_mean : null;
  const said = mood(row);
  if (gauge.ariaLabel === said) return;
  gauge.ariaLabel = said;
  gauge.title = said;
  gauge.dataset.mood = mean === null ? "none" : mean < -0.05 ? "low" : mean > 0.05 ? "high" : "even";
  // Means of many messages are small: the root shows which way they lean.
  gauge.style.setProperty("--mood", String(Math.sqrt(Math.min(1, Math.abs(mean ?? 0)))));
}

/**
 * @param {HTMLLIElement} item
 * @param {boolean} current
 */
function mark(item, current) {
  const link = /** @type {HTMLElement} */ (item.children[0]);
  if (current) link.setAttribute("aria-current", "true");
  else link.removeAttribute("aria-current");
}

/** @param {HTMLElement} item */
function pulse(item) {
  item.getAnimations().forEach((running) => running.cancel());
  item.animate([{ opacity: 0.55 }, { opacity: 1 }], { duration: 600 });
}

/**
 * @param {HTMLElement} element
 * @param {string} text
 */
function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
