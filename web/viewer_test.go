package web_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/web"
)

// pdfFile is a PDF file with a page for each list of lines, set in Helvetica
// from (72, 700) downwards.
func pdfFile(pages ...[]string) []byte { return largePDF(0, pages...) }

// largePDF is pdfFile with so many bytes that no page needs.
func largePDF(unused int, pages ...[]string) []byte {
	var objects []string
	add := func(body string) int { objects = append(objects, body); return len(objects) }
	font := add("<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>")
	tree := 2 + 2*len(pages)
	kids := ""
	for _, lines := range pages {
		content := "BT /F1 12 Tf 14 TL 72 700 Td "
		for _, l := range lines {
			content += "(" + l + ") Tj T* "
		}
		content += "ET"
		stream := add(fmt.Sprintf("<</Length %d>>\nstream\n%s\nendstream", len(content), content))
		kids += fmt.Sprintf(" %d 0 R", add(fmt.Sprintf("<</Type/Page/Parent %d 0 R/Contents %d 0 R/Resources<</Font<</F1 %d 0 R>>>>/MediaBox[0 0 600 800]>>", tree, stream, font)))
	}
	add(fmt.Sprintf("<</Type/Pages/Count %d/Kids[%s]>>", len(pages), kids))
	root := add(fmt.Sprintf("<</Type/Catalog/Pages %d 0 R>>", tree))
	if unused > 0 {
		add(fmt.Sprintf("<</Length %d>>\nstream\n%s\nendstream", unused, strings.Repeat("0", unused)))
	}
	var out bytes.Buffer
	out.WriteString("%PDF-1.4\n")
	offsets := make([]int, len(objects))
	for i, body := range objects {
		offsets[i] = out.Len()
		fmt.Fprintf(&out, "%d 0 obj\n%s\nendobj\n", i+1, body)
	}
	at := out.Len()
	fmt.Fprintf(&out, "xref\n0 %d\n0000000000 65535 f \n", len(objects)+1)
	for _, o := range offsets {
		fmt.Fprintf(&out, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&out, "trailer\n<</Size %d/Root %d 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(objects)+1, root, at)
	return out.Bytes()
}

// manual is the file that the passages of doc-oil stand in, on page 2.
func manual() []byte { return manualWith(0) }

func manualWith(unused int) []byte {
	return largePDF(unused, []string{"Operator\x92s manual XY-2000"}, []string{
		"Check the oil level every morning while the machine is cold.",
		"The level must lie between the two marks on the gauge.",
		"",
		"Use hydraulic oil of class ISO VG 46. The tank holds 38 litres. Change",
		"the oil after the first 50 operating hours, then every 500 hours or once a",
		"year, whichever comes first.",
	}, []string{"Hand used oil in to an approved collection point."})
}

// keep puts a document whose bytes are kept.
func keep(t *testing.T, s *store.Store, d store.Document, data []byte, passages ...index.Passage) {
	t.Helper()
	if data != nil {
		file := filepath.Join(t.TempDir(), "file")
		require.NoError(t, os.WriteFile(file, data, 0o600))
		hash, release, err := s.KeepOriginal(t.Context(), file)
		require.NoError(t, err)
		defer release()
		d.Original = hash
	}
	p := passages[0]
	d.ID, d.Workspace, d.Collection, d.Audience, d.Root, d.Title = p.Document, p.Workspace, p.Collection, string(p.Audience), "/documents", p.Title
	if d.Path == "" {
		d.Path = p.Source
	}
	if d.Hash == "" {
		d.Hash = p.Document
	}
	_, err := s.PutDocument(t.Context(), d, passages)
	require.NoError(t, err)
}

// manuals is the oil manual as a kept PDF, with where its passages stand.
func manuals() []index.Passage {
	oil := library()["doc-oil"]
	for i := range oil {
		oil[i].Locator = index.Locator{Page: 2, Box: [4]float64{72, 686, 420, 710}}
	}
	oil[1].Locator.Box = [4]float64{72, 628, 480, 668}
	oil[2].Locator = index.Locator{Page: 3, Box: [4]float64{72, 696, 340, 710}}
	return oil
}

// withManual is a store whose draft sg_pdf cites the kept manual and a price.
func withManual(t *testing.T) *store.Store {
	t.Helper()
	s := openStore(t)
	fillLibrary(t, s)
	oil := manuals()
	keep(t, s, store.Document{Type: "pdf", Pages: 3}, manual(), oil...)
	body := oilDraft()
	body.Evidence[0].Passage = oil[1]
	save(t, s, record(t, "sg_pdf", "Kari Nordmann", oilQuestion, body))
	return s
}

const onPage = "/source/oil-2?workspace=" + ws + "&suggestion=sg_pdf&source=1"

func TestTheViewerOpensASourceWhereItIsCited(t *testing.T) {
	h := handler(t, options(withManual(t)))
	page := html.UnescapeString(get(t, h, onPage))
	require.Contains(t, page, "<mark>Use hydraulic oil of class ISO VG 46.</mark> The tank holds 38 litres. <mark>Change the oil")
	require.Contains(t, page, "Check the oil level", "the text before")
	require.Contains(t, page, "Disposal", "the heading of what follows")
	require.Contains(t, page, `"page":2`)
	require.Contains(t, page, `"quotes":["Use hydraulic oil of class ISO VG 46.","Change the oil after the first 50 operating hours, then every 500 hours or once a year, whichever comes first."]`)
	require.Contains(t, page, "1 of 4")
	require.Contains(t, page, `href="/panel?source=1&suggestion=sg_pdf&workspace=fjordvik#source-1"`)
	require.Contains(t, page, `href="/source/price-1?source=2&suggestion=sg_pdf&workspace=fjordvik"`)
	require.NotContains(t, page, `id="previous"`)

	page = html.UnescapeString(get(t, h, "/source/secret-1?suggestion=sg_pdf&source=4"))
	require.Contains(t, page, "Internal – do not send")
	require.Contains(t, page, `id="previous"`)
	require.NotContains(t, page, `id="next"`)

	page = html.UnescapeString(get(t, h, "/source/oil-1"))
	require.Contains(t, page, "<mark>Check the oil level every morning", "without a draft the whole passage is meant")
	require.NotContains(t, page, `class="steps"`)

	require.Contains(t, html.UnescapeString(get(t, h, "/panel/source?suggestion=sg_pdf&source=1")), `href="/source/oil-2?source=1&suggestion=sg_pdf&workspace=fjordvik">Show in the document`)
}

func TestTheViewerShowsCitedCellsInTheirTable(t *testing.T) {
	s := openStore(t)
	cell := func(col string, row int, header, value string) index.Cell {
		return index.Cell{Header: header, Value: value, Ref: fmt.Sprint(col, row)}
	}
	row := func(n int, cells ...index.Cell) index.Passage {
		p := passage(fmt.Sprintf("sheet-%d", n), n, "Spare parts")
		p.Title, p.Kind, p.Source, p.Cells = "Price list", index.KindRow, "prices.xlsx", cells
		p.Locator = index.Locator{Sheet: "Norge", Cells: fmt.Sprintf("A%d:D%d", n, n), Header: "A4:D5"}
		for _, c := range cells {
			p.Text += "\n" + c.Header + ": " + c.Value
		}
		return p
	}
	rows := []index.Passage{
		row(13, cell("A", 13, "Part no.", "55-1045"), cell("D", 13, "Price", "EUR 12.00")),
		row(14, cell("A", 14, "Part no.", "55-1046"), cell("B", 14, "Fits", "XY-2000"), cell("D", 14, "Price", "EUR 64.00")),
		row(15, cell("A", 15, "Part no.", "55-1047"), cell("B", 15, "Fits", "XY-2400"), cell("AA", 15, "Note", "new")),
	}
	other := row(3, cell("A", 3, "Delnr", "1"))
	other.ID, other.Ordinal, other.Locator.Sheet = "sheet-x", 16, "Sverige"
	keep(t, s, store.Document{Type: "xlsx"}, nil, append(rows, other)...)
	body := suggest.Suggestion{
		Language: "en", Flag: suggest.High,
		Sentences: []suggest.Sentence{{Text: "It costs EUR 64.00.", Kind: suggest.Fact, Citations: []suggest.Citation{cite(1, rows[1], "Price: EUR 64.00")}}},
		Evidence:  []suggest.Evidence{evidence(rows[1], true)},
	}
	save(t, s, record(t, "sg_cells", "Kari", "?", body))
	page := get(t, handler(t, options(s)), "/source/sheet-14?suggestion=sg_cells&source=1")
	require.Contains(t, page, `<caption dir="auto">Norge</caption>`)
	require.Contains(t, page, "<td>A</td><td>B</td><td>D</td><td>AA</td>", "columns in the sheet's order")
	require.Contains(t, page, `<th scope="col">4–5</th><th scope="col" dir="auto">Part no.</th><th scope="col" dir="auto">Fits</th><th scope="col" dir="auto">Price</th><th scope="col" dir="auto">Note</th>`)
	require.Contains(t, page, `<tr class="cited"><th scope="row"><span aria-hidden="true">▶ </span>14</th><td dir="auto">55-1046</td><td dir="auto">XY-2000</td><td dir="auto"><mark>EUR 64.00<span class="sr"> (cited)</span></mark></td><td dir="auto"></td></tr>`)
	require.Contains(t, page, `<th scope="row">13</th><td dir="auto">55-1045</td><td dir="auto"></td>`, "an empty cell keeps its place")
	require.NotContains(t, page, "Delnr", "another sheet")
	require.Contains(t, page, "The original is not kept.")

	page = get(t, handler(t, options(s)), "/source/sheet-14")
	require.Equal(t, 3, strings.Count(page, "<mark>"), "the whole row")
}

func TestTheViewerShowsMessagesSlidesAndTextInTheirOrder(t *testing.T) {
	s := openStore(t)
	solved := library()["doc-case"][0]
	other := solved
	other.ID, other.Ordinal, other.Question, other.Locator.Case = "case-2", 1, "Where is my order?", "10483"
	keep(t, s, store.Document{Type: "json"}, []byte(`[{"email":"kari@example.com"}]`), solved, other)
	var slides []index.Passage
	for i := range 5 {
		p := passage(fmt.Sprintf("deck-%d", i+1), i, fmt.Sprintf("Point of slide %d.", i+1))
		p.Source, p.Locator = "course.pptx", index.Locator{Page: i + 1}
		slides = append(slides, p)
	}
	keep(t, s, store.Document{Type: "pptx"}, nil, slides...)
	guide := passage("guide-1", 0, "First paragraph.\n\nSecond paragraph.\n\n1. One\n2. Two")
	guide.Source, guide.Locator = "guide.docx", index.Locator{Paragraph: 3}
	keep(t, s, store.Document{Type: "docx"}, []byte("PK"), guide)
	h := handler(t, options(s))

	page := get(t, h, "/source/case-1")
	require.Contains(t, page, `aria-label="The customer wrote"`)
	require.Contains(t, page, "<mark>The tank takes 38 litres")
	require.NotContains(t, page, "Where is my order?", "another customer's case")
	require.NotContains(t, page, "/original", "the file holds what was masked")

	page = get(t, h, "/source/deck-3")
	require.Contains(t, page, `<h2 class="slide">Slide 2</h2>`)
	require.Contains(t, page, "<mark>Point of slide 3.</mark>")
	require.NotContains(t, page, "Point of slide 1.")
	require.NotContains(t, page, `id="pdf"`)

	page = get(t, h, "/source/guide-1")
	require.Contains(t, page, `<p class="passage" dir="auto"><mark>First paragraph.</mark></p><p class="passage" dir="auto"><mark>Second paragraph.</mark></p>`)
	require.Contains(t, page, `href="/source/guide-1/original?workspace=fjordvik"`)
}

func TestTheViewerSaysWhatBecameOfASource(t *testing.T) {
	s := withManual(t)
	h := handler(t, options(s))

	moved := manuals()
	moved[1].ID, moved[1].Locator.Page, moved[1].Ordinal = "oil-9", 3, 3
	keep(t, s, store.Document{Type: "pdf", Hash: "second"}, pdfFile([]string{"Another file"}), moved...)
	page := html.UnescapeString(get(t, h, onPage))
	require.Contains(t, page, "The document has changed since it was cited. This is the version that was read on 2026-01-15.")
	require.Contains(t, page, `href="/source/oil-9?workspace=fjordvik">The same now stands elsewhere`)
	require.Contains(t, page, "<mark>Use hydraulic oil")
	require.Contains(t, page, "Check the oil level", "the text around, of that version")
	session := signIn(t, h)
	w := call(h, http.MethodGet, "/source/oil-2/original?suggestion=sg_pdf&source=1", "", with(session))
	require.Equal(t, manual(), w.Body.Bytes(), "the bytes that were cited, not the present ones")
	require.Equal(t, 404, call(h, http.MethodGet, "/source/oil-2", "", with(session)).Code, "without the draft there is no such passage now")

	for i := range 6 { // more than is kept
		keep(t, s, store.Document{Type: "pdf", Hash: fmt.Sprint("again", i)}, nil, moved[0])
	}
	page = html.UnescapeString(get(t, h, onPage))
	require.Contains(t, page, "the old version is not kept")
	require.Contains(t, page, "<mark>Use hydraulic oil")
	require.NotContains(t, page, `id="pdf"`)

	require.NoError(t, s.FailDocument(t.Context(), store.Document{ID: "doc-oil", Workspace: ws, Path: "operator-manual-xy-2000.pdf", Audience: "public", Type: "pdf", Hash: "bad", Code: "damaged", Error: "damaged"}))
	require.Contains(t, html.UnescapeString(get(t, h, "/source/oil-1")), "The latest version of the document could not be read.")

	_, err := s.DeleteDocument(t.Context(), ws, "doc-oil")
	require.NoError(t, err)
	page = html.UnescapeString(get(t, h, onPage))
	require.Contains(t, page, "The document is no longer there.")
	require.Contains(t, page, "<mark>Use hydraulic oil")
	require.Equal(t, 404, call(h, http.MethodGet, "/source/oil-2/original?suggestion=sg_pdf&source=1", "", with(session)).Code)

	require.NoError(t, s.WithdrawSuggestions(t.Context(), ws, "zendesk", "conv-sg_pdf", "msg-sg_pdf"))
	require.Equal(t, 404, call(h, http.MethodGet, onPage, "", with(session)).Code, "a withdrawn draft shows nothing")
}

func TestADocumentThatBecameInternalSaysSo(t *testing.T) {
	s := withManual(t)
	oil := manuals()
	for i := range oil {
		oil[i].Audience = index.Internal
	}
	keep(t, s, store.Document{Type: "pdf"}, manual(), oil...)
	require.Contains(t, get(t, handler(t, options(s)), onPage), "Internal – do not send")
}

func TestTheViewerIsForAgentsOfTheWorkspace(t *testing.T) {
	s := withManual(t)
	h := handler(t, options(s))
	session := signIn(t, h)
	for _, part := range []string{"", "/original"} {
		require.NotEqual(t, 200, call(h, http.MethodGet, "/source/oil-2"+part, "", anonymous).Code)
		require.Equal(t, 200, call(h, http.MethodGet, "/source/oil-2"+part, "", with(session)).Code)
	}
	w := call(h, http.MethodGet, onPage, "", anonymous)
	require.Equal(t, 303, w.Code, "to the door, and back here")
	require.Equal(t, "/signin?next="+url.QueryEscape(onPage), w.Header().Get("Location"))
	for _, part := range []string{"/place", "/original"} {
		require.Equal(t, 401, call(h, http.MethodGet, "/api/passages/oil-2"+part, "", anonymous).Code)
		require.Equal(t, 200, call(h, http.MethodGet, "/api/passages/oil-2"+part, "").Code)
	}
	for _, target := range []string{
		"/source/oil-2?workspace=nord", "/source/oil-2/original?workspace=nord", "/source/oil-2?workspace=nord&suggestion=sg_pdf&source=1",
		"/source/oil-2?workspace=elsewhere", "/source/nothing", "/source/nothing/original", "/source/oil-1?suggestion=sg_pdf&source=1",
		"/source/oil-2?suggestion=sg_pdf", "/source/oil-2?suggestion=sg_pdf&source=5", "/source/oil-2?suggestion=nothing&source=1",
		"/api/passages/oil-2/place?workspace=nord", "/api/passages/oil-2/original?workspace=nord",
	} {
		require.Equal(t, 404, call(h, http.MethodGet, target, "", with(session)).Code, target)
	}
	require.Equal(t, 400, call(h, http.MethodGet, "/source/oil-2?suggestion=sg_pdf&source=x", "", with(session)).Code)

	// A draft of another workspace that names a passage of this one opens nothing.
	r := record(t, "sg_nord", "Kari", "?", oilDraft())
	r.Workspace = "nord"
	save(t, s, r)
	page := html.UnescapeString(get(t, h, "/source/oil-2?workspace=nord&suggestion=sg_nord&source=1"))
	require.Contains(t, page, "Dokumentet finnes ikke lenger.")
	require.NotContains(t, page, "Check the oil level", "nothing of the other workspace's document")
	require.Equal(t, 404, call(h, http.MethodGet, "/source/oil-2/original?workspace=nord&suggestion=sg_nord&source=1", "", with(session)).Code)
}

func TestThePlaceOfAPassageInTheAPI(t *testing.T) {
	h := handler(t, options(withManual(t)))
	w := call(h, http.MethodGet, "/api/passages/oil-2/place?suggestion=sg_pdf&source=1", "")
	require.Equal(t, 200, w.Code)
	var got struct {
		State, Where, Document, Path, Original string
		Internal                               bool
		Passage                                index.Passage
		Cited                                  [][2]int
		Around                                 []index.Passage
		Version                                int
	}
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &got))
	require.Equal(t, "current", got.State)
	require.Equal(t, "p. 2", got.Where)
	require.Len(t, got.Around, 3)
	require.Equal(t, "Use hydraulic oil of class ISO VG 46.", got.Passage.Text[got.Cited[0][0]:got.Cited[0][1]])
	require.Equal(t, 2, got.Version)
	require.False(t, got.Internal)
	w = call(h, http.MethodGet, got.Original, "")
	require.Equal(t, manual(), w.Body.Bytes())
}

