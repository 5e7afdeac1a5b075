// The participant's camera: what it reads goes into the form, which works without it.
import { startScanner } from "./checkin/scanner.js";

const camera = document.querySelector("[data-camera]");
const view = camera.querySelector("[data-view]");
const open = camera.querySelector("[data-open]");
const form = document.querySelector("form[data-code-path]");
const field = form.querySelector("input[name=code]");

/** @param {string} [which] the remark to show; none hides all */
function say(which) {
  for (const remark of camera.querySelectorAll("[data-said]")) remark.hidden = remark.dataset.said !== which;
}

async function scan() {
  open.disabled = true;
  say();
  view.hidden = false;
  let scanner = null;
  try {
    scanner = await startScanner(view, (text) => {
      if (!text.includes(form.dataset.codePath)) {
        say("strange");
        return;
      }
      scanner?.stop();
      navigator.vibrate?.(100);
      field.value = text;
      form.requestSubmit();
    });
    open.hidden = true;
    addEventListener("pagehide", () => scanner.stop());
  } catch (failed) {
    view.hidden = true;
    open.disabled = false;
    say(failed.name === "NotAllowedError" ? "denied" : "missing");
  }
}

// Browsers open a camera only where the connection is safe; elsewhere the field below remains.
if (navigator.mediaDevices) {
  camera.hidden = false;
  open.addEventListener("click", scan);
}
