// The check-in station without its face: what the page asks for, answered from this device first. See sync.js for the
// exchange with the server, queue.js for what is kept until then.

import { Api } from "./api.js";
import { Choice } from "./choice.js";
import { Clock, iso } from "./clock.js";
import { linkKind, mayBeTicket, pairingToken } from "./codes.js";
import { counters, withoutUndone } from "./counts.js";
import { Directory } from "./directory.js";
import { Door } from "./door.js";
import { Queue } from "./queue.js";
import { Listeners } from "./listeners.js";
import { tokenInAddress, whoIs } from "./pairing.js";
import { Patience } from "./patience.js";
import { StationError } from "./problems.js";
import { Recent } from "./recent.js";
import { fingerprint } from "./roster.js";
import { blockAt, judge } from "./rules.js";
import { keepApp, takeOver } from "./shell.js";
import { Store } from "./store.js";
import { Sync } from "./sync.js";
import { elsewhere, toScan, toVerdict } from "./verdicts.js";

/** How long the screen waits for the server: with a good link and a ticket we know, and with one we do not. */
const MOMENT = 200;
const UNKNOWN_MOMENT = 1_500;

/** Opens the station of this browser. Raises StationError. @returns {Promise<Station>} */
export async function openStation() {
  if (!globalThis.isSecureContext || !globalThis.crypto?.subtle) {
    tokenInAddress();
    throw new StationError("insecure");
  }
  if (await takeOver()) return new Promise(() => {});
  const station = new Station();
  try {
    await station.open();
  } catch (error) {
    tokenInAddress();
    throw new StationError("storage", error);
  }
  return station;
}

export class Station {
  #store = new Store();
  #queue = new Queue(this.#store, () => this.#changed());
  #door = new Door(this.#store);
  #clock = new Clock();
  /** @type {{token: string, device: any, workshop: string}|null} */
  #pairing = null;
  /** @type {Sync|null} */
  #sync = null;
  #listeners = new Listeners();
  #shell = { appReady: false, updateWaiting: false };
  #pairingState = { pairing: null, problem: null };
  #isRevoked = false;
  #choice = new Choice();
  #recent = new Recent();
  #turn = Promise.resolve();
  #patience = new Patience();
  #told = false;

  async open() {
    await this.#queue.load();
    this.#pairing = await this.#store.fact("pairing");
    await this.#begin();
    // Asked at every start: browsers refuse it to a page that they hardly know. Some ask people, and nobody waits.
    navigator.storage?.persist?.().catch(() => false);
    keepApp((shell) => {
      this.#shell = shell;
      this.#changed();
    }).catch((error) => console.warn("no service worker", error));
    addEventListener("hashchange", () => this.#pairFromAddress());
    this.#pairFromAddress();
  }

  #pairFromAddress() {
    const token = tokenInAddress();
    if (token) this.pair(token).catch((error) => console.error(error));
  }

