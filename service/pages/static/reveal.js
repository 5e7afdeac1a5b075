// Shows the passwords of a form while they are typed, where thumbs type them; they are hidden again when it is sent.
"use strict";

for (const button of document.querySelectorAll("[data-reveal]")) {
  const inputs = [...button.form.querySelectorAll("input[type=password]")];
  const words = { password: button.textContent, text: button.dataset.reveal };
  const become = (type) => {
    for (const input of inputs) input.type = type;
    button.textContent = words[type];
  };
  button.addEventListener("click", () => become(inputs[0].type === "text" ? "password" : "text"));
  button.form.addEventListener("submit", () => become("password"));
  button.hidden = false;
}
