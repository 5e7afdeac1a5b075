// The agenda's form without reloading the page: buttons change what is typed, and what is typed is judged as it is typed.
// The server does all of it; without this script the same buttons load the page anew. What was sent is kept in this tab:
// whose session had ended finds it again after signing in, as in unsaved.js.
const form = () => document.getElementById("agenda");
const SAVING = new Set(["save", "onward"]);
const PLACE = "#isian";
const KEPT = "unsaved-agenda";
let dirty = "unsaved" in form().dataset;
let asked = 0;
let waiting;

async function post(deed, typed = new FormData(form())) {
  const fields = new URLSearchParams([...typed].filter(([name]) => name !== "do"));
  fields.append("do", deed);
  const answer = await fetch(form().getAttribute("action"), { method: "POST", body: fields, redirect: "error" });
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

function put(fresh) {
  form().replaceWith(document.adoptNode(fresh));
}

// Which form this is: the workshop's, for the organizer it was shown for (routers/csrf.py).
const mine = () => [form().getAttribute("action"), form().elements.csrf?.value.split(".")[1] ?? ""].join(" ");

function keep() {
  const typed = [...new FormData(form())].filter(([name]) => name !== "csrf");
  try {
    sessionStorage.setItem(KEPT, JSON.stringify({ of: mine(), typed }));
  } catch {
    // A full or forbidden store: the browser's own history is left.
  }
}

async function putBack() {
  const kept = JSON.parse(sessionStorage.getItem(KEPT) ?? "null");
  sessionStorage.removeItem(KEPT);
  if (location.hash !== PLACE || kept?.of !== mine()) return;
  const csrf = form().elements.csrf?.value ?? "";
  const answer = await post("check", [...kept.typed, ["csrf", csrf]]).catch(() => null);
  const fresh = answer?.getElementById("agenda");
  if (!fresh) return;
  put(fresh);
  dirty = true;
}

function focus(deed, held) {
  const [verb, about] = deed.split(" ");
  const place = Number(about);
  const wanted = {
    check: () => document.getElementById(held),
    "row-up": () => document.querySelector(`[value="row-up ${place - 1}"]`),
    "row-down": () => document.querySelector(`[value="row-down ${place + 1}"]`),
    "half-up": () => document.querySelector(`[value="half-up ${place - 1}"]`),
    "half-down": () => document.querySelector(`[value="half-down ${place + 1}"]`),
    "row-shut": () => document.querySelector(`[value="row-open ${place}"]`),
    "half-shut": () => document.querySelector(`[value="half-open ${place}"]`),
    "row-remove": () => document.querySelector(`[value="row-open ${place}"]`) ?? document.querySelector(`[value="row-open ${place - 1}"]`),
  }[verb]?.();
  (document.querySelector("#agenda .alert-bad[autofocus]") ?? wanted ?? document.querySelector("#agenda [autofocus]") ?? document.querySelector(`[value="${deed}"]`))?.focus();
}

async function act(button) {
  const deed = button.value;
  const held = document.activeElement?.id;
  asked += 1;
  const answer = post(deed);
  form().setAttribute("aria-busy", "true");
  // What was typed meanwhile would vanish with the form.
  form().inert = true;
  try {
    const fresh = (await answer).getElementById("agenda");
    if (!fresh) throw new Error("no form in the answer");
    put(fresh);
    dirty = "unsaved" in fresh.dataset;
    focus(deed, held);
  } catch {
    // Whatever is wrong (signed out, the network), the browser shows it best itself.
    form().removeAttribute("aria-busy");
    form().inert = false;
    dirty = false;
    form().dataset.plain = "";
    button.click();
  }
}

async function judge() {
  const turn = (asked += 1);
  const fresh = await post("check").catch(() => null);
  if (turn !== asked || !fresh?.getElementById("agenda")) return;
  for (const one of document.querySelectorAll("[data-live]")) {
    const other = fresh.getElementById(one.id);
    if (!other) continue;
    // Said again only when it is something else.
    if (one.textContent.trim() !== other.textContent.trim()) one.replaceChildren(...other.childNodes);
    one.className = other.className;
  }
  // A row stands elsewhere once its time is another, so rows are marked only while all stand where they stood.
  if ("moved" in fresh.getElementById("agenda").dataset) return;
  for (const one of document.querySelectorAll("li.line")) {
    const tone = fresh.getElementById(one.id)?.dataset.tone;
    if (tone) one.dataset.tone = tone;
    else delete one.dataset.tone;
  }
}

document.addEventListener("submit", (event) => {
  if (event.target !== form()) return;
  const deed = event.submitter?.value ?? "check";
  if (SAVING.has(deed) || "plain" in form().dataset) {
    dirty = false;
    keep();
    return;
  }
  event.preventDefault();
  clearTimeout(waiting);
  act(event.submitter);
}, true);

document.addEventListener("input", (event) => {
  if (!event.target.closest("#agenda")) return;
  dirty = true;
  clearTimeout(waiting);
  waiting = setTimeout(judge, 600);
});

addEventListener("beforeunload", (event) => {
  if (dirty) event.preventDefault();
});

putBack();
