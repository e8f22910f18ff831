// The source viewer's script. The page holds the cited text without it; this
// adds the keyboard and, for a PDF that is kept, its page with the cited words
// marked. What pdf.js loads comes from our own origin.

const $ = (id) => document.getElementById(id);
document.documentElement.classList.add("scripted");

// ---- keyboard

let keysOn = true;
try {
  keysOn = localStorage.getItem("sufflor.keys") !== "off";
} catch {
  // A frame may have no storage; then the keys are on, as in the panel.
}
const keys = {
  n: "next", ArrowRight: "next", p: "previous", ArrowLeft: "previous", "+": "zoom-in", "=": "zoom-in", "-": "zoom-out", Escape: "back",
};
addEventListener("keydown", (e) => {
  if (e.isComposing || e.ctrlKey || e.metaKey || e.altKey) return;
  if (!keysOn && e.key !== "Escape") return;
  if (e.target.matches?.("input, textarea, select")) return; // on the page of a document
  if (e.key.startsWith("Arrow") && e.target !== document.body) return; // they scroll where there is something to scroll
  const target = $(keys[e.key] ?? "");
  if (!target) return;
  e.preventDefault();
  target.click();
});

// On the page of a document the place is one thing of many: what is read there
// does not move when it is found.
const still = document.body.dataset.still !== undefined;

// toText brings the cited words in sight where there is no page to show.
function toText() {
  if (still) return;
  const here = $("here");
  const first = here?.querySelector("mark") ?? here;
  const at = first?.getBoundingClientRect();
  if (at && (at.top < 0 || at.bottom > innerHeight)) first.scrollIntoView({ block: "center" });
}

// ---- finding the cited words

// letters are the letters and figures of a text in their plainest form, each
// with the place it came from. Spaces, hyphens, bullets and accents differ
// between a page and what was read from it.
function letters(text) {
  const out = { text: "", at: [] };
  let at = 0;
  for (const ch of text) {
    const plain = ch.normalize("NFKD").toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");
    out.text += plain;
    for (let i = 0; i < plain.length; i++) out.at.push(at);
    at += ch.length;
  }
  return out;
}

// spread is the letters of all pages shown, each with page, item and place in
// the item.
function spread(pages) {
  const all = { text: "", at: [] };
  pages.forEach((page, p) => page.items.forEach((item, i) => {
    const l = letters(item.str);
    for (const k of l.at) all.at.push({ p, i, k });
    all.text += l.text;
  }));
  return all;
}

const boxed = (box) => box[2] > box[0] && box[3] > box[1];

// inside reports whether a letter stands in the passage's box, which is given
// for the first page.
function inside(pages, place, box) {
  if (place.p !== 0) return false;
  const t = pages[0].items[place.i].transform;
  return t[4] >= box[0] - 12 && t[4] <= box[2] + 12 && t[5] >= box[1] - 12 && t[5] <= box[3] + 12;
}

// find gives the stretches of letters that say what is wanted: the whole, or
// its sentences, or its words by sixes. Where a text stands more than once,
// the one in the box counts, then the one that follows what was found last.
function find(all, pages, quotes, box) {
  const hits = [];
  let after = 0;
  const one = (piece) => {
    const want = letters(piece).text;
    if (!want) return true;
    const places = [];
    for (let at = all.text.indexOf(want); at >= 0 && places.length < 500; at = all.text.indexOf(want, at + 1)) places.push(at);
    const near = boxed(box) ? places.filter((at) => inside(pages, all.at[at], box)) : [];
    if (want.length < 4 && !near.length && places.length !== 1) return false;
    const from = near.length ? near : places;
    const at = from.find((x) => x >= after) ?? from[0];
    if (at === undefined) return false;
    after = at + want.length;
    hits.push([at, after]);
    return true;
  };
  for (const quote of quotes) {
    if (one(quote)) continue;
    for (const sentence of quote.split(/(?<=[.!?:;])\s+/u)) {
      if (one(sentence)) continue;
      const words = sentence.split(/\s+/u);
      for (let i = 0; i < words.length; i += 6) {
        const some = words.slice(i, i + 6).join(" ");
        if (letters(some).text.length >= 8) one(some);
      }
    }
  }
  return hits;
}

