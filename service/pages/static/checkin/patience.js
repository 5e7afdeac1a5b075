// How long a screen waits for the server before it says what this device knows.

export class Patience {
  #worn = false;

  /** @param {Promise<void>} answered @param {number} most milliseconds; not at all after it was in vain */
  async wait(answered, most) {
    if (this.#worn) return;
    const late = new Promise((resolve) => setTimeout(resolve, most, "late"));
    if ((await Promise.race([answered, late])) === "late") this.#worn = true;
  }

  /** The server has answered. */
  renew() {
    this.#worn = false;
  }
}
