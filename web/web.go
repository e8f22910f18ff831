// Package web is the HTTP side: the agents' panel, the JSON API and the live
// updates between them.
//
// It decides nothing about drafts. It shows what package suggest made, in the
// agents' language, and records what they do with it. Text from customers and
// documents is data here: it meets a page only through html/template. gin does
// not leave this package.
package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/sufflor/sufflor/access"
	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
)

// Bounds of what a caller can ask of us.
const (
	maxBody       = 128 << 10 // bytes of a request; an edited draft is far below
	maxStreams    = 512       // open live streams
	readTimeout   = 10 * time.Second
	answerTimeout = 15 * time.Second // of everything but live streams and ingestion
	writeTimeout  = 30 * time.Second // of each piece of a stream
	heartbeat     = 15 * time.Second
)

// records is what pages and API need of the store.
type records interface {
	Suggestion(ctx context.Context, workspace, id string) (store.Suggestion, error)
	Suggestions(ctx context.Context, workspace string, f store.SuggestionFilter) ([]store.Suggestion, error)
	SaveOutcome(ctx context.Context, o store.Outcome) error
	Outcomes(ctx context.Context, workspace, suggestion string) ([]store.Outcome, error)
	Passages(ctx context.Context, workspace string, ids []string) (map[string]index.Passage, error)
	Around(ctx context.Context, workspace, id string, n int) ([]index.Passage, error)
	Documents(ctx context.Context, workspace string, f store.DocumentFilter) ([]store.Document, error)
	Feed(ctx context.Context, workspace string, after int64, limit int) ([]store.FeedItem, error)
	FeedEnd(ctx context.Context, workspace string) (int64, error)
	Watch(workspace string) (wake <-chan struct{}, stop func())
	DeadJobs(ctx context.Context) ([]store.DeadJob, error)
	RetryJob(ctx context.Context, id int64) error
	QueueDepth(ctx context.Context) (int, error)
	Check(ctx context.Context) error
	access.Records
	reviewRecords
	roomRecords
	docRecords
	panelRecords
	settingsRecords
}

// Workspace is a company's closed world, as the panel has to know it.
type Workspace struct {
	ID       string
	Name     string // shown to agents; empty: the id
	Language string // of the panel's own words: nb, sv, da, fi, de or en
}

// IngestRequest says which documents to read: those of Sources and Paths, or
// without either every configured source. Collection and Audience are for
// Paths that lie in no source, and may be empty.
type IngestRequest struct {
	Workspace  string   `json:"workspace"`
	Sources    []string `json:"sources,omitempty"` // names
	Paths      []string `json:"paths,omitempty"`   // absolute, as the server sees them
	Collection string   `json:"collection,omitempty"`
	Audience   string   `json:"audience,omitempty"`
	Retry      bool     `json:"retry,omitempty"`   // only what could not be read before
	DryRun     bool     `json:"dry_run,omitempty"` // only say what would be done
}

// Operator looks after the sources. What it returns is sent as JSON; its
// errors are told in full, for the bearer of the token is the operator.
type Operator interface {
	Status(ctx context.Context, workspace string) (any, error)
	// Failures lists what could not be read, of one source or of all.
	Failures(ctx context.Context, workspace, source string) (any, error)
	// History tells the versions of a document, with the passages of one of
	// them when version is not 0.
	History(ctx context.Context, workspace, document string, version int) (any, error)
	Pause(ctx context.Context, workspace, source string, paused bool) error
	// Remove removes a source or a path. Dry only says what would go.
	Remove(ctx context.Context, workspace, target string, dry bool) (any, error)
}