func TestOriginalsAreFilesAndNeverPages(t *testing.T) {
	s := openStore(t)
	const script = `<!doctype html><script>alert(document.cookie)</script>`
	for i, tt := range []struct{ name, path, kind, file string }{
		{"html", "a/evil.html", "text/html", `attachment; filename=evil.html`},
		{"svg", "evil.svg", "image/svg+xml", `attachment; filename=evil.svg`},
		{"pdf", "evil.pdf", "application/octet-stream", `attachment; filename=evil.pdf`},
		{"", "evil", "application/octet-stream", `attachment; filename=evil`},
		{"txt", "å \"b\".txt", "text/plain", `attachment; filename*=utf-8''%C3%A5%20%22b%22.txt`},
		{"html", "https://example.com/help/oil.html?x=1", "text/html", `attachment; filename=oil.html`},
		{"html", "https://example.com", "text/html", `attachment; filename=document`},
	} {
		p := passage(fmt.Sprintf("evil%d-1", i), 0, "Text.")
		p.Source, p.Locator = tt.path, index.Locator{Paragraph: 1}
		keep(t, s, store.Document{Type: tt.name}, []byte(script), p)
		h := handler(t, options(s))
		w := call(h, http.MethodGet, fmt.Sprintf("/api/passages/evil%d-1/original", i), "")
		require.Equal(t, 200, w.Code)
		require.Equal(t, script, w.Body.String())
		require.Equal(t, tt.kind, w.Header().Get("Content-Type"))
		require.Equal(t, tt.file, w.Header().Get("Content-Disposition"))
		require.Equal(t, "default-src 'none'; sandbox; frame-ancestors 'none'", w.Header().Get("Content-Security-Policy"))
		require.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"))
		require.Equal(t, "no-store", w.Header().Get("Cache-Control"))
		require.Equal(t, "same-origin", w.Header().Get("Cross-Origin-Resource-Policy"))
		require.NotContains(t, get(t, h, fmt.Sprintf("/source/evil%d-1", i)), "alert(")
	}
}