// share tells how much of a text's width its first n characters take. The page
// says only how wide the whole is, and its font may not be ours: a font of the
// same kind comes near enough.
const ruler = document.createElement("canvas").getContext("2d");
function share(item, n, styles) {
  if (n <= 0) return 0;
  if (n >= item.str.length) return 1;
  const family = styles[item.fontName]?.fontFamily ?? "sans-serif";
  ruler.font = `100px ${{ "sans-serif": "Arial, Helvetica, ", serif: '"Times New Roman", Times, ' }[family] ?? ""}${family}`;
  const whole = ruler.measureText(item.str).width;
  return whole ? ruler.measureText(item.str.slice(0, n)).width / whole : n / item.str.length;
}

// rects are the parts of the pages that the hits cover, in PDF points. A full
// stop or a bracket beside a marked word belongs to it.
function rects(all, pages, hits) {
  const out = [];
  for (const [from, to] of hits) {
    let last = null;
    for (let n = from; n < to; n++) {
      const { p, i, k } = all.at[n];
      if (last && last.p === p && last.i === i) {
        last.to = k + 1;
      } else {
        last = { p, i, from: k, to: k + 1 };
        out.push(last);
      }
    }
  }
  return out.map(({ p, i, from, to }) => {
    const { items, styles } = pages[p];
    const item = items[i];
    while (from > 0 && /[\p{P}\p{S}]/u.test(item.str[from - 1])) from--;
    while (to < item.str.length && /[\p{P}\p{S}\p{M}]/u.test(item.str[to])) to++;
    const [start, end] = [share(item, from, styles), share(item, to, styles)];
    const [a, b, c, d, x, y] = item.transform;
    const along = Math.hypot(a, b) || 1;
    const up = Math.hypot(c, d) || 1;
    const size = item.height || up;
    const corner = (part, rise) => [
      x + (a / along) * item.width * part + (c / up) * size * rise,
      y + (b / along) * item.width * part + (d / up) * size * rise,
    ];
    const corners = [corner(start, -0.22), corner(end, -0.22), corner(start, 0.95), corner(end, 0.95)];
    return { p, box: [0, 1].map((z) => Math.min(...corners.map((q) => q[z]))).concat([0, 1].map((z) => Math.max(...corners.map((q) => q[z])))) };
  });
}

// ---- the pages of a PDF

