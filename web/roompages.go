package web

import (
	"cmp"
	"maps"
	"math"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
)

// Keys of texts.
var (
	roomDone = map[string]string{
		"read": "room_done_read", "pause": "room_done_pause", "resume": "room_done_resume", "set": "room_done_set", "set_read": "room_done_set_read",
		"remove": "room_done_remove", "restore": "room_done_restore", "erase": "room_done_erase",
	}
	roomKinds = map[string]string{
		"folder": "room_kind_folder", "web": "room_kind_web", "s3": "room_kind_s3", "webdav": "room_kind_webdav", "": "room_kind_none",
	}
	roomReaders = map[string]string{"public": "room_public", "internal": "room_internal", "": "room_internal"}
	roomStates  = [][2]string{
		{store.DocumentOK, "room_ok"},
		{store.ListProblems, "room_problems"},
		{store.DocumentFailed, "room_failed"},
		{store.ListEmpty, "room_empty"},
		{store.ListShelved, "room_shelved"},
	}
)

// roomHead is what all pages of the document room share.
type roomHead struct {
	Title      string
	Workspaces []workspaceView
	Nav        []workspaceView
	Workspace  string
	Rooms      []roomView
	Back       string // the address of the page
	Done       string // what was just done, in words
	Version    string
}

// roomNav leads through the room; path is that of a page.
func roomNav(p *pages, ws Workspace, path string) (out []workspaceView) {
	for _, one := range []struct{ page, word string }{
		{"", "room_overview"}, {"/list", "room_list"}, {"/upload", "room_upload"}, {"/removed", "room_removed"}, {"/playground", "room_playground"},
	} {
		out = append(out, workspaceView{Name: p.word(one.word), Href: roomAt(one.page, ws), Current: documentsPage+one.page == path})
	}
	return out
}

func (s *server) roomHead(c *gin.Context, ws Workspace, page, title string) roomHead {
	p := s.in(ws)
	v := roomHead{
		Title: p.word(title) + " – " + ws.title(), Workspace: ws.ID, Rooms: s.rooms(c, ws), Nav: roomNav(p, ws, documentsPage+page), Version: s.o.Version,
		Back: (&url.URL{Path: "/documents" + page, RawQuery: c.Request.URL.RawQuery}).String(),
	}
	if done, ok := roomDone[c.Query("done")]; ok {
		v.Done = p.word(done)
		q := c.Request.URL.Query()
		q.Del("done")
		v.Back = (&url.URL{Path: "/documents" + page, RawQuery: q.Encode()}).String()
	}
	if own := s.own(c); len(own) > 1 {
		for _, other := range own {
			if whoOf(c).May(byEditors, other.ID) {
				v.Workspaces = append(v.Workspaces, workspaceView{Name: other.title(), Href: roomAt("", other), Current: other.ID == ws.ID})
			}
		}
	}
	return v
}

// roomSourceView is a source as pages show it.
type roomSourceView struct {
	RoomSource

	ID           string // of its part of the page
	Href         string
	List         string // address of its documents
	Failing      string // address of those that could not be read
	Remove       string
	Upload       string // address where files are uploaded, "" when it takes none
	KindName     string
	Who          string // may read it, in words
	State        string // in words
	Tone         string // good, wait, bad or off
	Busy         bool
	Percent      string // of a run, "" when it is not known
	Docs         string // counts, in words
	Last         *ageView
	Next         string // when it is read by itself, in words
	Asks         bool   // it can be read and paused
	LanguageName string
}

