package web

import (
	"net/http"
	"slices"
	"time"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/suggest/insight"
	"github.com/sufflor/sufflor/suggest/review"
)

// Query parameters that several routes have.
var (
	inWorkspace = param{"workspace", "string", "The workspace; may be left out where there is one."}
	asLimit     = param{"limit", "integer", "At most so many."}
	ofDays      = param{"days", "integer", "Of so many days until now."}
	ofThis      = param{"suggestion", "string", "The suggestion's id."}
	sampled     = []param{
		inWorkspace, ofDays,
		{"rules", "string", "Any text: only the rules that are given hold."},
		{"rejected", "string", "1: what was marked high and rejected."},
		{"heavy", "integer", "Drafts of which so many per cent of the words were changed."},
		{"topics", "integer", "Drafts for questions unlike all that was asked in so many weeks before."},
		{"random", "integer", "So many per cent of the rest."},
		{"agent", "string", "Only of this agent."},
		{"language", "string", "Only in this language."},
		{"flag", "string", "high, medium, low or none."},
	}
	asPart   = param{"part", "string", "1: with a piece of the panel's page."}
	reported = []param{
		inWorkspace, ofDays,
		{"from", "string", "First day, such as 2026-01-31."},
		{"to", "string", "Last day."},
		{"rate", "number", "What an hour costs."},
		{"currency", "string", "Its currency."},
	}
)

// jsonLines is what long work answers with: a JSON object a line.
const jsonLines = "application/x-ndjson"

