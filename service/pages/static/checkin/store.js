// What survives a reload, a power cut and an update of this page: IndexedDB, written to the disk before it is believed.

const VERSION = 1;
const SCANS = "scans";
const FACTS = "facts";

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
const answered = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

export class Store {
  #name;
  /** @type {Promise<IDBDatabase>|null} */
  #open = null;

  constructor(name = "bimtek-checkin") {
    this.#name = name;
  }

  /** @returns {Promise<IDBDatabase>} */
  #database() {
    this.#open ??= this.#connect().catch((error) => {
      this.#open = null;
      throw error;
    });
    return this.#open;
  }

  async #connect() {
    const request = indexedDB.open(this.#name, VERSION);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(SCANS, { keyPath: "seq", autoIncrement: true });
      request.result.createObjectStore(FACTS);
    };
    const database = await answered(request);
    const forget = () => {
      this.#open = null;
    };
    // A browser may close it under us, and a newer version of this page in another tab asks us to let go.
    database.onclose = forget;
    database.onversionchange = () => {
      database.close();
      forget();
    };
    return database;
  }

  /** Runs `work` in one transaction; resolves when it is complete.
   * @template T @param {string} name @param {IDBTransactionMode} mode @param {(rows: IDBObjectStore) => T} work
   * @returns {Promise<T>} */
  async #within(name, mode, work) {
    const database = await this.#database();
    // Strict: complete means flushed, where the browser lets us choose.
    const transaction = database.transaction(name, mode, { durability: "strict" });
    const result = work(transaction.objectStore(name));
    await new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error);
      transaction.onerror = () => reject(transaction.error);
    });
    return result;
  }

  /** @param {string} key */
  async fact(key) {
    return (await this.#within(FACTS, "readonly", (rows) => rows.get(key))).result ?? null;
  }

  /** @param {Record<string, unknown>} facts by key; null removes one */
  async setFacts(facts) {
    await this.#within(FACTS, "readwrite", (rows) => {
      for (const [key, value] of Object.entries(facts)) {
        if (value === null) rows.delete(key);
        else rows.put(value, key);
      }
    });
  }

  /** All records, oldest first. @returns {Promise<object[]>} */
  async scans() {
    return (await this.#within(SCANS, "readonly", (rows) => rows.getAll())).result;
  }

  /** Writes records; new ones get their `seq`. All or none. @param {{seq?: number}[]} records */
  async keep(records) {
    const requests = await this.#within(SCANS, "readwrite", (rows) => records.map((record) => rows.put(record)));
    records.forEach((record, index) => {
      record.seq = requests[index].result;
    });
  }

  /** @param {number[]} sequence */
  async remove(sequence) {
    await this.#within(SCANS, "readwrite", (rows) => sequence.forEach((seq) => rows.delete(seq)));
  }
}