func (p *pages) roomSourceOf(ws Workspace, one RoomSource, now time.Time) roomSourceView {
	v := roomSourceView{
		RoomSource: one, ID: "source-" + one.Name, Href: roomAt("/source", ws, "name", one.Name), List: roomAt("/list", ws, "source", one.Name),
		Failing: roomAt("/list", ws, "source", one.Name, "state", store.ListProblems), Remove: roomAt("/remove", ws, "source", one.Name),
		Who: p.word(roomReaders[one.Audience]), Asks: one.Configured, KindName: p.word(roomKinds[one.Kind]),
	}
	if one.Uploads {
		v.Upload = roomAt("/upload", ws, "source", one.Name)
	}
	if name, ok := suggest.PhrasesIn(p.language).Languages[one.Language]; ok {
		v.LanguageName = name
	}
	switch {
	case one.Running != nil:
		v.Busy, v.Tone, v.State = true, "wait", p.word("room_running", one.Running.Done)
		if one.Running.Total > 0 {
			v.State = p.word("room_running_of", one.Running.Done, one.Running.Total)
			v.Percent = strconv.Itoa(100 * one.Running.Done / one.Running.Total)
		}
	case one.Waiting:
		v.Busy, v.Tone, v.State = true, "wait", p.word("room_waits")
	case one.Paused:
		v.Tone, v.State = "off", p.word("room_paused")
	case !one.Configured:
		v.Tone, v.State = "off", p.word("room_not_configured")
	case one.LastRead.IsZero() && one.OK+one.Failed+one.Empty == 0:
		v.Tone, v.State = "off", p.word("room_never")
	case len(one.Problems) > 0 || one.LastState == store.RunFailed:
		v.Tone, v.State = "bad", p.word("room_unreadable")
	case one.Failed+one.Empty > 0:
		v.Tone, v.State = "bad", p.word("room_some_failed", one.Failed+one.Empty)
	case one.LastState == store.RunStopped || one.LastState == store.RunInterrupted:
		v.Tone, v.State = "bad", p.word("room_stopped")
	default:
		v.Tone, v.State = "good", p.word("room_fine")
	}
	if !one.LastRead.IsZero() {
		age := p.age(one.LastRead, now)
		v.Last = &age
	}
	switch {
	case !one.Configured || one.Paused:
		v.Next = dash
	case one.Watch:
		v.Next = p.word("room_on_change")
	case one.Uploads && one.NextRead.IsZero():
		v.Next = p.word("room_on_upload")
	case one.NextRead.IsZero():
		v.Next = p.word("room_on_command")
	case !one.NextRead.After(now):
		v.Next = p.word("room_soon")
	default:
		v.Next = one.NextRead.Local().Format("2006-01-02 15:04")
	}
	return v
}

// packed is a source with what its buttons need of the page.
type packed struct {
	Workspace, Back string
	One             roomSourceView
}

func packSource(workspace, back string, one roomSourceView) packed {
	return packed{workspace, back, one}
}

// roomDocView is a document of a list.
type roomDocView struct {
	ID, Name, Path  string
	Href, Remove    string
	Source          string
	Type            string
	Language        string
	Internal        bool
	State, Tone     string // in words
	Reason, Hint    string
	Warnings        []string
	Kept            bool // what was read before stays in use
	Passages        int
	Read            ageView
	Shelved, CanTry bool
}

func (p *pages) roomDoc(ws Workspace, d store.Document, now time.Time) roomDocView {
	v := roomDocView{
		ID: d.ID, Name: cmp.Or(d.Title, path.Base(d.Path)), Path: d.Path, Href: roomAt("/view", ws, "id", d.ID), Source: d.Source,
		Remove: roomAt("/remove", ws, "document", d.ID), Type: d.Type, Internal: d.Audience != "public", Passages: d.Passages, Read: p.age(d.Ingested, now),
		State: p.word("room_ok"), Tone: "good", Shelved: d.Shelved != "", Warnings: d.Warnings,
	}
	if name, ok := suggest.PhrasesIn(p.language).Languages[d.Language]; ok {
		v.Language = name
	}
	switch {
	case v.Shelved:
		v.State, v.Tone = p.word("room_shelved"), "off"
	case d.State != store.DocumentOK:
		v.State, v.Tone, v.CanTry = p.word("room_failed"), "bad", true
		if d.Code == store.CodeNoText {
			v.State = p.word("room_empty")
		}
		v.Reason, v.Hint, v.Kept = d.Error, d.Hint, d.Passages > 0
		for _, short := range []string{path.Base(d.Path) + ": ", path.Base(d.Path) + " "} { // said once
			v.Reason = strings.TrimPrefix(v.Reason, short)
		}
	}
	return v
}

// roomCollection is a collection and the sources that fill it.
type roomCollection struct {
	ID, Name, Counts, List string
	Sources                []roomSourceView
}

type roomOverviewView struct {
	roomHead

	Busy        bool
	Places      []roomPlaceView
	Problems    []roomDocView
	Failing     int // documents
	FailingHref string
	Collections []roomCollection
	Total       string
	Upload      bool // some source takes uploads
	UploadHref  string
}

