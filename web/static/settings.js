"use strict";
// Copies addresses, and warns before a form that was changed is left.
for (const b of document.querySelectorAll(".copy")) {
  b.hidden = !navigator.clipboard;
  b.addEventListener("click", async () => {
    await navigator.clipboard.writeText(b.dataset.copy);
    b.textContent = "✓ " + b.textContent.replace(/^✓ /, "");
  });
}
const guides = document.getElementById("guides");
if (guides) {
  let changed = false;
  guides.addEventListener("input", () => { changed = true; });
  guides.addEventListener("submit", () => { changed = false; });
  addEventListener("beforeunload", (e) => { if (changed) e.preventDefault(); });
}
