// Questions to the server. Whatever is no answer of the service itself counts as no network: a hall's login page, too.

/** No answer of the service: no network, a time-out, or somebody else's answer. */
export class Unreachable extends Error {
  /** Whether time ran out, as where a network is too slow for what is sent. */
  get slow() {
    return this.cause?.name === "TimeoutError";
  }
}

/**
 * @typedef {{status: number, body: any, etag: string|null, serverTime: string|null, retryAfter: number|null,
 *   sentAt: number, receivedAt: number}} Answer
 */

export class Api {
  /** @param {string} token */
  constructor(token) {
    this.token = token;
  }

  /** @param {string} path @param {{body?: object, etag?: string|null, timeout?: number}} [options]
   * @returns {Promise<Answer>} Raises Unreachable. */
  async ask(path, { body, etag, timeout = 15_000 } = {}) {
    const headers = { Authorization: `Bearer ${this.token}`, Accept: "application/json" };
    if (body) headers["Content-Type"] = "application/json";
    if (etag) headers["If-None-Match"] = etag;
    const sentAt = Date.now();
    try {
      const answer = await fetch(`/api/v1${path}`, {
        method: body ? "POST" : "GET",
        headers,
        body: body && JSON.stringify(body),
        cache: "no-store",
        credentials: "omit",
        redirect: "error",
        signal: AbortSignal.timeout(timeout),
      });
      const receivedAt = Date.now();
      const empty = answer.status === 304;
      const ours = /^application\/(problem\+)?json\b/.test(answer.headers.get("Content-Type") ?? "");
      if (!ours && !empty && answer.status < 500) throw new Unreachable(`not ours: ${answer.status}`);
      const seconds = Number.parseInt(answer.headers.get("Retry-After") ?? "", 10);
      return {
        status: answer.status,
        body: empty || !ours ? null : await answer.json(),
        etag: answer.headers.get("ETag"),
        serverTime: answer.headers.get("X-Server-Time"),
        retryAfter: Number.isNaN(seconds) ? null : seconds * 1000,
        sentAt,
        receivedAt,
      };
    } catch (error) {
      throw error instanceof Unreachable ? error : new Unreachable(String(error), { cause: error });
    }
  }
}
