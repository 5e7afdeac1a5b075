// How the station stands: its place, its network, its clock, the half-days and their counters.

import { byId, copyOf, fillList, tell } from "./dom.js";
import { blockAt } from "./rules.js";
import { clockTime, dayAndTime, firstWord, span, word } from "./words.js";

const SKEW_SHOWN_MS = 120_000;

/** The page before it belongs to a door. */
export function showPairing(state) {
  tell(byId("pair-problem"), state.pairing === "working" ? "" : state.problem && pairProblem(state));
}

/** Why pairing did not work out. */
export const pairProblem = (state) => firstWord([`pair.${state.problem}`, "pair.failed"]);

/** @param {object} state the engine's @param {{held: boolean, changed: string[]}} page what only the page knows */
export function renderState(state, page) {
  if (state.device) byId("gate").textContent = placeOf(state.device);
  byId("workshop").textContent = state.workshop?.title ?? "";
  const net = byId("net");
  net.dataset.on = state.online ? "yes" : "no";
  byId("net-word").textContent = word(state.revoked ? "net.revoked" : state.online ? "net.on" : "net.off");
  net.hidden = !state.paired;
  const unsent = byId("unsent");
  tell(unsent, state.unsent ? String(state.unsent) : "");
  document.body.dataset.direction = state.direction;
  byId(`direction-${state.direction}`).checked = true;
  renderWarnings(state, page);
  renderBlocks(state);
  renderCounters(state);
  renderFacts(state);
}

/** 'Gerbang A', or 'Tablet 2 · A' where the device's name does not say where it stands. */
function placeOf({ name, gate }) {
  return gate && !name.includes(gate) ? `${name} · ${gate}` : name;
}

function renderWarnings(state, { held, changed }) {
  const skewed = isSkewed(state);
  const said = [
    state.revoked && ["revoked", "bad", word("revoked")],
    state.unsaved > 0 && ["unsaved", "bad", word("unsaved", { count: state.unsaved })],
    state.paired && !state.online && !state.revoked && ["offline", "warn", word("offline")],
    skewed && ["skew", "warn", word(state.skew > 0 ? "skew.fast" : "skew.slow", { amount: span(state.skew) })],
    state.stranded > 0 && ["stranded", "warn", word("stranded", { count: state.stranded })],
    state.paired && held && ["held", "plain", word("muted")],
  ].filter(Boolean);
  const make = () => document.createElement("p");
  fillList(byId("warnings"), said, ([key]) => key, make, (line, [, tone, text]) => {
    line.className = `notice-line notice-${tone}`;
    if (line.textContent !== text) line.textContent = text;
  });
  // The latest alone: dozens may change when the network returns, and the camera must stay in sight.
  const more = changed.length > 1 ? word("changed.more", { count: changed.length - 1 }) : "";
  tell(byId("changed"), [changed.at(-1), more].filter(Boolean).join(" "));
}

/** The demo's days lie in another year than its visitor's clock. */
function isSkewed(state) {
  return !("demo" in document.body.dataset) && state.skew !== null && Math.abs(state.skew) > SKEW_SHOWN_MS;
}

function renderBlocks(state) {
  const byTime = blockAt(state.blocks, null, state.now);
  const automatic = word("block.auto", { block: byTime?.label ?? word("block.none") });
  const options = [["", automatic], ...state.blocks.map((block) => [block.code, block.label])];
  const select = byId("block");
  const make = () => document.createElement("option");
  fillList(select, options, ([code]) => code, make, (option, [code, label]) => {
    option.value = code;
    if (option.textContent !== label) option.textContent = label;
  });
  select.value = state.chosenBlock ?? "";
  select.toggleAttribute("data-chosen", state.chosenBlock !== null);
}

function renderCounters(state) {
  const current = state.chosenBlock ?? state.block;
  const ordered = [...state.blocks].sort((a, b) => Number(b.code === current) - Number(a.code === current));
  fillList(byId("counters"), ordered, (block) => block.code, () => copyOf("counter-row"), (row, block) => {
    row.toggleAttribute("data-current", block.code === current);
    row.querySelector(".counter-label").textContent = block.label;
    const said = word("counter", { present: block.present, expected: block.expected });
    row.querySelector(".counter-number").textContent = said;
    const bar = row.querySelector("progress");
    bar.max = Math.max(1, block.expected);
    bar.value = block.present;
    bar.setAttribute("aria-label", `${block.label}: ${said}`);
    const upcoming = block.checkin_from > state.now;
    const opens = upcoming ? word("block.open", { time: dayAndTime(block.checkin_from, state.now) }) : "";
    tell(row.querySelector(".counter-inside"), opens || word("counter.inside", { count: block.inside }));
  });
}

function renderFacts(state) {
  const right = state.measured ? "clock.right" : "clock.unknown";
  const clock = state.skew === null ? "clock.never" : isSkewed(state) ? "" : right;
  const said = [
    state.workshop?.title,
    state.device && placeOf(state.device),
    state.rosterAt !== null && word("roster", { count: state.people, time: clockTime(state.rosterAt) }),
    word(state.appReady ? "ready" : "not-ready"),
    clock && word(clock),
    state.updateWaiting && word("update"),
  ].filter(Boolean);
  fillList(byId("facts"), said, (text) => text, () => document.createElement("li"), (line, text) => {
    line.textContent = text;
  });
}
