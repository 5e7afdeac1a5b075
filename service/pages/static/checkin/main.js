// The check-in station's page: what two people at a door see and touch. The engine behind it is station.js.

import { Camera, stayAwake } from "./camera.js";
import { byId, tell } from "./dom.js";
import { Forms } from "./forms.js";
import { Panels } from "./panels.js";
import { People } from "./people.js";
import { Records } from "./records.js";
import { isHeldBack, openSound, setQuiet, sound } from "./sound.js";
import { openStation } from "./station.js";
import { pairProblem, renderState, showPairing } from "./status.js";
import { VerdictScreen, headline, kindOf, nameOf } from "./verdict.js";
import { listenToHandScanner } from "./wedge.js";
import { clockTime, firstWord, useZone, word } from "./words.js";

const QUIET = "checkin-quiet";

let station;
let pairing = false;
let undoable = null;
let shown = 0;
let asked = 0;
const changed = new Map();
/** Who came in through this page, by registration: the verdict that let them in. */
const ticked = new Map();

const labelOf = (code) => station?.state.blocks.find((block) => block.code === code)?.label ?? code;
const screen = new VerdictScreen(labelOf, () => station.state, settle);
const forms = new Forms(settle);
const camera = new Camera((text) => {
  camera.flash();
  read(text);
});
const panels = new Panels(settle);
let people;
let records;

/** Who has the attention now: a verdict that waits, a form, or the page. */
function settle() {
  const waiting = screen.stays;
  for (const part of document.querySelectorAll("header, .notices, main, .tabs")) part.inert = waiting || forms.isOpen;
  for (const dialog of document.querySelectorAll("dialog")) dialog.inert = waiting;
  document.body.toggleAttribute("data-form", forms.isOpen);
  camera.pause(waiting || forms.isOpen || !(panels.showsCamera || document.body.dataset.state === "unpaired"));
  if (station) renderParts();
}

/** Text of the camera or of the hand scanner. */
async function read(text) {
  if (!station.state.paired) return pair(text);
  return decide(() => station.scan(text));
}

/** Shows what a scan came to, unless a later one has been shown meanwhile. */
async function decide(ask, { quiet = false } = {}) {
  const turn = ++asked;
  let verdict;
  try {
    verdict = await ask();
  } catch (problem) {
    // Silence would look like a scan that was read.
    console.error(problem);
    sound("refused");
    panels.notice(word("failed"));
    return;
  }
  if (!verdict) return;
  if (verdict.kind === "pairing") {
    screen.close();
    forms.repair(() => repair(verdict.text));
    return;
  }
  remember(verdict);
  if (turn < shown) return;
  shown = turn;
  if (quiet && kindOf(verdict) === "accepted") {
    sound("accepted");
    byId("announcer").textContent = `${headline(verdict)}. ${nameOf(verdict)}`;
  } else screen.show(verdict);
}

/** The last one that can be taken back stands below the camera after its verdict has gone. */
function remember(verdict) {
  const kind = kindOf(verdict);
  if (kind === "accepted" && verdict.person) ticked.set(verdict.person.id, verdict);
  undoable = ["accepted", "out", "provisional"].includes(kind) ? verdict : undoable;
  byId("last").hidden = undoable !== verdict;
  byId("last").dataset.kind = kind;
  byId("last-sign").replaceChildren(byId(`sign-${kind}`).content.cloneNode(true));
  byId("last-name").textContent = nameOf(verdict);
  byId("last-word").textContent = headline(verdict);
  renderParts();
}

async function undo(verdict) {
  screen.close();
  const done = await station.undo(verdict.nonce, word("undo.reason"));
  ticked.delete(verdict.person?.id);
  byId("last").hidden = true;
  byId("announcer").textContent = done ? word("undone", { name: nameOf(verdict) }) : word("undone.none");
  panels.notice(byId("announcer").textContent);
}

async function pair(text) {
  if (pairing) return;
  pairing = true;
  try {
    await station.pair(text);
  } finally {
    pairing = false;
  }
}

/** Another door's code: what does not work out is said, since the page stays as it was. */
async function repair(text) {
  if (!(await station.pair(text))) panels.notice(pairProblem(station.state));
}

function openWalkIn(name = "") {
  screen.close();
  forms.walkIn(name, station.organisations, (guest) => {
    const enter = () => decide(() => station.walkIn(guest));
    const namesakes = station.directory.namesakes(guest.name);
    if (namesakes.length === 0) enter();
    else forms.namesakes(namesakes, (person) => decide(() => station.checkIn(person)), enter);
  });
}

