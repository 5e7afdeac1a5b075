// A form with data-guard is not left with something unsaved in it, unless the person says so. What was sent is kept in
// this tab until a page with such a form is shown: whose session had ended finds it there again after signing in, and
// so does who reads on in the other language.
{
  const GUARDED = "form[data-guard]";
  const PLACE = "#isian";
  const KEPT = "unsaved";
  const SWITCHES = new Set(["checkbox", "radio"]);
  const dirty = new Set();

  // For which organizer a form was shown: the part after the dot (routers/csrf.py).
  const houseOf = (form) => form.elements.csrf?.value.split(".")[1];

  const keep = (form) => {
    const pairs = [...new FormData(form)].filter(([name, value]) => name !== "csrf" && typeof value === "string");
    try {
      sessionStorage.setItem(KEPT, JSON.stringify({ action: form.getAttribute("action"), house: houseOf(form), pairs }));
      return true;
    } catch {
      return false; // A full or forbidden store: the browser's own history is left.
    }
  };

  const putBack = (form, pairs) => {
    for (const field of form.elements) {
      if (!field.name || field.name === "csrf" || field.type === "file" || field.tagName === "BUTTON") continue;
      const switched = SWITCHES.has(field.type);
      const place = pairs.findIndex(([name, value]) => name === field.name && (!switched || value === field.value));
      if (switched) field.checked = place >= 0;
      else if (place >= 0) field.value = pairs[place][1];
      if (place >= 0) pairs.splice(place, 1);
    }
    dirty.add(form);
  };

  const forms = document.querySelectorAll(GUARDED);
  const kept = forms.length ? JSON.parse(sessionStorage.getItem(KEPT) ?? "null") : null;
  for (const form of forms) {
    // What is shown again with what was wrong with it is not saved either.
    if (form.dataset.guard === "unsaved" || document.querySelector(".alert-bad[role=alert]")) dirty.add(form);
    if (location.hash === PLACE && kept?.action === form.getAttribute("action") && kept.house === houseOf(form))
      putBack(form, kept.pairs);
  }
  if (kept) sessionStorage.removeItem(KEPT);

  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (form?.matches(GUARDED)) dirty.add(form);
  });

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || event.submitter?.formTarget === "_blank") return;
    dirty.delete(form);
    if (form.matches(GUARDED)) keep(form);
  });

  document.addEventListener("click", (event) => {
    const link = event.target.closest(".tongues a");
    const [form] = dirty;
    if (!link || dirty.size !== 1 || form.dataset.guard === "unsaved" || !keep(form)) return;
    link.hash = PLACE;
    dirty.clear();
  });

  addEventListener("beforeunload", (event) => {
    if (dirty.size) event.preventDefault();
  });
}
