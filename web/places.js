// @ts-check
/**
 * The order of a list of links. While a pointer or the keyboard is in it, nothing changes places, so
 * that one opens what one aimed at.
 */

/** @template Row */
export class Places {
  /** @type {Map<string, HTMLLIElement>} */
  #items = new Map();
  /** @type {string | null} */
  #current = null;

  /**
   * @param {HTMLUListElement} list
   * @param {(name: string) => HTMLLIElement} make
   * @param {(item: HTMLLIElement, row: Row) => void} draw
   */
  constructor(list, make, draw) {
    this.list = list;
    this.make = make;
    this.draw = draw;
    list.addEventListener("keydown", (event) => this.#key(event));
  }

  /**
   * @param {{ name: string, row: Row }[]} wanted in the order they should have
   * @param {number} most
   * @param {boolean} anew also while one points at it
   */
  show(wanted, most, anew) {
    const held = !anew && (this.list.matches(":hover") || this.list.querySelector(":focus-visible") !== null);
    const shown = (held ? this.#inPlace(wanted) : wanted).slice(0, most);
    const names = new Set(shown.map(({ name }) => name));
    for (const [name, item] of this.#items) {
      if (names.has(name)) continue;
      item.remove();
      this.#items.delete(name);
    }
    shown.forEach(({ name, row }, place) => {
      const item = this.#items.get(name) ?? this.#new(name);
      this.draw(item, row);
      if (this.list.children[place] !== item) this.list.insertBefore(item, this.list.children[place] ?? null);
    });
  }

  /** @param {string | null} name */
  choose(name) {
    this.#current = name;
    for (const [each, item] of this.#items) mark(item, each === name);
  }

  /**
   * Those that are shown, where they are; new ones behind them.
   * @param {{ name: string, row: Row }[]} wanted
   */
  #inPlace(wanted) {
    const places = new Map([...this.list.children].map((item, place) => [item, place]));
    const place = (/** @type {string} */ name) => {
      const item = this.#items.get(name);
      return (item && places.get(item)) ?? places.size;
    };
    return wanted.map((one) => ({ one, at: place(one.name) })).sort((a, b) => a.at - b.at).map(({ one }) => one);
  }

  /** @param {string} name */
  #new(name) {
    const item = this.make(name);
    mark(item, name === this.#current);
    this.#items.set(name, item);
    return item;
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    const links = [...document.querySelectorAll(".lists a")];
    const at = event.target instanceof Element ? links.indexOf(event.target) : -1;
    const next = links[event.key === "ArrowDown" ? at + 1 : at - 1] ?? document.querySelector("#find");
    /** @type {HTMLElement} */ (next).focus();
  }
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
export function pulse(item) {
  item.getAnimations().forEach((running) => running.cancel());
  item.animate([{ opacity: 0.55 }, { opacity: 1 }], { duration: 600 });
}
