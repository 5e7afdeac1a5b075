// What the door is told about a scan, from what this device knows. Pure, and the same rules as the server's own
// (service/domain/checkin_rules.py). Times are milliseconds since 1970.

/**
 * @typedef {{code: string, starts_at: number, ends_at: number, checkin_from: number}} Block
 * @typedef {{starts_at: number, ends_at: number, blocks: Block[]}} Hall
 * @typedef {{id: string, nonce: string, block: string|null, direction: "in"|"out", at: number, verdict: string,
 *   reason: string|null, needsAdmit: boolean, admits: boolean, annulled: boolean, device: string|null}} Scan
 * @typedef {{nonce: string, block: string|null, direction: "in"|"out", at: number, admits: boolean}} Asked
 * @typedef {{scan: Scan, first: {at: number, device: string|null}|null}} Judged
 */

const AROUND_WORKSHOP = 86_400_000;

/** The named block as it is; without a name the one open at that time, a running one before a coming one.
 * @param {Block[]} blocks @param {string|null} code @param {number} at @returns {Block|null} */
export function blockAt(blocks, code, at) {
  if (code !== null) return blocks.find((block) => block.code === code) ?? null;
  const holding = blocks.filter((block) => block.checkin_from <= at && at <= block.ends_at);
  const running = holding.filter((block) => block.starts_at <= at);
  return least(running.length ? running : holding, (block) => [block.starts_at, block.code]);
}

/** Those of one person's scans that count. What was refused for want of a confirmation counts once it was admitted.
 * @param {Scan[]} scans */
export function counted(scans) {
  const valid = scans.filter((scan) => !scan.annulled && !isBarred(scan));
  const admitted = valid.some((scan) => scan.admits);
  return valid.filter(
    (scan) =>
      scan.block !== null &&
      (scan.reason === null || scan.reason === "not_confirmed") &&
      (admitted || !scan.needsAdmit),
  );
}

/** The verdict on one scan. `known` are all of the person's scans that this device knows.
 * @param {Asked} asked @param {{status: string}|null} person null: nobody has this ticket
 * @param {Hall} hall @param {Scan[]} known @param {string|null} device @returns {Judged} */
export function judge(asked, person, hall, known, device) {
  const block = blockAt(hall.blocks, asked.block, asked.at);
  const rejected = person?.status === "rejected";
  const needsAdmit = person !== null && !rejected && !["confirmed", "cancelled"].includes(person.status);
  const admitted = asked.admits || known.some((scan) => scan.admits && !scan.annulled && !isBarred(scan));
  const absurd = asked.at < hall.starts_at - AROUND_WORKSHOP || asked.at > hall.ends_at + AROUND_WORKSHOP;
  const reason = refusal(person, block, absurd, rejected || (needsAdmit && !admitted));
  const scan = {
    id: asked.nonce,
    nonce: asked.nonce,
    block: block?.code ?? null,
    direction: asked.direction,
    at: asked.at,
    verdict: reason ? "refused" : "accepted",
    reason,
    needsAdmit,
    admits: asked.admits,
    annulled: false,
    device,
  };
  if (reason) return { scan, first: null };
  // Who was turned away is not inside, even if that scan counts since somebody admitted the person.
  const passed = counted([...known, scan]).filter((one) => one.verdict !== "refused" && one !== scan);
  const before = passed.filter((one) => one.block === scan.block);
  if (scan.direction === "in" && isIn(before)) scan.verdict = "already_in";
  return { scan, first: firstOf([...before, scan]) };
}

/** Whether the last of these scans of one person in one block led in. @param {Scan[]} scans */
export function isIn(scans) {
  return least(scans, (scan) => [scan.at, scan.id], -1)?.direction === "in";
}

/** @param {{status: string}|null} person @param {Block|null} block @param {boolean} absurd @param {boolean} barred */
function refusal(person, block, absurd, barred) {
  if (person === null) return "unknown_ticket";
  if (absurd) return "clock_implausible";
  if (person.status === "cancelled") return "cancelled";
  if (barred) return "not_confirmed";
  return block === null ? "no_block_now" : null;
}

/** The earliest accepted scan in. @param {Scan[]} scans */
function firstOf(scans) {
  const came = scans.filter((scan) => scan.direction === "in");
  const accepted = came.filter((scan) => scan.verdict === "accepted");
  const first = least(accepted.length ? accepted : came, (scan) => [scan.at, scan.nonce]);
  return first && { at: first.at, device: first.device };
}

/** Turned away for good: no exception lets a rejected person in. @param {Scan} scan */
function isBarred(scan) {
  return scan.reason === "not_confirmed" && !scan.needsAdmit;
}

/** The first by a pair to sort by (the last, with sign -1); null of none.
 * @template T @param {T[]} items @param {(item: T) => [number, string]} key @returns {T|null} */
function least(items, key, sign = 1) {
  let best = null;
  for (const item of items) {
    if (best === null || sign * compare(key(item), key(best)) < 0) best = item;
  }
  return best;
}

/** @param {[number, string]} a @param {[number, string]} b */
function compare(a, b) {
  if (a[0] !== b[0]) return a[0] - b[0];
  return a[1] < b[1] ? -1 : Number(a[1] > b[1]);
}
