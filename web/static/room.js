// What is being read changes while one looks: the part of the page that shows
// it is fetched again. Without the script the page is as it was when loaded.
"use strict";

(() => {
  document.documentElement.classList.add("scripted");
  const here = document.querySelector("[data-live]");
  if (!here) return;
  const url = new URL(location.href);
  url.searchParams.delete("done");
  let shown = here.innerHTML;
  let live = here;

  // Where the focus is, by place among what can have it.
  const focusable = (root) => [...root.querySelectorAll("a[href], button, summary, input")];

  async function look() {
    if (!document.hidden) {
      try {
        const r = await fetch(url, { headers: { Accept: "text/html" }, redirect: "error" });
        if (r.ok) put(new DOMParser().parseFromString(await r.text(), "text/html").querySelector("[data-live]"));
      } catch {
        // The next look may succeed; what is shown says when it was read.
      }
    }
    setTimeout(look, "busy" in live.dataset ? 1000 : 15000);
  }

  function put(fresh) {
    if (!fresh || fresh.innerHTML === shown || live.querySelector("details[open]")) return;
    const at = focusable(live).indexOf(document.activeElement);
    const label = at >= 0 ? document.activeElement.getAttribute("aria-label") : null;
    shown = fresh.innerHTML;
    live.replaceWith(fresh);
    live = fresh;
    if (at < 0) return;
    const all = focusable(live);
    (all.find((e) => label && e.getAttribute("aria-label") === label) || all[Math.min(at, all.length - 1)])?.focus();
  }

  setTimeout(look, "busy" in live.dataset ? 500 : 15000);
})();
