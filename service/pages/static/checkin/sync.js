// The exchange with the server: one beat at a time asks for the door, then the roster, then sends the queue. A beat
// that fails is repeated with growing gaps; an event that promises a network makes the next one come at once.

import { iso } from "./clock.js";
import { Unreachable } from "./api.js";

const BEAT = 10_000;
const FIRST_GAP = 1_000;
const LONGEST_GAP = 30_000;
const ROSTER_EVERY = 60_000;
const WHOLE_ROSTER_EVERY = 1_800_000;
const DOOR_EVERY = 5_000;
const HELD = 600_000;
const DOOR_TIMEOUT = 8_000;
const ROSTER_TIMEOUT = 60_000;
const LONGEST_WAIT = 300_000;
const MOST = 500;
const LEAST = 20;
const SEND_TIMEOUT = 30_000;
const LOCK = "bimtek-checkin-send";
const TOO_MANY = 429;
const UNAVAILABLE = 503;
const BROKEN = 500;
const UNREADABLE = [400, 413, 422];
const REVOKED = [401, 403];

/** The server answered, and will not now: with the gap it asks for. */
class Later extends Error {
  /** @param {number|null} gap */
  constructor(gap) {
    super("later");
    this.gap = gap;
  }
}

/** Our token opens nothing any more. */
class Revoked extends Error {}

export class Sync {
  #host;
  #timer = 0;
  #stopped = false;
  #beating = false;
  #again = false;
  /** @type {Promise<void>} */
  #underWay = Promise.resolve();
  #failures = 0;
  #batch = MOST;
  // Waits are counted by the clock that nobody can set.
  #doorAt = -Infinity;
  #wholeAt = -Infinity;
  #rosterAt = -Infinity;
  #notBefore = -Infinity;
  /** Entries that the server cannot read, and when they are tried again. @type {Map<string, number>} */
  #held = new Map();
  /** @type {Promise<void>|null} */
  #reading = null;
  online = false;
  sending = false;
  /** When the next attempt is due. @type {number|null} */
  retryAt = null;

  /** @param {{api: import("./api.js").Api, clock: import("./clock.js").Clock, queue: import("./queue.js").Queue,
   *   workshop: string, door: import("./door.js").Door, onAnswers: (entries: any[]) => void, onRevoked: () => void,
   *   onChange: () => void}} host */
  constructor(host) {
    this.#host = host;
  }

