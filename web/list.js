// @ts-check
/** The list of the open conversations: the one that spoke last on top. */

import { element, write } from "./dom.js";
import { Places, pulse } from "./places.js";
import { ago, facts, mood } from "./words.js";

/** @import { Row } from "./rows.js" */

/** Rows in the document; the others are found by name. */
const SHOWN_MAX = 200;
const NAME = /^[a-zA-Z0-9._:-]{1,64}$/;

/** @param {string} text */
export const isName = (text) => NAME.test(text);

/** Whether it is a direct conversation, a group or a channel: the name says it. @param {string} name */
export const isGoverned = (name) => /^[dgc]:/.test(name);

export class List {
  /** @type {Row[]} */
  #rows = [];
  /** @type {Places<Row>} */
  #places;

  /**
   * @param {HTMLUListElement} list
   * @param {HTMLInputElement} find
   * @param {HTMLAnchorElement} begin
   * @param {HTMLElement} note
   */
  constructor(list, find, begin, note) {
    this.find = find;
    this.begin = begin;
    this.note = note;
    this.#places = new Places(list, newItem, draw);
    find.addEventListener("input", () => this.#draw(true));
    find.addEventListener("keydown", (event) => this.#findKey(event));
  }

  /** @param {Row[]} rows */
  show(rows) {
    this.#rows = rows.filter((row) => !isGoverned(row.conversation));
    this.#draw(false);
  }

  /** @param {string | null} conversation */
  choose(conversation) {
    this.#places.choose(conversation);
  }

  /** @param {string | null} conversation */
  row(conversation) {
    return this.#rows.find((row) => row.conversation === conversation);
  }

  /** @param {boolean} anew */
  #draw(anew) {
    const wanted = this.find.value.trim();
    const found = this.#rows.filter((row) => row.conversation.includes(wanted));
    found.sort((a, b) => b.last_at - a.last_at || (a.conversation < b.conversation ? -1 : 1));
    this.#places.show(found.map((row) => ({ name: row.conversation, row })), SHOWN_MAX, anew);
    this.#drawBegin(wanted, Math.max(0, found.length - SHOWN_MAX));
  }

  /**
   * @param {string} wanted
   * @param {number} hidden
   */
  #drawBegin(wanted, hidden) {
    const isNew = isName(wanted) && !isGoverned(wanted) && !this.#rows.some((row) => row.conversation === wanted);
    this.begin.hidden = !isNew;
    this.begin.href = `#${wanted}`;
    write(this.begin, `Begin “${wanted}”`);
    const notes = [
      this.#rows.length === 0 && wanted === "" ? "Waiting for the first conversation…" : "",
      hidden > 0 ? `${hidden} more: find them by name.` : "",
    ];
    write(this.note, notes.filter(Boolean).join(" "));
    this.note.hidden = this.note.textContent === "";
  }

  /** @param {KeyboardEvent} event */
  #findKey(event) {
    const yours = this.find.value.trim() === "" ? null : document.querySelector("#yours a");
    const first = yours ?? (this.begin.hidden ? document.querySelector(".lists a") : this.begin);
    if (!(first instanceof HTMLElement)) return;
    if (event.key === "Enter") {
      first.click();
    } else if (event.key === "ArrowDown") {
      first.focus();
      event.preventDefault();
    }
  }
}

/** @param {string} conversation */
function newItem(conversation) {
  const item = document.createElement("li");
  const link = element("a", "row");
  link.href = `#${conversation}`;
  link.append(element("span", "row-name", conversation), element("span", "row-time"), element("span", "row-facts"), newMood());
  item.append(link);
  return item;
}

/**
 * @param {HTMLLIElement} item
 * @param {Row} row
 */
function draw(item, row) {
  const [, time, said, gauge] = /** @type {HTMLElement[]} */ ([...item.children[0].children]);
  write(time, ago(row.last_at));
  const facing = facts(row);
  if (said.textContent !== facing && said.textContent !== "") pulse(item);
  write(said, facing);
  showMood(gauge, row);
}

/** A mark for a mood: a bar to the left or to the right of a middle. */
export function newMood() {
  const gauge = element("span", "mood");
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
