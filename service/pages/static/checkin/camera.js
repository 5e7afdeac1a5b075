// The camera's picture, its light and its choice, and a screen that stays on while it is open.

import { byId, tell } from "./dom.js";
import { startScanner } from "./scanner.js";
import { firstWord, word } from "./words.js";

const CHOICE = "checkin-camera";

export class Camera {
  #view = byId("view");
  #video = byId("video");
  #light = byId("camera-light");
  #turn = byId("camera-turn");
  #scanner = null;
  #starting = false;
  #paused = false;
  #onText;

  /** @param {(text: string) => void} onText */
  constructor(onText) {
    this.#onText = onText;
    byId("camera-start").addEventListener("click", () => this.start());
    this.#turn.addEventListener("click", () => this.#next());
    this.#light.addEventListener("click", () => this.#shine());
  }

  /** Opens by itself where the person has allowed the camera before. */
  async startIfAllowed() {
    const allowed = await navigator.permissions?.query({ name: "camera" }).catch(() => null);
    if (allowed?.state === "granted") await this.start();
  }

  async start() {
    if (this.#starting || this.#scanner) return;
    this.#starting = true;
    tell(byId("camera-problem"), "");
    try {
      this.#scanner = await this.#open();
      this.#scanner.pause(this.#paused);
      this.#view.dataset.open = "yes";
      await this.#offerTools();
    } catch (problem) {
      this.#close(firstWord([`camera.${problem?.name}`, "camera.failed"]));
    } finally {
      this.#starting = false;
    }
  }

  /** Reads on, or keeps quiet while something else has the attention. @param {boolean} on */
  pause(on) {
    this.#paused = on;
    this.#scanner?.pause(on);
  }

  /** The picture moves to where it is needed. @param {Element} place */
  moveTo(place) {
    if (this.#view.parentElement === place) return;
    place.append(this.#view);
    if (this.#scanner) this.#video.play().catch(() => {});
  }

  /** A short flash of the frame: something was read. */
  flash() {
    delete this.#view.dataset.read;
    requestAnimationFrame(() => (this.#view.dataset.read = "yes"));
  }

  async #open() {
    const onLost = () => this.#close(word("camera.lost"));
    const deviceId = localStorage.getItem(CHOICE) ?? undefined;
    try {
      return await startScanner(this.#video, this.#onText, { deviceId, onLost });
    } catch (problem) {
      // The camera chosen last time is no longer plugged in.
      if (!deviceId || problem?.name === "NotAllowedError") throw problem;
      localStorage.removeItem(CHOICE);
      return startScanner(this.#video, this.#onText, { onLost });
    }
  }

  #close(problem) {
    this.#scanner?.stop();
    this.#scanner = null;
    delete this.#view.dataset.open;
    tell(byId("camera-problem"), problem);
  }

  async #offerTools() {
    this.#light.hidden = !this.#scanner.track.getCapabilities?.().torch;
    this.#light.setAttribute("aria-pressed", "false");
    this.#turn.hidden = (await cameras()).length < 2;
  }

  async #shine() {
    const on = this.#light.getAttribute("aria-pressed") !== "true";
    await this.#scanner?.track.applyConstraints({ advanced: [{ torch: on }] }).catch(() => {});
    this.#light.setAttribute("aria-pressed", String(on));
  }

  async #next() {
    const ids = (await cameras()).map((camera) => camera.deviceId);
    const now = ids.indexOf(this.#scanner?.track.getSettings().deviceId);
    localStorage.setItem(CHOICE, ids[(now + 1) % ids.length]);
    this.#close("");
    await this.start();
  }
}

async function cameras() {
  const all = await navigator.mediaDevices.enumerateDevices().catch(() => []);
  return all.filter((device) => device.kind === "videoinput" && device.deviceId);
}

/** Keeps the screen on as long as the page is looked at, where the browser can. */
export function stayAwake() {
  if (!navigator.wakeLock) return;
  const ask = () => {
    if (document.visibilityState === "visible") navigator.wakeLock.request("screen").catch(() => {});
  };
  document.addEventListener("visibilitychange", ask);
  ask();
}
