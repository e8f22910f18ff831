// Tells the panel what the agent looks at, and puts a draft into the agent's
// editor where the product lets an app do so, else on the clipboard. Nothing
// is sent from here: the agent presses send.
(function () {
  "use strict";

  const frame = document.getElementById("panel");
  const state = document.getElementById("state");
  const address = document.body.dataset.panel;
  const origin = new URL(address).origin;

  function escapeHTML(text) {
    const holder = document.createElement("div");
    holder.textContent = text;
    return holder.innerHTML.replace(/\r?\n/g, "<br>");
  }

  // What differs between the products. Each way into an editor is tried until
  // one is taken.
  const products = {
    freshdesk: {
      subject: "ticket",
      agent: "loggedInUser",
      idOf: (data) => data.ticket && data.ticket.id,
      ways: (text) => [
        ["click", { id: "openReply", text: escapeHTML(text) }],
        ["click", { id: "reply", text: escapeHTML(text) }],
      ],
    },
    freshchat: {
      subject: "conversation",
      agent: "loggedInAgent",
      idOf: (data) => data.conversation && data.conversation.conversation_id,
      ways: (text) => [["setValue", { id: "editor", value: text }]],
    },
  };
  const product = products[document.body.dataset.product];

  let client = null; // of Freshworks
  let ready = false; // the panel listens
  let looked = { conversation: "", agent: "" };

  function say(text) {
    state.textContent = text;
    state.hidden = text === "";
  }

  function post(message) {
    frame.contentWindow.postMessage(Object.assign({ sufflor: 1 }, message), origin);
  }

  // An empty conversation is told as well, or the panel would go on showing
  // the one before.
  function tell() {
    if (ready) {
      post(Object.assign({ type: "conversation", context: "", insert: client !== null }, looked));
    }
  }

  async function ask(name) {
    try {
      return await client.data.get(name);
    } catch (_) {
      return {};
    }
  }

  async function look() {
    const subject = await ask(product.subject);
    const agent = (await ask(product.agent))[product.agent] || {};
    looked = { conversation: String(product.idOf(subject) || ""), agent: String(agent.id || "") };
    say(looked.conversation ? "" : "Nothing is open that a suggestion could be made for.");
    tell();
  }

  async function attempt(way) {
    try {
      await client.interface.trigger(way[0], way[1]);
      return true;
    } catch (_) {
      return false;
    }
  }

  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      say("The text was copied; paste it into your reply.");
    } catch (_) {
      say("The text could not be inserted; copy it by hand.");
    }
  }

  async function put(text) {
    for (const way of product.ways(text)) {
      if (await attempt(way)) {
        return true;
      }
    }
    await copy(text);
    return false;
  }

  function meant(data) {
    const same = !data.conversation || data.conversation === looked.conversation;
    return client !== null && typeof data.text === "string" && data.text !== "" && same;
  }

  async function insert(data) {
    const ok = meant(data) && (await put(data.text));
    post({ type: "inserted", suggestion: data.suggestion, ok: ok });
  }

  function onMessage(event) {
    const data = event.data || {};
    if (event.origin !== origin || event.source !== frame.contentWindow || data.sufflor !== 1) {
      return;
    }
    if (data.type === "ready") {
      ready = true;
      tell();
    } else if (data.type === "insert") {
      insert(data);
    }
  }

  async function start() {
    window.addEventListener("message", onMessage);
    frame.src = address;
    try {
      client = await app.initialized();
    } catch (_) {
      say("This page works inside Freshworks only.");
      return;
    }
    client.events.on("app.activated", look);
    await look();
  }

  start();
})();
