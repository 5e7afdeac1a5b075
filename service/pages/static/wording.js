// Marks become buttons that put themselves where the cursor stands.
for (const mark of document.querySelectorAll("[data-insert]")) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = mark.textContent;
  button.addEventListener("click", () => {
    const area = document.getElementById(mark.dataset.insert);
    area.focus();
    area.setRangeText(button.textContent, area.selectionStart, area.selectionEnd, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
  });
  mark.replaceWith(button);
}
