// What was scanned here: what is still unsent, and what each came to in the end.

import { byId, copyOf, fillList, fillTags, tell } from "./dom.js";
import { headline, kindOf, nameOf } from "./verdict.js";
import { dayAndTime, word } from "./words.js";

export class Records {
  #station;
  #onUndo;
  #labelOf;

  /** @param {object} station @param {(verdict: object) => void} onUndo @param {(code: string) => string} labelOf */
  constructor(station, onUndo, labelOf) {
    this.#station = station;
    this.#onUndo = onUndo;
    this.#labelOf = labelOf;
    byId("send-now").addEventListener("click", () => station.sync());
  }

  render() {
    const { unsent, sending, now } = this.#station.state;
    tell(byId("queue"), unsent ? word("queue.some", { count: unsent }) : word("queue.none"));
    byId("send-now").hidden = unsent === 0;
    byId("send-now").disabled = sending;
    const make = () => {
      const row = copyOf("record-row");
      row.querySelector("button").addEventListener("click", () => this.#onUndo(row.verdict));
      return row;
    };
    fillList(byId("records"), this.#station.history(), (verdict) => verdict.nonce, make, (row, verdict) =>
      this.#fill(row, verdict, now),
    );
  }

  #fill(row, verdict, now) {
    row.verdict = verdict;
    const annulment = verdict.kind === "annul";
    const kind = annulment ? "annul" : kindOf(verdict);
    row.dataset.kind = kind;
    row.querySelector(".record-time").textContent = dayAndTime(verdict.at, now);
    row.querySelector(".record-name").textContent = nameOf(verdict);
    const said = annulment ? [word("annulment")] : [headline(verdict), verdict.block && this.#labelOf(verdict.block)];
    tell(row.querySelector(".record-word"), said.filter(Boolean).join(" · "));
    const tags = [
      verdict.sent ? [word("sent"), "badge"] : [word("unsent"), "badge badge-warn"],
      verdict.problem && [word("unreadable"), "badge badge-bad"],
      verdict.changed && [word("revised"), "badge badge-bad"],
      verdict.undone && [word("taken-back"), "badge"],
    ];
    fillTags(row.querySelector(".badges"), tags.filter(Boolean));
    const button = row.querySelector("button");
    button.hidden = annulment || verdict.undone || kind === "refused" || kind === "again";
    button.setAttribute("aria-label", `${button.textContent}: ${nameOf(verdict)}`);
  }
}
