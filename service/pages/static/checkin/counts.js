// How many are in, and who of a list: the server's counters, and what it does not know yet.

import { isIn } from "./rules.js";
import { brief, toScan } from "./verdicts.js";

/** The server's counters, and what it does not know yet. @param {any[]} blocks of the door
 * @param {any[]} entries scans of this workshop @param {import("./roster.js").Roster} roster
 * @param {number} doorAt corrected time of those counters */
export function counters(blocks, entries, roster, doorAt) {
  const people = byPerson(entries.filter((entry) => entry.kind === "scan" && !entry.undone));
  return blocks.map(({ present_numbers: numbers, out_numbers: gone, ...block }) => {
    const more = { present: 0, inside: 0 };
    for (const [who, mine] of people) {
      const scans = mine.filter((entry) => passedIn(entry, block.code));
      const unknown = scans.filter((entry) => !entry.answer || entry.at > doorAt);
      if (unknown.length === 0) continue;
      const known = scans.filter((entry) => !unknown.includes(entry)).map((entry) => toScan(entry, null));
      const number = roster.byId(who)?.number;
      const listed = numbers.has(number);
      const wasIn = !gone.has(number) && (known.length ? isIn(known) : listed);
      if (!listed && unknown.some((entry) => entry.item.direction === "in")) more.present += 1;
      more.inside += Number(isIn(unknown.map((entry) => toScan(entry, null)))) - Number(wasIn);
    }
    return { ...block, present: numbers.size + more.present, inside: Math.max(0, block.inside + more.inside) };
  });
}

/** The door's blocks without those whom this device has taken back since the server counted; what it had counted of
 * them was this device's own scan. @param {any[]} blocks @param {any[]} entries
 * @param {import("./roster.js").Roster} roster @param {number} doorAt */
export function withoutUndone(blocks, entries, roster, doorAt) {
  const undos = entries.filter((entry) => entry.kind === "annul" && (!entry.answer || entry.at > doorAt));
  const late = new Set(undos.map((entry) => entry.item.annul.nonce));
  if (late.size === 0) return blocks;
  const known = entries.filter((entry) => entry.kind === "scan" && entry.who);
  return blocks.map((block) => {
    const passed = known.filter((entry) => passedIn(entry, block.code));
    const here = passed.filter((entry) => entry.item.direction === "in");
    const stays = new Set(here.filter((entry) => !entry.undone).map((entry) => entry.who));
    const gone = here.filter((entry) => late.has(entry.nonce) && !stays.has(entry.who) && cameBy(entry));
    const numbers = new Set(block.present_numbers);
    for (const { who } of gone) numbers.delete(roster.byId(who)?.number);
    const fewer = block.present_numbers.size - numbers.size;
    const outs = new Set(block.out_numbers);
    const back = passed.filter((entry) => late.has(entry.nonce) && entry.item.direction === "out");
    for (const { who } of back) outs.delete(roster.byId(who)?.number);
    const inside = Math.max(0, block.inside - fewer + block.out_numbers.size - outs.size);
    return { ...block, present_numbers: numbers, out_numbers: outs, inside };
  });
}

/** Whether it was this scan that brought the person in. @param {any} entry */
const cameBy = (entry) => (entry.answer ?? entry.shown).verdict === "accepted";

/** @param {any[]} entries @returns {Map<string, any[]>} by registration, else by what is known of the person */
function byPerson(entries) {
  const people = new Map();
  for (const entry of entries) {
    const key = entry.who ?? entry.hash ?? entry.item.walk_in?.client_id;
    if (!people.has(key)) people.set(key, []);
    people.get(key).push(entry);
  }
  return people;
}

/** Whether this scan led through the door in that block. @param {any} entry @param {string} block */
function passedIn(entry, block) {
  const told = entry.answer ?? entry.shown;
  return told.verdict !== "refused" && told.block === block;
}

/** People as the page lists them; `present`: in the hall in this block. @param {any[]} people @param {string|null} code
 * @param {any[]} blocks @param {import("./roster.js").Roster} roster @param {any[]} entries */
export function listed(people, code, blocks, roster, entries) {
  const block = blocks.find((one) => one.code === code);
  const came = new Set();
  for (const entry of entries) {
    const counts = entry.kind === "scan" && !entry.undone && entry.item.direction === "in";
    if (counts && code && passedIn(entry, code)) came.add(entry.who ?? entry.item.walk_in?.client_id);
  }
  const present = ({ id, number }) => came.has(id) || (block?.present_numbers.has(number) ?? false);
  return people.map((one) => ({ ...brief(one, roster), status: one.status, present: present(one) }));
}

/** Organisations of listed people, by name. @param {any[]} people */
export function byHouse(people) {
  const houses = new Map();
  for (const { organisation, organisation_name, present } of people) {
    const house = houses.get(organisation) ?? { code: organisation, name: organisation_name, people: 0, present: 0 };
    house.people += 1;
    house.present += Number(present);
    houses.set(organisation, house);
  }
  return [...houses.values()].sort((a, b) => (a.name ?? "").localeCompare(b.name ?? ""));
}
