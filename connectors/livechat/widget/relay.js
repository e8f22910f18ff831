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

  function tell() {
    if (!ready || chat === "") {
      return;
    }
    frame.contentWindow.postMessage({ sufflor: 1, type: "conversation", conversation: chat, agent: "", context: "" }, origin);
  }

  function look(profile) {
    var now = (profile && profile.chat && profile.chat.chat_id) || "";
    if (typeof now !== "string" || now === chat) {
      return;
    }
    chat = now;
    inserted = {};
    say(chat === "" ? "No chat is open." : "");
    tell();
  }

  function insert(text, suggestion) {
    if (!widget || typeof text !== "string" || text === "" || inserted[suggestion]) {
      return;
    }
    inserted[suggestion] = true;
    widget.putMessage(text).catch(function () {
      inserted[suggestion] = false;
      say("LiveChat did not take the text; copy it instead.");
    });
  }

  window.addEventListener("message", function (e) {
    if (e.origin !== origin || e.source !== frame.contentWindow || !e.data || e.data.sufflor !== 1) {
      return;
    }
    if (e.data.type === "ready") {
      ready = true;
      tell();
    } else if (e.data.type === "insert") {
      insert(e.data.text, String(e.data.suggestion));
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
