// Runs app/app.js in a pretended Zendesk and asserts what it says to whom.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import assert from 'node:assert/strict';
import vm from 'node:vm';

const here = dirname(fileURLToPath(import.meta.url));
const script = readFileSync(join(here, '..', 'app', 'app.js'), 'utf8');
const tick = () => new Promise((done) => setTimeout(done, 0));

function start({ ticket = 55871, fails = [] } = {}) {
  const posted = [], invoked = [], copied = [];
  const state = { ticket };
  const panel = { postMessage: (m, origin) => posted.push([JSON.parse(JSON.stringify(m)), origin]) };
  const elements = { panel: { contentWindow: panel }, say: { hidden: true, textContent: '' } };
  let listener;
  const client = {
    get: (what) => Promise.resolve(Object.fromEntries([].concat(what).map((w) => [w, w === 'ticket.id' ? state.ticket : 17]))),
    invoke: (...args) => { invoked.push(args); return fails.includes(args[0]) ? Promise.reject(new Error('no')) : Promise.resolve({}); },
    on() {},
  };
  const window = {
    SUFFLOR: { panel: 'https://c.example/embed/zd', origin: 'https://c.example', copied: 'copied', failed: 'failed' },
    ZAFClient: { init: () => client },
    addEventListener: (name, f) => { assert.equal(name, 'message'); listener = f; },
  };
  const document = {
    getElementById: (id) => elements[id],
    createElement: () => ({ set textContent(t) { this.innerHTML = t.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;'); } }),
  };
  const navigator = { clipboard: { writeText: (t) => { copied.push(t); return Promise.resolve(); } } };
  vm.runInNewContext(script, { window, document, navigator, console });
  const say = async (data, from = { source: panel, origin: 'https://c.example' }) => { listener({ ...from, data }); await tick(); await tick(); };
  return { say, posted, invoked, copied, elements, state, inserts: () => invoked.filter(([name]) => name !== 'resize') };
}

let p = start();
assert.equal(p.elements.panel.src, 'https://c.example/embed/zd');
await p.say({ sufflor: 1, type: 'ready' });
assert.deepEqual(p.posted, [[{ sufflor: 1, type: 'conversation', conversation: '55871', agent: '17' }, 'https://c.example']]);

await p.say({ sufflor: 1, type: 'insert', text: 'Hallo <b>Anna</b> & Co\nGruß', suggestion: 'sg_1' });
assert.deepEqual(p.inserts(), [['ticket.editor.insert', 'Hallo &lt;b&gt;Anna&lt;/b&gt; &amp; Co<br>Gruß']], 'text, never markup');

// Messages of others, and what is no message of ours.
p = start();
await p.say({ sufflor: 1, type: 'ready' }, { source: {}, origin: 'https://c.example' });
await p.say({ sufflor: 1, type: 'ready' }, { source: p.elements.panel.contentWindow, origin: 'https://evil.example' });
for (const odd of [null, 'x', {}, { sufflor: 2, type: 'ready' }, { sufflor: 1, type: 'insert', text: 7 }, { sufflor: 1, type: 'send', text: 'x' }]) {
  await p.say(odd);
}
assert.deepEqual(p.posted, []);
assert.deepEqual(p.inserts(), []);

// Another ticket came to the front meanwhile.
p = start();
await p.say({ sufflor: 1, type: 'ready' });
p.state.ticket = 9;
await p.say({ sufflor: 1, type: 'insert', text: 'Hallo' });
assert.deepEqual(p.inserts(), []);
assert.equal(p.elements.say.textContent, 'failed');

// An editor that does not take it: the older call, then the clipboard.
p = start({ fails: ['ticket.editor.insert'] });
await p.say({ sufflor: 1, type: 'ready' });
await p.say({ sufflor: 1, type: 'insert', text: 'Hallo' });
assert.deepEqual(p.inserts(), [['ticket.editor.insert', 'Hallo'], ['comment.appendText', 'Hallo']]);
assert.deepEqual(p.copied, []);
p = start({ fails: ['ticket.editor.insert', 'comment.appendText'] });
await p.say({ sufflor: 1, type: 'ready' });
await p.say({ sufflor: 1, type: 'insert', text: 'Hallo' });
assert.deepEqual(p.copied, ['Hallo']);
console.log('ok');
