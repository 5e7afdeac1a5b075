// How far this device's clock is from the server's. Scans carry the device's own time; the server corrects them by the
// clock that each upload tells, so that clock must be told as it was when the scan was made.

const LONGEST_TRIP = 30_000;
const OLD = 600_000;
/** Less than this between two measurements may be slow network; more is a clock that was set. */
const SET = 30_000;
const EARLIEST = Date.parse("0001-01-03T00:00:00Z");
const LATEST = Date.parse("9999-12-28T00:00:00Z");

/** @param {number} ms @returns {string} as the API takes it, whatever a broken clock says */
export const iso = (ms) => new Date(Math.min(Math.max(ms, EARLIEST), LATEST)).toISOString();

export class Clock {
  /** Where this device's clock stands against the one that nobody can set. */
  #base;

  /** @param {number|null} skew from an earlier start @param {() => number} now @param {() => number} steady */
  constructor(skew = null, now = () => Date.now(), steady = () => performance.now()) {
    this.skew = skew;
    this.now = now;
    this.steady = steady;
    this.#base = now() - steady();
    this.error = Infinity;
    this.measuredAt = 0;
    this.fresh = false;
  }

  /** Our time, on the server's clock. */
  get corrected() {
    this.#notice();
    return this.correct(this.now());
  }

  /** A clock that is set back shows itself at once, without network too. One that is set forward does not: a device
   * that has slept looks the same. */
  #notice() {
    const base = this.now() - this.steady();
    if (this.skew !== null && base < this.#base - SET) this.skew += base - this.#base;
    this.#base = base;
  }

  /** @param {number} at by this device's clock */
  correct(at) {
    return at - (this.skew ?? 0);
  }

  /** Learns from an answer: the server's time lies somewhere between sending and receiving.
   * @param {number} sentAt @param {number} receivedAt @param {string} serverTime */
  measure(sentAt, receivedAt, serverTime) {
    this.#notice();
    const error = (receivedAt - sentAt) / 2;
    const server = Date.parse(serverTime);
    if (Number.isNaN(server) || error < 0 || error > LONGEST_TRIP) return;
    const skew = sentAt + error - server;
    const moved = this.skew === null || Math.abs(skew - this.skew) > error + Math.min(this.error, 1000);
    if (moved || error <= this.error || receivedAt - this.measuredAt > OLD) {
      this.skew = skew;
      this.error = error;
      this.measuredAt = receivedAt;
    }
    this.fresh = true;
  }

  /** What to add to the device's clock when telling it with scans that were made at this skew: phones set their clock
   * as soon as the network returns, and what was scanned before bears the old time.
   * @param {number|null} skewThen */
  shiftFor(skewThen) {
    if (skewThen === null || this.skew === null) return 0;
    const shift = skewThen - this.skew;
    return Math.abs(shift) > SET ? shift : 0;
  }
}
