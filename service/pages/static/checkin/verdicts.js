// From what is queued to what is shown: entries as scans for the rules, and as verdicts for people.

/** An entry as the rules see it: by the server's answer, else by what was shown. @param {any} entry
 * @param {string|null} device @returns {import("./rules.js").Scan} */
export function toScan(entry, device) {
  const { verdict, reason, block } = entry.answer ?? entry.shown;
  return {
    id: entry.nonce,
    nonce: entry.nonce,
    block,
    direction: entry.item.direction,
    at: entry.at,
    verdict,
    reason,
    needsAdmit: entry.shown.needsAdmit,
    admits: Boolean(entry.item.admit),
    annulled: entry.undone,
    device,
  };
}

/** What other gates have told the server of a person: in the hall in these blocks, first time unknown here; and out
 * again, at the latest when the server said so, yet before what it has not heard from here.
 * @param {any} person @param {any[]} blocks of the door @param {number} doorAt corrected time of those blocks
 * @param {number} at corrected time of the scan that is judged: two clocks never agree to the millisecond
 * @param {any[]} known this person's entries here @returns {import("./rules.js").Scan[]} */
export function elsewhere(person, blocks, doorAt, at, known) {
  const news = known.filter((entry) => !entry.answer || entry.at > doorAt);
  const leftAt = Math.min(doorAt, at - 1, ...news.map((entry) => entry.at - 1));
  return blocks
    .filter((block) => block.present_numbers.has(person.number))
    .flatMap((block) => [
      passage(person, block, "in", -Infinity),
      ...(block.out_numbers.has(person.number) ? [passage(person, block, "out", leftAt)] : []),
    ]);
}

/** @param {any} person @param {any} block @param {"in"|"out"} direction @param {number} at
 * @returns {import("./rules.js").Scan} */
const passage = (person, block, direction, at) => ({
  id: "",
  nonce: "",
  block: block.code,
  direction,
  at,
  verdict: "accepted",
  reason: null,
  needsAdmit: false,
  // Who is in without a confirmation has been admitted by somebody.
  admits: person.status !== "confirmed",
  annulled: false,
  device: null,
});

/** The verdict on an entry, in the one shape that the page knows. @param {any} entry
 * @param {import("./roster.js").Roster} roster */
export function toVerdict(entry, roster) {
  const { shown, answer, item } = entry;
  const told = answer ?? shown;
  return {
    nonce: entry.nonce,
    kind: entry.kind,
    source: answer ? "server" : "local",
    verdict: told.verdict,
    reason: told.reason,
    provisional: !answer && Boolean(shown.provisional),
    revoked: Boolean(shown.revoked),
    changed: Boolean(answer) && (answer.verdict !== shown.verdict || answer.reason !== shown.reason),
    block: told.block,
    direction: item.direction ?? null,
    method: item.method ?? null,
    at: entry.at,
    person: personOf(entry, roster),
    first: firstOf(told.first),
    late: Boolean(answer?.late),
    undone: entry.undone,
    sent: Boolean(answer),
    unsaved: entry.seq === undefined,
    problem: entry.problem ?? null,
    link: shown.link ?? null,
    admitted: Boolean(item.admit),
    walkIn: Boolean(item.walk_in),
    target: item.annul?.nonce ?? null,
    repeated: false,
  };
}

/** @param {any} first the server's, or the rules' */
function firstOf(first) {
  if (!first) return null;
  const at = typeof first.at === "string" ? Date.parse(first.at) : first.at;
  return { at: Number.isFinite(at) ? at : null, device: first.device };
}

/** @param {any} entry @param {import("./roster.js").Roster} roster */
function personOf(entry, roster) {
  const person = (entry.who && roster.byId(entry.who)) ?? entry.answer?.registration;
  if (person) return brief(person, roster);
  const guest = entry.item.walk_in;
  if (!guest) return null;
  return brief({ ...asPerson(guest), id: null }, roster);
}

/** Somebody who walked in, as the roster will have them. @param {any} guest */
export const asPerson = (guest) => ({
  id: guest.client_id,
  number: null,
  name: guest.name,
  organisation: guest.organisation ?? guest.organisation_name ?? null,
  position: null,
  represents: guest.represents ?? null,
  mode: "offline",
  status: "confirmed",
});

/** A person as the page shows it. @param {any} person @param {import("./roster.js").Roster} roster */
export const brief = (person, roster) => ({
  id: person.id,
  number: person.number,
  name: person.name,
  organisation: person.organisation,
  organisation_name: roster.house(person.organisation),
  position: person.position,
  represents: person.represents,
  mode: person.mode,
});