function admit(verdict) {
  screen.close();
  forms.admit(verdict, (reason) => decide(() => station.admit(verdict.nonce, reason)));
}

/** Lists are drawn when they can be seen, once per frame. */
let waitingFrame = 0;
function renderParts() {
  cancelAnimationFrame(waitingFrame);
  waitingFrame = requestAnimationFrame(() => {
    if (panels.shows("people")) people.render();
    if (panels.shows("history")) records.render();
  });
}

function onState(state) {
  useZone(state.workshop?.timezone);
  const before = document.body.dataset.state;
  document.body.dataset.state = state.paired ? "paired" : "unpaired";
  camera.moveTo(byId(state.paired ? "scan-camera" : "pair-camera"));
  if (!state.paired) showPairing(state);
  renderState(state, { held: isHeldBack(), changed: [...changed.values()] });
  if (before !== document.body.dataset.state) settle();
  renderParts();
}

function onEvent(event) {
  if (event.type === "state") onState(event.state);
  if (event.type === "history") renderParts();
  if (event.type === "verdict" && event.verdict.changed) onChanged(event.verdict);
}

/** The service decided otherwise than this device did: on the screen if it is still there, else as a notice. */
function onChanged(verdict) {
  if (screen.current?.nonce === verdict.nonce) return screen.show(verdict);
  const what = [clockTime(verdict.at), ...new Set([nameOf(verdict), headline(verdict)])].join(" – ");
  changed.set(verdict.nonce, word("changed", { what }));
  if (kindOf(verdict) === "refused") sound("refused");
  onState(station.state);
}

function listen() {
  listenToHandScanner(read);
  byId("pair-form").addEventListener("submit", (event) => {
    event.preventDefault();
    pair(byId("pair-token").value.trim());
  });
  byId("block").addEventListener("change", (event) => station.choose({ block: event.target.value || null }));
  byId("direction").addEventListener("change", (event) => station.choose({ direction: event.target.value }));
  byId("undo").addEventListener("click", () => undo(undoable));
  byId("do-undo").addEventListener("click", () => undo(screen.current));
  byId("do-admit").addEventListener("click", () => admit(screen.current));
  byId("do-walk-in").addEventListener("click", () => openWalkIn(screen.current.person?.name));
  byId("do-search").addEventListener("click", () => {
    screen.close();
    panels.open("people");
    people.clear();
    people.focus();
  });
  byId("do-block").addEventListener("click", () => {
    screen.close();
    panels.open("scan");
    byId("block").focus();
  });
  byId("open-walk-in").addEventListener("click", () => openWalkIn(/^\d*$/.test(people.text) ? "" : people.text));
  byId("refresh").addEventListener("click", () => station.refresh());
  byId("test-sound").addEventListener("click", () => sound("accepted"));
  byId("unpair").addEventListener("click", () => station.unpair());
  byId("changed").addEventListener("click", () => {
    changed.clear();
    panels.open("history");
    onState(station.state);
  });
  rememberSound();
  offerInstallation();
}

/** Where the browser can make an app of the page, a button says so. */
function offerInstallation() {
  const button = byId("install");
  let offer = null;
  addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    offer = event;
    button.hidden = false;
  });
  addEventListener("appinstalled", () => (button.hidden = true));
  button.addEventListener("click", () => offer?.prompt());
}

function rememberSound() {
  const box = byId("sound");
  box.checked = localStorage.getItem(QUIET) === null;
  setQuiet(!box.checked);
  box.addEventListener("change", () => {
    if (box.checked) localStorage.removeItem(QUIET);
    else localStorage.setItem(QUIET, "yes");
    setQuiet(!box.checked);
    onState(station.state);
  });
}

async function open() {
  try {
    station = await openStation();
  } catch (problem) {
    document.body.dataset.state = "unpaired";
    tell(byId("pair-problem"), firstWord([`open.${problem?.code ?? problem?.message}`, "open.failed"]));
    return;
  }
  const checkIn = (person) => station.checkIn(person, { method: "manual" });
  people = new People(station, (person, quiet) => decide(() => checkIn(person), { quiet }), {
    has: (id) => ticked.has(id),
    undo: (id) => undo(ticked.get(id)),
  });
  records = new Records(station, undo, labelOf);
  openSound(() => onState(station.state));
  listen();
  station.subscribe(onEvent);
  onState(station.state);
  stayAwake();
  await camera.startIfAllowed();
}

await open();
