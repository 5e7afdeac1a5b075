// Every word that people read comes from the page's template; here only its places are filled.

const said = new Map(
  [...document.getElementById("words").content.querySelectorAll("[data-word]")].map((node) => [
    node.dataset.word,
    node.textContent.trim(),
  ]),
);
const LOCALE = document.documentElement.lang === "en" ? "en-GB" : "id-ID";
let zone = undefined;
/** Making a formatter takes a phone longer than using it a hundred times. @type {Map<string, Intl.DateTimeFormat>} */
const formatters = new Map();

/** Times are spoken in the workshop's zone, wherever the device believes to be. @param {string | undefined} name */
export function useZone(name) {
  zone = name;
}

/** @param {string} key @param {Record<string, string | number>} [values] what stands in its {places} */
export function word(key, values = {}) {
  const text = said.get(key) ?? "";
  return text.replace(/\{(\w+)\}/g, (place, name) => String(values[name] ?? place));
}

/** The first of the keys that the template knows, with its places filled. @param {string[]} keys */
export function firstWord(keys, values = {}) {
  return word(keys.find((key) => said.has(key)) ?? "", values);
}

/** '08.02' in Indonesian, '08:02' in English. @param {number} instant milliseconds since 1970 */
export function clockTime(instant) {
  return formatter("time", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(instant);
}

/** @param {string} name @param {Intl.DateTimeFormatOptions} style */
function formatter(name, style) {
  const key = `${name} ${zone}`;
  const made = formatters.get(key) ?? new Intl.DateTimeFormat(LOCALE, { ...style, timeZone: zone });
  formatters.set(key, made);
  return made;
}

/** '3 Jul 08.02' when it was not on the same day as `now`, else the time alone. */
export function dayAndTime(instant, now) {
  const day = formatter("day", { day: "numeric", month: "short" });
  return day.format(instant) === day.format(now) ? clockTime(instant) : `${day.format(instant)} ${clockTime(instant)}`;
}

/** '5 menit', '2 jam', '3 hari': how far off a clock is. @param {number} length milliseconds */
export function span(length) {
  const minutes = Math.abs(length) / 60_000;
  const [unit, size] = minutes < 120 ? ["minute", 1] : minutes < 2880 ? ["hour", 60] : ["day", 1440];
  const style = { style: "unit", unit, unitDisplay: "long", maximumFractionDigits: 0 };
  return new Intl.NumberFormat(LOCALE, style).format(minutes / size);
}
