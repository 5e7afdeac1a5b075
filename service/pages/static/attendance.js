// Keeps the figures of the attendance page up to date: the browser listens to the counters (server-sent events), and
// opens the stream again by itself. Without this script the page shows the figures of the moment it was opened.
"use strict";

(() => {
  const root = document.querySelector("[data-live]");
  if (!root || !window.EventSource) return;

  const AGAIN_MS = 5000;
  const SAY_MS = 15000;
  const field = (id) => document.getElementById(id);
  const rows = document.querySelector("[data-agencies]");
  const missing = document.querySelector("[data-missing]");
  let summary = null;

  // ---- Figures ----

  const put = (element, text) => {
    if (element && element.textContent !== String(text)) element.textContent = text;
  };

  /** Writes one PresentCount into a card: its numbers, and its bar by mode. */
  const show = (card, present, expected) => {
    for (const [name, count] of Object.entries({ ...present, expected })) {
      put(card.querySelector(`[data-figure="${name}"]`), count);
    }
    const bar = card.querySelector("svg.share");
    if (!bar) return;
    bar.setAttribute("viewBox", `0 0 ${Math.max(expected, present.unique, 1)} 1`);
    let at = 0;
    for (const mode of ["offline", "dual", "online"]) {
      const part = bar.querySelector(`[data-part="${mode}"]`);
      part.setAttribute("x", at);
      part.setAttribute("width", present[mode]);
      at += present[mode];
    }
  };

  const showAll = (selector, found) => {
    for (const card of document.querySelectorAll(selector)) {
      const one = found(card.dataset);
      if (one) show(card, one.present, one.expected);
    }
  };

  // ---- Organisations ----

  const hereOf = (one, block) => (block ? one.blocks[block] ?? 0 : one.present.unique);
  const agenciesOf = (block) => summary.organisations.map((one) => {
    const here = hereOf(one, block);
    return { code: one.organisation ?? "", name: one.name, here, expected: one.expected,
             missing: one.expected > 0 && here === 0 };
  });
  const nameOf = (row) => row.querySelector("[data-name], th").firstChild.textContent.trim();

  /** Whose people are missing first, or by how many are here, or by name: as the server sorts. */
  const order = {
    missing: (a, b) => b.missing - a.missing || (a.here - a.expected) - (b.here - b.expected),
    here: (a, b) => b.here - a.here,
    name: () => 0,
  };
  const byName = (a, b) => a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1;

  const rowOf = (one) => {
    const known = rows.querySelector(`[data-agency="${CSS.escape(one.code)}"]`);
    if (known) return known;
    const row = document.querySelector("[data-row]").content.firstElementChild.cloneNode(true);
    row.dataset.agency = one.code;
    put(row.querySelector("[data-name]"), one.name ?? (one.code || "–"));
    rows.append(row);
    return row;
  };

  const showAgencies = () => {
    if (!rows || !summary) return;
    const sought = field("q").value.trim().toLowerCase();
    const shown = agenciesOf(field("block").value).map((one) => ({ ...one, row: rowOf(one) }));
    for (const one of shown) {
      one.name = nameOf(one.row);
      put(one.row.querySelector('[data-figure="unique"]'), one.here);
      put(one.row.querySelector('[data-figure="expected"]'), one.expected);
      one.row.classList.toggle("missing", one.missing);
      one.row.hidden = !one.name.toLowerCase().includes(sought);
    }
    shown.sort((a, b) => (order[field("sort").value] ?? order.missing)(a, b) || byName(a, b));
    const wanted = shown.map((one) => one.row);
    // Rows that stand where they belong are left alone, so that nothing moves under a reader.
    if (wanted.some((row, at) => rows.children[at] !== row)) rows.append(...wanted);
    document.querySelector("[data-none]").hidden = shown.some((one) => !one.row.hidden);
  };

  const showMissing = () => {
    if (!missing) return;
    const away = agenciesOf(missing.dataset.on).filter((one) => one.missing && one.name);
    away.sort((a, b) => order.missing(a, b) || byName(a, b));
    const room = Number(missing.dataset.missing);
    const names = away.slice(0, room).map((one) => one.name);
    if (names.join("\n") !== [...missing.children].map((one) => one.textContent).join("\n")) {
      missing.replaceChildren(...names.map((name) => Object.assign(document.createElement("li"), { textContent: name })));
    }
    const rest = document.querySelector("[data-rest]");
    rest.hidden = away.length <= room;
    put(rest, rest.dataset.rest.replace("{count}", away.length - room));
    document.querySelector("[data-complete]").hidden = away.length > 0;
  };

  // ---- For the ear: what runs now, and not too often ----

  const said = root.querySelector("[data-said]");
  let heard = 0;
  let waiting = 0;
  const say = () => {
    const card = document.querySelector("[data-current]");
    const one = card && summary.blocks.find((block) => block.code === card.dataset.block);
    if (!one || waiting) return;
    waiting = setTimeout(() => {
      waiting = 0;
      heard = Date.now();
      const now = summary.blocks.find((block) => block.code === card.dataset.block);
      put(said, said.dataset.words.replace("{label}", card.dataset.label).replace("{here}", now.present.unique)
        .replace("{expected}", now.expected));
    }, Math.max(0, heard + SAY_MS - Date.now()));
  };

  // ---- The stream ----

  const state = root.querySelector("[data-state]");
  const tell = (what) => {
    state.hidden = false;
    root.dataset.stream = what;
    for (const one of state.children) one.hidden = one.dataset.when !== what;
  };

  const take = (event) => {
    const first = summary === null;
    summary = JSON.parse(event.data);
    showAll("[data-block]", (data) => summary.blocks.find((one) => one.code === data.block));
    showAll("[data-day]", (data) => summary.days.find((one) => one.date === data.day));
    showAll("[data-all]", () => summary);
    showAgencies();
    showMissing();
    if (!first) say();
  };

  /** The browser gives up on an answer that is no stream: then we ask why, and try again unless we may not. */
  const refused = async () => {
    const answer = await fetch(root.dataset.live.replace(/stream$/, "summary"), { method: "GET" }).catch(() => null);
    if (answer && [401, 403, 404].includes(answer.status)) tell("ended");
    else setTimeout(listen, AGAIN_MS);
  };

  const listen = () => {
    const stream = new EventSource(root.dataset.live);
    stream.addEventListener("open", () => tell("open"));
    stream.addEventListener("summary", take);
    stream.addEventListener("error", () => {
      tell("waiting");
      if (stream.readyState === EventSource.CLOSED) refused();
    });
  };

  // ---- A screen on the wall goes on to the next half-day by itself ----

  const { until, now } = root.dataset;
  const turn = async () => {
    const there = await fetch(location.href, { method: "GET" }).catch(() => null);
    if (there && there.ok) location.reload();
    else setTimeout(turn, AGAIN_MS);
  };
  if (until) setTimeout(turn, Math.min(Date.parse(until) - Date.parse(now) + 1000, 2 ** 31 - 1));

  if (rows) {
    for (const id of ["block", "sort", "q"]) field(id).addEventListener("input", showAgencies);
    document.querySelector("[data-scriptless]").hidden = true;
  }
  listen();
})();