// roomPlaceView is a place that could not be looked at.
type roomPlaceView struct {
	RoomProblem

	Source, Href string
	Age          *ageView
	Asks         bool
}

// How many documents that could not be read stand on the first page.
const roomProblems = 10

func (s *server) roomStart(c *gin.Context) (ws Workspace, list []RoomSource, err error) {
	room, ws, err := s.room(c, c.Query("workspace"))
	if err != nil {
		return ws, nil, err
	}
	list, err = room.Sources(c.Request.Context(), ws.ID)
	return ws, list, roomError(err)
}

func (s *server) roomOverview(c *gin.Context) error {
	ws, list, err := s.roomStart(c)
	if err != nil {
		return err
	}
	counts, err := s.o.Store.Counts(c.Request.Context(), ws.ID)
	if err != nil {
		return err
	}
	failing, _, err := s.o.Store.ListDocuments(c.Request.Context(), ws.ID, store.ListFilter{State: store.ListProblems}, "", roomProblems)
	if err != nil {
		return err
	}
	p, now := s.in(ws), s.o.Now()
	v := roomOverviewView{roomHead: s.roomHead(c, ws, "", "room"), FailingHref: roomAt("/list", ws, "state", store.ListProblems), UploadHref: roomAt("/upload", ws)}
	sums := map[string]*store.Tally{}
	all := store.Tally{}
	for _, n := range counts {
		if n.State != store.DocumentOK {
			v.Failing += n.Documents
		} else {
			all.Documents += n.Documents
		}
		all.Passages += n.Passages
		sum := sums[n.Collection]
		if sum == nil {
			sum = &store.Tally{}
			sums[n.Collection] = sum
		}
		if n.State == store.DocumentOK {
			sum.Documents += n.Documents
		}
		sum.Passages += n.Passages
	}
	v.Total = p.word("room_counts", all.Documents, all.Passages)
	for _, d := range failing {
		v.Problems = append(v.Problems, p.roomDoc(ws, d, now))
	}
	by := map[string][]roomSourceView{}
	for _, one := range list {
		view := p.roomSourceOf(ws, one, now)
		v.Busy, v.Upload = v.Busy || view.Busy, v.Upload || one.Uploads
		by[one.Collection] = append(by[one.Collection], view)
		for _, problem := range one.Problems {
			place := roomPlaceView{RoomProblem: problem, Source: one.Name, Href: view.Href, Asks: one.Configured && !one.Paused}
			if !problem.Since.IsZero() {
				age := p.age(problem.Since, now)
				place.Age = &age
			}
			v.Places = append(v.Places, place)
		}
	}
	names := slices.Sorted(maps.Keys(by))
	slices.SortStableFunc(names, func(a, b string) int { // what is in none comes last
		return cmp.Compare(cmp.Or(a, "\U0010ffff"), cmp.Or(b, "\U0010ffff"))
	})
	for i, name := range names {
		one := roomCollection{ID: "collection-" + strconv.Itoa(i), Name: name, Sources: by[name]}
		if sum := sums[name]; sum != nil && name != "" {
			one.Counts, one.List = p.word("room_counts", sum.Documents, sum.Passages), roomAt("/list", ws, "collection", name)
		}
		v.Collections = append(v.Collections, one)
	}
	return s.page(c, 200, ws, "room", v)
}

type roomOption struct {
	Value, Word string
	Chosen      bool
}

type roomListView struct {
	roomHead

	Query                                            string
	Sources, Collections, States, Formats, Languages []roomOption
	Documents                                        []roomDocView
	Total                                            string // how many there are, when that is known
	Short                                            bool
	Narrowed                                         bool
	Failing                                          bool   // one of those shown could not be read
	First, More                                      string // addresses
}

