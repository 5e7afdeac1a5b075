// The agenda's form without reloading the page: buttons change what is typed, and what is typed is judged as it is typed.
// The server does all of it; without this script the same buttons load the page anew.
const form = () => document.getElementById("agenda");
const SAVING = new Set(["save", "onward"]);
let dirty = "unsaved" in form().dataset;
let asked = 0;
let waiting;

async function post(deed) {
  const fields = new FormData(form());
  fields.delete("do");
  fields.append("do", deed);
  const answer = await fetch(form().getAttribute("action"), { method: "POST", body: new URLSearchParams(fields), redirect: "error" });
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

function focus(deed, held) {
  const [verb, about] = deed.split(" ");
  const place = Number(about);
  const wanted = {
    check: () => document.getElementById(held),
    "row-add": () => document.querySelector(`[data-day="${about}"] li:last-child [name="row-title"]`),
    "half-add": () => document.querySelector("li.line-half:last-child [name=half-label]"),
    "row-up": () => document.querySelector(`[value="row-up ${place - 1}"]`),
    "row-down": () => document.querySelector(`[value="row-down ${place + 1}"]`),
    "half-up": () => document.querySelector(`[value="half-up ${place - 1}"]`),
    "half-down": () => document.querySelector(`[value="half-down ${place + 1}"]`),
    "row-remove": () => document.getElementById(`row-${place}-title`) ?? document.getElementById(`row-${place - 1}-title`),
  }[verb]?.();
  (document.querySelector("#agenda [autofocus]") ?? wanted ?? document.querySelector(`[value="${deed}"]`))?.focus();
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
    form().replaceWith(document.adoptNode(fresh));
    dirty = true;
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
  const mine = (asked += 1);
  const fresh = await post("check").catch(() => null);
  if (mine !== asked || !fresh?.getElementById("agenda")) return;
  for (const one of document.querySelectorAll("[data-live]")) {
    const other = fresh.getElementById(one.id);
    if (!other) continue;
    // Said again only when it is something else.
    if (one.textContent.trim() !== other.textContent.trim()) one.replaceChildren(...other.childNodes);
    one.className = other.className;
  }
  // A row stands elsewhere once its time is another, so rows are marked only while all stand where they stood.
  const places = (root) => [...root.querySelectorAll("[name=row-title]")].map((one) => one.value).join("\n");
  if (places(document) !== places(fresh)) return;
  for (const one of document.querySelectorAll("li.line")) one.className = fresh.getElementById(one.id)?.className ?? one.className;
}

document.addEventListener("submit", (event) => {
  if (event.target !== form()) return;
  const deed = event.submitter?.value ?? "check";
  if (SAVING.has(deed) || "plain" in form().dataset) {
    dirty = false;
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
