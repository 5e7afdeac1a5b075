// How a device proves that it belongs to a door: by a token, scanned or pasted.

import { Api, Unreachable } from "./api.js";
import { isElsewhere, pairingToken } from "./codes.js";

const REVOKED = [401, 403];
const OK = 200;

/** The token in this page's address, taken out of it: a secret must not stay in the address bar and the history. */
export function tokenInAddress() {
  const token = pairingToken(location.hash);
  if (token) history.replaceState(null, "", location.pathname + location.search);
  return token;
}

/** Whose code this is, or why nobody can say now. A code of another service is not shown to ours: it is a secret.
 * @param {string} text @returns {Promise<{token: string|null, device: any, problem: string|null}>} */
export async function whoIs(text) {
  const token = pairingToken(text);
  if (token === null) return { token, device: null, problem: "refused" };
  if (isElsewhere(text)) return { token, device: null, problem: "elsewhere" };
  try {
    const { status, body } = await new Api(token).ask("/device");
    if (status === OK) return { token, device: body, problem: null };
    return { token, device: null, problem: REVOKED.includes(status) ? "refused" : "busy" };
  } catch (error) {
    if (error instanceof Unreachable) return { token, device: null, problem: "offline" };
    throw error;
  }
}