func TestOriginalsAreSentInPieces(t *testing.T) {
	dir := t.TempDir()
	s, err := store.Open(t.Context(), store.Options{Dir: dir, Now: func() time.Time { return noon }})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	keep(t, s, store.Document{Type: "pdf", Pages: 3}, manual(), manuals()...)
	h := handler(t, options(s))
	piece := func(change ...func(*http.Request)) *httptest.ResponseRecorder {
		return call(h, http.MethodGet, "/api/passages/oil-2/original", "", change...)
	}
	w := piece(header("Range", "bytes=0-7"))
	require.Equal(t, 206, w.Code)
	require.Equal(t, "%PDF-1.4", w.Body.String())
	require.Equal(t, "application/pdf", w.Header().Get("Content-Type"))
	require.Equal(t, fmt.Sprintf("bytes 0-7/%d", len(manual())), w.Header().Get("Content-Range"))
	require.Equal(t, 416, piece(header("Range", "bytes=99999999-")).Code)
	tag := piece().Header().Get("ETag")
	require.Equal(t, 200, piece(header("Range", "bytes=0-7"), header("If-Range", `"another"`)).Code, "a piece of another file would be worse than none")
	require.Equal(t, 304, piece(header("If-None-Match", tag)).Code)

	// What lies on the disk and is not what was kept is not sent.
	hash := strings.Trim(tag, `"`)
	found := filepath.Join(dir, "originals", hash[:2], hash)
	require.NoError(t, os.WriteFile(found, []byte("%PDF-1.4 something else"), 0o600))
	require.Equal(t, 500, piece().Code)
	require.NoError(t, os.Remove(found))
	require.Equal(t, 404, piece().Code)
}

