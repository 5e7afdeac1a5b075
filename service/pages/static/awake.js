// Keeps the screen on while the ticket is shown in the queue, where the browser allows it.
"use strict";

const stayAwake = () => {
  if (document.visibilityState === "visible") navigator.wakeLock.request("screen").catch(() => {});
};
if (navigator.wakeLock) {
  document.addEventListener("visibilitychange", stayAwake);
  stayAwake();
}
