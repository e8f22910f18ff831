// The keys of the rating. The page works without them; they hold only while
// the focus is on the ratings, so no key does anything by surprise.
"use strict";

(() => {
  document.documentElement.classList.add("scripted");
  const form = document.querySelector("form#rate");
  if (!form) return;
  const scales = [...form.querySelectorAll(".scale")];
  const chosen = (scale) => scale.querySelector("input:checked") || scale.querySelector("input");
  const save = document.getElementById("save");
  const go = (i) => {
    const target = i < scales.length ? chosen(scales[i]) : save;
    target.focus();
    target.scrollIntoView({ block: "nearest" });
  };

  form.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing) return;
    if (e.target.matches("textarea")) {
      if (e.key === "Escape") save.focus();
      return;
    }
    const at = scales.findIndex((s) => s.contains(e.target));
    if (at >= 0 && /^[0-5]$/.test(e.key)) {
      scales[at].querySelector(`input[value="${e.key}"]`).checked = true;
      go(at + 1);
    } else if (e.key === "Backspace") {
      go(Math.max(0, (at < 0 ? scales.length : at) - 1));
    } else if (e.key === "c") {
      document.getElementById("comment").focus();
    } else if (e.key === "a") {
      document.getElementById("corrected").focus();
    } else if (e.key === "n") {
      location.assign(form.dataset.skip);
    } else if (e.key === "Enter" && at >= 0) {
      form.requestSubmit(save);
    } else {
      return;
    }
    e.preventDefault();
  });

  // A double press sends one rating.
  form.addEventListener("submit", (e) => {
    if (form.dataset.sent) e.preventDefault();
    form.dataset.sent = "yes";
  });
  addEventListener("pageshow", () => delete form.dataset.sent);
})();
