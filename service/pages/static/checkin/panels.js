// Which part of the page is in front. On a phone one at a time; on a desk another stands beside the camera.

import { byId } from "./dom.js";

const DESK = matchMedia("(min-width: 60rem)");
const NOTICE_MS = 4000;

export class Panels {
  #onChange;
  #timer = 0;

  /** @param {() => void} onChange */
  constructor(onChange) {
    this.#onChange = onChange;
    for (const button of document.querySelectorAll("[data-to]")) {
      button.addEventListener("click", () => this.open(button.dataset.to));
    }
    DESK.addEventListener("change", () => this.open(document.body.dataset.tab));
    // What the page starts with is drawn before anybody listens.
    this.#mark(this.#fitting("scan"));
  }

  /** Whether somebody can hold a ticket into the picture that is shown. */
  get showsCamera() {
    return DESK.matches || document.body.dataset.tab === "scan";
  }

  /** @param {string} name */
  shows(name) {
    return document.body.dataset.tab === name;
  }

  /** @param {string} name scan, people, history or device */
  open(name) {
    this.#mark(this.#fitting(name));
    if (!DESK.matches) scrollTo(0, 0);
    this.#onChange();
  }

  /** A sentence that goes by itself. @param {string} text */
  notice(text) {
    const line = byId("passing");
    line.textContent = text;
    line.hidden = false;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (line.hidden = true), NOTICE_MS);
  }

  #fitting(name) {
    return DESK.matches && name === "scan" ? "people" : name;
  }

  #mark(name) {
    document.body.dataset.tab = name;
    for (const button of document.querySelectorAll("[data-to]")) {
      if (button.dataset.to === name) button.setAttribute("aria-current", "page");
      else button.removeAttribute("aria-current");
    }
  }
}
