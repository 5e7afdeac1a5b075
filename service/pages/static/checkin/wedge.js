// A hand scanner is a keyboard that types faster than any person and ends with Enter or Tab. It may be pulled at any
// moment, wherever the focus stands: what it typed into a field is taken out again, and the focus stays.

const PAUSE_MS = 250;
/** Milliseconds a key, over so many characters, as nobody types in a field. Elsewhere nobody types at all. */
const IN_FIELD = { pace: 45, length: 20 };
const ELSEWHERE = { pace: 200, length: 8 };

/** @param {(text: string) => void} onText @returns {() => void} stops listening */
export function listenToHandScanner(onText) {
  let typed = "";
  let first = 0;
  let last = -Infinity;
  let before = null;

  const onKey = (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.key === "Shift") return;
    const now = event.timeStamp;
    if (event.key.length === 1) {
      if (now - last > PAUSE_MS) {
        typed = "";
        first = now;
        before = snapshot(document.activeElement);
      }
      typed += event.key;
      last = now;
      return;
    }
    const { pace, length } = before?.isText ? IN_FIELD : ELSEWHERE;
    const fast = now - last <= PAUSE_MS && now - first <= pace * typed.length;
    const scanned = ["Enter", "Tab"].includes(event.key) && fast && typed.length >= length ? typed : "";
    typed = "";
    last = -Infinity;
    if (!scanned) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    restore(before);
    onText(scanned);
  };

  document.addEventListener("keydown", onKey, { capture: true });
  return () => document.removeEventListener("keydown", onKey, { capture: true });
}

function snapshot(element) {
  if (!element?.matches("input, textarea, select")) return null;
  const isText = element.matches("textarea, input:not([type=radio], [type=checkbox])");
  return { element, value: element.value, isText };
}

function restore(before) {
  if (!before || before.element.value === before.value) return;
  before.element.value = before.value;
  const change = before.element.tagName === "SELECT" ? "change" : "input";
  before.element.dispatchEvent(new Event(change, { bubbles: true }));
}