  /** Takes up work with the stored pairing. */
  async #begin() {
    this.#sync?.stop();
    this.#sync = null;
    this.#isRevoked = false;
    const workshop = this.#pairing?.workshop ?? null;
    await this.#door.load(workshop);
    this.#clock.skew ??= this.#door.skew;
    await this.#queue.tidy(workshop, this.#clock.corrected);
    if (this.#pairing && workshop) {
      this.#sync = new Sync({
        api: new Api(this.#pairing.token),
        clock: this.#clock,
        queue: this.#queue,
        workshop,
        door: this.#door,
        onAnswers: (entries) => this.#answered(entries),
        onRevoked: () => this.#revoked(),
        onChange: () => this.#changed(),
      });
      this.#sync.start();
    }
    this.#changed();
  }

  // Pairing

  /** Pairs with the token of a device; false, with `state.problem` set, when that fails. @param {string} text */
  async pair(text) {
    this.#pairingState = { pairing: "working", problem: null };
    this.#changed();
    const { token, device, problem } = await whoIs(text);
    this.#pairingState = { pairing: problem && "failed", problem };
    if (device) {
      this.#pairing = { token, device, workshop: device.workshop_id };
      this.#recent.clear();
      // Where the disk is full, this door works until the page is closed.
      await this.#store.setFacts({ pairing: this.#pairing }).catch((error) => console.warn("not kept", error));
      await this.#begin();
    }
    this.#changed();
    return device !== null;
  }

  /** Forgets token and people. What is unsent stays, until this device is paired for that workshop again. */
  async unpair() {
    this.#pairing = null;
    this.#pairingState = { pairing: null, problem: null };
    await this.#store.setFacts({ pairing: null });
    await this.#begin();
  }

  async #revoked() {
    const stored = await this.#store.fact("pairing");
    if (stored && stored.token !== this.#pairing?.token) {
      // Paired anew in another tab.
      this.#pairing = stored;
      await this.#begin();
      return;
    }
    this.#isRevoked = true;
    this.#changed();
  }

  // Scanning

  /** What a camera or a hand scanner has read. @param {string} text @param {any} [options] */
  async scan(text, options = {}) {
    const read = text.trim();
    if (!read) return null;
    const token = pairingToken(read);
    if (token) return { kind: "pairing", token, text: read };
    const key = `${options.direction ?? this.#choice.direction} ${options.block ?? this.#chosen} ${read}`;
    const seen = options.again ? null : this.#recent.get(key);
    if (seen) return { ...toVerdict(this.#queue.find((await seen).nonce), this.#door.roster), repeated: true };
    return this.#recent.put(key, this.#scanned(read, options));
  }

  /** @param {string} ticket @param {any} options */
  async #scanned(ticket, options) {
    const hash = await fingerprint(ticket);
    const person = this.#door.roster.byTicket(hash);
    // What cannot be a ticket is nobody's. What could be one may have been issued after the roster was read.
    const possible = mayBeTicket(ticket);
    const stranger = possible ? { status: "confirmed", provisional: true } : null;
    // Any other text, a participant's own link or a payment code, is no business of the service: it gets the hash.
    const named = { ticket: possible ? ticket : hash };
    return this.#record(named, person ?? stranger, { hash, link: linkKind(ticket), method: "qr", ...options });
  }

  /** A person picked from the roster. @param {any} picked @param {any} [options] */
  async checkIn(picked, options = {}) {
    const id = typeof picked === "string" ? picked : picked.id;
    // Who walked in here goes by what this device called them, until the server has named a registration.
    const guest = this.#mine.find(({ item }) => item.walk_in?.client_id === id)?.item.walk_in;
    if (guest) return this.#record({ walk_in: guest }, { status: "confirmed" }, { method: "manual", ...options });
    const person = this.#door.roster.byId(id) ?? { id, status: "confirmed" };
    return this.#record({ registration_id: id }, person, { method: "manual", ...options });
  }

  /** Somebody who never registered. @param {any} guest @param {any} [options] */
  async walkIn(guest, options = {}) {
    const walkIn = { ...guest, client_id: `${this.#pairing?.device.id}:${crypto.randomUUID()}` };
    return this.#record({ walk_in: walkIn }, { status: "confirmed" }, { method: "manual", ...options });
  }

  /** The same person again, as an exception. @param {string} nonce @param {string} reason */
  async admit(nonce, reason) {
    const entry = this.#queue.find(nonce);
    if (!entry) return null;
    const options = { admit: { reason }, direction: entry.item.direction, method: entry.item.method };
    if (entry.who) return this.checkIn(entry.who, options);
    return entry.item.ticket ? this.#scanned(entry.item.ticket, options) : null;
  }

  /** Judges one scan and keeps it; one after the other, because each is judged by those before it.
   * @param {object} named @param {any} person @param {any} options */
  async #record(named, person, options) {
    if (!this.#pairing) throw new StationError("unpaired");
    const turn = this.#turn.then(() => this.#judgeAndKeep(named, person, options));
    this.#turn = turn.then(
      () => {},
      () => {},
    );
    const entry = await turn;
    await this.#waitFor(entry, entry.shown.provisional ? UNKNOWN_MOMENT : MOMENT);
    return toVerdict(entry, this.#door.roster);
  }

  /** @param {any} named @param {any} person @param {any} options */
  async #judgeAndKeep(named, person, options) {
    const { hash = null, link = null, method, direction = this.#choice.direction, block, admit } = options;
    const at = this.#clock.corrected;
    const chosen = block ?? this.#chosen;
    const nonce = crypto.randomUUID();
    const who = person?.id ?? null;
    const asked = { nonce, block: chosen, direction, at, admits: Boolean(admit) };
    const device = this.#pairing?.device.name;
    const known = this.#known(who, person?.ticket_sha256 ?? hash, named.walk_in?.client_id);
    const others = person ? elsewhere(person, this.#blocks, this.#door.at ?? -Infinity, at, known) : [];
    const scans = [...others, ...known.map((entry) => toScan(entry, device))];
    const { scan, first } = judge(asked, person, this.#door.hall, scans, device);
    const { verdict, reason, needsAdmit } = scan;
    const revoked = this.#isRevoked;
    const provisional = (revoked || Boolean(person?.provisional)) && verdict !== "refused";
    const item = { ...named, direction, method, claimed_at: iso(this.#clock.now()), nonce };
    if (chosen) item.block = chosen;
    if (admit) item.admit = admit;
    const shown = { verdict, reason, needsAdmit, provisional, revoked, block: scan.block, first, link };
    const entry = this.#entry("scan", nonce, item, { who, hash, at, shown });
    await this.#queue.add(entry);
    this.#changed();
    return entry;
  }

  /** @param {"scan"|"annul"} kind @param {string} nonce @param {any} item @param {any} rest @returns {any} */
  #entry(kind, nonce, item, rest) {
    const skew = this.#clock.skew;
    return { kind, nonce, workshop: this.#pairing?.workshop, item, skew, answer: null, undone: false, ...rest };
  }

  /** This person's scans here. @param {string|null} who @param {string|null} hash @param {string} [guest] */
  #known(who, hash, guest) {
    const pairs = (entry) => [[who, entry.who], [hash, entry.hash], [guest, entry.item.walk_in?.client_id]];
    const same = (entry) => pairs(entry).some(([wanted, its]) => Boolean(wanted) && wanted === its);
    return this.#mine.filter((entry) => entry.kind === "scan" && same(entry));
  }

  /** Gives the server a moment, where it is likely to use it. @param {any} entry @param {number} patience */
  async #waitFor(entry, patience) {
    const online = this.#sync?.online && navigator.onLine;
    const answered = this.#queue.answered(entry.nonce);
    this.#sync?.kick();
    if (online) await this.#patience.wait(answered, patience);
  }

  /** Takes back the last scan that has not been taken back. @param {string} reason */
  async undoLast(reason) {
    const last = this.#mine.findLast((entry) => entry.kind === "scan" && !entry.undone);
    return last ? this.undo(last.nonce, reason) : null;
  }

  /** @param {string} nonce @param {string} reason */
  async undo(nonce, reason) {
    const target = this.#queue.find(nonce);
    if (!target || target.undone || target.kind !== "scan") return null;
    const own = crypto.randomUUID();
    const item = { annul: { nonce, reason }, nonce: own, claimed_at: iso(this.#clock.now()) };
    const { block } = target.answer ?? target.shown;
    const shown = { verdict: "accepted", reason: null, block, first: null };
    const { who, hash } = target;
    const entry = this.#entry("annul", own, item, { who, hash, at: this.#clock.corrected, shown });
    target.undone = true;
    this.#recent.clear();
    await this.#queue.add(entry, [target]);
    this.#sync?.kick();
    this.#changed();
    return toVerdict(entry, this.#door.roster);
  }

  /** @param {any[]} entries */
  #answered(entries) {
    this.#patience.renew();
    const verdicts = entries.map((entry) => toVerdict(entry, this.#door.roster));
    for (const verdict of verdicts) this.#listeners.tell({ type: "verdict", verdict });
    this.#listeners.tell({ type: "history" });
    this.#changed();
  }

  // Reading

  get #mine() {
    return this.#queue.entries.filter((entry) => entry.workshop === this.#pairing?.workshop);
  }

  get #chosen() {
    return this.#choice.block(this.#door.blocks, this.#clock.corrected);
  }

  get #block() {
    return blockAt(this.#door.blocks, this.#chosen, this.#clock.corrected)?.code ?? null;
  }

  /** The door's blocks, as they stand by what we know. */
  get #blocks() {
    const { blocks, roster, at } = this.#door;
    return withoutUndone(blocks, this.#mine, roster, at ?? -Infinity);
  }

  get state() {
    const door = this.#door;
    const unsent = this.#queue.entries.filter((entry) => !entry.answer);
    const mine = unsent.filter((entry) => entry.workshop === this.#pairing?.workshop);
    const now = this.#clock.corrected;
    return {
      pairing: this.#pairingState.pairing,
      problem: this.#pairingState.problem ?? (this.#isRevoked ? "revoked" : null),
      revoked: this.#isRevoked,
      ...this.#shell,
      paired: this.#pairing !== null,
      device: this.#pairing?.device ?? null,
      workshop: door.body?.workshop ?? null,
      online: (this.#sync?.online ?? false) && navigator.onLine,
      sending: this.#sync?.sending ?? false,
      retryAt: this.#sync?.retryAt ?? null,
      unsent: mine.length,
      stranded: unsent.length - mine.length,
      unsaved: unsent.filter((entry) => entry.seq === undefined).length,
      skew: this.#clock.skew,
      now,
      measured: this.#clock.fresh,
      block: this.#block,
      chosenBlock: this.#chosen,
      direction: this.#choice.direction,
      blocks: counters(this.#blocks, this.#mine, door.roster, door.at ?? -Infinity),
      people: door.roster.size,
      rosterAt: door.rosterAt,
      doorAt: door.at,
    };
  }

  get organisations() {
    return this.#door.body?.organisations ?? [];
  }

  /** Whom this door can find by typing, as of now. */
  get directory() {
    return new Directory(this.#door, this.#blocks, this.#block, this.#mine);
  }

  /** Verdicts, newest first; all unsent ones are among them. @param {number} [limit] */
  history(limit = 100) {
    const mine = this.#mine;
    const recent = mine.filter((entry, index) => !entry.answer || index >= mine.length - limit);
    return recent.reverse().map((entry) => toVerdict(entry, this.#door.roster));
  }

  /** @param {{block?: string|null, direction?: "in"|"out"}} choice */
  choose(choice) {
    this.#choice.choose(choice, this.#door.blocks, this.#clock.corrected);
    this.#changed();
  }

  /** Tries to send now, with a token that was refused too. */
  async sync() {
    if (this.#isRevoked) await this.#begin();
    await this.#sync?.kick();
  }

  /** Reads people and counters anew, now. */
  async refresh() {
    await this.#sync?.refresh();
  }

  /** @param {(event: any) => void} listener @returns {() => void} ends it */
  subscribe(listener) {
    return this.#listeners.add(listener);
  }

  /** Tells the new state, once for all that happens at a time. */
  #changed() {
    if (this.#told) return;
    this.#told = true;
    queueMicrotask(() => {
      this.#told = false;
      this.#listeners.tell({ type: "state", state: this.state });
    });
  }
}
