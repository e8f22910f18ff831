// The panel's script. The page works without it; this adds what a document
// cannot do: the clipboard, the keyboard, and news as it happens. The server
// renders every piece of the page, so no text is put together here, but for
// what a language model is writing just now.
"use strict";

(() => {
  const data = JSON.parse(document.body.dataset.panel);
  const texts = data.texts;
  const $ = (id) => document.getElementById(id);
  const list = $("list");
  const main = $("main");
  const help = $("help");
  const title = document.title;
  const frame = globalThis.sufflorFrame; // of a panel in a help desk's frame, see frame.js
  const { base } = data;
  const request = frame ? frame.fetch : (...args) => fetch(...args);

  const edits = new Map(); // by suggestion: what an agent has typed and not yet copied
  let current = data.suggestion || "";
  let ready = null; // a draft that waits for the editor to be closed
  let loading = null; // aborts the request before the last
  document.documentElement.classList.add("scripted");
  const bases = frame ? [`${base}/suggestion`, `${base}/knowledge`] : ["/api/suggestions", "/api/knowledge"];
  const work = globalThis.sufflorWork({
    $, main, texts, edits, request,
    current: () => current,
    who: () => data.who ?? frame.agent(),
    at: (id, what, more = {}) => address(`${bases[0]}/${encodeURIComponent(id)}/${what}`, { workspace: data.workspace, ...more }),
    knowledge: (more) => address(bases[1], { workspace: data.workspace, ...more }),
    closing: () => $("editor")?.dataset.closing,
    openEditor: () => openEditor(undefined, false),
    closeEditor: () => closeEditor(),
    announce: (text) => { $("announce").textContent = text; },
    signedOut: () => signedOut(),
  });

  const fill = (text, ...args) => {
    for (const a of args) text = text.replace(/%[sd]/, () => a);
    return text;
  };

  // ---- talking to the server

  const address = (path, params) => {
    const q = new URLSearchParams();
    for (const [k, v] of Object.entries(params)) if (v) q.set(k, v);
    return `${path}?${q}`;
  };

  async function part(path, params, signal) {
    const res = await request(address(base + path, params), { signal, redirect: "error" });
    if (res.status === 401) signedOut();
    if (!res.ok) throw new Error(`${base}${path}: ${res.status}`);
    return new DOMParser().parseFromString(await res.text(), "text/html").body;
  }

  async function record(id, verdict) {
    const res = await request(address(`${bases[0]}/${encodeURIComponent(id)}/outcome`, { workspace: data.workspace }), {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ ...verdict, agent: frame?.agent() }), keepalive: true,
    });
    if (res.status === 401) signedOut();
    if (!res.ok) throw new Error(`outcome: ${res.status}`);
  }

  let toastTimer;
  function complain(text) {
    $("toast").textContent = text;
    $("toast").hidden = false;
    clearTimeout(toastTimer);
    toastTimer = setTimeout(() => { $("toast").hidden = true; }, 8000);
  }

  // ---- reading a suggestion

  const items = () => [...list.querySelectorAll(".item")];

  async function show(id, push) {
    if (loading) loading.abort();
    const mine = loading = new AbortController();
    try {
      const body = await part("/suggestion", { workspace: data.workspace, suggestion: id }, mine.signal);
      keepEdit();
      current = id;
      ready = null;
      main.replaceChildren(...body.childNodes);
      prepare();
      select();
      scrollTo(0, 0);
      document.title = unseenTitle(`${$("who").textContent} – ${title.replace(/^.* – /, "")}`);
      if (push && !frame) history.pushState({ id }, "", address(base, { workspace: data.workspace, conversation: data.conversation, suggestion: id }));
    } catch (err) {
      if (err.name !== "AbortError") complain(texts.not_loaded);
    }
  }

  function select() {
    for (const a of items()) {
      if (a.dataset.id === current) {
        a.setAttribute("aria-current", "true");
        seen(a);
      } else {
        a.removeAttribute("aria-current");
      }
    }
  }

  // prepare gives a suggestion just put into the page back what was typed.
  function prepare(open = true) {
    if (frame?.inserts() && $("copy-edited")) $("copy-edited").textContent = texts.insert_edited;
    const text = work.found() ?? edits.get(current);
    if (text !== undefined && $("editor")) {
      edits.set(current, text);
      if (open) openEditor(text, false);
      else $("edited").value = text;
    }
    ages();
  }

  function keepEdit() {
    const area = $("edited");
    if (area && area.value !== area.defaultValue) edits.set(current, area.value);
  }

  function move(step) {
    const all = items();
    if (!all.length) return;
    const at = all.findIndex((a) => a.dataset.id === current);
    const next = at < 0 ? all[0] : all[at + step];
    if (!next) return;
    next.focus();
    show(next.dataset.id, true);
  }

  list.addEventListener("click", (e) => {
    const a = e.target.closest(".item");
    if (!a || e.ctrlKey || e.metaKey || e.shiftKey || e.altKey) return;
    e.preventDefault();
    show(a.dataset.id, true);
  });

  addEventListener("popstate", () => {
    if (frame) return;
    const id = new URLSearchParams(location.search).get("suggestion") || data.suggestion;
    if (id && id !== current) show(id, false);
  });

  // ---- sources

  function light(numbers, on) {
    for (const n of numbers) {
      $(`source-${n}`)?.classList.toggle("on", on);
      for (const s of main.querySelectorAll(".s[data-cites]")) {
        if (s.dataset.cites.split(" ").includes(n)) s.classList.toggle("on", on);
      }
      for (const c of main.querySelectorAll(`.cite[data-n="${n}"]`)) c.classList.toggle("on", on);
    }
  }

  function numbersOf(target) {
    const el = target.closest?.(".cite, .card, .s[data-cites]");
    if (!el) return [];
    return el.dataset.n ? [el.dataset.n] : el.dataset.cites.split(" ");
  }
  for (const [kind, on] of [["mouseover", true], ["mouseout", false], ["focusin", true], ["focusout", false]]) {
    main.addEventListener(kind, (e) => light(numbersOf(e.target), on));
  }

  let opener = null; // where the focus goes back to
  async function openSource(n) {
    const card = $(`source-${n}`);
    const box = $(`context-${n}`);
    if (!card) return;
    const fold = card.closest("details");
    if (fold) fold.open = true;
    const a = card.querySelector(".source");
    if (!box.firstChild) {
      try {
        const body = await part("/source", { workspace: data.workspace, suggestion: current, source: n });
        if (!card.isConnected) return;
        box.replaceChildren(...body.childNodes);
      } catch {
        complain(texts.not_loaded);
        return;
      }
    }
    card.querySelector(".quote").hidden = true;
    card.classList.add("opened");
    a.setAttribute("aria-expanded", "true");
    a.focus({ preventScroll: true });
    (box.querySelector("mark, .here") || card).scrollIntoView({ block: "center" });
  }

  function closeSource(card) {
    card.querySelector(".context").replaceChildren();
    card.querySelector(".quote").hidden = false;
    card.classList.remove("opened");
    card.querySelector(".source").setAttribute("aria-expanded", "false");
    if (opener && opener.isConnected) opener.focus();
    opener = null;
  }

  const toggleSource = (n) => {
    const card = $(`source-${n}`);
    if (!card) return;
    if (card.querySelector(".source").getAttribute("aria-expanded") === "true") {
      closeSource(card);
    } else {
      opener = document.activeElement === document.body ? null : document.activeElement;
      openSource(n);
    }
  };

  // ---- using a draft

  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // Refused: no https, or a frame without permission. The old way needs
      // the text to be selected in the page.
    }
    const back = document.activeElement;
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "sr";
    area.setAttribute("aria-hidden", "true");
    document.body.append(area);
    area.select();
    let ok = false;
    try {
      ok = document.execCommand("copy");
    } catch {
      ok = false;
    }
    area.remove();
    back?.focus({ preventScroll: true });
    return ok;
  }

  function done(text) {
    const el = $("done");
    if (el) el.textContent = text;
  }

  async function tell(id, verdict, text) {
    try {
      await record(id, verdict);
      if (id === current) done(text);
      return true;
    } catch {
      complain(texts.not_saved);
      return false;
    }
  }

  // hand gives a text to the agent's reply: into the desk's own field where
  // that can be, else by the clipboard, else by select, and says which.
  async function hand(text, id, select) {
    if (frame && await frame.insert(text, id)) return texts.inserted;
    if (await copy(text)) return texts.used;
    select();
    return texts.select_copy;
  }

  async function use() {
    if (!$("use")) return;
    const id = current;
    const said = await hand($("edited").defaultValue, id, () => getSelection().selectAllChildren($("draft")));
    done(said);
    await tell(id, { action: "used" }, said);
  }

  function openEditor(text, focus) {
    const area = $("edited");
    if (!area) return;
    if (text !== undefined) area.value = text;
    $("editor").hidden = false;
    if ($("draft")) $("draft").hidden = true;
    $("edit").setAttribute("aria-expanded", "true");
    if (focus) {
      area.focus();
      area.setSelectionRange(0, 0);
    }
  }

  function closeEditor() {
    keepEdit();
    if (ready) {
      arrive(ready);
    } else {
      $("editor").hidden = true;
      if ($("draft")) $("draft").hidden = false;
      $("edit").setAttribute("aria-expanded", "false");
    }
    ($("edit") || $("who")).focus();
  }

  async function useEdited() {
    const id = current;
    const area = $("edited");
    const text = area.value;
    if (!text.trim()) return;
    const said = await hand(text, id, () => {
      area.focus();
      area.select();
    });
    done(said);
    await work.quiet(id);
    if (!(await tell(id, { action: "edited", text }, said))) return;
    edits.delete(id);
    work.used(id);
  }

  async function vote(form, button) {
    const f = new FormData(form, button);
    let reason = f.getAll("reason").join(", ");
    const comment = (f.get("comment") || "").trim();
    if (comment) reason += (reason ? ": " : "") + comment;
    const action = form.dataset.vote;
    const id = current;
    if (!(await tell(id, { action, reason }, action === "up" ? texts.recorded : texts.rejected)) || id !== current) return;
    $("up").setAttribute("aria-pressed", String(action === "up"));
    $("down").querySelector("summary").classList.toggle("pressed", action === "rejected");
    if ($("down").open) {
      $("down").open = false;
      form.reset();
      $("down").querySelector("summary").focus();
    }
  }

  main.addEventListener("click", (e) => {
    const a = e.target.closest(".cite, .source, .source-more");
    if (a) {
      if (e.ctrlKey || e.metaKey || e.shiftKey || e.altKey) return;
      e.preventDefault();
      toggleSource(a.dataset.n);
    } else if (e.target.closest(".other") && !(e.ctrlKey || e.metaKey || e.shiftKey || e.altKey)) {
      e.preventDefault();
      show(e.target.closest(".other").dataset.id, true);
    } else if (frame && e.target.closest(".notice a")) { // to the newer one; the panel's own page is not for a frame
      e.preventDefault();
      show(new URL(e.target.closest("a").href).searchParams.get("suggestion"), false);
    } else if (e.target.closest("#use")) {
      use();
    } else if (e.target.closest("#edit")) {
      if ($("editor").hidden) openEditor(undefined, true);
      else closeEditor();
    } else if (e.target.closest("#cancel")) {
      closeEditor();
    }
  });

  main.addEventListener("submit", (e) => {
    e.preventDefault();
    if (e.target.id === "editor") useEdited();
    else if (e.target.dataset.vote) vote(e.target, e.submitter);
  });

  // ---- keyboard

  const keysOn = $("keys-on");
  try {
    keysOn.checked = localStorage.getItem("sufflor.keys") !== "off";
  } catch {
    // A frame may have no storage; then the choice holds for this page.
  }
  keysOn.addEventListener("change", () => {
    try {
      localStorage.setItem("sufflor.keys", keysOn.checked ? "on" : "off");
    } catch {
      // as above
    }
  });
  $("help-open").addEventListener("click", () => help.showModal());

  function escape() {
    const down = $("down");
    const open = main.querySelector('.source[aria-expanded="true"]');
    if (down?.open) {
      down.open = false;
      down.querySelector("summary").focus();
    } else if (work.closeTool()) {
      // that was it
    } else if ($("editor") && !$("editor").hidden) {
      closeEditor();
    } else if (open) {
      closeSource(open.closest(".card"));
    }
  }

  const reject = () => {
    if (!$("down")) return;
    $("down").open = true;
    $("down").querySelector("button[name=reason]").focus();
  };
  const keys = {
    j: () => move(1), ArrowDown: () => move(1), k: () => move(-1), ArrowUp: () => move(-1),
    u: use, e: () => openEditor(undefined, true), "?": () => help.showModal(),
    "+": () => $("up")?.click(), "-": reject, x: reject,
    w: () => work.tool("reword", true), h: () => work.tool("hint", true), "/": () => work.tool("search", true), t: () => work.tool("templates", true),
    m: work.missing, z: work.undo,
  };
  // While the reasons are open, a number is one of them.
  const digit = (n) => ($("down")?.open ? () => $("down").querySelectorAll("button[name=reason]")[n - 1]?.click() : () => toggleSource(n));

  addEventListener("keydown", (e) => {
    if (e.isComposing || e.ctrlKey || e.metaKey || e.altKey || help.open) return;
    if (e.key === "Escape") {
      escape();
      return;
    }
    if (!keysOn.checked || e.target.closest("input:not([type=checkbox]), textarea, select")) return;
    // Arrows scroll wherever they are not about the list.
    if (e.key.startsWith("Arrow") && !list.contains(e.target) && e.target !== document.body) return;
    const act = /^[1-9]$/.test(e.key) ? digit(e.key) : keys[e.key];
    if (!act) return;
    e.preventDefault();
    acted = e.key;
    act();
  });
  // A key that moved the focus into a field must not be typed there as well,
  // which not every way of entering keys knows from the event before.
  let acted = "";
  addEventListener("keypress", (e) => { if (e.key === acted) e.preventDefault(); }, true);
  addEventListener("keyup", () => { acted = ""; }, true);

  // ---- time

  const number = (key, n) => fill(texts[key], String(Math.floor(n)));
  function ages() {
    for (const t of document.querySelectorAll("time[data-age]")) {
      const s = (Date.now() - Date.parse(t.dateTime)) / 1000;
      t.textContent = s < 60 ? texts.now : s < 3600 ? number("minutes", s / 60) : s < 86400 ? number("hours", s / 3600) : number("days", s / 86400);
    }
  }
  setInterval(ages, 20000);

  // ---- news

  const newest = () => Math.max(0, ...items().map((a) => Number(a.dataset.created)));
  let known = newest();
  const unseen = new Set();

  const unseenTitle = (t) => (unseen.size ? `(${unseen.size}) ${t.replace(/^\(\d+\) /, "")}` : t.replace(/^\(\d+\) /, ""));
  function seen(a) {
    unseen.delete(a.dataset.id);
    a.classList.remove("is-new");
    a.querySelector(".is-new-word")?.remove();
    document.title = unseenTitle(document.title);
  }

  const busy = () => ($("editor") && !$("editor").hidden) || $("down")?.open;

  async function refreshList() {
    const asked = data.conversation;
    const body = await part("/list", { workspace: data.workspace, conversation: data.conversation, suggestion: current });
    if (asked !== data.conversation) return; // the desk shows another by now
    const focused = document.activeElement?.closest?.(".item")?.dataset.id;
    const top = list.scrollTop;
    list.replaceChildren(...body.childNodes);
    list.scrollTop = top;
    select(); // meanwhile another may be on the screen than was asked with
    if (focused) items().find((a) => a.dataset.id === focused)?.focus({ preventScroll: true });
    known ??= newest();
    const fresh = items().filter((a) => Number(a.dataset.created) > known && a.dataset.id !== current);
    for (const a of fresh) unseen.add(a.dataset.id);
    for (const a of items()) {
      if (!unseen.has(a.dataset.id)) continue;
      a.classList.add("is-new");
      const word = document.createElement("span");
      word.className = "sr is-new-word";
      word.textContent = ` ${texts.new}`;
      a.querySelector(".name").append(word);
    }
    known = Math.max(known, newest());
    document.title = unseenTitle(document.title);
    if (fresh.length) {
      const a = fresh[0];
      $("announce").textContent = fill(texts.announce, a.querySelector(".name bdi").textContent, a.querySelector(".word").textContent.trim());
    }
    if (frame && !current) items()[0]?.setAttribute("aria-current", "true"); // the one that is fetched next
    // Nobody is reading anything; or, beside a conversation, what was read is
    // no longer the answer to its last message.
    if (items().length && (!current || (frame && fresh.length && !busy()))) await show(items()[0].dataset.id, false);
  }

  // refreshState brings what others did with the suggestion on the screen,
  // and leaves the draft alone: somebody may be reading or editing it.
  async function refreshState() {
    const id = current;
    if (!id) return;
    const body = await part("/suggestion", { workspace: data.workspace, suggestion: id });
    if (id !== current) return;
    if ($("draft") && !body.querySelector("#draft") && body.querySelector(".notice")) {
      edits.delete(id); // the customer took the message back: so do we
      work.used(id);
      main.replaceChildren(...body.childNodes);
      return;
    }
    if ($("writing") && !body.querySelector("#writing")) { // the draft we waited for
      $("announce").textContent = fill(texts.draft_ready, body.querySelector(".verdict-word strong")?.textContent ?? "");
      if (!$("editor") || $("editor").hidden) {
        arrive(body);
        return;
      }
      ready = body; // it takes the place of the quotations when the editor is closed
      $("writing").querySelector("p").textContent = texts.ready_meanwhile;
      $("preview").textContent = "";
      return;
    }
    const was = $("notice")?.textContent;
    for (const part of ["notice", "others", "draft-title", "use"]) {
      const there = body.querySelector(`#${part}`);
      if ($(part) && there) $(part).replaceChildren(...there.childNodes);
    }
    const over = body.querySelector(".answer")?.classList.contains("over");
    main.querySelector(".answer")?.classList.toggle("over", over);
    if (over && $("notice").textContent !== was) $("announce").textContent = $("notice").textContent;
    const up = body.querySelector("#up");
    if (up && $("up")) {
      $("up").setAttribute("aria-pressed", up.getAttribute("aria-pressed"));
      $("down").querySelector("summary").className = body.querySelector("#down summary").className;
    }
  }

  // arrive puts the draft that we waited for in the place of the quotations.
  // The focus stays where it was, and what was typed is there to be opened.
  function arrive(body) {
    keepEdit();
    const typed = edits.get(current);
    const focused = main.contains(document.activeElement) ? document.activeElement : null;
    const near = focused?.id || focused?.closest(".card")?.id;
    ready = null;
    edits.delete(current);
    main.replaceChildren(...body.childNodes);
    prepare(false);
    if (typed !== undefined && $("edited")) $("edited").value = typed;
    if (!focused) return;
    const to = (near && $(near)) || $("who");
    (to.querySelector(".source") || to).focus({ preventScroll: true });
  }

  // preview shows how far a language model has come; what it says is text.
  function preview(piece) {
    const box = $("preview");
    if (!box || piece.suggestion !== current) return;
    box.textContent = piece.sentences.map((s, i) => (i ? s.break || " " : "") + s.text).join("");
  }

  let due = null;
  let wantState = false;
  let looked = 0; // when news were last fetched
  function news(kind, ref) {
    if (kind !== "suggestion" && kind !== "outcome" && kind !== "reset") return;
    if (current && (ref === current || kind === "reset")) wantState = true;
    if (due) return; // what comes in quick succession is fetched once
    due = setTimeout(async () => {
      due = null;
      looked = performance.now();
      if (frame && !data.conversation) return; // nothing is open any more
      const state = wantState;
      wantState = false;
      try {
        await refreshList();
        if (state) await refreshState();
      } catch {
        complain(texts.not_loaded);
      }
    }, performance.now() - looked > 500 ? 0 : 60);
  }

  let source = null;
  let seq = data.seq;
  let wait = 1000;
  let watchdog = null;
  let out = false;

  function link(state, text) {
    const el = $("link");
    el.hidden = false;
    if (el.dataset.state === state) return;
    el.dataset.state = state;
    el.replaceChildren(Object.assign(document.createElement("span"), { textContent: text }));
  }

  function signedOut() {
    out = true;
    source?.close();
    clearTimeout(watchdog);
    if (frame) {
      link("out", texts.signed_out);
      frame.over();
      return;
    }
    link("out", `${texts.signed_out} `);
    const a = document.createElement("a");
    a.href = address("/signin", { next: location.pathname + location.search });
    a.textContent = texts.sign_in;
    $("link").append(a);
  }

  // The server says every 15 s that it lives. A line that is cut without a
  // word looks open for minutes, so silence counts as lost.
  function alive() {
    clearTimeout(watchdog);
    watchdog = setTimeout(again, 40000);
  }

  async function again() {
    source?.close();
    clearTimeout(watchdog);
    if (out || (frame && !data.conversation)) return;
    link("lost", texts.lost);
    watchdog = setTimeout(connect, wait);
    wait = Math.min(wait * 2, 15000);
    try { // tells a session that is over from a server that is away
      const res = await request(frame ? address(`${base}/list`, { conversation: data.conversation }) : address("/api/suggestions", { workspace: data.workspace, limit: 1 }));
      if (res.status === 401) signedOut();
    } catch {
      // away
    }
  }

  function connect() {
    source?.close();
    if (out || (frame && !data.conversation)) return;
    const mine = source = frame
      ? frame.stream(address(`${base}/live`, { conversation: data.conversation, after: seq }))
      : new EventSource(address("/api/live", { workspace: data.workspace, after: String(seq) }));
    alive();
    mine.onopen = () => {
      wait = 1000;
      link("live", texts.live);
      alive();
      work.saveAll();
      if (frame && !seq) news("reset", ""); // what came between the list and the stream
    };
    mine.onerror = () => { if (mine === source) again(); };
    mine.onend = () => { if (mine === source) connect(); }; // of a frame's own stream
    mine.addEventListener("beat", alive);
    mine.addEventListener("writing", (e) => {
      alive();
      preview(JSON.parse(e.data));
    });
    for (const kind of ["event", "suggestion", "outcome", "delivery", "documents", "reset"]) {
      mine.addEventListener(kind, (e) => {
        alive();
        seq = e.lastEventId || seq;
        news(kind, kind === "reset" ? "" : JSON.parse(e.data).ref);
      });
    }
  }
  addEventListener("offline", again);
  addEventListener("online", () => { wait = 1000; connect(); });
  addEventListener("pagehide", () => source?.close());
  addEventListener("pageshow", (e) => { if (e.persisted) connect(); });

  // ---- in a frame, the desk says which conversation it is

  const none = $("none");
  function clear(said) {
    source?.close();
    clearTimeout(watchdog);
    loading?.abort();
    keepEdit();
    current = "";
    ready = null;
    list.replaceChildren();
    none.textContent = said;
    main.replaceChildren(none);
  }

  function open(conversation) {
    if (conversation === data.conversation && !out) return;
    clear(texts.frame_none);
    data.conversation = conversation;
    out = false;
    seq = "";
    known = null; // nothing in it is news yet
    unseen.clear();
    wait = 1000;
    link("connecting", texts.connecting);
    refreshList().catch(() => complain(texts.not_loaded));
    connect();
  }

  if (frame) {
    frame.start({
      open,
      close() {
        clear(texts.frame_waits);
        data.conversation = "";
      },
    });
    return;
  }
  link("connecting", texts.connecting);
  prepare();
  connect();
})();
