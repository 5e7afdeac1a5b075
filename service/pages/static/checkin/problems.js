// Why a station cannot do what it is asked.

/** `code`: insecure (no https), storage (the browser keeps nothing), unpaired. */
export class StationError extends Error {
  /** @param {string} code @param {unknown} [cause] */
  constructor(code, cause) {
    super(code, { cause });
    this.code = code;
  }
}
