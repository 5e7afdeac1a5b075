// A camera sees one code many times; what comes back within this time has not left.

const SAME_CODE = 3_000;

export class Recent {
  /** @type {Map<string, {at: number, value: any}>} */
  #seen = new Map();

  /** What was put under this key a moment ago, and the moment begins anew. @param {string} key */
  get(key) {
    const now = performance.now();
    this.#seen = new Map([...this.#seen].filter(([, { at }]) => now - at < SAME_CODE));
    const found = this.#seen.get(key);
    if (!found) return null;
    found.at = now;
    return found.value;
  }

  /** @template T @param {string} key @param {T} value @returns {T} */
  put(key, value) {
    this.#seen.set(key, { at: performance.now(), value });
    return value;
  }

  clear() {
    this.#seen.clear();
  }
}
