// Everybody this door may meet, in memory: by ticket, by number, by what somebody types. No contact data is in here.

/**
 * @typedef {{id: string, number: number, name: string, organisation: string|null, position: string|null,
 *   represents: string|null, mode: string, status: string, ticket_sha256: string}} Person
 */

const SHORTEST = 3;
const MARKS = /\p{M}/gu;
const BETWEEN = /[^\p{L}\p{N}]+/gu;

/** As words are compared: without accents, case and punctuation. @param {string} text */
const plain = (text) => text.normalize("NFKD").replace(MARKS, "").toLowerCase().replace(BETWEEN, " ").trim();

/** @param {string} text @returns {Promise<string>} SHA-256 in hex, as the roster holds tickets */
export async function fingerprint(text) {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export class Roster {
  /** @type {Map<string, Person>} */
  #people = new Map();
  /** @type {Map<string, Person>} */
  #byTicket = new Map();
  /** @type {Map<number, Person>} */
  #byNumber = new Map();
  /** @type {Map<string, string>} */
  #houses = new Map();
  /** @type {{person: Person, words: string}[]|null} */
  #words = null;

  get size() {
    return this.#people.size;
  }

  /** @returns {Person[]} */
  get people() {
    return [...this.#people.values()];
  }

  /** @param {Person[]} people */
  replace(people) {
    this.#people.clear();
    this.#byTicket.clear();
    this.#byNumber.clear();
    this.merge(people);
  }

  /** Takes over who is new or has changed; whether anybody has. @param {Person[]} people */
  merge(people) {
    let changed = false;
    for (const person of people) {
      const known = this.#people.get(person.id);
      if (known && JSON.stringify(known) === JSON.stringify(person)) continue;
      if (known) this.#byTicket.delete(known.ticket_sha256);
      this.#people.set(person.id, person);
      this.#byTicket.set(person.ticket_sha256, person);
      this.#byNumber.set(person.number, person);
      changed = true;
    }
    if (changed) this.#words = null;
    return changed;
  }

  /** @param {{code: string, name: string}[]} organisations */
  nameHouses(organisations) {
    this.#houses = new Map(organisations.map(({ code, name }) => [code, name]));
    this.#words = null;
  }

  /** @param {string} hash */
  byTicket(hash) {
    return this.#byTicket.get(hash) ?? null;
  }

  /** @param {string} id */
  byId(id) {
    return this.#people.get(id) ?? null;
  }

  /** @param {number} number */
  byNumber(number) {
    return this.#byNumber.get(Number(number)) ?? null;
  }

  /** @param {string|null} code @returns {string|null} the organisation's name, where only its code is known */
  house(code) {
    return code === null ? null : (this.#houses.get(code) ?? code);
  }

  /** Who fits every typed word, beginnings of words first, then by name. @param {string} text @param {number} limit */
  search(text, limit) {
    const typed = plain(text);
    if (/^\d+$/.test(typed)) return [this.byNumber(Number(typed))].filter((person) => person !== null);
    if (typed.length < SHORTEST) return [];
    const wanted = typed.split(" ");
    const found = this.#indexed().filter(({ words }) => wanted.every((word) => words.includes(word)));
    const rank = ({ words }) => wanted.filter((word) => !words.includes(` ${word}`)).length;
    return found
      .map((entry) => ({ person: entry.person, rank: rank(entry) }))
      .sort((a, b) => a.rank - b.rank || a.person.name.localeCompare(b.person.name))
      .slice(0, limit)
      .map(({ person }) => person);
  }

  /** Who bears exactly this name, as words are compared. @param {string} name */
  named(name) {
    const wanted = plain(name);
    return this.people.filter((person) => plain(person.name) === wanted);
  }

  #indexed() {
    this.#words ??= this.people.map((person) => {
      const { name, organisation, represents } = person;
      const parts = [name, organisation ?? "", this.house(organisation) ?? "", represents ?? ""];
      return { person, words: ` ${plain(parts.join(" "))}` };
    });
    return this.#words;
  }
}
