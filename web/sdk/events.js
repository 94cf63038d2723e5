// @ts-check
/** Who wants to know is told. What goes wrong in a handler does not stop the client. */

/** @template {Record<string, any>} Told */
export class Events {
  /** @type {Map<keyof Told, Set<(detail: any) => void>>} */
  #handlers = new Map();

  /**
   * Calls the handler at each such event, until the function it returns is called.
   * @template {keyof Told} Name
   * @param {Name} name
   * @param {(detail: Told[Name]) => void} handler
   * @returns {() => void}
   */
  on(name, handler) {
    const handlers = this.#handlers.get(name) ?? new Set();
    this.#handlers.set(name, handlers);
    handlers.add(handler);
    return () => void handlers.delete(handler);
  }

  /**
   * @template {keyof Told} Name
   * @param {Name} name
   * @param {Told[Name]} detail
   */
  emit(name, detail) {
    for (const handler of this.#handlers.get(name) ?? []) tell(handler, detail);
  }
}

/**
 * @template Detail
 * @param {((detail: Detail) => void) | undefined} handler
 * @param {Detail} detail
 */
export function tell(handler, detail) {
  try {
    handler?.(detail);
  } catch (error) {
    queueMicrotask(() => { throw error; });
  }
}
