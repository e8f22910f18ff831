// Tells the panel which chat the agent looks at, and puts a draft into the
// agent's message box. Nothing is sent from here: the agent presses send.
(function () {
  "use strict";

  var address = document.body.dataset.panel;
  var origin = new URL(address).origin;
  var frame = document.getElementById("panel");
  var state = document.getElementById("state");

  var widget = null; // of LiveChat
  var chat = ""; // the agent looks at
  var ready = false; // the panel listens
  var inserted = {}; // suggestions in the message box, which can only grow

  function say(text) {
    state.textContent = text;
    state.hidden = text === "";
  }

  function post(message) {
    message.sufflor = 1;
    frame.contentWindow.postMessage(message, origin);
  }

  // An empty conversation is told as well, or the panel would go on showing
  // the chat before.
  function tell() {
    if (ready) {
      post({ type: "conversation", conversation: chat, agent: "", context: "", insert: widget !== null });
    }
  }

  function look(profile) {
    var now = profile && profile.chat && profile.chat.chat_id;
    now = typeof now === "string" ? now : "";
    if (now !== chat) {
      chat = now;
      inserted = {};
    }
    say(chat === "" ? "No chat is open." : "");
    tell();
  }

  function insert(text, suggestion, conversation) {
    function done(ok) {
      inserted[suggestion] = ok;
      post({ type: "inserted", suggestion: suggestion, ok: ok });
    }
    if (!widget || typeof text !== "string" || text === "" || (conversation && conversation !== chat)) {
      done(false);
    } else if (inserted[suggestion]) {
      done(true); // it stands there already
    } else {
      inserted[suggestion] = true; // before LiveChat says so, for who presses twice
      widget.putMessage(text).then(done.bind(null, true), done.bind(null, false));
    }
  }

  window.addEventListener("message", function (e) {
    if (e.origin !== origin || e.source !== frame.contentWindow || !e.data || e.data.sufflor !== 1) {
      return;
    }
    if (e.data.type === "ready") {
      ready = true;
      tell();
    } else if (e.data.type === "insert") {
      insert(e.data.text, String(e.data.suggestion), e.data.conversation);
    }
  });

  frame.src = address;
  if (!window.LiveChat) {
    say("agentapp.umd.min.js is missing or not the file that was expected.");
    return;
  }
  window.LiveChat.createDetailsWidget().then(function (w) {
    widget = w;
    w.on("customer_profile", look);
    look(w.getCustomerProfile());
  }, function () {
    say("This page works inside LiveChat only.");
  });
})();
