// Who wants to hear what happens in the station.

export class Listeners {
  /** @type {Set<(event: any) => void>} */
  #all = new Set();

  /** @param {(event: any) => void} listener @returns {() => void} ends it */
  add(listener) {
    this.#all.add(listener);
    return () => this.#all.delete(listener);
  }

  /** @param {any} event */
  tell(event) {
    for (const listener of this.#all) {
      try {
        listener(event);
      } catch (error) {
        // A fault of the page must not stop the queue behind it.
        console.error(error);
      }
    }
  }
}
