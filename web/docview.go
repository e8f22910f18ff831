package web

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest/review"
)

// docFrame is what the pages about documents share.
type docFrame struct {
	Title      string
	Rooms      []roomView
	Nav        []workspaceView
	Workspaces []workspaceView
	Workspace  string
	Version    string
}

// docFrame makes the frame of a page; path is its own, "" when it is not in
// the navigation.
func (s *server) docFrame(c *gin.Context, ws Workspace, path, title string) docFrame {
	p := s.in(ws)
	f := docFrame{Title: clip(title, 120) + " – " + ws.title(), Rooms: s.rooms(c, ws), Nav: roomNav(p, ws, path), Workspace: ws.ID, Version: s.o.Version}
	if own := s.own(c); len(own) > 1 {
		to := path
		if to == "" {
			to = documentsPage // another workspace does not have this document
		}
		for _, w := range own {
			f.Workspaces = append(f.Workspaces, workspaceView{Name: w.title(), Href: addressOfPage(to, "workspace", w.ID), Current: w.ID == ws.ID})
		}
	}
	return f
}

// docQuery is what an address asks of a document's page.
type docQuery struct {
	at       string // id of the passage that is shown beside the list
	page     int    // from 1; 0: that of the passage
	only     string // "", fixed or cited
	from, to int    // versions to compare
	done     string // what was done just now
}

// docView is the page of one document.
type docView struct {
	docFrame
	ID       string
	Name     string
	Facts    []factView
	Failure  string // why the latest bytes could not be read
	Hint     string
	Kept     bool // the last good passages stay in use
	Warnings []string
	Status   string
	Problem  string
	Lost     []fixView

	at       int // of the passage shown beside the list, -1 for none
	Place    placeView
	Original string

	Passages   []passView
	Only       []workspaceView
	Shown      string // "1–20 of 120"
	Prev, Next string

	Versions []versionView
	Changes  *changesView
	Citing   citingView
	History  []fixView
}

type factView struct{ Label, Value string }

// passView is a passage as it was read, with what was done to it.
type passView struct {
	ID, Number, Where, Kind string
	Path                    string // headings
	Question, Text          string // as the document has it
	Language                string
	Cited                   string
	Here                    bool   // it is the one shown beside the list
	Href                    string // shows it there
	Fix                     *fixView
	Excluded                bool
	Now                     string // corrected text, "" for none
	Seen                    int64
	Edit, Why               string // what the form holds
	Open                    string // the form that is open: exclude or correct
	Problem                 string
}

// fixView is something that was done to a passage.
type fixView struct {
	What    string // in words
	Passage string
	Where   string
	Was     string // the beginning of what the document had
	Text    string
	Reason  string
	Author  string
	At      ageView
	Day     string
	Href    string
	Seen    int64
}

type versionView struct {
	Number, Read, Note       string
	Passages, Pages, Words   int
	Size                     string
	Current, Failed          bool
	Compare, CompareToLatest string // addresses
	Previous                 string // number of the one before
}

type changesView struct {
	Title   string
	Summary string
	More    string
	List    []changeView
	Close   string
}

type changeView struct {
	What   string // in words
	Sign   string // of changed, added, removed
	Where  string
	Path   string
	Text   string
	Pieces []review.Piece
}

type citingView struct {
	Total  int
	Counts []citingRow
	Latest []citingDraft
}

type citingRow struct {
	Flag    flagView
	Outcome string
	N       int
}

type citingDraft struct {
	Href, Question, Outcome string
	Flag                    flagView
	Age                     ageView
	Stale                   bool
}

// kindWords are the words for kinds of passages.
var kindWords = map[index.Kind]string{
	index.KindText: "doc_kind_text", index.KindList: "doc_kind_list", index.KindTable: "doc_kind_table",
	index.KindRow: "doc_kind_row", index.KindFAQ: "doc_kind_faq", index.KindCase: "doc_kind_case",
}