func TestTextFromOutsideIsTextInTheViewer(t *testing.T) {
	for _, bad := range nasty {
		p := passage("oil-2", 1, bad)
		p.Title, p.Headings, p.Question, p.Language, p.Source = bad, []string{bad}, bad, bad, bad
		p.Locator = index.Locator{Sheet: bad, Cells: bad, Header: bad, Anchor: bad}
		row, solved, paged := p, p, p
		row.Kind, row.Cells = index.KindRow, []index.Cell{{Header: bad, Value: bad, Ref: bad}, {Header: bad, Value: bad}}
		solved.Kind, solved.Locator = index.KindCase, index.Locator{Case: bad}
		paged.Locator = index.Locator{Page: 1, Box: [4]float64{1, 1, 9, 9}}
		body := suggest.Suggestion{Language: bad, Evidence: []suggest.Evidence{{Passage: p}, {Passage: row}, {Passage: solved}, {Passage: paged}}}
		data, err := json.Marshal(body)
		require.NoError(t, err)
		base := openStore(t)
		keep(t, base, store.Document{Type: bad, Path: "https://example.com/" + bad}, pdfFile([]string{"x"}), passage("oil-2", 1, bad))
		o := options(nil)
		o.Store = &still{Store: base, one: store.Suggestion{ID: bad, Workspace: ws, Body: data, State: "active", Created: noon}}
		h := handler(t, o)
		for n := range 4 {
			page := get(t, h, fmt.Sprintf("/source/oil-2?suggestion=%s&source=%d", url.QueryEscape(strings.ToValidUTF8(bad, "")), n+1))
			require.NotContains(t, strings.ReplaceAll(page, `<script type="module" src="/static/viewer.HASH.js"></script>`, ""), "<script")
			require.NotContains(t, page, "<img")
			require.NotContains(t, page, "ZgotmplZ")
			require.NotRegexp(t, `%![a-z(]`, page)
			require.NotRegexp(t, `(href|src)="javascript:`, page)
		}
	}
}

