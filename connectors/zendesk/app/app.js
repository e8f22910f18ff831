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
        post({ sufflor: 1, type: 'conversation', conversation: told, agent: String(got['currentUser.id'] || '') });
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

  function copy(text) {
    return navigator.clipboard.writeText(text).then(function () {
      show(settings.copied);
    }, function () {
      show(settings.failed);
    });
  }

  // insert asks for the ticket again: agents have many tabs, and a draft in
  // the wrong one would go to the wrong customer.
  function insert(text) {
    client.get('ticket.id').then(function (got) {
      if (String(got['ticket.id']) !== told) {
        show(settings.failed);
        return;
      }
      return client.invoke('ticket.editor.insert', html(text)).then(function () {
        show('');
      }, function () {
        return client.invoke('comment.appendText', text).then(function () {
          show('');
        }, function () {
          return copy(text);
        });
      });
    }, function () {
      show(settings.failed);
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
      insert(m.text);
    }
  });

  client.on('app.activated', tell);
  client.invoke('resize', { width: '100%', height: '620px' });
  frame.src = settings.panel;
})();
