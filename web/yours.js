// @ts-check
/**
 * The conversations one is a member of: new ones and the one that spoke last on top, with what is unread. The
 * server counts; it is asked again every few seconds, since it tells nobody that they were invited.
 */

import { element, write } from "./dom.js";
import { Places } from "./places.js";
import { ago, count, hue, initial, lastWords, title } from "./words.js";

/** @import { Client } from "./sdk/hubbub.js" */
/** @import { Conversation } from "./sdk/types.js" */

const EVERY_MS = 2000;
/** Of these turns one is taken while nobody looks: the title of the page says what is unread. */
const HIDDEN_TURNS = 5;
/** Pages of 200 that are asked for at most. */
const PAGES_MAX = 5;
const PAGE = 200;
const UNREAD_SHOWN_MAX = 99;

export class Yours {
  /** @type {Conversation[]} */
  #all = [];
  /** @type {Places<Conversation>} */
  #places;
  /** @type {Client | null} */
  #client = null;
  /** @type {Promise<void> | null} */
  #asking = null;
  /** @type {Promise<void> | null} */
  #next = null;
  #turn = 0;
  /** What one is reading has nothing unread, whatever the server knows yet. */
  #reading = "";

  /**
   * @param {HTMLElement} part
   * @param {HTMLUListElement} list
   * @param {HTMLInputElement} find
   * @param {() => void} changed
   */
  constructor(part, list, find, changed) {
    this.part = part;
    this.find = find;
    this.changed = changed;
    this.#places = new Places(list, newItem, (item, row) => this.#draw(item, row));
    find.addEventListener("input", () => this.#show(true));
    setInterval(() => {
      this.#turn += 1;
      if (this.#asking === null && (!document.hidden || this.#turn % HIDDEN_TURNS === 0)) void this.ask();
    }, EVERY_MS);
  }

  /** How many others said something that one has not read. */
  get unread() {
    return this.#all.reduce((sum, row) => sum + this.#unread(row), 0);
  }

  /** @param {Client} client whose user's they are */
  of(client) {
    this.#client = client;
    this.#all = [];
    this.#show(true);
  }

  /** What the server answers was so after this was called. @returns {Promise<void>} */
  ask() {
    if (this.#asking === null) {
      this.#asking = this.#ask().finally(() => { this.#asking = null; });
      return this.#asking;
    }
    this.#next ??= this.#asking.then(() => {
      this.#next = null;
      return this.ask();
    });
    return this.#next;
  }

  async #ask() {
    const client = this.#client;
    if (client === null) return;
    /** @type {Conversation[]} */
    const all = [];
    try {
      for (let page = 0; page < PAGES_MAX && all.length === page * PAGE; page += 1) {
        all.push(...(await client.list({ after: all.at(-1)?.conversation, limit: PAGE })));
      }
    } catch {
      // A server that cannot say it now is asked again soon.
      return;
    }
    if (client !== this.#client) return;
    this.#all = all;
    this.#show(false);
    this.changed();
  }

  /** @param {string | null} conversation */
  row(conversation) {
    return this.#all.find((row) => row.conversation === conversation);
  }

  /** @param {string | null} conversation */
  choose(conversation) {
    this.#places.choose(conversation);
  }

  /** @param {string | null} conversation in which one is at the end */
  reading(conversation) {
    this.#reading = conversation ?? "";
    this.#show(false);
  }

  /** @param {Conversation} row */
  #unread(row) {
    return row.conversation === this.#reading && !document.hidden ? 0 : row.unread;
  }

  /** @param {boolean} anew */
  #show(anew) {
    const wanted = this.find.value.trim().toLowerCase();
    const found = this.#all.filter((row) => title(row).toLowerCase().includes(wanted));
    const at = (/** @type {Conversation} */ row) => row.last?.received_at ?? Infinity;
    found.sort((a, b) => (at(b) === at(a) ? 0 : at(b) - at(a)) || (title(a) < title(b) ? -1 : 1));
    this.#places.show(found.map((row) => ({ name: row.conversation, row })), PAGES_MAX * PAGE, anew);
    this.part.hidden = found.length === 0;
  }

  /**
   * @param {HTMLLIElement} item
   * @param {Conversation} row
   */
  #draw(item, row) {
    const [face, name, time, last, badge] = /** @type {HTMLElement[]} */ ([...item.children[0].children]);
    write(face, row.conversation.startsWith("c:") ? "#" : initial(title(row)));
    face.style.setProperty("--hue", String(hue(row.with ?? row.conversation)));
    if (row.with !== undefined) face.dataset.user = row.with;
    write(name, title(row));
    write(time, row.last === undefined ? "" : ago(row.last.received_at));
    write(last, lastWords(row, this.#client?.user ?? ""));
    const unread = this.#unread(row);
    write(badge, unread > UNREAD_SHOWN_MAX ? `${UNREAD_SHOWN_MAX}+` : count(unread));
    badge.ariaLabel = `${count(unread)} unread`;
    badge.hidden = unread === 0;
  }
}

/** @param {string} conversation */
function newItem(conversation) {
  const item = document.createElement("li");
  const link = element("a", "row yours");
  link.href = `#${conversation}`;
  const face = element("span", "face");
  face.ariaHidden = "true";
  const badge = element("span", "badge");
  badge.role = "img";
  link.append(face, element("span", "row-name"), element("span", "row-time"), element("span", "row-facts"), badge);
  item.append(link);
  return item;
}
