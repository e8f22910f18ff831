// The panel in a help desk's frame: who looks, which conversation it is, and the
// way into the reply. The page around the frame tells the conversation and, where
// the desk signs, who the agent is; what it tells is checked by the server.
//
//   it → us  {sufflor: 1, type: "conversation", conversation, agent, context, insert}
//            {sufflor: 1, type: "inserted", suggestion, ok}
//   us → it  {sufflor: 1, type: "ready"}
//            {sufflor: 1, type: "insert", text, suggestion, conversation}
"use strict";

(() => {
  const data = JSON.parse(document.body.dataset.frame);
  const { base } = data;
  const key = `sufflor.pass.${data.desk}`;
  const gate = document.getElementById("gate");
  const app = document.getElementById("app");
  const alone = parent === window;

  const desk = globalThis.sufflorDesks[data.kind]?.(new URLSearchParams(location.search), conversation); // see desks.js

  // What the desk signed stays neither in the history nor in the address.
  const here = new URLSearchParams({ ...desk?.keep, ...(data.conversation && { conversation: data.conversation }) }).toString();
  history.replaceState(null, "", here ? `${base}?${here}` : base);

  let panel = null; // what panel.js lets us steer
  let host = ""; // origin of the page around us, once it has spoken
  let inserts = false; // whether it can put text into the reply
  let agent = ""; // whom it says to be looking
  let context = ""; // the desk's word for it
  let wish = data.conversation; // the conversation it shows

  // ---- the pass

  let pass = null;
  let half = null; // the time after which a pass in use is renewed
  function hold(p) {
    pass = p;
    clearTimeout(half);
    half = setTimeout(whenUsed, p.until - Date.now() - p.lives * 500 + 100);
  }
  function keep(p) {
    hold({ ...p, until: Date.now() + p.lives * 1000 });
    try {
      sessionStorage.setItem(key, JSON.stringify(pass));
    } catch {
      // A frame may have no storage; then the pass ends with the page.
    }
  }
  function drop() {
    pass = null;
    clearTimeout(half);
    try {
      sessionStorage.removeItem(key);
    } catch {
      // as above
    }
  }
  function kept() {
    try {
      const p = JSON.parse(sessionStorage.getItem(key));
      if (p && p.until > Date.now()) return p;
    } catch {
      // as above
    }
    return null;
  }
  const before = kept();
  if (data.pass && (data.pass.agent || !before)) keep(data.pass);
  else if (before) hold(before);

  const send = (url, init = {}) => {
    if (!pass) return Promise.resolve(new Response("", { status: 401 }));
    const headers = new Headers(init.headers);
    headers.set("Authorization", `Bearer ${pass.token}`);
    return fetch(url, { ...init, headers });
  };

  async function renew() {
    const mine = pass;
    half = setTimeout(whenUsed, 30000); // in case nobody answers
    const res = await send(`${base}/pass`, { method: "POST" });
    if (pass !== mine) return;
    if (res.ok) keep(await res.json());
    else if (res.status === 401) over();
  }
  // A panel that nobody sees is not used.
  function whenUsed() {
    if (pass && document.visibilityState === "visible" && pass.until - Date.now() < pass.lives * 500) renew().catch(() => {});
  }
  document.addEventListener("visibilitychange", whenUsed);

  // A word that was refused would be refused again, and a page that goes on
  // giving it must not keep the server busy.
  const refused = new Set();
  let entries = [];
  async function enter(word) {
    entries = entries.filter((at) => Date.now() - at < 60000);
    if (refused.has(word) || entries.length >= 20) return;
    entries.push(Date.now());
    const res = await fetch(`${base}/enter`, {
      method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ context: word }),
    });
    if (res.status === 401) refused.add(word);
    if (res.ok && word === context) keep(await res.json());
  }

  // ---- which conversation

  let turn = 0;
  async function settle() {
    const mine = ++turn;
    if (!pass && context) {
      try {
        await enter(context);
      } catch {
        // The server is away; signing in will say so.
      }
      if (mine !== turn) return;
    }
    gate.hidden = Boolean(pass);
    app.hidden = !pass;
    if (!pass) panel.close();
    else if (wish || pass.conversation) panel.open(wish || pass.conversation);
    else panel.close();
  }

  // over is called when the server no longer accepts the pass.
  function over() {
    if (!pass) return; // told already: the stream and a request may learn it at a time
    drop();
    tell({ sufflor: 1, type: "ready" }); // the desk may vouch for the agent anew
    setTimeout(settle, host ? 1000 : 0);
  }

  // ---- the page around us

  const allowed = (o) => data.origins.some((a) => {
    const [scheme, rest] = a.split("://*.");
    if (rest === undefined) return a === o;
    const start = `${scheme}://`;
    return o.startsWith(start) && o.endsWith(`.${rest}`) && /^[a-z0-9.-]+$/.test(o.slice(start.length, o.length - rest.length - 1));
  });

  function tell(message) {
    if (host) parent.postMessage(message, host);
  }

  const text = (v, most) => (typeof v === "string" && v.length <= most ? v : typeof v === "number" ? String(v) : "");

  function conversation(m) {
    inserts = m.insert === true;
    agent = text(m.agent, 200);
    context = text(m.context, 16384);
    wish = text(m.conversation, 500);
    // A pass is not lent: not to who sits down at the same desk next, and not
    // to another conversation than the desk signed.
    if (pass && ((pass.agent && agent && pass.agent !== agent) || (pass.conversation && wish && pass.conversation !== wish))) drop();
    settle();
  }

  const waiting = new Map(); // by suggestion: who waits for its text to be inserted
  addEventListener("message", (e) => {
    const m = e.data;
    if (e.origin === location.origin && e.source !== parent && m?.sufflor === 1 && m.type === "pass") {
      if (pass?.agent || !m.pass?.token) return; // the desk's word counts for more
      keep(m.pass);
      settle();
      return;
    }
    if (alone || e.source !== parent || !allowed(e.origin)) return;
    host = e.origin;
    desk?.hear(m);
    if (m?.sufflor !== 1) return;
    if (m.type === "conversation") conversation(m);
    else if (m.type === "inserted") waiting.get(m.suggestion)?.(m.ok !== false);
  });

  // insert resolves to whether the text is in the reply now. A page that does
  // not answer has done what it said it could.
  function insert(words, id) {
    if (!host || !inserts) return Promise.resolve(false);
    if (desk?.insert) return desk.insert(words, wish);
    tell({ sufflor: 1, type: "insert", text: words, suggestion: id, conversation: wish });
    return new Promise((resolve) => {
      const done = (ok) => {
        clearTimeout(timer);
        waiting.delete(id);
        resolve(ok);
      };
      const timer = setTimeout(done, 4000, true);
      waiting.set(id, done);
    });
  }

  // ---- news: EventSource cannot send a pass

  function stream(url) {
    const s = new EventTarget();
    const stop = new AbortController();
    const began = Date.now();
    s.close = () => stop.abort();
    const read = async () => {
      const res = await send(url, { signal: stop.signal });
      if (!res.ok) throw new Error(`live: ${res.status}`);
      s.onopen?.();
      const reader = res.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = "";
      for (;;) {
        const { value, done } = await reader.read();
        if (done && Date.now() - began > 5000) { // it ends with the pass it was opened with
          s.onend?.();
          return;
        }
        if (done) throw new Error("live: ended");
        const blocks = (rest + value).split("\n\n");
        rest = blocks.pop();
        for (const block of blocks) {
          const fields = Object.fromEntries(block.split("\n").filter((l) => !l.startsWith(":")).map((l) => [l.slice(0, l.indexOf(":")), l.slice(l.indexOf(":") + 1).trim()]));
          if (fields.event) s.dispatchEvent(new MessageEvent(fields.event, { data: fields.data, lastEventId: fields.id ?? "" }));
        }
      }
    };
    read().catch(() => { if (!stop.signal.aborted) s.onerror?.(); });
    return s;
  }

  globalThis.sufflorFrame = {
    fetch: send, stream, insert, over,
    agent: () => agent,
    inserts: () => inserts,
    start(p) {
      panel = p;
      // There is nothing in it yet that is not everybody's to know. Whoever
      // answers is checked, and from then on spoken to alone.
      if (!alone) {
        const around = location.ancestorOrigins?.[0];
        const first = around && allowed(around) ? around : "*";
        parent.postMessage({ sufflor: 1, type: "ready" }, first);
        if (!desk?.origin || allowed(desk.origin)) desk?.start(first);
      }
      if (pass || alone) settle();
      else setTimeout(() => { if (!turn) settle(); }, 1500); // the page around us may vouch for the agent
    },
  };
})();
