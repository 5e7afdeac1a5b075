// What a scanned text is: a ticket perhaps, a code that pairs a device, or something else that people hold out.

const TOKEN = /^bmd_[\w-]{43}$/;
const TICKET = /^[\w-]{43}$/;
const LINK = /^(https?:\/\/[^\s/?#]+)\/?([^\s/?#]*)/i;
/** Addresses of ours that are taken for a ticket, by how they begin. */
const OURS = { my: "own", join: "own", hadir: "screen", screen: "screen" };

/** @param {string} text */
export const mayBeTicket = (text) => TICKET.test(text);

/** The device token in a pairing address, or alone; null in any other text. @param {string} text */
export function pairingToken(text) {
  const token = text.trim().split("#").at(-1) ?? "";
  return TOKEN.test(token) ? token : null;
}

/** Whether this is an address of another service, which our service must not be told. @param {string} text */
export function isElsewhere(text) {
  const origin = LINK.exec(text.trim())?.[1].toLowerCase();
  return origin !== undefined && origin !== location.origin;
}

/** "own": a participant's own page; "screen": what the hall's screen shows; "link": any other; null: no address.
 * @param {string} text @returns {"own"|"screen"|"link"|null} */
export function linkKind(text) {
  const link = LINK.exec(text);
  return link && (OURS[link[2]] ?? "link");
}
