// Uploads that show how far they are, and outlive a line that is cut. Without this script the forms work as forms do.
// Sending the same files again does no harm: the service answers with what is there already.
"use strict";

const QUIET = 30000; // A line that carries nothing for so long is cut, whatever the browser believes.
const CHECKING = 180000;
const GAPS = [2, 5, 10, 20, 30, 60];
const RETRIED = [0, 408, 425, 429, 500, 502, 503, 504];
const tongue = document.documentElement.lang;
const number = (value, digits) => value.toLocaleString(tongue, { maximumFractionDigits: digits });
const size = (bytes) => bytes >= 1048576 ? `${number(bytes / 1048576, 1)} MB`
  : bytes >= 1024 ? `${number(bytes / 1024, 0)} kB` : `${bytes} B`;
const say = (words, values) => words.replace(/{(\w+)}/g, (_all, name) => values[name]);

function choosing(field) {
  const input = field.querySelector("input");
  const list = field.querySelector("[data-chosen]");
  const wrong = field.querySelector("[data-wrong]");
  let chosen = [...input.files];
  const put = () => {
    const held = new DataTransfer();
    for (const file of chosen) held.items.add(file);
    input.files = held.files;
    show();
  };
  const show = () => {
    const bytes = chosen.reduce((sum, file) => sum + file.size, 0);
    wrong.textContent = chosen.length > field.dataset.count ? field.dataset.tooMany
      : bytes > field.dataset.most ? field.dataset.tooBig : "";
    wrong.hidden = !wrong.textContent;
    if (wrong.textContent) input.setAttribute("aria-invalid", "true");
    else if (chosen.length) input.removeAttribute("aria-invalid"); // What the service refused stays refused until then.
    list.hidden = !chosen.length;
    list.replaceChildren(...chosen.map(line));
  };
  const line = (file) => {
    const row = document.createElement("li");
    const name = document.createElement("span");
    const away = document.createElement("button");
    name.textContent = `${file.name} (${size(file.size)})`;
    away.type = "button";
    away.textContent = "×";
    away.setAttribute("aria-label", say(field.dataset.remove, { name: file.name }));
    away.addEventListener("click", () => {
      chosen = chosen.filter((one) => one !== file);
      put();
      input.focus();
    });
    row.append(name, away);
    return row;
  };
  input.addEventListener("change", () => {
    const known = new Set(chosen.map((file) => `${file.name}/${file.size}/${file.lastModified}`));
    const fresh = [...input.files].filter((file) => !known.has(`${file.name}/${file.size}/${file.lastModified}`));
    chosen = input.multiple ? [...chosen, ...fresh] : [...input.files];
    put();
  });
  show();
}

function delivering(form) {
  const panel = form.querySelector("[data-upload]");
  const bar = panel.querySelector("progress");
  const words = panel.querySelector("[data-words]");
  const again = panel.querySelector("[data-again]");
  const stop = panel.querySelector("[data-stop]");
  const send = form.querySelector("button[type=submit]");
  const texts = panel.dataset;
  let request = null, timer = 0, quiet = 0, attempt = 0, body = null, spoken = 0;

  const stay = (event) => event.preventDefault();
  const busy = (on) => {
    send.disabled = on;
    stop.hidden = !on;
    if (on) addEventListener("beforeunload", stay);
    else removeEventListener("beforeunload", stay);
  };
  const cut = (on) => {
    panel.classList.toggle("upload-cut", on);
    again.hidden = !on;
  };
  const patience = (milliseconds) => {
    clearTimeout(quiet);
    quiet = setTimeout(() => request?.abort(), milliseconds);
  };
  const sending = () => {
    clearTimeout(timer);
    cut(false);
    request = new XMLHttpRequest();
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      patience(QUIET);
      bar.value = total ? (100 * loaded) / total : 0;
      // A screen reader says every change: not more often than people can listen.
      if (loaded < total && Date.now() - spoken < 1000) return;
      spoken = Date.now();
      words.textContent = say(texts.sending, { sent: size(loaded), total: size(total) });
    });
    request.upload.addEventListener("load", () => {
      patience(CHECKING);
      words.textContent = texts.checking;
    });
    request.addEventListener("load", answered);
    for (const kind of ["error", "abort", "timeout"]) request.addEventListener(kind, lost);
    request.open("POST", form.action);
    request.send(body);
    patience(QUIET);
  };
  const answered = () => {
    clearTimeout(quiet);
    if (RETRIED.includes(request.status)) return lost();
    finish();
    if (request.status < 400) location.replace(request.responseURL);
    else refused(form, request.responseText);
  };
  const lost = () => {
    clearTimeout(quiet);
    if (!body) return;
    const gap = Number(request.getResponseHeader("Retry-After")) || GAPS[attempt];
    request = null;
    attempt += 1;
    if (attempt > GAPS.length) return finish(texts.givenUp);
    bar.value = 0;
    cut(true);
    words.textContent = navigator.onLine ? say(texts.cut, { seconds: gap, attempt: attempt + 1 }) : texts.offline;
    if (navigator.onLine) timer = setTimeout(sending, gap * 1000);
  };
  const finish = (last = "") => {
    clearTimeout(timer);
    clearTimeout(quiet);
    body = null;
    busy(false);
    cut(Boolean(last));
    again.hidden = true;
    words.textContent = last;
    panel.hidden = !last;
  };

  form.addEventListener("submit", (event) => {
    const chosen = form.querySelector("input[type=file]");
    const wrong = form.querySelector("[data-wrong]");
    if (wrong && !wrong.hidden) {
      event.preventDefault();
      chosen.focus();
    } else if (chosen.files.length) {
      event.preventDefault();
      body = new FormData(form);
      attempt = 0;
      panel.hidden = false;
      busy(true);
      panel.scrollIntoView({ block: "center" });
      sending();
    }
  });
  again.addEventListener("click", sending);
  addEventListener("online", () => { if (body && !request) sending(); });
  stop.addEventListener("click", () => {
    const running = request;
    finish(texts.stopped);
    running?.abort();
  });
}

// The page that says what was wrong takes this one's place; what was typed and chosen stays.
function refused(form, text) {
  const main = new DOMParser().parseFromString(text, "text/html").querySelector("main");
  const here = document.querySelector("main");
  const twin = main && [...main.querySelectorAll("form[data-deliver]")].find((one) => one.action === form.action);
  for (const field of twin ? form.elements : []) {
    const other = twin.elements[field.name];
    if (field.type === "file" && other) other.files = field.files;
    else if (field.type === "checkbox" && other) other.checked = field.checked;
    else if (field.name && other) other.value = field.value;
  }
  if (!main) return location.reload();
  here.replaceWith(document.adoptNode(main));
  begin(main);
  main.querySelector("[role=alert][autofocus]")?.focus();
  scrollTo(0, 0);
}

function begin(root) {
  root.querySelectorAll("[data-files]").forEach(choosing);
  root.querySelectorAll("form[data-deliver]").forEach(delivering);
}
begin(document);