func (s *server) roomList(c *gin.Context) error {
	_, ws, err := s.room(c, c.Query("workspace"))
	if err != nil {
		return err
	}
	list, next, short, err := s.roomListed(c, ws, 50)
	if err != nil {
		return err
	}
	counts, err := s.o.Store.Counts(c.Request.Context(), ws.ID)
	if err != nil {
		return err
	}
	p, f := s.in(ws), roomFilter(c)
	v := roomListView{roomHead: s.roomHead(c, ws, "/list", "room_list"), Query: f.Name, Short: short, Narrowed: f != store.ListFilter{}}
	v.options(p, f, counts)
	if f.Name == "" && f.Shelving == "" && f.State != store.ListShelved {
		n := 0
		for _, k := range counts {
			if concerns(f, k) {
				n += k.Documents
			}
		}
		v.Total = p.word("room_total", n)
	}
	for _, d := range list {
		one := p.roomDoc(ws, d, s.o.Now())
		v.Failing = v.Failing || one.CanTry
		v.Documents = append(v.Documents, one)
	}
	to := func(after string) string {
		q := url.Values{"workspace": {ws.ID}}
		for _, name := range []string{"q", "source", "collection", "type", "language", "state", "removal"} {
			if value := c.Query(name); value != "" {
				q.Set(name, value)
			}
		}
		if after != "" {
			q.Set("after", after)
		}
		return (&url.URL{Path: "/documents/list", RawQuery: q.Encode()}).String()
	}
	if next != "" {
		v.More = to(next)
	}
	if c.Query("after") != "" {
		v.First = to("")
	}
	return s.page(c, 200, ws, "room_list", v)
}

// concerns reports whether a filter without a name takes what was counted.
func concerns(f store.ListFilter, k store.Tally) bool {
	is := func(want, have string) bool { return want == "" || want == have }
	state := is(f.State, k.State) || f.State == store.ListProblems && k.State != store.DocumentOK
	return state && is(f.Source, k.Source) && is(f.Collection, k.Collection) && is(f.Type, k.Type) && is(f.Language, k.Language)
}

// options are what a list can be narrowed to: what there is.
func (v *roomListView) options(p *pages, f store.ListFilter, counts []store.Tally) {
	make := func(chosen string, of func(store.Tally) string, word func(string) string) []roomOption {
		seen := map[string]bool{}
		for _, k := range counts {
			seen[of(k)] = true
		}
		if chosen != "" {
			seen[chosen] = true
		}
		delete(seen, "")
		var out []roomOption
		for _, value := range slices.Sorted(maps.Keys(seen)) {
			out = append(out, roomOption{Value: value, Word: word(value), Chosen: value == chosen})
		}
		return out
	}
	same := func(s string) string { return s }
	v.Sources = make(f.Source, func(k store.Tally) string { return k.Source }, same)
	v.Collections = make(f.Collection, func(k store.Tally) string { return k.Collection }, same)
	v.Formats = make(f.Type, func(k store.Tally) string { return k.Type }, same)
	v.Languages = make(f.Language, func(k store.Tally) string { return k.Language }, func(code string) string {
		return cmp.Or(suggest.PhrasesIn(p.language).Languages[code], code)
	})
	for _, state := range roomStates {
		v.States = append(v.States, roomOption{Value: state[0], Word: p.word(state[1]), Chosen: state[0] == f.State})
	}
}

type roomSourcePage struct {
	roomHead

	One    roomSourceView
	Places []roomPlaceView
	Form   []roomSetting
	Set    bool // something of it is not as configured
}

func (s *server) roomSource(c *gin.Context) error {
	ws, list, err := s.roomStart(c)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(one RoomSource) bool { return one.Name == c.Query("name") })
	if i < 0 {
		return store.ErrNotFound
	}
	p := s.in(ws)
	v := roomSourcePage{roomHead: s.roomHead(c, ws, "/source", "room"), One: p.roomSourceOf(ws, list[i], s.o.Now())}
	v.Form, v.Set = s.in(s.tongue(c, ws)).roomForm(list[i]), len(list[i].Settings) > 0
	v.Title = list[i].Name + " – " + v.Title
	for _, problem := range list[i].Problems {
		v.Places = append(v.Places, roomPlaceView{RoomProblem: problem})
	}
	return s.page(c, 200, ws, "room_source", v)
}

type roomUploadView struct {
	roomHead

	Sources []roomOption
	Source  string
	Data    string // for the script
	Limit   string
	Ignore  string // the file that names what is not read
}

