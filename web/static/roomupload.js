// Uploads files and folders, some at a time. A file is sent whole or not at
// all; what became of those that were sent, the server is asked. What is lost
// on the way is sent again when the connection is back.
"use strict";

(() => {
  const form = document.getElementById("upload");
  if (!form) return;
  const data = JSON.parse(form.dataset.upload);
  const words = data.texts;
  const $ = (id) => document.getElementById(id);
  const PARALLEL = 3; // uploads at a time
  const WINDOW = 50; // rows on the page
  const ASK = 100; // files asked after at once
  const PER_FILE = 50000; // bytes that take as long as what every file takes
  const HIDDEN = /^(\.|~\$)|^(thumbs\.db|desktop\.ini)$/i;

  const files = []; // {name, file, size, modified, state, sent, reason, hint, passages, source}
  const byName = new Map();
  const queue = [];
  let active = 0;
  let lost = ""; // "", "lost" or "out"
  let page = 0;
  let skipped = 0;
  let wait = 1000;

  const say = (key, ...values) => values.reduce((text, v) => text.replace(/%[ds]/, () => String(v)), words[key]);
  const into = () => $("into").value;

  // Names on the way, for the next time when this page is closed before.
  const memory = () => `sufflor-upload ${data.workspace} ${into()}`;
  function remember() {
    const names = files.filter((f) => f.state === "queued" || f.state === "sending").map((f) => f.name);
    try {
      if (names.length) sessionStorage.setItem(memory(), JSON.stringify(names.slice(0, 20000)));
      else sessionStorage.removeItem(memory());
    } catch {
      // A browser that keeps nothing costs the reminder, not the upload.
    }
  }

  function remind() {
    const box = $("left");
    box.hidden = true;
    let names = [];
    try {
      names = JSON.parse(sessionStorage.getItem(memory()) || "[]");
    } catch {
      return;
    }
    if (!names.length || files.length) return;
    const p = document.createElement("p");
    p.textContent = say("up_again", names.length);
    const details = document.createElement("details");
    const summary = document.createElement("summary");
    summary.textContent = words.up_before;
    const list = document.createElement("ul");
    for (const name of names.slice(0, 100)) {
      const li = document.createElement("li");
      li.textContent = name;
      list.append(li);
    }
    if (names.length > 100) list.append("…");
    details.append(summary, list);
    box.replaceChildren(p, details);
    box.hidden = false;
  }

  // add puts files into the queue; what is there already is not sent again.
  async function add(found) {
    let n = 0;
    for (const { name, file } of found) {
      if (name.split("/").some((part) => HIDDEN.test(part))) {
        skipped++;
        continue;
      }
      n++;
      const old = byName.get(name);
      if (old && (old.state === "queued" || old.state === "sending")) continue;
      const f = old || { name };
      Object.assign(f, { file, size: file.size, modified: file.lastModified, state: "queued", sent: 0, reason: "", hint: "", note: "", passages: 0, source: into() });
      if (!old) {
        files.push(f);
        byName.set(name, f);
      }
      if (file.size > data.limit) {
        f.state = "failed";
        f.reason = say("up_too_large", size(file.size), data.limitWords);
        f.final = true;
      } else {
        queue.push(f);
      }
    }
    if (!n) {
      $("trouble").textContent = words.up_no_files + (skipped ? " " + say("up_skipped", skipped) : "");
      $("trouble").hidden = false;
      return;
    }
    if (!lost) $("trouble").hidden = true;
    $("left").hidden = true;
    $("work").hidden = false;
    $("into").disabled = true;
    remember();
    draw();
    pump();
  }

  const size = (n) => (n >= 1048576 ? `${(n / 1048576).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 })} MB` : `${Math.max(1, Math.round(n / 1024))} kB`);

  // pump keeps some uploads going. Before files are sent, the server is asked
  // which of them it has.
  let asking = false;
  async function pump() {
    if (asking || lost) return;
    while (queue.length && active < PARALLEL && !lost) {
      const unasked = queue.filter((f) => !f.asked).slice(0, ASK);
      if (!queue[0].asked) {
        asking = true;
        const known = await ask(unasked);
        asking = false;
        if (!known) return;
        for (const f of unasked) f.asked = true;
      }
      const f = queue.shift();
      if (f && f.state === "queued") send(f);
    }
  }

  // ask asks what became of files; false when nobody answers.
  async function ask(list) {
    if (!list.length) return true;
    let r;
    try {
      r = await fetch("/api/room/uploads", {
        method: "POST", headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ workspace: data.workspace, source: list[0].source, files: list.map((f) => ({ name: f.name, size: f.size, modified: f.modified })) }),
      });
    } catch {
      breakOff("lost");
      return false;
    }
    if (r.status === 401 || r.status === 403) {
      breakOff("out");
      return false;
    }
    if (!r.ok) {
      if (r.status >= 500) {
        breakOff("lost");
        return false;
      }
      const problem = await r.json().catch(() => ({}));
      for (const f of list) fail(f, problem.error || say("up_refused", r.status), problem.next);
      return true;
    }
    const answer = await r.json();
    answer.files.forEach((kept, i) => became(list[i], kept));
    return true;
  }

  function became(f, kept) {
    later();
    if (kept.state === "missing") {
      if (f.state === "reading") { // somebody took it away
        f.state = "queued";
        queue.push(f);
      }
      return;
    }
    if (f.state === "queued" && kept.state !== "left") f.note = words.up_there;
    f.state = kept.state;
    f.passages = kept.passages || 0;
    f.reason = kept.reason || "";
    f.hint = kept.hint || "";
    f.document = kept.document;
    f.warnings = (kept.warnings || []).join("; ");
  }

  function fail(f, reason, hint) {
    f.state = "failed";
    f.reason = reason;
    f.hint = hint || "";
    later();
  }

  function send(f) {
    active++;
    f.state = "sending";
    f.sent = 0;
    const x = new XMLHttpRequest();
    f.request = x;
    const path = f.name.split("/").map(encodeURIComponent).join("/");
    x.open("PUT", `/api/uploads/${encodeURIComponent(f.source)}/${path}?workspace=${encodeURIComponent(data.workspace)}&read=later&modified=${f.modified}`);
    x.upload.onprogress = (e) => {
      f.sent = e.loaded;
      later();
    };
    x.onload = () => {
      const answer = (() => { try { return JSON.parse(x.responseText); } catch { return {}; } })();
      if (x.status === 202) {
        f.state = "reading";
        wait = 1000;
      } else if (x.status === 401) {
        again(f, "out");
      } else if (x.status === 502 || x.status === 503 || x.status === 504) {
        again(f, "lost");
      } else {
        fail(f, answer.error || say("up_refused", x.status), answer.next);
      }
      done();
    };
    x.onerror = async () => {
      // A file that is gone from the disk looks like a broken line.
      try {
        await f.file.slice(0, 1).arrayBuffer();
        again(f, "lost");
      } catch {
        fail(f, words.up_unreadable);
        f.final = true;
      }
      done();
    };
    x.send(f.file);
    later();
    function done() {
      active--;
      f.request = null;
      later();
      pump();
    }
  }

  function again(f, why) {
    f.state = "queued";
    f.asked = false;
    queue.unshift(f);
    breakOff(why);
  }

  // breakOff waits until the server answers again.
  function breakOff(why) {
    const first = !lost;
    lost = why;
    trouble();
    if (first) setTimeout(probe, wait);
  }

  async function probe() {
    wait = Math.min(wait * 2, 30000);
    try {
      const r = await fetch(`/api/room/sources?workspace=${encodeURIComponent(data.workspace)}`);
      if (r.ok) {
        lost = "";
        wait = 1000;
        $("trouble").hidden = true;
        for (let i = active; i < PARALLEL; i++) pump();
        poll();
        return;
      }
      lost = r.status === 401 ? "out" : "lost";
    } catch {
      lost = "lost";
    }
    trouble();
    setTimeout(probe, wait);
  }
  addEventListener("online", () => { wait = 500; });

  function trouble() {
    const n = files.filter((f) => f.state === "queued" || f.state === "sending").length;
    const text = say(lost === "out" ? "up_signed_out" : "up_lost", n);
    if ($("trouble").textContent !== text) $("trouble").textContent = text;
    $("trouble").hidden = false;
  }

  // poll asks after the files that are being read, those first that wait
  // longest.
  let polling = false;
  async function poll() {
    if (polling) return;
    polling = true;
    let from = 0;
    while (!lost) {
      const reading = files.filter((f) => f.state === "reading");
      if (reading.length) {
        if (from >= reading.length) from = 0;
        if (!(await ask(reading.slice(from, from + ASK)))) break;
        from += ASK;
        later();
      }
      pump();
      await new Promise((r) => setTimeout(r, reading.length ? 700 : 300));
    }
    polling = false;
  }

  // Drawing
  let drawn = 0;
  function later() {
    if (drawn) return;
    drawn = setTimeout(draw, 250);
  }

  const ORDER = { failed: 0, sending: 1, reading: 2, left: 3, queued: 4, indexed: 5 };
  const TONE = { failed: "bad", sending: "wait", reading: "wait", left: "off", queued: "off", indexed: "good" };
  let told = "";

  function draw() {
    clearTimeout(drawn);
    drawn = 0;
    const n = { queued: 0, sending: 0, reading: 0, indexed: 0, failed: 0, left: 0 };
    let bytes = 0;
    let all = 0;
    for (const f of files) {
      n[f.state]++;
      if (f.final) continue; // nothing is done about it
      const work = f.size + PER_FILE;
      all += work;
      if (f.state === "sending") bytes += Math.min(f.sent, f.size) / 2;
      else if (f.state === "reading") bytes += work / 2;
      else if (f.state !== "queued") bytes += work;
    }
    const ended = n.indexed + n.failed + n.left;
    $("whole").max = Math.max(all, 1);
    $("whole").value = bytes;
    $("sum").textContent = say("up_progress", ended, files.length, n.queued, n.sending, n.reading, n.indexed, n.failed, n.left) + (skipped ? " – " + say("up_skipped", skipped) : "");
    form.dataset.ended = String(ended);
    form.dataset.all = String(files.length);
    $("retry-all").hidden = !files.some((f) => f.state === "failed" && !f.final);
    $("into").disabled = ended < files.length;
    if (lost) trouble();
    remember();
    if (files.length && ended === files.length) announce(say("up_finished", n.indexed, n.failed));
    else if (n.failed) announce(`${words.up_failed}: ${n.failed}`);
    rows();
  }

  function announce(text) {
    if (text === told) return;
    told = text;
    $("announce").textContent = text;
  }

  function rows() {
    const only = $("show").value;
    const list = files.filter((f) => !only || (only === "left" ? !["indexed", "failed"].includes(f.state) : f.state === only));
    list.sort((a, b) => ORDER[a.state] - ORDER[b.state]);
    page = Math.max(0, Math.min(page, Math.ceil(list.length / WINDOW) - 1));
    const from = page * WINDOW;
    const part = list.slice(from, from + WINDOW);
    const body = $("rows");
    const focus = document.activeElement?.closest?.("#rows tr")?.dataset.name;
    while (body.rows.length > Math.max(part.length, 1)) body.deleteRow(-1);
    if (!part.length) {
      const tr = body.rows[0] || body.insertRow();
      tr.replaceChildren(document.createElement("td"));
      tr.firstChild.colSpan = 3;
      tr.firstChild.textContent = words.up_none;
      delete tr.dataset.name;
    }
    part.forEach((f, i) => row(body.rows[i] || body.insertRow(), f));
    if (focus && byName.get(focus)?.state !== "failed" && document.activeElement === document.body) $("show").focus();
    $("paging").hidden = list.length <= WINDOW;
    $("previous").disabled = !page;
    $("next").disabled = from + WINDOW >= list.length;
    $("range").textContent = say("up_rows", list.length ? from + 1 : 0, from + part.length, list.length);
  }

  function row(tr, f) {
    const print = [f.name, f.state, f.sent, f.reason, f.hint, f.passages, f.note, f.warnings].join("\n");
    if (tr.print === print) return;
    tr.print = print;
    tr.dataset.name = f.name;
    tr.dataset.state = f.state;
    const th = document.createElement("th");
    th.scope = "row";
    th.className = "name";
    const name = document.createElement("bdi");
    if (f.document && (f.state === "indexed" || f.state === "failed" && !f.final)) {
      const a = document.createElement("a");
      a.href = `${data.view}&id=${encodeURIComponent(f.document)}`;
      a.textContent = f.name;
      name.append(a);
    } else {
      name.textContent = f.name;
    }
    const small = document.createElement("span");
    small.className = "small path";
    small.textContent = size(f.size);
    th.append(name, small);
    const td = document.createElement("td");
    const state = document.createElement("span");
    state.className = `tone ${TONE[f.state]}`;
    state.textContent = words[`up_${f.state}`] + (f.passages ? `: ${say("up_passages", f.passages)}` : "") + (f.note ? ` (${f.note})` : "");
    td.append(state);
    if (f.state === "sending") {
      const bar = document.createElement("progress");
      bar.max = Math.max(f.size, 1);
      bar.value = f.sent;
      bar.setAttribute("aria-label", say("up_of", size(f.sent), size(f.size)));
      td.append(bar);
    }
    for (const [text, kind] of [[f.reason, "why"], [f.hint, "step"], [f.warnings, "small"]]) {
      if (!text) continue;
      const p = document.createElement("p");
      p.className = kind;
      p.lang = f.final ? document.documentElement.lang : "en";
      p.textContent = text;
      td.append(p);
    }
    const act = document.createElement("td");
    if (f.state === "failed" && !f.final) {
      const b = document.createElement("button");
      b.type = "button";
      b.className = "plain";
      b.textContent = words.up_retry;
      b.setAttribute("aria-label", `${words.up_retry}: ${f.name}`);
      b.addEventListener("click", () => retry([f]));
      act.append(b);
    }
    tr.replaceChildren(th, td, act);
  }

  // retry sends what the server does not have, and lets the rest be read again.
  async function retry(list) {
    const read = [];
    for (const f of list) {
      if (f.document) {
        read.push(f);
        continue;
      }
      Object.assign(f, { state: "queued", reason: "", hint: "", asked: true }); // it is sent, whatever the server has
      queue.push(f);
    }
    for (let i = 0; i < read.length; i += ASK) {
      const part = read.slice(i, i + ASK);
      try {
        const r = await fetch("/api/room/read", {
          method: "POST", headers: { "Content-Type": "application/json" },
          body: JSON.stringify({ workspace: data.workspace, documents: part.map((f) => f.document), retry: true }),
        });
        if (r.ok) for (const f of part) Object.assign(f, { state: "reading", reason: "", hint: "" });
        else if (r.status === 401) breakOff("out");
        else {
          const problem = await r.json().catch(() => ({}));
          for (const f of part) fail(f, problem.error || say("up_refused", r.status), problem.next);
        }
      } catch {
        breakOff("lost");
      }
    }
    draw();
    pump();
  }

  $("retry-all").addEventListener("click", () => retry(files.filter((f) => f.state === "failed" && !f.final)));
  $("show").addEventListener("change", () => { page = 0; rows(); });
  $("previous").addEventListener("click", () => { page--; rows(); });
  $("next").addEventListener("click", () => { page++; rows(); });
  $("into").addEventListener("change", remind);
  form.addEventListener("submit", (e) => e.preventDefault());
  addEventListener("beforeunload", (e) => {
    if (files.some((f) => f.state === "queued" || f.state === "sending")) e.preventDefault();
  });

  for (const id of ["files", "folder"]) {
    $(id).addEventListener("change", () => {
      add([...$(id).files].map((file) => ({ name: file.webkitRelativePath || file.name, file })));
      $(id).value = "";
    });
  }

  // Dropped folders are walked.
  async function walk(entry, found) {
    const name = entry.fullPath.replace(/^\/+/, "");
    if (entry.isFile) {
      const file = await new Promise((yes, no) => entry.file(yes, no)).catch(() => null);
      if (file) found.push({ name, file });
      return;
    }
    const reader = entry.createReader();
    for (;;) {
      const part = await new Promise((yes, no) => reader.readEntries(yes, no)).catch(() => []);
      if (!part.length) return;
      for (const child of part) await walk(child, found);
    }
  }

  const drop = $("drop");
  const holds = (e) => e.dataTransfer?.types.includes("Files");
  for (const kind of ["dragenter", "dragover"]) {
    drop.addEventListener(kind, (e) => {
      if (!holds(e)) return;
      e.preventDefault();
      drop.classList.add("over");
    });
  }
  drop.addEventListener("dragleave", (e) => {
    if (!drop.contains(e.relatedTarget)) drop.classList.remove("over");
  });
  drop.addEventListener("drop", async (e) => {
    if (!holds(e)) return;
    e.preventDefault();
    drop.classList.remove("over");
    const entries = [...e.dataTransfer.items].map((i) => i.webkitGetAsEntry?.()).filter(Boolean);
    const plain = [...e.dataTransfer.files];
    if (!entries.length) {
      add(plain.map((file) => ({ name: file.name, file })));
      return;
    }
    const found = [];
    for (const entry of entries) await walk(entry, found);
    add(found);
  });

  remind();
  poll();
})();
