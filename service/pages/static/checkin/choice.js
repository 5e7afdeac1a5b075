// Which half-day and which way the people at this door are checked in.

import { blockAt } from "./rules.js";

export class Choice {
  direction = "in";
  /** @type {string|null} */
  #block = null;
  /** @type {string|null} */
  #byTime = null;

  /** @param {{block?: string|null, direction?: "in"|"out"}} choice @param {any[]} blocks @param {number} now */
  choose({ block, direction }, blocks, now) {
    this.direction = direction ?? this.direction;
    if (block === undefined) return;
    this.#block = block;
    this.#byTime = codeAt(blocks, now);
  }

  /** The block chosen by hand, until the next one opens: nobody thinks at noon of what was chosen at eight.
   * @param {any[]} blocks @param {number} now @returns {string|null} */
  block(blocks, now) {
    const byTime = codeAt(blocks, now);
    if (byTime !== null && byTime !== this.#byTime) this.#block = null;
    return this.#block;
  }
}

const codeAt = (blocks, now) => blockAt(blocks, null, now)?.code ?? null;
