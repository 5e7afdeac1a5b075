// The one queue of this device: every scan and every undo, in order, on disk before anybody is shown a verdict. Nothing
// leaves it unanswered; what is answered stays a while, because the rules ask who is in already.

const KEPT_DAYS = 7;
const DAY = 86_400_000;

/**
 * @typedef {object} Entry
 * @property {number} [seq] its place in the queue; missing while it could not be written
 * @property {string} nonce
 * @property {string} workshop
 * @property {"scan"|"annul"} kind
 * @property {any} item as the API takes it
 * @property {string|null} who registration id, where known
 * @property {string|null} hash of the ticket
 * @property {number} at corrected time
 * @property {number|null} skew of this device's clock when it was made
 * @property {any} shown the verdict shown at once
 * @property {any} answer the server's, null while unsent
 * @property {boolean} undone
 * @property {number|null} [problem] status with which the server refused this entry alone
 */

export class Queue {
  #store;
  #news;
  /** @type {Entry[]} */
  entries = [];
  /** @type {Map<string, Entry>} */
  #byNonce = new Map();
  /** @type {Map<string, (() => void)[]>} */
  #waiting = new Map();
  #writing = Promise.resolve();

  /** @param {import("./store.js").Store} store @param {() => void} onChange told when another tab has changed it */
  constructor(store, onChange) {
    this.#store = store;
    this.#news = new BroadcastChannel("bimtek-checkin-queue");
    this.#news.onmessage = () => this.load().then(onChange);
  }

  /** Reads what is stored. What waits unwritten, or was written meanwhile, stays. */
  async load() {
    const stored = /** @type {Entry[]} */ (await this.#store.scans());
    const read = new Set(stored.map(({ nonce }) => nonce));
    const merged = stored.map((entry) => {
      const known = this.find(entry.nonce);
      return known?.answer && !entry.answer ? known : Object.assign(known ?? {}, entry);
    });
    this.#become([...merged, ...this.entries.filter((entry) => !read.has(entry.nonce) && !entry.answer)]);
    // An undo is kept even where the mark on what it undoes could not be written.
    for (const { item } of this.entries) {
      const target = item.annul && this.find(item.annul.nonce);
      if (target) target.undone = true;
    }
    for (const entry of merged) if (entry.answer) this.#tell(entry.nonce);
  }

  /** @param {Entry[]} entries */
  #become(entries) {
    this.entries = entries;
    this.#byNonce = new Map(entries.map((entry) => [entry.nonce, entry]));
  }

  /** @param {string} nonce */
  find(nonce) {
    return this.#byNonce.get(nonce) ?? null;
  }

  /** Adds entries, after they are on disk. Where the disk refuses, they stay in memory and are written later.
   * @param {Entry} entry @param {Entry[]} [touched] others to be written with it */
  async add(entry, touched = []) {
    this.entries.push(entry);
    this.#byNonce.set(entry.nonce, entry);
    await this.#keep([entry, ...touched]);
  }

  /** Writes these, and whatever the disk refused before; one write after the other, because the first one gives an
   * entry its place: written twice before it has one, it would be there twice, once without ever being answered.
   * @param {Entry[]} entries */
  #keep(entries) {
    this.#writing = this.#writing.then(() => this.#write(entries));
    return this.#writing;
  }

  /** @param {Entry[]} entries */
  async #write(entries) {
    const unsaved = this.entries.filter((entry) => entry.seq === undefined && !entries.includes(entry));
    try {
      await this.#store.keep([...unsaved, ...entries]);
      this.#news.postMessage(null);
    } catch {
      // A full or broken disk: `unsaved` is shown, and the next write takes them along.
    }
  }

  /** What waits for the server, in order. @param {string} workshop */
  pending(workshop) {
    return this.entries.filter((entry) => entry.workshop === workshop && !entry.answer);
  }

  /** Takes over answers. A ticket is a secret of its owner: what has been sent needs it no more.
   * @param {any[]} answers */
  async settle(answers) {
    const entries = answers.map(({ nonce }) => this.find(nonce)).filter((entry) => entry !== null);
    for (const answer of answers) {
      const entry = this.find(answer.nonce);
      if (!entry) continue;
      entry.answer = answer;
      entry.who = answer.registration?.id ?? entry.who;
      if (entry.item.ticket) entry.item = { ...entry.item, ticket: null };
      entry.problem = null;
    }
    await this.#keep(entries);
    for (const entry of entries) this.#tell(entry.nonce);
  }

  /** Remembers that the server could not read this entry. @param {Entry} entry @param {number} status */
  async mark(entry, status) {
    entry.problem = status;
    await this.#keep([entry]);
  }

  /** Resolves once the entry is answered. @param {string} nonce @returns {Promise<void>} */
  answered(nonce) {
    if (this.find(nonce)?.answer) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.set(nonce, [...(this.#waiting.get(nonce) ?? []), resolve]);
    });
  }

  /** @param {string} nonce */
  #tell(nonce) {
    for (const resolve of this.#waiting.get(nonce) ?? []) resolve();
    this.#waiting.delete(nonce);
  }

  /** Forgets what was answered long ago, or at another workshop. Nothing unanswered.
   * @param {string|null} workshop @param {number} now */
  async tidy(workshop, now) {
    const old = this.entries.filter(
      (entry) => entry.answer && (entry.workshop !== workshop || entry.at < now - KEPT_DAYS * DAY),
    );
    if (old.length === 0) return;
    // A full disk may refuse even this; what waits in the queue must be sent all the same.
    const gone = old.flatMap((entry) => entry.seq ?? []);
    await this.#store.remove(gone).catch((error) => console.warn("not removed", error));
    this.#become(this.entries.filter((entry) => !old.includes(entry)));
  }
}