func (s *server) roomUpload(c *gin.Context) error {
	ws, list, err := s.roomStart(c)
	if err != nil {
		return err
	}
	p := s.in(ws)
	v := roomUploadView{roomHead: s.roomHead(c, ws, "/upload", "room_upload"), Limit: p.megabytes(s.o.MaxUpload), Ignore: ingest.IgnoreFile}
	for _, one := range list {
		if !one.Uploads {
			continue
		}
		if v.Source == "" || one.Name == c.Query("source") {
			v.Source = one.Name
		}
		v.Sources = append(v.Sources, roomOption{Value: one.Name, Word: one.Name + " (" + one.Collection + ", " + p.word(roomReaders[one.Audience]) + ")"})
	}
	if name := c.Query("source"); name != "" && name != v.Source {
		return store.ErrNotFound
	}
	for i := range v.Sources {
		v.Sources[i].Chosen = v.Sources[i].Value == v.Source
	}
	if v.Data, err = p.script(map[string]any{"workspace": ws.ID, "limit": s.o.MaxUpload, "limitWords": v.Limit, "view": roomAt("/view", ws)}, uploadWords...); err != nil {
		return err
	}
	return s.page(c, 200, ws, "room_upload", v)
}

// uploadWords are the words of the upload's script.
var uploadWords = []string{
	"up_queued", "up_sending", "up_reading", "up_indexed", "up_failed", "up_left", "up_too_large", "up_retry", "up_lost", "up_signed_out", "up_again", "up_finished",
	"up_progress", "up_skipped", "up_there", "up_before", "up_rows", "up_none", "up_passages", "up_unreadable", "up_refused", "up_no_files", "up_of",
}

// megabytes is a size in words.
func (p *pages) megabytes(n int64) string {
	if n >= 1<<20 {
		return p.decimal(strconv.FormatFloat(math.Round(float64(n)/(1<<20)*10)/10, 'f', -1, 64)) + " MB"
	}
	return strconv.FormatInt(max(n>>10, 1), 10) + " kB"
}

type roomRemoveView struct {
	roomHead

	What      RoomRemoved
	Words     string
	Source    string
	Documents []string
	Cancel    string
	More      int // documents beside the examples
}

// roomRemovePage says what would go, and asks.
func (s *server) roomRemovePage(c *gin.Context) error {
	room, ws, err := s.room(c, c.Query("workspace"))
	if err != nil {
		return err
	}
	v := roomRemoveView{roomHead: s.roomHead(c, ws, "/remove", "room_remove"), Source: c.Query("source"), Documents: c.QueryArray("document"), Cancel: roomAt("/list", ws)}
	if (v.Source == "") == (len(v.Documents) == 0) || len(v.Documents) > maxNamed {
		return badRequest("document", "nothing is chosen, or too much", "choose a source, or up to "+strconv.Itoa(maxNamed)+" documents")
	}
	if v.Source != "" {
		v.Cancel = roomAt("/source", ws, "name", v.Source)
	}
	v.What, err = room.Remove(c.Request.Context(), ws.ID, RoomRemoval{Source: v.Source, Documents: v.Documents, DryRun: true})
	if err != nil {
		return roomError(err)
	}
	p := s.in(ws)
	v.Words, v.More = p.word("room_would_go", v.What.Documents, v.What.Passages), v.What.Documents-len(v.What.Examples)
	return s.page(c, 200, ws, "room_remove", v)
}

type roomRemovalView struct {
	store.Shelving

	Counts, Ended string
	List          string
	At            ageView
}

type roomRemovedView struct {
	roomHead

	Removals []roomRemovalView
	More     string
}

func (s *server) roomRemoved(c *gin.Context) error {
	_, ws, err := s.room(c, c.Query("workspace"))
	if err != nil {
		return err
	}
	const many = 50
	list, err := s.o.Store.Shelvings(c.Request.Context(), ws.ID, c.Query("before"), many)
	if err != nil {
		return err
	}
	p, now := s.in(ws), s.o.Now()
	v := roomRemovedView{roomHead: s.roomHead(c, ws, "/removed", "room_removed")}
	for _, h := range list {
		one := roomRemovalView{Shelving: h, Counts: p.word("room_counts", h.Documents, h.Passages), At: p.age(h.Created, now)}
		switch h.Ending {
		case store.ShelvingRestored:
			one.Ended = p.word("room_was_restored", h.Ender)
		case store.ShelvingErased:
			one.Ended = p.word("room_was_erased", h.Ender)
		default:
			one.List = roomAt("/list", ws, "removal", h.ID)
		}
		v.Removals = append(v.Removals, one)
	}
	if len(list) == many {
		v.More = roomAt("/removed", ws, "before", list[many-1].ID)
	}
	return s.page(c, 200, ws, "room_removed", v)
}
