// The page as an app: kept by the service worker, so that it opens without network. A new version is fetched quietly
// and used from the next start on; nobody's queue is interrupted by a reload.

const WORKER = "/checkin/sw.js";
const SCOPE = "/checkin";
const UPDATE_EVERY = 3_600_000;
const PATIENCE = 3_000;

/** Called first at a start: lets a waiting version take over, if no other window uses the old one.
 * @returns {Promise<boolean>} true when the page is about to load again */
export async function takeOver() {
  const registration = await navigator.serviceWorker?.getRegistration(SCOPE);
  if (!registration?.waiting || !navigator.serviceWorker.controller) return false;
  const changed = new Promise((resolve) => {
    navigator.serviceWorker.addEventListener("controllerchange", () => resolve(true), { once: true });
    setTimeout(() => resolve(false), PATIENCE);
  });
  if (!(await asked(registration.waiting, "activate")) || !(await changed)) return false;
  location.reload();
  return true;
}

/** @param {(shell: {appReady: boolean, updateWaiting: boolean}) => void} onChange */
export async function keepApp(onChange) {
  if (!navigator.serviceWorker) return;
  const registration = await navigator.serviceWorker.register(WORKER, { scope: SCOPE, updateViaCache: "none" });
  const tell = () =>
    onChange({ appReady: registration.active !== null, updateWaiting: registration.waiting !== null });
  const follow = () => registration.installing?.addEventListener("statechange", tell);
  registration.addEventListener("updatefound", follow);
  follow();
  tell();
  setInterval(() => registration.update().catch(() => {}), UPDATE_EVERY);
  const { active } = await navigator.serviceWorker.ready;
  active?.postMessage({ language: document.documentElement.lang });
  tell();
}

/** Asks a worker; false when it does not answer. @param {ServiceWorker} worker @param {string} what */
function asked(worker, what) {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = ({ data }) => resolve(data);
    setTimeout(() => resolve(false), PATIENCE);
    worker.postMessage({ ask: what }, [port2]);
  });
}