// fixWords are the words for what was done.
var fixWords = map[string]string{store.FixExclude: "doc_did_exclude", store.FixCorrect: "doc_did_correct", store.FixRestore: "doc_did_restore"}

func (p *pages) kind(k index.Kind) string {
	if key, ok := kindWords[k]; ok {
		return p.word(key)
	}
	return string(k)
}

func (p *pages) audience(a string) string {
	if a == string(index.Public) {
		return p.word("doc_public")
	}
	return p.word("doc_internal")
}

// bytes is a size in words.
func (p *pages) bytes(n int64) string {
	switch {
	case n < 1000:
		return strconv.FormatInt(n, 10) + " B"
	case n < 1_000_000:
		return strconv.FormatInt((n+500)/1000, 10) + " kB"
	}
	return p.decimal(strconv.FormatFloat(float64(n)/1e6, 'f', 1, 64)) + " MB"
}

const minute = "2006-01-02 15:04 MST"

func (p *pages) stamp(t time.Time) string {
	if t.IsZero() {
		return p.word("doc_unknown")
	}
	return t.UTC().Format(minute)
}

// fixProblem is a refusal in words of the page's language.
func (p *pages) fixProblem(f *fault) string {
	switch {
	case strings.HasPrefix(f.text, "reason:"):
		return p.word("doc_needs_reason")
	case strings.HasPrefix(f.text, "text:"):
		return p.word("doc_needs_text", store.MaxFixText)
	case strings.HasSuffix(f.text, "says that already"):
		return p.word("doc_says_already")
	case strings.HasPrefix(f.text, "somebody else"):
		return p.word("doc_others")
	}
	return p.word("doc_refused")
}

func (p *pages) fixed(f store.Fix, d store.Document, now time.Time) fixView {
	return fixView{
		What: p.word(fixWords[f.Action]), Passage: f.Passage, Where: p.where(place{passage: f.Was, document: d}),
		Was: clip(strings.Join(strings.Fields(said(f.Was)), " "), shortQuote), Text: f.Text, Reason: f.Reason, Author: f.Author,
		At: p.age(f.At, now), Day: p.stamp(f.At), Seen: f.Seq,
	}
}

func (p *pages) document(o opened, q docQuery, typed *unsaved, now time.Time) docView {
	d := o.document
	v := docView{ID: d.ID, Name: d.Title, Warnings: d.Warnings, at: -1}
	if v.Name == "" {
		v.Name = fileName(d.Path)
	}
	p.facts(&v, o)
	if d.State == store.DocumentFailed {
		v.Failure, v.Hint, v.Kept = d.Error, d.Hint, d.Passages > 0
	}
	switch q.done {
	case store.FixExclude:
		v.Status = p.word("doc_done_exclude")
	case store.FixCorrect:
		v.Status = p.word("doc_done_correct")
	case store.FixRestore:
		v.Status = p.word("doc_done_restore")
	}
	for _, f := range o.fixes {
		if f.State == store.FixLost {
			v.Lost = append(v.Lost, p.fixed(f.Fix, d, now))
		}
	}
	for _, f := range o.history {
		x := p.fixed(f, d, now)
		if slices.ContainsFunc(o.passages, func(y index.Passage) bool { return y.ID == f.Passage }) {
			x.Href = documentAddress(o.ws.ID, d.ID, "at", f.Passage) + "#p-" + url.PathEscape(f.Passage)
		}
		v.History = append(v.History, x)
	}
	p.passages(&v, o, q, typed)
	if typed != nil && !slices.ContainsFunc(v.Passages, func(x passView) bool { return x.ID == typed.Passage }) {
		v.Problem = typed.Problem
	}
	p.versions(&v, o)
	p.citing(&v, o, now)
	return v
}