  start() {
    addEventListener("online", this.#wake);
    addEventListener("offline", this.#cut);
    document.addEventListener("visibilitychange", this.#wake);
    this.kick();
  }

  stop() {
    removeEventListener("online", this.#wake);
    removeEventListener("offline", this.#cut);
    document.removeEventListener("visibilitychange", this.#wake);
    clearTimeout(this.#timer);
    this.#stopped = true;
  }

  #wake = () => {
    if (document.visibilityState === "visible") this.kick();
  };

  #cut = () => {
    this.online = false;
    this.#host.onChange();
  };

  /** Asks for everything anew at the next beat. */
  async refresh() {
    // What is being asked already may tell of before.
    while (this.#beating || this.#reading) await Promise.all([this.#underWay, this.#reading]);
    this.#rosterAt = -Infinity;
    this.#doorAt = -Infinity;
    await this.kick();
    await this.#reading;
  }

  /** A beat now, unless the server has asked us to wait. A beat under way is followed by another. */
  async kick() {
    if (this.#stopped) return;
    if (this.#beating) {
      this.#again = true;
      return;
    }
    if (performance.now() < this.#notBefore) return;
    await this.#begin(false);
  }

  /** @param {boolean} due */
  #begin(due) {
    this.#underWay = this.#beat(due);
    return this.#underWay;
  }

  /** @param {boolean} due by the timer; what an event tries in between makes no gap grow */
  async #beat(due) {
    clearTimeout(this.#timer);
    this.#beating = true;
    this.#again = false;
    let gap = BEAT;
    try {
      // With a good link, scans go first: somebody may be looking at the screen.
      if (this.online) await this.#send();
      await this.#askDoor();
      await this.#send();
      this.#readRoster();
      this.#failures = 0;
      this.#became(true);
    } catch (error) {
      if (error instanceof Revoked) {
        this.#end();
        return;
      }
      // A fault of ours must not end the beats: what is queued would stay here.
      if (!(error instanceof Unreachable || error instanceof Later)) console.error(error);
      gap = this.#gapAfter(error, due);
      this.#became(false);
    } finally {
      this.#beating = false;
      this.sending = false;
    }
    if (this.#stopped) return;
    gap *= 0.75 + Math.random() / 2;
    // Somebody asked while this beat was under way, and perhaps under way to nowhere.
    if (this.#again && performance.now() >= this.#notBefore) gap = this.online ? 0 : Math.min(gap, FIRST_GAP);
    this.retryAt = this.online ? null : Date.now() + gap;
    this.#timer = setTimeout(() => this.#begin(true), gap);
    this.#host.onChange();
  }

  #end() {
    this.stop();
    this.#became(false);
    this.#host.onRevoked();
  }

  /** @param {Error} error @param {boolean} due */
  #gapAfter(error, due) {
    this.#failures = due ? this.#failures + 1 : Math.max(1, this.#failures);
    if (error instanceof Later && error.gap !== null) {
      const gap = Math.min(error.gap, LONGEST_WAIT);
      this.#notBefore = performance.now() + gap;
      // Jitter may only lengthen what the server asked for.
      return gap / 0.75;
    }
    return Math.min(LONGEST_GAP, FIRST_GAP * 2 ** (this.#failures - 1));
  }

  /** @param {boolean} online */
  #became(online) {
    this.online = online;
    if (!online) this.#doorAt = -Infinity;
  }

  /** Numbers of each block and our clocks; also finds out whether there is a network before a long upload begins. */
  async #askDoor() {
    if (performance.now() - this.#doorAt < DOOR_EVERY) return;
    const { api, clock, door, workshop } = this.#host;
    const answer = this.#checked(
      await api.ask(`/workshops/${workshop}/door`, { etag: door.etag, timeout: DOOR_TIMEOUT }),
    );
    this.#doorAt = performance.now();
    if (answer.serverTime) clock.measure(answer.sentAt, answer.receivedAt, answer.serverTime);
    if (this.#stopped) return;
    await door.read(answer.status === 304 ? null : answer, clock);
  }

  /** Beside the beats: scans do not wait for a long list over a thin line. What fails is asked for again. */
  #readRoster() {
    const due = performance.now() - this.#rosterAt >= ROSTER_EVERY;
    if (!due || this.#reading) return;
    this.#reading = this.#askRoster()
      .catch((error) => console.warn("no roster", error))
      .finally(() => {
        this.#reading = null;
        this.#host.onChange();
      });
  }

  async #askRoster() {
    const now = performance.now();
    const { api, clock, door, workshop } = this.#host;
    const asked = door.asked;
    const whole = asked.since === null || now - this.#wholeAt > WHOLE_ROSTER_EVERY;
    const query = whole ? "" : `?since=${encodeURIComponent(asked.since)}`;
    const etag = whole ? asked.wholeEtag : asked.etag;
    const path = `/workshops/${workshop}/roster${query}`;
    const answer = this.#checked(await api.ask(path, { etag, timeout: ROSTER_TIMEOUT }));
    if (this.#stopped) return;
    await door.readRoster(answer.status === 304 ? null : answer, whole, clock);
    this.#rosterAt = now;
    if (whole) this.#wholeAt = now;
  }

  /** Raises Later or Revoked. @param {import("./api.js").Answer} answer */
  #checked(answer) {
    if (answer.status < 400) return answer;
    if (REVOKED.includes(answer.status)) throw new Revoked();
    throw new Later(answer.status === TOO_MANY || answer.status === UNAVAILABLE ? answer.retryAfter : null);
  }

  /** Sends all that waits. Of several tabs one at a time; a tab that hangs does not keep the others for long. */
  async #send() {
    if (this.#waiting().length === 0) return;
    this.sending = true;
    this.#host.onChange();
    await alone(async () => {
      for (;;) {
        const waiting = this.#waiting();
        if (waiting.length === 0) return;
        await this.#upload(this.#alike(waiting.slice(0, this.#batch)));
      }
    });
  }

  #waiting() {
    const now = performance.now();
    const { queue, workshop } = this.#host;
    return queue.pending(workshop).filter(({ nonce }) => now >= (this.#held.get(nonce) ?? now));
  }

  /** The first entries that were made by one setting of this device's clock. @param {any[]} entries */
  #alike(entries) {
    const shift = this.#host.clock.shiftFor(entries[0].skew);
    const other = entries.findIndex((entry) => Math.abs(this.#host.clock.shiftFor(entry.skew) - shift) > 1000);
    return other === -1 ? entries : entries.slice(0, other);
  }

  /** One upload. What the server cannot read is looked for by halves, and held back alone. @param {any[]} entries */
  async #upload(entries) {
    const { api, clock, queue, workshop } = this.#host;
    const shift = clock.shiftFor(entries[0].skew);
    const items = entries.map((entry) => entry.item);
    let answer;
    try {
      const body = { device_clock: iso(clock.now() + shift), items };
      answer = await api.ask(`/workshops/${workshop}/checkins/batch`, { body, timeout: SEND_TIMEOUT });
    } catch (error) {
      if (error.slow) this.#batch = Math.max(LEAST, Math.floor(this.#batch / 2));
      throw error;
    }
    const poison = UNREADABLE.includes(answer.status) || (answer.status === BROKEN && this.#failures > 1);
    if (poison && entries.length > 1) {
      const half = Math.ceil(entries.length / 2);
      await this.#upload(entries.slice(0, half));
      await this.#upload(entries.slice(half));
    } else if (poison) {
      this.#held.set(entries[0].nonce, performance.now() + HELD);
      await queue.mark(entries[0], answer.status);
    } else {
      const told = this.#checked(answer).body?.items;
      if (!fits(told, items)) throw new Later(null);
      this.#batch = Math.min(MOST, this.#batch * 2);
      await queue.settle(told);
      // Never the same upload at once again, should it have settled nothing.
      if (entries.every((entry) => !entry.answer)) throw new Later(null);
      this.#host.onAnswers(entries);
    }
  }
}

/** Whether these are answers to those items. @param {any} told @param {any[]} items */
const fits = (told, items) =>
  Array.isArray(told) && told.length === items.length && told.every((one, at) => one.nonce === items[at].nonce);

/** Runs `work` while no other tab does. @param {() => Promise<void>} work */
async function alone(work) {
  if (!navigator.locks) return work();
  let begun = false;
  const run = () => {
    begun = true;
    return work();
  };
  try {
    return await navigator.locks.request(LOCK, { signal: AbortSignal.timeout(SEND_TIMEOUT + 5_000) }, run);
  } catch (error) {
    // Nonces make doubles harmless: rather send twice than not at all.
    if (begun || error.name !== "TimeoutError") throw error;
    return work();
  }
}
