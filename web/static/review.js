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

  const keys = {
    Backspace: (at) => go(Math.max(0, (at < 0 ? scales.length : at) - 1)),
    c: () => document.getElementById("comment").focus(),
    a: () => document.getElementById("corrected").focus(),
    n: () => location.assign(form.dataset.skip),
  };

  // What a key does on scale number at, -1 beside the scales.
  function action(key, at) {
    if (at >= 0 && /^[0-5]$/.test(key)) {
      return () => {
        scales[at].querySelector(`input[value="${key}"]`).checked = true;
        go(at + 1);
      };
    }
    if (at >= 0 && key === "Enter") return () => form.requestSubmit(save);
    return Object.hasOwn(keys, key) ? () => keys[key](at) : null;
  }

  form.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing) return;
    if (e.target.matches("textarea")) {
      if (e.key === "Escape") save.focus();
      return;
    }
    const at = scales.findIndex((s) => s.contains(e.target));
    const act = action(e.key, at);
    if (!act) return;
    e.preventDefault();
    act();
  });

  // A double press sends one rating.
  form.addEventListener("submit", (e) => {
    if (form.dataset.sent) e.preventDefault();
    form.dataset.sent = "yes";
  });
  addEventListener("pageshow", () => delete form.dataset.sent);
})();
