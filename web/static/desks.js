// Desks that frame our address directly, so that no script of a package stands
// between us and them: each is spoken to in its own way. Of everything they can
// do we use what tells the conversation and what puts text before the agent.
"use strict";

(() => {
  const parse = (raw) => {
    try {
      return typeof raw === "string" ? JSON.parse(raw) : null;
    } catch {
      return null; // somebody else's message
    }
  };

  // A desk gets the address's query and a function to tell the conversation
  // with. It has start, which speaks first to a page of the given origin; hear;
  // insert, where the desk can; and keep, what has to stay in the address.

  function chatwoot(_, told) {
    return {
      keep: {},
      start(origin) { parent.postMessage("chatwoot-dashboard-app:fetch-info", origin); },
      hear(raw) {
        const m = parse(raw);
        if (m?.event === "appContext") told({ conversation: m.data?.conversation?.id, agent: m.data?.currentAgent?.id });
      },
    };
  }

  // The protocol of Zendesk's app framework, version 2.0: JSON texts. An app
  // greets, is registered, and asks with numbered requests.
  function zendesk(query, told) {
    const origin = query.get("origin");
    const guid = query.get("app_guid");
    if (!origin || !guid) return null; // the page of our package is around us
    const asked = new Map();
    let last = 0;
    const say = (m) => parent.postMessage(JSON.stringify({ ...m, appGuid: guid, instanceGuid: guid }), origin);
    const ask = (request, params) => new Promise((resolve, reject) => {
      const id = ++last;
      const timer = setTimeout(() => { asked.delete(id); reject(new Error(`${request}: no answer`)); }, 5000);
      asked.set(id, (m) => {
        clearTimeout(timer);
        asked.delete(id);
        const error = m.error ?? Object.values(m.result?.errors ?? {})[0];
        if (error) reject(new Error(error.message ?? request));
        else resolve(m.result);
      });
      say({ id, request, params });
    });
    const look = async () => {
      const got = await ask("get", ["ticket.id", "currentUser.id"]);
      told({ conversation: got["ticket.id"], agent: got["currentUser.id"], insert: true });
    };
    const html = (text) => {
      const p = document.createElement("p");
      p.textContent = text;
      return p.innerHTML.replaceAll("\n", "<br>");
    };
    return {
      origin, keep: { origin, app_guid: guid },
      start() { say({ key: "iframe.handshake", message: { version: "2.0.9" } }); },
      hear(raw) {
        const m = parse(raw);
        if (!m) return;
        if (asked.has(m.id)) {
          asked.get(m.id)(m);
        } else if (m.key === "zaf.app.registered") {
          say({ key: "iframe.on:app.activated", message: { subscriberCount: 1 } });
          ask("invoke", { resize: [{ width: "100%", height: "640px" }] }).catch(() => {});
          look().catch(() => {});
        } else if (m.key === "zaf.app.activated") {
          look().catch(() => {});
        }
      },
      // Agents have many tabs: a draft in the wrong one would go to the wrong
      // customer, so the ticket is asked for again.
      async insert(text, conversation) {
        try {
          const got = await ask("get", ["ticket.id"]);
          if (String(got["ticket.id"]) !== conversation) return false;
          await ask("invoke", { "ticket.editor.insert": [html(text)] }).catch(() => ask("invoke", { "comment.appendText": [text] }));
          return true;
        } catch {
          return false;
        }
      },
    };
  }

  globalThis.sufflorDesks = { chatwoot, zendesk };
})();
