// The list of people: everybody on the page ticked at once, one person's page opened beside the list, and many decided on
// in portions.
document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-all]")) return;
  for (const one of event.target.form.querySelectorAll("[name=ids]")) one.checked = event.target.checked;
});

const showTicks = () => {
  for (const one of document.querySelectorAll("[data-all]")) one.hidden = false;
};
document.addEventListener("htmx:load", showTicks);
showTicks();

// A portion that failed, or was answered by another page, as after the session has ended, is sent by hand.
const showOnward = () => document.querySelector(".onward")?.classList.add("shown");
document.addEventListener("htmx:beforeSwap", (event) => {
  const { target, xhr } = event.detail;
  if (target.id !== "proses" || xhr.responseText.includes('id="proses"')) return;
  event.detail.shouldSwap = false;
  showOnward();
});

const panel = document.getElementById("panel");
let opener = null;
document.addEventListener("click", (event) => {
  opener = event.target.closest("[data-panel]") ?? opener;
});
document.addEventListener("htmx:afterSwap", (event) => {
  // What cannot be shown beside the list, as after the session has ended, is opened as a page.
  if (event.target.id !== "panel-isi") return;
  if (!event.target.children.length && opener) location.assign(opener.href);
  else if (!panel.open) panel.showModal();
});
for (const failure of ["htmx:responseError", "htmx:sendError"]) {
  document.addEventListener(failure, (event) => {
    showOnward();
    if (event.detail.target?.id === "panel-isi" && opener) location.assign(opener.href);
  });
}
panel?.addEventListener("close", () => {
  document.getElementById("panel-isi").replaceChildren();
  opener?.focus();
});
panel?.addEventListener("click", (event) => {
  if (event.target === panel) panel.close();
});