// Options are what the handler is made of. Store, Token and Workspaces are
// required; the others are left out at the price of what they do.
type Options struct {
	Store records
	// Ask makes a suggestion that is not stored, for POST /api/ask.
	Ask func(ctx context.Context, q suggest.Request) (suggest.Suggestion, error)
	// Watch is Store's, also for what other replicas commit; nil: Store's.
	Watch func(workspace string) (wake <-chan struct{}, stop func())
	// Tries counts sign-ins for all replicas; nil: this one for itself.
	Tries access.Tries
	// Writing tells what language models are writing, for the live stream.
	Writing func(workspace string) (pieces <-chan suggest.Piece, stop func())
	// Search finds passages for POST /api/search. Its errors wrap
	// [index.ErrFilter] when a filter cannot be understood.
	Search func(ctx context.Context, q SearchRequest) (SearchResult, error)
	// Ingest reads documents for POST /api/ingest. It calls progress from one
	// goroutine at a time; what it passes and returns is sent as JSON.
	Ingest func(ctx context.Context, q IngestRequest, progress func(any)) (any, error)
	// Upload keeps a file in a source and reads it, for PUT /api/uploads/.
	// name has "/" between folders and may be anything: it comes from outside.
	Upload func(ctx context.Context, workspace, source, name string, body io.Reader) (any, error)
	// MaxUpload is the most bytes of an uploaded file.
	MaxUpload int64
	// Backup copies everything into a new folder for POST /api/backup. Its
	// errors are told in full.
	Backup func(ctx context.Context, dir string) (any, error)
	// Reindex builds the search index anew for POST /api/reindex. It calls
	// progress as Ingest does.
	Reindex func(ctx context.Context, progress func(any)) (any, error)
	// Guidelines saves guidelines for POST /api/guidelines. What it returns is
	// sent as JSON, its errors are told in full.
	Guidelines func(ctx context.Context, q GuidelinesRequest) (any, error)
	// Fix excludes, corrects or restores a passage, and tells the index. Its
	// errors wrap those of [store.Store.FixPassage].
	Fix func(ctx context.Context, f store.Fix) (Fixed, error)
	// Rerun asks a stored suggestion's question again, for the review pages.
	Rerun func(ctx context.Context, rec store.Suggestion) (suggest.Suggestion, error)
	// Hinted asks a stored suggestion's question again, as an agent says that
	// it was meant.
	Hinted func(ctx context.Context, rec store.Suggestion, hint string) (suggest.Suggestion, error)
	// Reword has a language model word an agent's text anew; its errors of type
	// *[suggest.ComposeError] are told. Rewords tells where one is there for it.
	Reword  func(ctx context.Context, rec store.Suggestion, w suggest.Wording) (suggest.Suggestion, error)
	Rewords func(workspace string) bool
	// Profile has a workspace's templates; nil: those that ship.
	Profile func(workspace string) suggest.Profile
	// Second is the share of drafts that two people rate, 0 to 1; 0 is
	// [review.UsualSecond], a negative one none.
	Second float64
	// Insight tells how drafts do, for what is below /insight and /api/insight.
	Insight insightReader
	// Settings are what the pages below /settings know beyond the records; nil:
	// nothing.
	Settings *Settings
	// Operator answers what is below /api/ingest/.
	Operator Operator
	// Room does what is below /documents and /api/room. Without it these pages
	// are not offered.
	Room Room
	// Hooks takes the help desks' deliveries below /hooks/. It answers for
	// its own authentication.
	Hooks http.Handler
	// Desks are the help desks that may show the panel in their own pages, by
	// name: each at /embed/ with its name.
	Desks map[string]connectors.Desk
	// EmbedLife is how long such a panel lives unused; 0 is 30 minutes. No
	// panel lives longer than 12 hours without another sign-in.
	EmbedLife time.Duration
	// Health holds further parts that /healthz asks, by name.
	Health map[string]func(ctx context.Context) error
	// Observe is told of each answered request: method, template of its route
	// ("" for none), status and time. Nil: nobody is.
	Observe func(method, route string, status int, took time.Duration)
	// Refused is told of each refused sign-in: "throttled" for too
	// many, or "wrong". Nil: nobody is.
	Refused func(reason string)

	// Draining reports whether the server is about to stop: /readyz says no
	// then. nil: it never is.
	Draining func() bool

	// Answers hold values of the types that the parts above return as any, by
	// route, such as "POST /api/backup", for the description of the API.
	Answers map[string]any
	// SignOn lets people in whom a provider vouches for; nil: passwords only.
	SignOn *SignOn

	Token          config.Secret // opens the API, and the panel until there is an account
	TokenSignIn    bool          // the token opens the panel all the same
	Workspaces     []Workspace   // the first is shown when none is named
	FrameAncestors []string      // origins that may show the panel in a frame
	Version        string

	// Closing is closed when the server is about to shut down; live streams
	// end then, because [http.Server.Shutdown] would wait for them.
	Closing <-chan struct{}
	// Heartbeat is how often a silent live stream says that it lives; 0 is
	// 15 s.
	Heartbeat time.Duration

	Log *slog.Logger     // nil: silence
	Now func() time.Time // nil: time.Now
}

