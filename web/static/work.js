// What an agent does with a draft beside using it: editing that is kept by the
// server, other words by a language model, a hint, a search, templates. The
// panel's own script says what is on the screen and how to reach the server.
//
// A text is safe before it is anywhere else: it is put into this browser first
// and leaves it when the server has it. A lost connection, a session that is
// over and a second tab cost nothing that was typed.
"use strict";

globalThis.sufflorWork = (panel) => {
  const { $, main, texts } = panel;
  const tab = crypto.randomUUID?.() ?? String(Math.random()).slice(2);
  const states = new Map(); // by suggestion: what is known of its text
  const pause = 700; // ms without a key before a text is sent
  const longKept = 7 * 24 * 3600 * 1000; // ms that a text waits in the browser for its agent

  // ---- this browser

  const prefix = () => `sufflor.edit.${panel.who()}.`;
  const storage = {
    get(id) {
      if (!panel.who()) return null; // whose it is, nobody could tell
      try {
        return JSON.parse(localStorage.getItem(prefix() + id));
      } catch {
        return null; // a frame may have no storage; then the page's memory has to do
      }
    },
    put(id, value) {
      if (!panel.who()) return;
      try {
        if (value) localStorage.setItem(prefix() + id, JSON.stringify({ ...value, at: Date.now() }));
        else localStorage.removeItem(prefix() + id);
      } catch {
        // as above
      }
    },
    sweep() {
      try {
        for (const key of Object.keys(localStorage)) {
          if (key.startsWith("sufflor.edit.") && !(JSON.parse(localStorage.getItem(key))?.at > Date.now() - longKept)) localStorage.removeItem(key);
        }
      } catch {
        // as above
      }
    },
  };
  storage.sweep();

  const state = (id) => {
    if (!states.has(id)) states.set(id, { version: 0, text: undefined, quotes: [], dirty: false, sending: null, timer: null, clash: null, undo: [] });
    return states.get(id);
  };
  const mine = () => state(panel.current());

  // ---- saving

  function said(text, id = panel.current()) {
    if (id === panel.current() && $("saved")) $("saved").textContent = text;
  }

  function changed(id, text, quotes) {
    const s = state(id);
    s.text = text;
    if (quotes) s.quotes = quotes;
    s.dirty = true;
    storage.put(id, { text, quotes: s.quotes, base: s.version });
    clearTimeout(s.timer);
    if (s.clash) return; // first the agent says which text it is
    said(texts.edit_saving, id);
    s.timer = setTimeout(save, pause, id);
  }

  async function save(id) {
    const s = state(id);
    if (!s.dirty || s.clash) return;
    if (s.sending) {
      await s.sending;
      return save(id);
    }
    clearTimeout(s.timer);
    let end;
    s.sending = new Promise((resolve) => { end = resolve; });
    const { text, quotes } = s;
    let retry = 0;
    try {
      const res = await panel.request(panel.at(id, "edit"), {
        method: "PUT", headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ text, quotes, base: s.version, tab }), keepalive: text.length < 16000,
      });
      if (res.status === 401) {
        said(texts.edit_signed_out, id);
        panel.signedOut();
      } else if (res.status === 409) {
        clash(id, (await res.json()).edit);
      } else if (res.status === 404 || res.status === 413 || res.status === 400) {
        said(texts.edit_here, id); // nothing that another try would mend
      } else if (!res.ok) {
        throw new Error(String(res.status));
      } else {
        s.version = (await res.json()).version;
        if (s.text === text && s.quotes === quotes) {
          s.dirty = false;
          storage.put(id, null);
          said(texts.edit_saved, id);
        } else {
          retry = pause;
        }
      }
    } catch {
      said(texts.edit_offline, id);
      retry = 5000;
    }
    s.sending = null;
    end();
    if (retry) s.timer = setTimeout(save, retry, id);
  }

  // saveAll is for when the server can be reached again.
  function saveAll() {
    for (const id of states.keys()) save(id);
  }

  async function drop(id) {
    const s = state(id);
    clearTimeout(s.timer);
    if (s.sending) await s.sending;
    Object.assign(s, { dirty: false, clash: null, text: undefined, quotes: [] });
    storage.put(id, null);
    if (!s.version) return;
    s.version = 0;
    try {
      await panel.request(panel.at(id, "edit"), { method: "DELETE" });
    } catch {
      // It is offered again, and can be discarded again.
    }
  }

  // ---- two pages with one text

  function clash(id, theirs) {
    const s = state(id);
    if (theirs.text === s.text) { // ours, whose answer was lost
      Object.assign(s, { version: theirs.version, dirty: false });
      storage.put(id, null);
      said(texts.edit_saved, id);
      return;
    }
    s.clash = theirs;
    if (id === panel.current()) showClash();
  }

  function showClash() {
    const box = $("clash");
    if (!box) return;
    const { clash: theirs } = mine();
    box.hidden = !theirs;
    if (!theirs) return;
    $("theirs").textContent = theirs.text;
    said(texts.edit_clash);
    panel.announce($("clash-title").textContent);
  }

  function settle(take) {
    const id = panel.current();
    const s = state(id);
    const theirs = s.clash;
    if (!theirs) return;
    s.clash = null;
    s.version = theirs.version;
    if (take) {
      remember(id);
      s.quotes = theirs.quotes ?? [];
      set(theirs.text, false);
      Object.assign(s, { text: theirs.text, dirty: false });
      storage.put(id, null);
      said(texts.edit_saved);
      showQuotes();
    } else {
      s.undo.push({ text: theirs.text, quotes: theirs.quotes ?? [] });
      changed(id, $("edited").value);
    }
    showClash();
    showUndo();
    $("edited").focus();
  }

  // ---- the text

  function set(text, tell = true) {
    const area = $("edited");
    area.value = text;
    panel.edits.set(panel.current(), text);
    if (tell) changed(panel.current(), text);
  }

  function remember(id) {
    const s = state(id);
    s.undo.push({ text: $("edited").value, quotes: s.quotes });
    if (s.undo.length > 50) s.undo.shift();
    showUndo();
  }

  function showUndo() {
    if ($("undo")) $("undo").hidden = !mine().undo.length;
  }

  function undo() {
    const s = mine();
    const last = s.undo.pop();
    if (!last || !$("edited")) return;
    panel.openEditor();
    s.quotes = last.quotes;
    set(last.text);
    $("checked")?.replaceChildren();
    showQuotes();
    showUndo();
    panel.announce(texts.undone);
  }

  // insert puts a text where the agent writes; before he has, in front of the
  // closing. Paragraphs stand by themselves, sentences join the one before.
  function insert(text, where, sentence) {
    const area = $("edited");
    if (!area) return;
    const id = panel.current();
    const closed = $("editor").hidden;
    panel.openEditor();
    remember(id);
    const whole = area.value;
    let at = area.dataset.caret && !closed ? area.selectionStart : end(whole);
    if (where === "start") at = 0;
    if (where === "end") at = whole.length;
    const left = whole.slice(0, at).trimEnd();
    const right = whole.slice(at).trimStart();
    const joins = sentence && area.dataset.caret && left && !/\n\s*$/.test(whole.slice(0, at));
    const before = left ? left + (joins ? " " : "\n\n") : "";
    set(before + text + (right ? (joins && !/^\s*\n/.test(whole.slice(at)) ? " " : "\n\n") + right : ""));
    const caret = before.length + text.length;
    area.focus();
    area.setSelectionRange(caret, caret);
    area.dataset.caret = "1";
    panel.announce(texts.inserted_text);
  }

  // end is where the closing of the draft begins in a text, or its end.
  function end(text) {
    const closing = panel.closing();
    const at = closing ? text.lastIndexOf(closing) : -1;
    return at >= 0 ? at : text.length;
  }

  // ---- what was quoted by hand

  function quote(button) {
    const item = button.closest(".hit").querySelector("template").content.firstElementChild;
    const text = button.dataset.quote;
    insert(text, "", true);
    const s = mine();
    s.quotes = [...s.quotes, { passage: item.dataset.passage, text }].slice(-20);
    changed(panel.current(), $("edited").value, s.quotes);
    const li = document.importNode(item, true);
    li.dataset.text = text;
    li.querySelector("q").textContent = text;
    $("quoted").querySelector("ul").append(li);
    showQuotes();
  }

  function unquote(li) {
    const s = mine();
    const at = s.quotes.findIndex((q) => q.passage === li.dataset.passage && q.text === li.dataset.text);
    if (at >= 0) changed(panel.current(), $("edited").value, s.quotes.filter((_, i) => i !== at));
    li.remove();
    showQuotes();
    $("edited").focus();
  }

  // showQuotes shows those that belong to the text.
  function showQuotes() {
    const box = $("quoted");
    if (!box) return;
    const { quotes } = mine();
    for (const li of box.querySelectorAll("li")) {
      li.hidden = !quotes.some((q) => q.passage === li.dataset.passage && q.text === li.dataset.text);
    }
    box.hidden = !box.querySelector("li:not([hidden])");
  }

  // ---- asking the server for another text

  let asking = null;
  async function ask(path, body, say, wait) {
    asking?.abort();
    const own = asking = new AbortController();
    const id = panel.current();
    say.textContent = wait;
    main.setAttribute("aria-busy", "true");
    try {
      const res = await panel.request(path, {
        method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), signal: own.signal,
      });
      if (res.status === 401) panel.signedOut();
      const answer = await res.json().catch(() => ({}));
      if (id !== panel.current() || own.signal.aborted) return null;
      if (!res.ok) {
        say.textContent = [answer.error ?? texts.not_loaded, answer.next].filter(Boolean).join(" ");
        return null;
      }
      say.textContent = "";
      return answer;
    } catch (err) {
      if (err.name !== "AbortError" && id === panel.current()) say.textContent = texts.not_loaded;
      return null;
    } finally {
      if (own === asking) {
        asking = null;
        main.removeAttribute("aria-busy");
      }
    }
  }

  const piece = (html) => [...new DOMParser().parseFromString(html, "text/html").body.childNodes];

  async function reword(style) {
    const id = panel.current();
    const area = $("edited");
    const old = area.value;
    if (!old.trim()) return;
    const answer = await ask(panel.at(id, "reword", { part: "1" }), {
      text: old, style, language: style === "translate" ? $("into").value : "", quoted: [...new Set(mine().quotes.map((q) => q.passage))],
    }, $("reword-said"), texts.reword_waits);
    if (!answer) return;
    if (area.value !== old) { // typed meanwhile: what is typed counts
      $("reword-said").textContent = texts.reword_typed;
      return;
    }
    panel.openEditor();
    remember(id);
    set(answer.text);
    $("checked").replaceChildren(...piece(answer.html));
    $("reword-said").textContent = texts.reword_done;
  }

  async function hint() {
    const text = $("hint-text").value.trim();
    if (!text) return;
    $("hint-out").replaceChildren();
    const answer = await ask(panel.at(panel.current(), "again", { part: "1" }), { hint: text }, $("hint-said"), texts.hint_waits);
    if (answer) $("hint-out").replaceChildren(...piece(answer.html));
  }

  async function search() {
    const text = $("search-text").value.trim();
    if (!text) return;
    $("search-out").replaceChildren();
    const answer = await ask(panel.knowledge({ part: "1" }), { text }, $("search-said"), texts.search_waits);
    if (!answer) return;
    $("search-out").replaceChildren(...piece(answer.html));
    $("search-said").textContent = texts.search_found.replace("%d", answer.hits.length);
  }

  // ---- tools that open below the draft

  const chips = () => [...main.querySelectorAll(".chip")];
  function tool(name, open) {
    for (const chip of chips()) {
      const on = chip.dataset.tool === name && (open ?? chip.getAttribute("aria-expanded") !== "true");
      chip.setAttribute("aria-expanded", String(on));
      const box = $(`tool-${chip.dataset.tool}`);
      box.hidden = !on;
      if (!on) continue;
      box.querySelector("input, button")?.focus();
      box.scrollIntoView({ block: "nearest" });
    }
  }

  function closeTool() {
    const open = chips().find((c) => c.getAttribute("aria-expanded") === "true");
    if (!open) return false;
    asking?.abort();
    tool("", false);
    open.focus();
    return true;
  }

  function missing() {
    const box = $("missing");
    if (!box) return;
    const fold = box.querySelector("details");
    if (fold) fold.open = true;
    (box.querySelector("[data-insert]") ?? box).focus();
  }

  main.addEventListener("click", (e) => {
    const b = e.target.closest("button");
    if (!b) return;
    const d = b.dataset;
    if (d.tool) tool(d.tool);
    else if (d.style) reword(d.style);
    else if (d.insert !== undefined) insert(d.insert, d.where, false);
    else if (d.quote !== undefined) quote(b);
    else if (d.unquote !== undefined) unquote(b.closest("li"));
    else if (d.take) {
      const from = b.closest(".alternative").dataset;
      if (d.take === "facts") {
        insert(from.facts, "", false);
      } else {
        panel.openEditor();
        remember(panel.current());
        set(from.text);
        $("edited").focus();
      }
    } else if (b.id === "undo") undo();
    else if (b.id === "discard") discard();
    else if (b.id === "take-theirs") settle(true);
    else if (b.id === "keep-mine") settle(false);
  });

  main.addEventListener("submit", (e) => {
    if (e.target.id === "tool-hint") hint();
    else if (e.target.id === "tool-search") search();
  });

  main.addEventListener("input", (e) => {
    if (e.target.id !== "edited") return;
    panel.edits.set(panel.current(), e.target.value);
    changed(panel.current(), e.target.value);
  });
  main.addEventListener("focusin", (e) => {
    if (e.target.id === "edited") e.target.dataset.caret = "1";
  });

  async function discard() {
    const id = panel.current();
    remember(id);
    const { undo: kept } = state(id);
    const area = $("edited");
    area.value = area.defaultValue;
    panel.edits.delete(id);
    panel.closeEditor();
    await drop(id);
    state(id).undo = kept;
    showUndo();
    said("", id);
  }

  addEventListener("online", saveAll);
  addEventListener("pagehide", saveAll);

  return {
    undo, tool, missing, closeTool, saveAll,

    // quiet waits until nothing is on its way.
    async quiet(id) {
      const s = state(id);
      clearTimeout(s.timer);
      await s.sending;
    },

    // used forgets a text that has gone into a reply; the server does by itself.
    used(id) {
      const s = state(id);
      clearTimeout(s.timer);
      storage.put(id, null);
      states.delete(id);
      said("", id);
    },

    // found is the text to go on with when a suggestion was just put on the
    // screen: what this page or this browser has not sent, else what the server
    // keeps. Undefined is none.
    found() {
      const form = $("editor");
      if (!form) return undefined;
      asking?.abort();
      const id = panel.current();
      const s = state(id);
      const version = Number(form.dataset.version);
      const here = s.dirty ? { text: s.text, quotes: s.quotes, base: s.version } : storage.get(id);
      showUndo();
      if (here && typeof here.text === "string") {
        if (!s.dirty) s.version = here.base ?? 0;
        s.quotes = here.quotes ?? [];
        changed(id, here.text);
        if (s.clash) showClash();
      } else {
        s.version = version;
        s.quotes = [...($("quoted")?.querySelectorAll("li") ?? [])].map((li) => ({ passage: li.dataset.passage, text: li.dataset.text }));
        s.text = form.dataset.kept;
        if (version) said(texts.edit_restored);
      }
      showQuotes();
      return s.text;
    },
  };
};
