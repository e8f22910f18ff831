// The reports' pages work without this; it only copies.
"use strict";
document.documentElement.classList.add("scripted");
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) {
    return;
  }
  const text = document.getElementById(button.dataset.copy);
  const said = document.getElementById("announce");
  try {
    await navigator.clipboard.writeText(text.value);
    said.textContent = said.dataset.copied;
  } catch {
    text.select(); // the browser does not let us: the reader copies
    text.focus();
  }
});
