// Tells our panel which ticket the agent has before them, and puts a draft
// into the editor when the agent asks for it. It never sends anything: the
// agent does, after reading.
(function () {
  'use strict';

  var settings = window.SUFFLOR; // settings.js
  var client = window.ZAFClient.init();
  var frame = document.getElementById('panel');
  var say = document.getElementById('say');
  var told = ''; // the ticket the panel knows of

  function post(message) {
    frame.contentWindow.postMessage(message, settings.origin);
  }

  function tell() {
    client.get(['ticket.id', 'currentUser.id']).then(function (got) {
      told = String(got['ticket.id'] || '');
      if (told) {
        post({ sufflor: 1, type: 'conversation', conversation: told, agent: String(got['currentUser.id'] || ''), insert: true });
      }
    });
  }

  function show(text) {
    say.textContent = text;
    say.hidden = !text;
  }

  function html(text) {
    var p = document.createElement('p');
    p.textContent = text;
    return p.innerHTML.replace(/\r?\n/g, '<br>');
  }

  // insert asks for the ticket again: agents have many tabs, and a draft in
  // the wrong one would go to the wrong customer. The panel copies what could
  // not be inserted.
  function insert(m) {
    function done(ok) {
      show(ok ? '' : settings.failed);
      post({ sufflor: 1, type: 'inserted', suggestion: m.suggestion, ok: ok });
    }
    client.get('ticket.id').then(function (got) {
      var now = String(got['ticket.id']);
      if (now !== told || (m.conversation && m.conversation !== now)) {
        done(false);
        return;
      }
      return client.invoke('ticket.editor.insert', html(m.text)).then(function () {
        done(true);
      }, function () {
        return client.invoke('comment.appendText', m.text).then(function () {
          done(true);
        }, function () {
          done(false);
        });
      });
    }, function () {
      done(false);
    });
  }

  window.addEventListener('message', function (event) {
    if (event.source !== frame.contentWindow || event.origin !== settings.origin) {
      return;
    }
    var m = event.data;
    if (!m || m.sufflor !== 1) {
      return;
    }
    if (m.type === 'ready') {
      tell();
    } else if (m.type === 'insert' && typeof m.text === 'string') {
      insert(m);
    }
  });

  client.on('app.activated', tell);
  client.invoke('resize', { width: '100%', height: '620px' });
  frame.src = settings.panel;
})();