func TestPDFJSIsWhatWasPublished(t *testing.T) {
	// The files of npm's pdfjs-dist 5.6.205 that docs/NOTICES.md names.
	for name, want := range map[string]string{
		"pdfjs.js":                    "0d29c4871eff0b72f3896825f2673ddf7dfbccf815a7095a5d14f5aa68fab0e5",
		"pdfjs-worker.js":             "7fc442c268d107d656755252cf38c422a88e825b7f0caaac6a5f58364dff4179",
		"openjpeg_nowasm_fallback.js": "07c3c3361827308741bc31c561b59e705ebb4d1e8efb84e4d24884e230dbb894",
	} {
		data, err := os.ReadFile(filepath.Join("static", name))
		require.NoError(t, err)
		require.Equal(t, want, fmt.Sprintf("%x", sha256.Sum256(data)), name)
	}
}

func FuzzARowKeepsItsCells(f *testing.F) {
	f.Add("Spare parts\nPart no.: 55-1046\nPrice: EUR 64.00", "Part no.", "55-1046", "A14", "Price", "EUR 64.00", "C14", 30, 40)
	f.Add("", "", "", "", "", "", "", -1, 1<<40)
	f.Add("a: b\na: b", "a", "b", "AA1", "a", "b", "AA1", 0, 4)
	f.Fuzz(func(t *testing.T, text, h1, v1, r1, h2, v2, r2 string, start, end int) {
		p := index.Passage{ID: "p", Kind: index.KindRow, Text: text, Cells: []index.Cell{{Header: h1, Value: v1, Ref: r1}, {Header: h2, Value: v2, Ref: r2}}}
		marks := web.CitedCells(p, [][2]int{{start, end}})
		require.Len(t, marks, 2)
		require.True(t, marks[0] || marks[1], "something is cited")
		other := p
		other.ID, other.Cells = "q", p.Cells[:1]
		header, rows := web.TableOf(p, []index.Passage{p, other})
		require.NotEmpty(t, rows)
		for _, r := range rows {
			require.Len(t, r, len(rows[0]))
			require.True(t, header == nil || len(header) == len(r))
		}
		all := strings.Join(slices.Concat(rows...), "\n")
		for _, v := range []string{v1, v2} {
			require.Contains(t, all, strings.TrimSpace(v))
		}
	})
}