type server struct {
	o        Options
	auth     auth
	desk     access.Desk
	trying   access.Throttle
	attempts once // sign-ons that came to an end
	saw      recently
	assets   assets
	pages    map[string]*pages // by language
	frames   map[string]frame  // by the desk's name
	csp      string
	streams  chan struct{}
	api      []byte   // its description, see [describe]
	apiList  []string // routes, in order
}

// origin is a CSP host source of the plain kind; anything else could smuggle
// a directive into the header.
var origin = regexp.MustCompile(`^https?://(\*\.)?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*(:[0-9]{1,5})?$`)

func (o Options) validate() error {
	var errs []error
	if o.Store == nil {
		errs = append(errs, errors.New("store: required"))
	}
	if o.Token.IsZero() {
		errs = append(errs, errors.New("panel.token: required; without one the panel would be open to everybody"))
	}
	if len(o.Workspaces) == 0 {
		errs = append(errs, errors.New("workspaces: at least one is required"))
	}
	for i, f := range o.FrameAncestors {
		if !origin.MatchString(f) {
			errs = append(errs, fmt.Errorf("panel.frame_ancestors[%d]: %q is not an origin; write it like https://example.zendesk.com", i, f))
		}
	}
	return errors.Join(errs...)
}

// New returns the handler of everything below /. It is safe for concurrent
// use.
func New(o Options) (http.Handler, error) {
	if err := o.validate(); err != nil {
		return nil, fmt.Errorf("build the web handler: %w", err)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Watch == nil {
		o.Watch = o.Store.Watch
	}
	if o.Heartbeat <= 0 {
		o.Heartbeat = heartbeat
	}
	if o.EmbedLife <= 0 {
		o.EmbedLife = embedLife
	}
	s := &server{o: o, auth: newAuth(o.Token), csp: policy(append([]string{"'self'"}, o.FrameAncestors...)), streams: make(chan struct{}, maxStreams)}
	s.trying.Shared = o.Tries
	s.desk = access.Desk{Store: o.Store, Now: o.Now}
	for _, w := range o.Workspaces {
		s.desk.Workspaces = append(s.desk.Workspaces, w.ID)
	}
	var err error
	if s.assets, err = loadAssets(); err != nil {
		return nil, fmt.Errorf("build the web handler: %w", err)
	}
	if s.pages, err = loadPages(s.assets); err != nil {
		return nil, fmt.Errorf("build the web handler: %w", err)
	}
	if err := s.loadFrames(); err != nil {
		return nil, fmt.Errorf("build the web handler: %w", err)
	}
	e := s.routes()
	if err := s.apiRoutes(e); err != nil {
		return nil, fmt.Errorf("build the web handler: describe the API: %w", err)
	}
	return front{e}, nil
}

func policy(ancestors []string) string {
	return "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
		"form-action 'self'; base-uri 'none'; frame-ancestors " + strings.Join(ancestors, " ")
}

func (s *server) routes() *gin.Engine {
	gin.SetMode(gin.ReleaseMode) // gin's debug mode prints to standard output
	e := gin.New()
	e.HandleMethodNotAllowed = true
	e.RedirectTrailingSlash = false
	e.UseRawPath = true // a passage id may hold an escaped slash

	e.GET("/", s.do(s.home, anyone))
	e.GET("/signin", s.do(s.signInPage, anyone))
	e.POST("/signin", s.do(s.signIn, anyone))
	e.GET(signOnPath, s.do(s.signOnBegin, anyone))
	e.GET(SignOnDone, s.do(s.signOnDone, anyone))
	e.POST("/signout", s.do(s.signOut, s.session))
	e.GET("/panel", s.do(s.panel, s.session))
	e.GET("/panel/list", s.do(s.listPart, s.session))
	e.GET("/panel/suggestion", s.do(s.suggestionPart, s.session))
	e.GET("/panel/source", s.do(s.sourcePart, s.session))
	e.POST("/panel/outcome", s.do(s.outcomeForm, s.session))
	e.GET(embedded, s.do(s.embed, anyone))
	e.POST(embedded, s.do(s.embed, anyone))
	e.GET(embedded+"/open", s.do(s.embedOpen, anyone))
	e.POST(embedded+"/enter", s.do(s.embedEnter, anyone))
	e.POST(embedded+"/pass", s.do(s.embedPass, s.passing))
	e.GET(embedded+"/list", s.do(s.embedList, s.passing))
	e.GET(embedded+"/suggestion", s.do(s.embedSuggestion, s.passing))
	e.GET(embedded+"/source", s.do(s.embedSource, s.passing))
	e.POST(embedded+"/suggestion/:id/outcome", s.do(s.embedOutcome, s.passing))
	e.GET(embedded+"/live", s.do(s.embedLive, s.passing))
	s.viewerRoutes(e)
	e.GET("/static/*name", s.do(s.static, anyone))
	e.GET("/healthz", s.do(s.health, anyone))
	e.GET("/livez", s.do(s.alive, anyone))
	e.GET("/readyz", s.do(s.ready, anyone))
	e.GET("/insight", s.do(s.insightPage, s.session))
	e.GET("/insight/:page", s.do(s.insightPage, s.session))

	e.GET("/api/suggestions", s.do(s.suggestions, s.caller))
	e.GET("/api/suggestions/:id", s.do(s.suggestion, s.caller))
	e.POST("/api/suggestions/:id/outcome", s.do(s.outcome, s.caller))
	e.GET("/api/passages/:id", s.do(s.passage, s.caller))
	e.GET("/api/documents", s.do(s.documents, s.caller))
	e.GET("/api/live", s.do(s.live, s.caller))
	e.GET("/api/jobs/dead", s.do(s.deadJobs, s.caller))
	e.POST("/api/jobs/:id/retry", s.do(s.retryJob, s.caller))
	e.GET("/api/insight", s.do(s.insightJSON, s.caller))
	e.GET("/api/insight/csv", s.do(s.insightCSV, s.caller))
	e.POST("/api/ask", s.do(s.ask, s.caller))
	e.POST("/api/search", s.do(s.search, s.caller))
	e.POST("/api/ingest", s.do(s.ingest, s.bearer))
	e.PUT(uploads, s.do(s.upload, s.caller))
	e.POST("/api/reindex", s.do(s.reindex, s.bearer))
	e.POST("/api/guidelines", s.do(s.guidelines, s.bearer))
	e.POST("/api/backup", s.do(s.backup, s.bearer))
	e.GET("/api/ingest/status", s.do(s.ingestStatus, s.bearer))
	e.GET("/api/ingest/failures", s.do(s.ingestFailures, s.bearer))
	e.GET("/api/ingest/history", s.do(s.ingestHistory, s.bearer))
	e.POST("/api/ingest/pause", s.do(s.ingestPause(true), s.bearer))
	e.POST("/api/ingest/resume", s.do(s.ingestPause(false), s.bearer))
	e.POST("/api/ingest/remove", s.do(s.ingestRemove, s.bearer))

	s.accessRoutes(e)
	s.panelRoutes(e)
	s.reviewRoutes(e)
	s.roomRoutes(e)
	s.docRoutes(e)
	s.settingsRoutes(e)
	e.NoRoute(s.do(func(c *gin.Context) error {
		return &fault{status: http.StatusNotFound, text: "no such address: " + c.Request.URL.Path, next: "the panel is at /panel, the API below /api/v1/"}
	}, anyone))
	e.NoMethod(s.do(func(c *gin.Context) error {
		return &fault{status: http.StatusMethodNotAllowed, text: c.Request.Method + " is not possible here", next: "use " + c.Writer.Header().Get("Allow")}
	}, anyone))
	if s.o.Hooks != nil {
		e.Any("/hooks/*rest", gin.WrapH(s.o.Hooks))
	}
	return e
}

// known is the configured workspace of that id.
func (s *server) known(id string) (Workspace, error) {
	for _, w := range s.o.Workspaces {
		if w.ID == id {
			return w, nil
		}
	}
	return Workspace{}, noWorkspace(id, s.o.Workspaces)
}

func (w Workspace) title() string {
	if w.Name == "" {
		return w.ID
	}
	return w.Name
}
