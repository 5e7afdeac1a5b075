// What was read of the workshop: its blocks, counters and people, as kept on this device for work without network.

import { Roster } from "./roster.js";

const DOOR = "door";
const PEOPLE = "people";

export class Door {
  #store;
  #facts = emptyFacts();
  roster = new Roster();
  /** Blocks with times in milliseconds, `present_numbers` and `out_numbers` (who has left again) sets. @type {any[]} */
  blocks = [];

  /** @param {import("./store.js").Store} store */
  constructor(store) {
    this.#store = store;
  }

  get body() {
    return this.#facts.door?.body ?? null;
  }

  get etag() {
    return this.#facts.door?.etag ?? null;
  }

  /** The workshop for the rules; until it was read, any time is a time of it. */
  get hall() {
    const { starts_at = null, ends_at = null } = this.body?.workshop ?? {};
    return {
      starts_at: starts_at === null ? -Infinity : Date.parse(starts_at),
      ends_at: ends_at === null ? Infinity : Date.parse(ends_at),
      blocks: this.blocks,
    };
  }

  /** The server's time of the counters. */
  get at() {
    return this.#facts.door?.at ?? null;
  }

  get rosterAt() {
    return this.#facts.roster?.at ?? null;
  }

  /** What the next question for the roster says: since when, and what we have. */
  get asked() {
    const { since = null, etag = null, wholeEtag = null } = this.#facts.roster ?? {};
    return { since, etag, wholeEtag };
  }

  /** Reads what is kept of a workshop, and forgets any other. @param {string|null} workshop */
  async load(workshop) {
    const [door, people] = await Promise.all([this.#store.fact(DOOR), this.#store.fact(PEOPLE)]);
    this.#facts = { ...emptyFacts(workshop), ...ofWorkshop(door, workshop), ...ofWorkshop(people, workshop) };
    const strange = [door, people].some((kept) => kept && kept.workshop !== workshop);
    if (strange) await this.#keep({ [DOOR]: null, [PEOPLE]: null });
    this.roster.replace(this.#facts.roster?.people ?? []);
    this.#readDoor();
  }

  /** How far this device's clock was off when we last read. @type {number|null} */
  get skew() {
    return this.#facts.skew;
  }

  /** Takes over the door's answer; null: nothing has changed.
   * @param {any} answer @param {import("./clock.js").Clock} clock */
  async read(answer, clock) {
    this.#facts.skew = clock.skew;
    if (answer) this.#facts.door = { body: answer.body, etag: answer.etag, at: Date.parse(answer.body.server_time) };
    else if (this.#facts.door) this.#facts.door.at = clock.corrected;
    if (!answer) return;
    this.#readDoor();
    // Apart from the people: the door changes with every scan, and thousands of people are much to write each time.
    const { workshop, skew, door } = this.#facts;
    await this.#keep({ [DOOR]: { workshop, skew, door } });
  }

  /** Takes over the roster's answer; null: nothing has changed. @param {any} answer @param {boolean} whole
   * @param {import("./clock.js").Clock} clock */
  async readRoster(answer, whole, clock) {
    const before = this.asked;
    const kept = { people: this.roster.people, ...before, at: clock.corrected };
    if (!answer) {
      this.#facts.roster = kept;
      return;
    }
    const { items, server_time: since } = answer.body;
    if (whole) this.roster.replace(items);
    const changed = whole || this.roster.merge(items);
    const read = whole ? { since, etag: null, wholeEtag: answer.etag } : { since, etag: null };
    // A part that says nothing new can be asked for again with its ETag, at the cost of an empty answer.
    this.#facts.roster = { ...kept, ...(changed ? read : { etag: answer.etag }), people: this.roster.people };
    const { workshop, roster } = this.#facts;
    if (changed) await this.#keep({ [PEOPLE]: { workshop, roster } });
  }

  #readDoor() {
    this.roster.nameHouses(this.body?.organisations ?? []);
    this.blocks = (this.body?.blocks ?? []).map((block) => ({
      code: block.code,
      label: block.label,
      starts_at: Date.parse(block.starts_at),
      ends_at: Date.parse(block.ends_at),
      checkin_from: Date.parse(block.checkin_from),
      expected: block.expected,
      inside: block.inside,
      online: block.present.online,
      present_numbers: new Set(block.numbers),
      // A door kept from before does not say it.
      out_numbers: new Set(block.out ?? []),
    }));
  }

  /** @param {Record<string, unknown>} facts */
  async #keep(facts) {
    try {
      await this.#store.setFacts(facts);
    } catch (error) {
      // Only work without network after the next start suffers; scans are queued apart from this.
      console.warn("not kept", error);
    }
  }
}

/** @param {any} kept @param {string|null} workshop */
const ofWorkshop = (kept, workshop) => (kept?.workshop === workshop ? kept : {});

/** @param {string|null} workshop @returns {{workshop: string|null, door: any, roster: any, skew: number|null}} */
const emptyFacts = (workshop = null) => ({ workshop, door: null, roster: null, skew: null });
