// Finding people by name and ticking them off by organisation, for those who come without a ticket.

import { byId, copyOf, fillList, tell } from "./dom.js";
import { word } from "./words.js";

const LEAST_LETTERS = 3;

export class People {
  #station;
  #onPerson;
  #ticked;
  #search = byId("search");
  #direction = "in";

  /**
   * @param {object} station the engine
   * @param {(person: object, quiet: boolean) => void} onPerson `quiet`: one of many, no verdict over the whole screen
   * @param {{has: (id: string) => boolean, undo: (id: string) => void}} ticked who was checked in here a moment ago
   */
  constructor(station, onPerson, ticked) {
    this.#station = station;
    this.#onPerson = onPerson;
    this.#ticked = ticked;
    this.#search.addEventListener("input", () => this.render());
    byId("search-form").addEventListener("submit", (event) => {
      event.preventDefault();
      byId("found").querySelector(".person-check:not([hidden])")?.focus();
    });
  }

  get text() {
    return this.#search.value.trim();
  }

  clear() {
    this.#search.value = "";
    this.render();
  }

  focus() {
    this.#search.focus();
  }

  render() {
    this.#direction = this.#station.state.direction;
    this.#renderFound();
    this.#renderAgencies();
  }

  #renderFound() {
    const text = this.text;
    const enough = text.length >= LEAST_LETTERS || /^\d+$/.test(text);
    const found = enough ? this.#station.directory.search(text) : [];
    const status = !text || found.length ? "" : word(enough ? "people.none" : "people.more");
    tell(byId("search-status"), status);
    document.body.toggleAttribute("data-searching", text !== "");
    this.#fill(byId("found"), found, false);
  }

  #renderAgencies() {
    const part = byId("agencies");
    const make = () => {
      const agency = copyOf("agency-row");
      agency.addEventListener("toggle", () => this.#renderAgency(agency));
      return agency;
    };
    fillList(part, this.#station.directory.agencies(), (agency) => agency.code ?? "", make, (element, agency) => {
      element.querySelector(".agency-name").textContent = agency.name || word("agency.none");
      element.querySelector(".agency-count").textContent = word("agency.count", agency);
      element.toggleAttribute("data-complete", agency.present >= agency.people);
      element.agency = agency.code;
      this.#renderAgency(element);
    });
  }

  #renderAgency(element) {
    if (element.open) this.#fill(element.querySelector("ul"), this.#station.directory.peopleOf(element.agency), true);
  }

  #fill(list, people, quiet) {
    const make = () => {
      const row = copyOf("person-row");
      row.querySelector(".person-check").addEventListener("click", () => this.#onPerson(row.person, quiet));
      row.querySelector(".person-undo").addEventListener("click", () => this.#ticked.undo(row.person.id));
      return row;
    };
    fillList(list, people, (person) => person.id, make, (row, person) => this.#fillRow(row, person, quiet));
  }

  #fillRow(row, person, quiet) {
    row.person = person;
    const out = this.#direction === "out";
    const organisation = quiet ? null : (person.organisation_name ?? person.organisation);
    const represents = person.represents && word("represents", { name: person.represents });
    row.querySelector(".person-name").textContent = person.name;
    tell(row.querySelector(".person-who"), [person.position, organisation, represents].filter(Boolean).join(" · "));
    const state = person.present ? "present" : `status.${person.status}`;
    tell(row.querySelector(".person-state"), word(state));
    row.toggleAttribute("data-present", Boolean(person.present));
    const [check, undo] = [row.querySelector(".person-check"), row.querySelector(".person-undo")];
    check.textContent = word(out ? "check.out" : "check.in");
    check.hidden = Boolean(person.present) && !out;
    // Not where the other button was: a second tap must not take back what the first has done.
    undo.hidden = !person.present || out || !this.#ticked.has(person.id);
    for (const button of [check, undo]) button.setAttribute("aria-label", `${button.textContent}: ${person.name}`);
  }
}