const pdf = $("pdf");
if (!pdf) toText();
if (pdf) {
  const data = JSON.parse(pdf.dataset.pdf);
  const texts = data.texts;
  const fill = (text, ...args) => args.reduce((t, a) => t.replace("%d", () => a), text);
  const sheets = $("sheets");
  const most = 16 << 20; // pixels of a canvas; more, and some browsers draw nothing
  const readable = 520; // px; a page narrower than that is not read with the naked eye
  let doc;
  let shown = [data.page, data.end];
  let zoom = 0; // times the width of the window; 0: not chosen yet
  let turn = 0; // of the drawing that counts

  const say = (state, text) => {
    pdf.dataset.state = state;
    $("pdf-state").textContent = text;
    $("pdf-state").hidden = !text;
  };

  // frame puts a mark over a part of a page, in shares of it: it stays where it
  // is when the page is made larger.
  function frame(sheet, viewport, box, name) {
    const [x1, y1, x2, y2] = viewport.convertToViewportRectangle(box);
    const el = document.createElement("div");
    el.className = name;
    el.style.left = `${(100 * Math.min(x1, x2)) / viewport.width}%`;
    el.style.top = `${(100 * Math.min(y1, y2)) / viewport.height}%`;
    el.style.width = `${(100 * Math.abs(x2 - x1)) / viewport.width}%`;
    el.style.height = `${(100 * Math.abs(y2 - y1)) / viewport.height}%`;
    sheet.append(el);
    return el;
  }

  async function draw(page, sheet) {
    const base = page.getViewport({ scale: 1 });
    const width = sheet.clientWidth || base.width;
    let scale = (width / base.width) * (devicePixelRatio || 1);
    scale = Math.min(scale, Math.sqrt(most / (base.width * base.height)));
    const viewport = page.getViewport({ scale });
    const canvas = document.createElement("canvas");
    canvas.width = Math.floor(viewport.width);
    canvas.height = Math.floor(viewport.height);
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", fill(texts.view_page_of, page.pageNumber, doc.numPages));
    sheet.prepend(canvas);
    await page.render({ canvas, viewport }).promise;
  }

  async function show() {
    const mine = ++turn;
    const [from, to] = shown;
    say("loading", texts.view_loading);
    $("page-now").textContent = fill(texts.view_page_of, from, doc.numPages);
    $("page-previous").disabled = from <= 1;
    $("page-next").disabled = to >= doc.numPages;
    const cited = from === data.page;
    $("page-cited").hidden = cited;
    const pages = [];
    for (let n = from; n <= to; n++) pages.push(await doc.getPage(n));
    const content = cited ? await Promise.all(pages.map((page) => page.getTextContent())) : [];
    if (mine !== turn) return;
    const parts = pages.map(() => {
      const el = document.createElement("div");
      el.className = "sheet";
      el.style.width = `${100 * zoom}%`;
      return el;
    });
    sheets.replaceChildren(...parts);
    await Promise.all(pages.map((page, i) => draw(page, parts[i])));
    if (mine !== turn) return;
    if (!cited) {
      say("shown", "");
      return;
    }
    const read = content.map((c) => ({ styles: c.styles, items: c.items.filter((item) => item.str && item.transform) }));
    const all = spread(read);
    const views = pages.map((page) => page.getViewport({ scale: 1 }));
    const hits = find(all, read, data.quotes, data.box);
    const marks = rects(all, read, hits).map((r) => frame(parts[r.p], views[r.p], r.box, "hit"));
    const wanted = data.quotes.reduce((n, q) => n + letters(q).text.length, 0);
    const found = hits.reduce((n, [start, end]) => n + end - start, 0);
    if (2 * found >= wanted && marks.length) {
      say("shown", "");
    } else if (boxed(data.box)) { // a picture, a form, letters that the file does not name
      marks.unshift(frame(parts[0], views[0], data.box, "hit framed"));
      say("framed", texts.view_framed);
    } else {
      say("lost", texts.view_not_found);
    }
    if (!still) {
      marks[0]?.scrollIntoView({ block: "center", inline: "center" });
    } else if (marks[0]) {
      const [mark, frame] = [marks[0].getBoundingClientRect(), sheets.getBoundingClientRect()];
      sheets.scrollTo(sheets.scrollLeft + mark.left - frame.left - 16, sheets.scrollTop + mark.top - frame.top - sheets.clientHeight / 3);
    }
  }

  const failed = () => {
    sheets.hidden = true;
    say("failed", texts.view_not_shown);
    toText();
  };
  const turnTo = (from, to) => {
    shown = [from, to];
    show().catch(failed);
  };
  const resize = (by) => {
    if (!doc) return;
    zoom = Math.min(4, Math.max(0.5, zoom * by));
    show().catch(failed);
  };
  $("page-previous").addEventListener("click", () => turnTo(shown[0] - 1, shown[0] - 1));
  $("page-next").addEventListener("click", () => turnTo(shown[1] + 1, shown[1] + 1));
  $("page-cited").addEventListener("click", () => {
    turnTo(data.page, data.end);
    sheets.focus({ preventScroll: true });
  });
  $("zoom-in").addEventListener("click", () => resize(1.25));
  $("zoom-out").addEventListener("click", () => resize(0.8));

  pdf.hidden = false;
  (async () => {
    const library = await import(data.library);
    library.GlobalWorkerOptions.workerSrc = data.worker;
    // No code is made from what a file says (isEvalSupported), nothing is
    // compiled that the page's policy forbids (useWasm), and of a large file
    // only what the page needs is fetched.
    doc = await library.getDocument({
      url: new URL(data.url, location.href).href, withCredentials: true, isEvalSupported: false, enableXfa: false, verbosity: 0,
      useWasm: false, wasmUrl: new URL(data.decoders, location.href).href, disableAutoFetch: true, disableStream: true, rangeChunkSize: 1 << 20,
    }).promise;
    zoom = Math.min(2, Math.max(1, readable / sheets.clientWidth));
    shown = [Math.min(data.page, doc.numPages), Math.min(data.end, doc.numPages)];
    await show();
  })().catch(failed);
}