func (p *pages) facts(v *docView, o opened) {
	d := o.document
	add := func(key, value string) {
		if value != "" {
			v.Facts = append(v.Facts, factView{p.word(key), value})
		}
	}
	add("doc_path", d.Path)
	source := d.Source
	if source == "" {
		source = d.Root
	}
	add("doc_source", source)
	add("doc_collection", d.Collection)
	add("doc_product", d.Product)
	add("doc_audience", p.audience(d.Audience))
	add("doc_language", p.languageName(d.Language))
	add("doc_format", strings.ToUpper(strings.TrimPrefix(d.Type, ".")))
	add("doc_size", p.bytes(d.Size))
	if d.Pages > 0 {
		add("doc_pages", strconv.Itoa(d.Pages))
	}
	add("doc_words", strconv.Itoa(d.Words))
	add("doc_passages", strconv.Itoa(len(o.passages)))
	if !d.Modified.IsZero() {
		add("doc_modified", p.stamp(d.Modified))
	}
	add("doc_read", p.stamp(d.Ingested))
}

// passages are those of one page of the list, and the one beside it.
func (p *pages) passages(v *docView, o opened, q docQuery, typed *unsaved) {
	d := o.document
	wanted := func(x index.Passage) bool {
		switch f, ok := o.fixOf(x.ID); q.only {
		case "fixed":
			return ok && f.State == store.FixApplies
		case "cited":
			return o.cited(x.ID) > 0
		}
		return true
	}
	var list []int
	for i, x := range o.passages {
		if wanted(x) {
			list = append(list, i)
		}
	}
	for _, n := range []struct{ only, word string }{{"", "doc_all"}, {"fixed", "doc_only_fixed"}, {"cited", "doc_only_cited"}} {
		v.Only = append(v.Only, workspaceView{Name: p.word(n.word), Href: documentAddress(o.ws.ID, d.ID, "only", n.only) + "#passages", Current: q.only == n.only})
	}
	if len(list) == 0 {
		if len(o.passages) > 0 {
			v.at = 0
		}
		return
	}
	at := slices.IndexFunc(list, func(i int) bool { return o.passages[i].ID == q.at || q.at != "" && o.liveOf(o.passages[i].ID) == q.at })
	page := q.page
	if page == 0 {
		page = max(at, 0)/passagesPage + 1
	}
	first := min((page-1)*passagesPage, (len(list)-1)/passagesPage*passagesPage)
	last := min(first+passagesPage, len(list))
	if at < first || at >= last {
		at = first
	}
	v.at = list[at]
	v.Shown = p.word("doc_shown", first+1, last, len(list))
	to := func(page int) string {
		return documentAddress(o.ws.ID, d.ID, "only", q.only, "page", strconv.Itoa(page)) + "#passages"
	}
	if first > 0 {
		v.Prev = to(first / passagesPage)
	}
	if last < len(list) {
		v.Next = to(first/passagesPage + 2)
	}
	for _, i := range list[first:last] {
		v.Passages = append(v.Passages, p.passage(o, i, i == v.at, q, typed))
	}
}

// liveOf is the id of the correction of a passage, "" when there is none.
func (o opened) liveOf(id string) string {
	f, _ := o.fixOf(id)
	return f.Live
}

func (p *pages) passage(o opened, i int, here bool, q docQuery, typed *unsaved) passView {
	x := o.passages[i]
	v := passView{
		ID: x.ID, Number: strconv.Itoa(i + 1), Where: p.where(place{passage: x, document: o.document}), Kind: p.kind(x.Kind),
		Path: strings.Join(x.Headings, " › "), Question: x.Question, Text: x.Text, Language: x.Language, Here: here,
		Href: documentAddress(o.ws.ID, o.document.ID, "at", x.ID, "only", q.only) + "#p-" + url.PathEscape(x.ID), Edit: x.Text,
	}
	if n := o.cited(x.ID); n > 0 {
		v.Cited = p.word("doc_cited_n", n)
	}
	if f, ok := o.fixOf(x.ID); ok {
		v.Seen = f.Seq
		if f.State == store.FixApplies {
			fix := p.fixed(f.Fix, o.document, f.At)
			v.Fix, v.Excluded = &fix, f.Action == store.FixExclude
			if f.Action == store.FixCorrect {
				v.Now, v.Edit = f.Text, f.Text
			}
		}
	}
	if typed != nil && (typed.Passage == x.ID || typed.Passage == o.liveOf(x.ID)) {
		v.Problem, v.Open, v.Why = typed.Problem, typed.Action, typed.Reason
		if typed.Action == "correct" {
			v.Edit = typed.Text
		}
	}
	return v
}

