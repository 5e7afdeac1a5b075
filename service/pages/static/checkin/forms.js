// The small forms over the page: letting in by exception, a new person, one of a known name, another door's code.
// They are not modal dialogs: a verdict of the hand scanner must be able to lie over them.

import { byId, copyOf, fillList, tell } from "./dom.js";
import { word } from "./words.js";

export class Forms {
  #open = null;
  #before = null;
  #submitted = null;
  #onChange;

  /** @param {() => void} onChange called when a form opens or closes */
  constructor(onChange) {
    this.#onChange = onChange;
    for (const dialog of document.querySelectorAll("dialog")) {
      dialog.addEventListener("close", () => this.#closed(dialog));
      dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
    }
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && byId("verdict").hidden) this.#open?.close();
    });
    byId("admit-form").addEventListener("change", () => this.#askForReason());
  }

  get isOpen() {
    return this.#open !== null;
  }

  /** @param {object} verdict of `not_confirmed` @param {(reason: string) => void} onReason */
  admit(verdict, onReason) {
    tell(byId("admit-name"), verdict.person?.name);
    this.#show("admit", () => {
      const chosen = byId("admit-form").elements.reason.value;
      onReason(chosen || byId("reason-text").value.trim());
    });
    this.#askForReason();
  }

  /**
   * @param {string} name what is known already
   * @param {{code: string, name: string}[]} organisations
   * @param {(person: object) => void} onPerson name, organisation (code) or organisation_name, represents?
   */
  walkIn(name, organisations, onPerson) {
    const options = organisations.map((known) => {
      const option = document.createElement("option");
      option.value = known.name;
      return option;
    });
    byId("organisations").replaceChildren(...options);
    this.#show("walk-in", () => {
      const { elements } = byId("walk-in-form");
      const said = elements.organisation.value.trim();
      const known = organisations.find((one) => one.name.toLowerCase() === said.toLowerCase());
      const represents = elements.represents.value.trim();
      onPerson({
        name: elements.name.value.trim(),
        ...(known ? { organisation: known.code } : { organisation_name: said }),
        ...(represents && { represents }),
      });
    });
    byId("walk-in-name").value = name;
    byId(name ? "walk-in-organisation" : "walk-in-name").focus();
  }

  /**
   * Somebody of this name is known already: is it the same person?
   *
   * @param {object[]} people as the station's directory lists them
   * @param {(person: object) => void} onPerson
   * @param {() => void} onNew
   */
  namesakes(people, onPerson, onNew) {
    const make = () => copyOf("namesake-row");
    fillList(byId("namesakes-list"), people, (person) => person.id, make, (row, person) => {
      const organisation = person.organisation_name ?? word("agency.none");
      row.querySelector(".person-name").textContent = person.name;
      tell(row.querySelector(".person-who"), [person.position, organisation].filter(Boolean).join(" · "));
      tell(row.querySelector(".person-state"), word(person.present ? "present" : `status.${person.status}`));
      const button = row.querySelector("button");
      button.setAttribute("aria-label", `${button.textContent}: ${person.name}, ${organisation}`);
      button.onclick = () => {
        this.#submitted = () => onPerson(person);
        byId("namesakes").close();
      };
    });
    this.#show("namesakes", onNew);
    byId("namesakes-list").querySelector("button").focus();
  }

  /** @param {() => void} onYes */
  repair(onYes) {
    this.#show("repair", onYes);
  }

  #show(id, onSubmit) {
    this.#open?.close();
    const dialog = byId(id);
    const form = dialog.querySelector("form");
    form.reset();
    this.#submitted = null;
    form.onsubmit = () => {
      this.#submitted = onSubmit;
    };
    this.#before = document.activeElement;
    this.#open = dialog;
    dialog.show();
    this.#onChange();
  }

  #closed(dialog) {
    if (this.#open !== dialog) return;
    this.#open = null;
    this.#onChange();
    this.#before?.focus?.({ preventScroll: true });
    this.#submitted?.();
  }

  #askForReason() {
    const other = byId("admit-form").elements.reason.value === "";
    byId("reason-line").hidden = !other;
    byId("reason-text").required = other;
  }
}
