// A form that takes its time says so: the button is held, and the words in data-busy stand on it.
document.addEventListener("submit", (event) => {
  const form = event.target;
  const button = event.submitter;
  // What opens beside the page, or is a download, leaves the page as it is.
  if (event.defaultPrevented || form.method !== "post" || button?.formTarget === "_blank" || "stays" in form.dataset) return;
  // Disabled at once, the button's own name and value would not be sent.
  setTimeout(() => {
    for (const one of form.querySelectorAll("button[type=submit]")) one.disabled = true;
    if (button?.dataset.busy) {
      button.dataset.idle = button.textContent;
      button.textContent = button.dataset.busy;
    }
    form.setAttribute("aria-busy", "true");
  });
});

// Coming back by the browser's history shows the page as it was left: busy for ever.
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("form[aria-busy]")) {
    form.removeAttribute("aria-busy");
    for (const one of form.querySelectorAll("button[type=submit]")) {
      one.disabled = false;
      if (one.dataset.idle) one.textContent = one.dataset.idle;
    }
  }
});