func (p *pages) versions(v *docView, o opened) {
	var good []store.Version // newest first
	for _, x := range o.versions {
		if x.State == store.DocumentOK {
			good = append(good, x)
		}
	}
	for _, x := range o.versions {
		row := versionView{
			Number: strconv.Itoa(x.Number), Read: p.stamp(x.Ingested), Passages: x.Passages, Pages: x.Pages, Words: x.Words, Size: p.bytes(x.Size),
			Current: x.State == store.DocumentOK && x.Number == o.document.Version, Failed: x.State == store.DocumentFailed, Note: x.Error,
		}
		at := slices.IndexFunc(good, func(y store.Version) bool { return y.Number == x.Number })
		if !row.Failed && at >= 0 && at+1 < len(good) {
			row.Previous = strconv.Itoa(good[at+1].Number)
			row.Compare = documentAddress(o.ws.ID, o.document.ID, "from", row.Previous, "to", row.Number) + "#changes"
		}
		if !row.Failed && at > 1 {
			row.CompareToLatest = documentAddress(o.ws.ID, o.document.ID, "from", row.Number, "to", strconv.Itoa(good[0].Number)) + "#changes"
		}
		v.Versions = append(v.Versions, row)
	}
}

func (p *pages) changes(d DocumentChanges, doc store.Document) *changesView {
	v := &changesView{
		Title:   p.word("doc_changes", d.From, d.To),
		Summary: p.word("doc_changes_sum", d.Changed, d.Added, d.Removed, d.Same, d.Moved),
		Close:   documentAddress(doc.Workspace, doc.ID) + "#versions",
	}
	if n := d.Changed + d.Added + d.Removed - len(d.Changes); n > 0 {
		v.More = p.word("doc_changes_more", n)
	}
	for _, c := range d.Changes {
		var x changeView
		at := c.After
		switch c.What {
		case "added":
			x = changeView{What: p.word("doc_added"), Sign: "+", Text: said(*c.After)}
		case "removed":
			at = c.Before
			x = changeView{What: p.word("doc_removed"), Sign: "−", Text: said(*c.Before)}
		default:
			x = changeView{What: p.word("doc_changed"), Sign: "±", Pieces: c.Pieces}
		}
		x.Where, x.Path = p.where(place{passage: *at, document: doc}), strings.Join(at.Headings, " › ")
		v.List = append(v.List, x)
	}
	return v
}

func (p *pages) outcome(action string) string {
	if w, ok := p.texts["done_"+action]; ok && action != "" {
		return w
	}
	return p.word("doc_no_outcome")
}

func (p *pages) citing(v *docView, o opened, now time.Time) {
	v.Citing.Total = o.citing.Suggestions
	for _, n := range o.citing.Counts {
		v.Citing.Counts = append(v.Citing.Counts, citingRow{p.flag(n.Flag), p.outcome(n.Action), n.N})
	}
	for _, d := range o.citing.Latest {
		question := clip(strings.Join(strings.Fields(clip(d.Question, 4*shortLine)), " "), shortLine)
		if question == "" {
			question = d.ID
		}
		v.Citing.Latest = append(v.Citing.Latest, citingDraft{
			Href: link("workspace", o.ws.ID, "suggestion", d.ID), Question: question, Outcome: p.outcome(d.Action), Flag: p.flag(d.Flag),
			Age: p.age(d.Created, now), Stale: d.Stale,
		})
	}
}