// operations are the routes of the API, as its description tells them; a test
// compares them with the table of routes.
var operations = map[string]operation{
	"GET /api/openapi.json": {text: "This description.", gives: map[string]any{}},

	"GET /api/suggestions": {
		text: "List suggestions, the newest first.",
		query: []param{
			inWorkspace, asLimit,
			{"conversation", "string", "Only of this conversation at the desk."},
			{"flag", "string", "high, medium, low or none."},
			{"state", "string", "Only in this state."},
			{"before", "date-time", "Made before; for the next page, when the last one was made."},
		},
		gives: struct {
			Suggestions []suggestionJSON `json:"suggestions"`
		}{},
	},
	"GET /api/suggestions/:id": {text: "Show a suggestion with its draft and what became of it.", query: []param{inWorkspace}, gives: suggestionJSON{}},
	"POST /api/suggestions/:id/outcome": {
		text: "Say what became of a suggestion: used, edited, rejected, up or down.", query: []param{inWorkspace}, reads: verdict{}, gives: outcomeJSON{}, status: http.StatusCreated,
	},
	"GET /api/passages/:id": {
		text: "Show a passage with its neighbours.", query: []param{inWorkspace, {"around", "integer", "So many neighbours on each side."}},
		gives: struct {
			Passage index.Passage   `json:"passage"`
			Where   string          `json:"where"`
			Before  []index.Passage `json:"before"`
			After   []index.Passage `json:"after"`
		}{},
	},
	"GET /api/passages/:id/place": {
		text:  "Show where a passage stands, as it was cited, and what became of it.",
		query: []param{inWorkspace, ofThis, {"source", "integer", "Its number in the suggestion."}}, gives: Place{},
	},
	"GET /api/passages/:id/original": {
		text: "Fetch the document of a passage, as it was read.", query: []param{inWorkspace, ofThis, {"source", "integer", "Its number in the suggestion."}},
		media: "application/octet-stream",
	},
	"GET /api/documents": {
		text: "List documents.", query: []param{
			inWorkspace, {"root", "string", "Only below this folder or address."}, {"collection", "string", "Only of this collection."}, {"state", "string", "ok or failed."},
		},
		gives: struct {
			Documents []documentJSON `json:"documents"`
		}{},
	},
	"GET /api/live": {
		text:  "Follow what happens, as server-sent events; Last-Event-ID or after goes on where a reader left off.",
		query: []param{inWorkspace, {"after", "integer", "The number of the last event that was seen."}}, media: "text/event-stream",
	},
	"GET /api/jobs/dead": {
		text: "List the work that was given up.",
		gives: struct {
			Jobs []deadJobJSON `json:"jobs"`
		}{},
	},
	"POST /api/jobs/:id/retry": {
		text: "Try work again that was given up.", status: http.StatusAccepted,
		gives: struct {
			ID int64 `json:"id"`
		}{},
	},
	"POST /api/ask": {
		text: "Draft an answer to a text, and keep nothing.",
		reads: struct {
			Workspace string `json:"workspace"`
			Text      string `json:"text"`
			Customer  string `json:"customer"`
		}{},
		gives: suggest.Suggestion{},
	},
	"POST /api/search": {text: "Find passages, with what they were ranked by.", reads: SearchRequest{}, gives: SearchResult{}},

	"GET /api/insight": {text: "Report on how drafts do.", query: reported, gives: insight.Report{}},
	"GET /api/insight/csv": {
		text: "Fetch a table of the report.", query: slices.Concat(reported, []param{{"table", "string", "Its name; a wrong one is answered with all names."}}), media: "text/csv",
	},

	"GET /api/reviews": {
		text: "List reviews of the last days, or of a suggestion.", query: slices.Concat(sampled, []param{ofThis}),
		gives: struct {
			Reviews []reviewJSON `json:"reviews"`
		}{},
	},
	"POST /api/reviews": {text: "Keep a review; 1 to 5, 0 for what cannot be judged.", query: []param{inWorkspace}, reads: reviewJSON{}, gives: reviewJSON{}, status: http.StatusCreated},
	"GET /api/reviews/queue": {
		text: "List the drafts that the rules pick.", query: slices.Concat(sampled, []param{{"reviewer", "string", "Only what waits for this reviewer."}}),
		gives: struct {
			Looked  int         `json:"looked_at"`
			Limited bool        `json:"limited"`
			Open    int         `json:"open"`
			Drafts  []entryJSON `json:"drafts"`
		}{},
	},
	"GET /api/reviews/agreement": {
		text: "Tell how far reviewers agree: Cohen's kappa, Krippendorff's alpha.", query: sampled,
		gives: struct {
			Reviews   int                `json:"reviews"`
			Agreement []review.Agreement `json:"agreement"`
		}{},
	},
	"GET /api/reviews/triage": {
		text: "List the drafts that were rejected or rated low.", query: sampled,
		gives: struct {
			Drafts []badJSON `json:"drafts"`
		}{},
	},
	"POST /api/reviews/triage": {text: "Say why a draft was bad, and who mends it.", query: []param{inWorkspace}, reads: triageJSON{}, gives: triageJSON{}, status: http.StatusCreated},
	"GET /api/reviews/compare": {
		text: "Set a draft beside what was sent, and beside what its question gave later.", query: []param{inWorkspace, ofThis},
		gives: struct {
			Suggestion string         `json:"suggestion"`
			Flag       string         `json:"flag"`
			Draft      string         `json:"draft"`
			Sent       *string        `json:"sent"`
			Diff       []review.Piece `json:"diff,omitempty"`
			Reruns     []*rerunJSON   `json:"reruns"`
		}{},
	},
	"POST /api/reviews/rerun": {
		text: "Ask questions again: those named, or with fixed all that are said to be mended.", query: []param{inWorkspace},
		reads: struct {
			Suggestions []string `json:"suggestions"`
			Fixed       bool     `json:"fixed"`
			Author      string   `json:"author"`
		}{},
		gives: struct {
			Done   []string `json:"done"`
			Failed []string `json:"failed"`
		}{},
	},
	"GET /api/reviews/export.csv": {text: "Fetch all reviews.", query: sampled, media: "text/csv"},

	"POST /api/ingest": {text: "Read documents. Lines of JSON: progress, then summary or error.", reads: IngestRequest{}, media: jsonLines, header: true},
	"PUT " + uploads: {
		text: "Send a file to a source that takes uploads; name may have folders.", raw: true,
		query: []param{inWorkspace, {"read", "string", "later: answer as soon as the file is kept."}, {"modified", "integer", "When it was changed, in milliseconds since 1970; with read=later."}},
		later: struct {
			Name  string `json:"name"`
			State string `json:"state"`
		}{},
	},
	"GET /api/ingest/status":   {text: "Show how the sources are.", query: []param{inWorkspace}, header: true},
	"GET /api/ingest/failures": {text: "List what could not be read, and why.", query: []param{inWorkspace, {"source", "string", "Only of this source."}}, header: true},
	"GET /api/ingest/history": {
		text: "Show the versions of a document.", header: true,
		query: []param{inWorkspace, {"document", "string", "Its id, path or address."}, {"version", "integer", "With the passages of this one."}},
	},
	"POST /api/ingest/pause":  {text: "Leave a source alone.", reads: sourceRequest{}, gives: pausedJSON{}, header: true},
	"POST /api/ingest/resume": {text: "Read a source again.", reads: sourceRequest{}, gives: pausedJSON{}, header: true},
	"POST /api/ingest/remove": {text: "Erase a source, a path or an address with all that was read of it.", reads: sourceRequest{}, header: true},
	"POST /api/reindex":       {text: "Build the search index anew. Lines of JSON: progress, then summary or error.", reads: struct{}{}, media: jsonLines, header: true},
	"POST /api/guidelines":    {text: "Save how drafts should sound.", reads: GuidelinesRequest{}, header: true},
	"POST /api/backup": {
		text: "Copy everything into a new folder where the server runs.", header: true,
		reads: struct {
			Dir string `json:"dir"`
		}{},
	},

	"GET /api/room/sources": {
		text: "List the sources, and how they are.", query: []param{inWorkspace},
		gives: struct {
			Workspace string       `json:"workspace"`
			Sources   []RoomSource `json:"sources"`
			MaxUpload int64        `json:"max_upload"`
		}{},
	},
	"GET /api/room/documents": {
		text: "List documents page by page, by parts of their names.",
		query: []param{
			inWorkspace, asLimit,
			{"q", "string", "Words of the name."},
			{"source", "string", "Only of this source."},
			{"collection", "string", "Only of this collection."},
			{"type", "string", "Only of this type, such as pdf."},
			{"language", "string", "Only in this language."},
			{"state", "string", "ok, problems, failed, empty or shelved."},
			{"removal", "string", "Only of this removal."},
			{"after", "string", "What the page before gave as next."},
		},
		gives: struct {
			Documents []documentJSON `json:"documents"`
			Next      string         `json:"next"`
		}{},
	},
	"GET /api/room/removed": {
		text: "List what was taken out of search, 50 at a time.", query: []param{inWorkspace, {"before", "string", "Before the removal of this id."}},
		gives: struct {
			Removed []removedJSON `json:"removed"`
		}{},
	},
	"POST /api/room/uploads": {
		text: "Tell what became of files that are to be sent, or were.",
		reads: struct {
			Workspace string     `json:"workspace"`
			Source    string     `json:"source"`
			Files     []RoomFile `json:"files"`
		}{},
		gives: struct {
			Files []RoomKept `json:"files"`
		}{},
	},
	"POST /api/room/read": {
		text: "Begin to read a source, documents, or with retry what could not be read before.", reads: roomRequest{},
		gives: struct {
			Begun bool `json:"begun"`
		}{},
	},
	"POST /api/room/pause":  {text: "Leave a source alone.", reads: roomRequest{}, gives: pausedJSON{}},
	"POST /api/room/resume": {text: "Read a source again.", reads: roomRequest{}, gives: pausedJSON{}},
	"POST /api/room/source": {
		text:  "Set a source's audience, language or schedule in place of its configuration, at once. Making it public needs public.",
		reads: RoomChange{}, gives: RoomChanged{},
	},
	"POST /api/room/remove":  {text: "Take a source or documents out of search; they can be put back.", reads: roomRequest{}, gives: RoomRemoved{}},
	"POST /api/room/restore": {text: "Put back what was removed.", reads: roomRequest{}, gives: removedJSON{}},
	"POST /api/room/erase":   {text: "Delete for good what was removed.", reads: roomRequest{}, gives: removedJSON{}},

	"GET /api/documents/:id": {
		text:  "Show a document: its versions, passages, fixes, and who cited it.",
		query: []param{inWorkspace, {"from", "integer", "The first passage, from 1."}, {"limit", "integer", "How many passages, at most 1,000."}},
		gives: map[string]any{},
	},
	"GET /api/documents/:id/changes": {
		text:  "Tell what changed between two versions.",
		query: []param{inWorkspace, {"from", "integer", "The number of the earlier version."}, {"to", "integer", "The number of the later one."}},
		gives: DocumentChanges{},
	},
	"GET /api/documents/:id/original": {text: "Fetch the file that a document was read from.", query: []param{inWorkspace}, media: "application/octet-stream"},
	"POST /api/passages/:id/exclude":  {text: "Take a passage out of search.", reads: FixRequest{}, gives: Fixed{}},
	"POST /api/passages/:id/correct":  {text: "Correct the text of a passage.", reads: FixRequest{}, gives: Fixed{}},
	"POST /api/passages/:id/restore":  {text: "Undo what was done to a passage.", reads: FixRequest{}, gives: Fixed{}},
	"GET /api/passages/:id/fixes":     {text: "Tell what was done to a passage.", query: []param{inWorkspace}, gives: map[string]any{}},
	"GET /api/fixes": {
		text: "List fixes of passages.", query: []param{inWorkspace, asLimit, {"state", "string", "Only in this state, such as lost."}},
		gives: map[string]any{},
	},

	"GET /api/suggestions/:id/edit": {text: "Show what the caller has typed on a draft.", query: []param{inWorkspace}, gives: editJSON{}},
	"PUT /api/suggestions/:id/edit": {
		text: "Keep what was typed. Who did not see the version that is there gets it with 409.", query: []param{inWorkspace},
		reads: struct {
			Text   string      `json:"text"`
			Quotes []quoteJSON `json:"quotes"`
			Base   int         `json:"base"`
			Tab    string      `json:"tab"`
		}{},
		gives: editJSON{}, clash: editClash{},
	},
	"DELETE /api/suggestions/:id/edit": {text: "Forget what was typed.", query: []param{inWorkspace}, status: http.StatusNoContent},
	"POST /api/suggestions/:id/reword": {
		text: "Have a language model word a text anew, and check it.", query: []param{inWorkspace, asPart},
		reads: struct {
			Text     string        `json:"text"`
			Style    suggest.Style `json:"style"`
			Language string        `json:"language"`
			Quoted   []string      `json:"quoted"`
		}{},
		gives: map[string]any{},
	},
	"POST /api/suggestions/:id/again": {
		text: "Ask again, with what was meant. Nothing is stored.", query: []param{inWorkspace, asPart},
		reads: struct {
			Hint string `json:"hint"`
		}{},
		gives: map[string]any{},
	},
	"GET /api/suggestions/:id/templates": {
		text: "List the templates, filled in for a suggestion.", query: []param{inWorkspace, {"language", "string", "Of the texts; else the suggestion's."}},
		gives: map[string]any{},
	},
	"POST /api/knowledge": {
		text: "Find passages to quote by hand.", query: []param{inWorkspace, asPart},
		reads: struct {
			Text     string `json:"text"`
			Language string `json:"language"`
		}{},
		gives: struct {
			Hits     []knowledgeView `json:"hits"`
			Degraded []string        `json:"degraded,omitempty"`
			HTML     string          `json:"html,omitempty"`
		}{},
	},

	"GET /api/settings/connectors": {text: "Tell how the help desks are.", query: []param{inWorkspace}, gives: map[string]any{}},
	"POST /api/settings/connectors/test": {
		text: "Ask a help desk whether our credentials and permissions are enough.", reads: deskRequest{},
		gives: struct {
			Desk     string        `json:"desk"`
			Tested   bool          `json:"tested"`
			Findings []findingJSON `json:"findings"`
		}{},
	},
	"POST /api/settings/connectors/retry": {
		text: "Try a job again that was given up.", reads: deskRequest{}, status: http.StatusAccepted,
		gives: struct {
			Job int64 `json:"job"`
		}{},
	},
	"GET /api/settings/connectors/:desk/package": {text: "Fetch the app for a help desk.", query: []param{inWorkspace}, media: "application/zip"},
	"GET /api/settings/health":                   {text: "Tell how all parts are, and what to do.", query: []param{inWorkspace}, gives: map[string]any{}},
	"GET /api/settings/guidelines":               {text: "Show how drafts should sound, with earlier versions.", query: []param{inWorkspace}, gives: guidelinesJSON{}},
	"POST /api/settings/guidelines/preview": {
		text: "Show a question's draft by the guidelines in use and by others.",
		reads: struct {
			Workspace  string `json:"workspace"`
			Suggestion string `json:"suggestion"`
			Body       string `json:"body"`
		}{},
		gives: map[string]any{},
	},
	"GET /api/settings/model":           {text: "Tell of the language model, what it cost and how it does.", query: []param{inWorkspace}, gives: map[string]any{}},
	"POST /api/settings/model/test":     {text: "Ask the language model for a sentence.", reads: deskRequest{}, gives: map[string]any{}},
	"GET /api/settings/data":            {text: "Tell what is kept how long.", query: []param{inWorkspace}, gives: map[string]any{}},
	"POST /api/settings/data/look":      {text: "Count what is kept of a customer, a conversation or a message.", reads: DataRequest{}, gives: store.Holdings{}},
	"POST /api/settings/data/erase":     {text: "Erase it. confirm repeats the name.", reads: DataRequest{}, gives: store.Holdings{}},
	"POST /api/settings/data/export":    {text: "Fetch it.", reads: DataRequest{}, media: "application/zip"},
	"POST /api/settings/data/retention": {text: "Erase what is older than it is kept.", reads: DataRequest{}, gives: store.Holdings{}},
	"GET /api/settings/language":        {text: "Tell the language of the caller's pages.", query: []param{inWorkspace}, gives: tongueJSON{}},
	"POST /api/settings/language":       {text: "Choose it.", reads: tongueJSON{}, gives: tongueJSON{}},

	"GET /api/people": {
		text: "List accounts with their roles.", query: []param{inWorkspace},
		gives: struct {
			People []PersonJSON `json:"people"`
		}{},
	},
	"POST /api/people":         {text: "Make an account, or give one a role here. The link sets a password, once, within an hour.", reads: changeRequest{}, gives: changed{}},
	"POST /api/people/role":    {text: "Give a role in a workspace; none takes it away.", reads: changeRequest{}, gives: changed{}},
	"POST /api/people/disable": {text: "Keep somebody out, everywhere and at once, or let in again.", reads: changeRequest{}, gives: changed{}},
	"POST /api/people/reset":   {text: "Make a link by which a person sets a new password.", reads: changeRequest{}, gives: changed{}},
	"POST /api/people/link":    {text: "Link an account to a subject of the sign-on provider.", reads: changeRequest{}, gives: changed{}},
	"POST /api/people/unlink":  {text: "Free an account of what it is linked to, and end its sessions.", reads: changeRequest{}, gives: changed{}},
	"GET /api/keys": {
		text: "List keys; their secrets are kept nowhere.",
		gives: struct {
			Keys []KeyJSON `json:"keys"`
		}{},
	},
	"POST /api/keys":        {text: "Make a key. Its secret is shown once.", reads: changeRequest{}, gives: changed{}},
	"POST /api/keys/revoke": {text: "End a key at once and for good.", reads: changeRequest{}, gives: changed{}},
	"GET /api/audit": {
		text: "List lines of the audit log, the newest first.", query: slices.Concat(filtered, []param{asLimit}),
		gives: struct {
			Acts []ActJSON `json:"acts"`
		}{},
	},
	"GET /api/audit.csv": {text: "Fetch the audit log.", query: filtered, media: "text/csv"},
}

var filtered = []param{
	inWorkspace,
	{"actor", "string", "Only what this login, key or agent did."},
	{"action", "string", "Only this, or what begins with a word and a dot."},
	{"object", "string", "Only about this id."},
	{"since", "string", "From this day or time on."},
	{"until", "string", "To the end of this day, or before this time."},
	{"before", "integer", "Before the line of this number."},
}

// pausedJSON is what became of a source.
type pausedJSON struct {
	Source string `json:"source"`
	Paused bool   `json:"paused"`
}

// removedJSON is a removal as the document room's calls tell it.
type removedJSON struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	Source    bool      `json:"source"`
	Author    string    `json:"author"`
	Removed   time.Time `json:"removed"`
	Documents int       `json:"documents"`
	Passages  int       `json:"passages"`
	Ended     time.Time `json:"ended,omitzero"`
	Ending    string    `json:"ending,omitempty"`
	EndedBy   string    `json:"ended_by,omitempty"`
}
