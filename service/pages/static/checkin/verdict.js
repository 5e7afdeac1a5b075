// What a scan came to, over the whole screen: colour, sign, word and sound say the same.

import { byId, fillTags, tell } from "./dom.js";
import { sound } from "./sound.js";
import { clockTime, dayAndTime, firstWord, word } from "./words.js";

/** How long each stays by itself, in milliseconds; a refusal stays until somebody touches it. */
const STAYS = { accepted: 1600, out: 1600, again: 3200, provisional: 3200 };
const LOOKS = {
  accepted: "verdict-accepted",
  out: "verdict-out",
  again: "verdict-again",
  provisional: "verdict-provisional",
  refused: "verdict-refused",
};
const NEW_PERSON = new Set(["unknown_ticket", "other_workshop", "cancelled"]);

/** The five things a door can say. */
export function kindOf(verdict) {
  if (verdict.verdict === "refused") return "refused";
  if (verdict.verdict === "already_in") return "again";
  if (verdict.provisional) return "provisional";
  return verdict.direction === "out" ? "out" : "accepted";
}

/** The word above all others. */
export function headline(verdict) {
  const kind = kindOf(verdict);
  if (kind !== "refused") return firstWord([`${kind}.${verdict.direction}`, kind]);
  return firstWord([verdict.link && "not_ticket", verdict.reason, "refused"]);
}

/** Who it is, as far as anybody knows. */
export function nameOf(verdict) {
  return verdict.person?.name ?? word("somebody");
}

/** What the sentence below says: where the first scan was, or what to do next. */
function noteOf(verdict, state) {
  if (verdict.unsaved) return word("note.unsaved");
  const kind = kindOf(verdict);
  if (verdict.reason === "no_block_now" && !state.online) return clockNote(state);
  if (kind === "refused") return firstWord([`not_ticket.${verdict.link}`, `${verdict.reason}.next`]);
  if (kind === "provisional") return word(verdict.revoked ? "note.revoked" : "note.provisional");
  if (kind === "again") return firstNote(verdict.first);
  if (verdict.walkIn) return word("note.walkin");
  return verdict.admitted ? word("note.admitted") : "";
}

/** Without network nobody contradicts a wrong clock, and the half-days go by it. */
function clockNote({ now, blocks }) {
  const next = Math.min(...blocks.map((block) => block.checkin_from).filter((opens) => opens > now));
  if (next === Infinity) return word("note.clock.last", { now: dayAndTime(now, blocks.at(-1)?.ends_at ?? now) });
  return word("note.clock", { now: dayAndTime(now, next), next: dayAndTime(next, now) });
}

function firstNote(first) {
  // Known by another door's report, which names people, not times.
  if (typeof first?.at !== "number") return word("note.first.elsewhere");
  const keyed = first.device ? "note.first" : "note.first.nowhere";
  return word(keyed, { time: clockTime(first.at), device: first.device });
}

export class VerdictScreen {
  #screen = byId("verdict");
  #timer = 0;
  #focused = null;
  #labelOf;
  #stateOf;
  #onChange;
  /** The verdict on show, or null. */
  current = null;

  /**
   * @param {(code: string) => string} labelOf a block's name
   * @param {() => object} stateOf the engine's state
   * @param {() => void} onChange called when a verdict that stays appears or goes
   */
  constructor(labelOf, stateOf, onChange) {
    this.#labelOf = labelOf;
    this.#stateOf = stateOf;
    this.#onChange = onChange;
    this.#screen.addEventListener("click", (event) => {
      if (!event.target.closest("button")) this.close();
    });
    byId("do-close").addEventListener("click", () => this.close());
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.current) return;
      // A form may lie below: one press closes one thing.
      event.stopImmediatePropagation();
      this.close();
    });
  }

  /** Whether what is on show waits for somebody. */
  get stays() {
    return this.current !== null && !(kindOf(this.current) in STAYS);
  }

  /** The scan that is on show was decided otherwise, or is the first: the former gives way at once. */
  show(verdict) {
    clearTimeout(this.#timer);
    const kind = kindOf(verdict);
    this.current = verdict;
    this.#fill(verdict, kind);
    this.#offer(verdict, kind);
    this.#screen.hidden = false;
    sound(kind);
    this.#announce();
    if (this.stays) this.#takeFocus();
    else this.#timer = setTimeout(() => this.close(), STAYS[kind]);
    this.#onChange();
  }

  close() {
    clearTimeout(this.#timer);
    if (!this.current) return;
    this.current = null;
    this.#screen.hidden = true;
    byId("announcer").textContent = "";
    this.#onChange();
    this.#focused?.focus({ preventScroll: true });
    this.#focused = null;
  }

  #fill(verdict, kind) {
    const { person } = verdict;
    this.#screen.className = `verdict full ${LOOKS[kind]}`;
    for (const sign of this.#screen.querySelectorAll("[data-sign]")) sign.hidden = sign.dataset.sign !== kind;
    tell(byId("verdict-word"), headline(verdict));
    tell(byId("verdict-name"), person?.name);
    const organisation = person?.organisation_name ?? person?.organisation;
    tell(byId("verdict-who"), [person?.position, organisation].filter(Boolean).join(" · "));
    tell(byId("verdict-for"), person?.represents ? word("represents", { name: person.represents }) : "");
    tell(byId("verdict-note"), noteOf(verdict, this.#stateOf()));
    const tags = [
      person?.number && word("number", { number: person.number }),
      person?.mode && word(`mode.${person.mode}`),
      verdict.block && kind !== "refused" && this.#labelOf(verdict.block),
      verdict.late && word("late"),
    ];
    fillTags(byId("verdict-tags"), tags.filter(Boolean).map((text) => [text, "tag"]));
  }

  #offer(verdict, kind) {
    const isNew = kind === "refused" && NEW_PERSON.has(verdict.reason);
    byId("do-admit").hidden = verdict.reason !== "not_confirmed";
    byId("do-search").hidden = !isNew || verdict.reason === "cancelled";
    byId("do-walk-in").hidden = !isNew;
    byId("do-block").hidden = verdict.reason !== "no_block_now";
    byId("do-undo").hidden = !["accepted", "out", "provisional"].includes(kind);
    byId("do-close").hidden = kind !== "refused" && kind !== "again";
  }

  #announce() {
    const parts = [...this.#screen.querySelectorAll(".verdict-said > p:not([hidden])")];
    byId("announcer").textContent = parts.map((part) => part.textContent).join(". ");
  }

  #takeFocus() {
    const before = document.activeElement;
    if (before !== this.#screen && before !== document.body && !this.#screen.contains(before)) this.#focused = before;
    this.#screen.focus({ preventScroll: true });
  }
}
