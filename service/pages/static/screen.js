// Keeps the screen's code fresh for hours: asks again before each change, survives the network, never shows an old code.
// The page's own clock is not used for the code: the service says how many seconds are left.

const ASK_EVERY_MS = 5000;
const RETRY_MS = 2000;
const ANSWER_WITHIN_MS = 8000;
/** How long a code stays while the next one is asked for; the service takes it for a minute more. */
const GRACE_MS = 15_000;
const STEP_SECONDS = 30;

const show = document.querySelector("[data-source]");
const one = (name) => show.querySelector(`[data-${name}]`);
const parts = [...show.querySelectorAll("[data-part]")];
const ring = one("ring");

/** When the code on show is over, on the page's monotonic clock, which also runs where the time of day is wrong. */
let endsAt = performance.now() + Number(show.dataset.nextIn) * 1000;
let timer = 0;

/** @param {"code" | "closed" | "off" | "stale" | "gone"} state */
function turnTo(state) {
  show.dataset.state = state;
  for (const part of parts) part.hidden = part.dataset.part !== state;
}

function put(name, text) {
  const place = one(name);
  if (place && place.textContent !== text) place.textContent = text;
}

/** @param {object} seen the service's ScreenCodeRead */
function draw(seen) {
  endsAt = performance.now() + seen.next_in * 1000;
  put("label", seen.label ?? "");
  if (seen.code) {
    const image = one("qr");
    if (image.src !== seen.qr) image.src = seen.qr;
    put("short", seen.short);
    put("came", seen.came === null ? "" : new Intl.NumberFormat(document.documentElement.lang).format(seen.came));
  } else {
    forget();
    put("opening", seen.opens_at ? show.dataset.opens.replace("{time}", spoken(seen.opens_at)) : "");
  }
  turnTo(seen.code ? "code" : seen.enabled ? "closed" : "off");
}

/** An old code must not come back, not even in a screenshot of a hidden part. */
function forget() {
  one("qr").removeAttribute("src");
  put("short", "");
}

function spoken(instant) {
  const words = { weekday: "long", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit" };
  const options = { ...words, timeZone: show.dataset.zone, timeZoneName: "short" };
  return new Intl.DateTimeFormat(document.documentElement.lang, options).format(new Date(instant));
}

async function ask() {
  clearTimeout(timer);
  let wait = RETRY_MS;
  try {
    const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
    const answer = await fetch(show.dataset.source, { cache: "no-store", credentials: "omit", signal });
    if (answer.status === 404) return end();
    if (answer.ok) {
      draw(await answer.json());
      wait = Math.min(ASK_EVERY_MS, Math.max(200, endsAt - performance.now() + 50));
    }
  } catch {
    // No network, or an answer that broke off: `tick` hides the code in time.
  }
  // Again, because two may have been under way: one of them goes on.
  clearTimeout(timer);
  timer = setTimeout(ask, wait);
}

function end() {
  clearInterval(clock);
  forget();
  turnTo("gone");
}

function tick() {
  const left = endsAt - performance.now();
  const seconds = Math.max(0, Math.ceil(left / 1000));
  put("left", String(seconds));
  ring.setAttribute("stroke-dasharray", `${Math.min(STEP_SECONDS, Math.max(0, left / 1000)).toFixed(2)} ${STEP_SECONDS}`);
  if (left < -GRACE_MS && show.dataset.state !== "stale") {
    forget();
    turnTo("stale");
  }
}

const clock = setInterval(tick, 1000);
tick();
// What the page came with may be from a cache of the browser's session.
ask();
addEventListener("online", ask);
addEventListener("pageshow", ask);
document.addEventListener("visibilitychange", () => {
  // A laptop that slept comes back with an old code: hide it before the network answers.
  tick();
  if (document.visibilityState === "visible") ask();
});

const full = one("full");
if (document.fullscreenEnabled) {
  full.hidden = false;
  full.addEventListener("click", () => document.documentElement.requestFullscreen().catch(() => {}));
  document.addEventListener("fullscreenchange", () => {
    full.hidden = document.fullscreenElement !== null;
  });
}
