// The window in which an agent signed in gives the pass to the panel that
// opened it. The browser delivers it to a page of our own origin only.
"use strict";

(() => {
  if (!opener) return; // opened by hand
  opener.postMessage({ sufflor: 1, type: "pass", pass: JSON.parse(document.body.dataset.pass) }, location.origin);
  close();
})();