func FuzzAFileNameIsOne(f *testing.F) {
	for _, s := range append(nasty, "a/b.pdf", `C:\a\b.pdf`, "https://example.com/a?b#c", "..", "", "/") {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		name := web.FileName(s)
		require.NotEmpty(t, strings.Trim(name, "./ "))
		require.NotContains(t, name, "/")
		require.NotContains(t, name, `\`)
		require.NotRegexp(t, `[\x00-\x1f]`, name)
		require.True(t, utf8.ValidString(name))
	})
}

func TestADesksFrameOpensTheViewerInAWindowOfItsOwn(t *testing.T) {
	h := handler(t, embedOptions(seed(t)))
	pass := enterFrame(t, h, "zendesk", "42")
	w := call(h, http.MethodGet, "/embed/zendesk/source?suggestion=sg_oil&source=1", "", passing(pass))
	require.Contains(t, w.Body.String(), `target="_blank" rel="noopener">Show in the document`)
	require.NotContains(t, get(t, h, "/panel/source?suggestion=sg_oil&source=1"), "_blank")
	for _, target := range []string{"/source/oil-2", "/source/oil-2/original", "/api/passages/oil-2/place", "/api/passages/oil-2/original"} {
		require.NotEqual(t, 200, call(h, http.MethodGet, target, "", passing(pass)).Code, "a pass opens suggestions, not documents")
	}
}
