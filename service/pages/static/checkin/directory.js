// Whom a door can find by typing: the roster's people, and who walked in here and is not in the roster yet.

import { byHouse, listed } from "./counts.js";
import { Roster } from "./roster.js";
import { asPerson } from "./verdicts.js";

export class Directory {
  #roster;
  #guests = new Roster();
  #list;

  /** @param {import("./door.js").Door} door @param {any[]} blocks as they stand @param {string|null} block now
   * @param {any[]} entries of this workshop */
  constructor(door, blocks, block, entries) {
    this.#roster = door.roster;
    this.#guests.nameHouses(door.body?.organisations ?? []);
    this.#guests.replace(guestsAmong(entries, door.roster));
    this.#list = (people) => listed(people, block, blocks, door.roster, entries);
  }

  get #people() {
    return [...this.#roster.people, ...this.#guests.people];
  }

  /** @param {string} text @param {number} [limit] */
  search(text, limit = 20) {
    const found = [...this.#roster.search(text, limit), ...this.#guests.search(text, limit)];
    return this.#list(found.slice(0, limit));
  }

  /** Who bears this name already. Whose registration was cancelled comes as somebody new. @param {string} name */
  namesakes(name) {
    const found = [...this.#roster.named(name), ...this.#guests.named(name)];
    return this.#list(found.filter(({ status }) => status !== "cancelled"));
  }

  /** @param {string|null} code */
  peopleOf(code) {
    return this.#list(this.#people.filter(({ organisation }) => organisation === code));
  }

  /** Every organisation with people here, by name. */
  agencies() {
    return byHouse(this.#list(this.#people));
  }
}

/** Each once, under the registration where the server has named one. @param {any[]} entries @param {Roster} roster */
function guestsAmong(entries, roster) {
  const guests = new Map();
  for (const { item, who, undone, answer, shown } of entries) {
    const stays = item.walk_in && !undone && (answer ?? shown).verdict !== "refused" && !(who && roster.byId(who));
    if (!stays) continue;
    const { client_id: client } = item.walk_in;
    guests.set(client, { ...asPerson(item.walk_in), id: who ?? guests.get(client)?.id ?? client });
  }
  return [...guests.values()];
}
