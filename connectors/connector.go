// Package connectors defines how we listen to a help desk and answer its agents.
//
// It holds only what the desks share. It imports nothing from this module, so
// a connector can be read, tested and removed alone.
package connectors

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Errors that decide how a delivery is answered.
var (
	// ErrUnverified means that we cannot tell that the help desk sent it.
	ErrUnverified = errors.New("not verified")
	// ErrMalformed means authentic but not readable.
	ErrMalformed = errors.New("malformed")
	// ErrForeign means authentic, but for another account than ours.
	ErrForeign = errors.New("wrong account")
	// ErrGone means that the desk took our access away: do not retry.
	ErrGone = errors.New("access withdrawn")
)

// Delivery is one request of a help desk, not yet trusted.
type Delivery struct {
	Method string
	Path   string // below the desk's hook, "" or "/interactive"
	Target string // path and query as they came, still escaped
	Header http.Header
	Body   []byte
}

// Query is what stands behind the "?"; empty where it cannot be read.
func (d Delivery) Query() url.Values {
	u, err := url.ParseRequestURI(d.Target)
	if err != nil {
		return url.Values{}
	}
	return u.Query()
}

// Kind is what happened.
type Kind string

// The kinds of events.
const (
	Message  Kind = "message"  // somebody wrote
	Edited   Kind = "edited"   // a message has another text now
	Deleted  Kind = "deleted"  // a message is gone: forget its text
	Erased   Kind = "erased"   // the whole conversation is gone: forget all of it
	Closed   Kind = "closed"   // the conversation is over
	Feedback Kind = "feedback" // an agent judged or used a suggestion
	Attached Kind = "attached" // a file joined a message; see Attachments
	Command  Kind = "command"  // an agent asked us something in the desk
	Fetch    Kind = "fetch"    // something changed; the desk must be asked what (see Fetcher)
	Assigned Kind = "assigned" // the conversation has another agent or group
	Rated    Kind = "rated"    // the customer rated the conversation; see Score
	Ops      Kind = "ops"      // an administrator must look: rate limited, uninstalled
)

// Role is who wrote.
type Role string

// The roles. A message of Self is our own and is dropped before it is stored.
const (
	Customer Role = "customer"
	Agent    Role = "agent"
	Bot      Role = "bot"
	System   Role = "system"
)

// Event is what a desk told us, in our words.
type Event struct {
	Key          string            `json:"key"` // the same for each redelivery, unique per desk
	Kind         Kind              `json:"kind"`
	Tenant       string            `json:"tenant,omitempty"` // the desk's account id
	Conversation string            `json:"conversation"`
	Message      string            `json:"message,omitempty"` // the desk's message id
	Role         Role              `json:"role,omitempty"`
	Author       string            `json:"author,omitempty"` // the desk's user id
	AuthorName   string            `json:"author_name,omitempty"`
	Customer     string            `json:"customer,omitempty"` // the desk's customer id
	Subject      string            `json:"subject,omitempty"`
	Text         string            `json:"text,omitempty"`     // plain, the desk's markup resolved
	Language     string            `json:"language,omitempty"` // a hint such as "de-DE"
	Channel      string            `json:"channel,omitempty"`  // mail, chat, web …
	Attachments  []Attachment      `json:"attachments,omitempty"`
	At           time.Time         `json:"at,omitzero"`      // when it happened at the desk
	Route        map[string]string `json:"route,omitempty"`  // what the desk needs to be answered, see Noter
	Facts        map[string]string `json:"facts,omitempty"`  // what the desk knows of customer or ticket, such as the machine; its own names
	Rating       *Rating           `json:"rating,omitempty"` // of Feedback
	Detail       string            `json:"detail,omitempty"` // of Ops, in words
	Tags         []string          `json:"tags,omitempty"`   // of the conversation, as the desk has them
	Group        string            `json:"group,omitempty"`  // the desk's id or name of its team, group, queue or inbox
	Brand        string            `json:"brand,omitempty"`
	Assignee     string            `json:"assignee,omitempty"` // the desk's user id; of Assigned: nobody when empty
	Score        *Score            `json:"score,omitempty"`    // of Rated
}

// Score is what the customer thought of a conversation.
type Score struct {
	Value   float64 `json:"value"` // 0 (worst) to 1 (best), whatever the desk's scale
	Comment string  `json:"comment,omitempty"`
}

// Attachment is a file at the desk; we keep only that it exists.
type Attachment struct {
	ID   string `json:"id,omitempty"`
	Name string `json:"name,omitempty"`
	Type string `json:"type,omitempty"`
	Size int64  `json:"size,omitempty"`
	URL  string `json:"url,omitempty"`
}

// Rating is what an agent did with a suggestion.
type Rating struct {
	Suggestion string `json:"suggestion"`
	// Note is the desk's id of the note, or of one place of it, where the desk
	// names no suggestion.
	Note    string `json:"note,omitempty"`
	Verdict string `json:"verdict"` // used, edited, rejected, up, down
	Text    string `json:"text,omitempty"`
	Reason  string `json:"reason,omitempty"`
	Agent   string `json:"agent,omitempty"`
}

// Receipt is what a delivery held.
type Receipt struct {
	Events []Event
	Reply  *Reply // nil: 200 with an empty body
	Show   *Show  // not nil: the answer is a view of a suggestion, see [Viewer]
}

// Show asks for the present suggestion of a conversation while the desk waits,
// as for a panel that the desk draws from our answer.
type Show struct {
	Conversation string
	Agent        string            // who looks, as the desk verified it; may be empty
	Route        map[string]string // what View wants to know again
}

// Reply is an HTTP answer a desk demands, such as a handshake.
type Reply struct {
	Status int
	Type   string // content type
	Body   []byte
}

// Connector listens to one configured help desk.
type Connector interface {
	// Verify reports whether the help desk sent d, or an error wrapping
	// [ErrUnverified]. A connector without a secret is refused when it is
	// built; there is none that lets everything in.
	Verify(ctx context.Context, d Delivery, now time.Time) error

	// Read turns a verified delivery into events, oldest first. Deliveries
	// that are none of our business give an empty receipt and no error.
	Read(d Delivery) (Receipt, error)
}

// Answerer is a connector whose desk demands other status codes than ours.
type Answerer interface {
	// Answer is the status for a fault, or 0 for the usual one.
	Answer(err error) int
}

// Taker is a connector that takes more than JSON posted to its bare hook.
type Taker interface {
	// Takes lists the media types expected at path, which is as in
	// [Delivery]. Nothing means that there is no such hook.
	Takes(path string) []string
}

// Greeter is a connector whose desk comes with other methods than POST, for a
// handshake. Such deliveries have no body that counts; they are verified and
// read like all others.
type Greeter interface {
	// Greets reports whether method, such as GET, is expected at path.
	Greets(method, path string) bool
}

// Discreet is a connector with paths that hold a secret, for desks that sign
// nothing.
type Discreet interface {
	// Shown is path as it may stand in a log.
	Shown(path string) string
}

// Viewer is a connector whose desk draws its panel from our answer.
type Viewer interface {
	// View is the answer that shows n; nil while there is no suggestion.
	View(s Show, n *Note) (Reply, error)
}

// Reactor is a connector that has to act while its desk still waits, such as
// opening a form before a ticket to do so expires.
type Reactor interface {
	// React is called once the events of d are stored. It must not rely on
	// being called at all, and its error is logged, never answered.
	React(ctx context.Context, d Delivery) error
}

// Note is a suggestion as an agent gets to see it.
type Note struct {
	Suggestion   string // our id
	Conversation string
	Message      string // the customer message it answers
	Language     string
	Flag         string   // high, medium, low, none
	Confidence   float64  // the calibrated probability behind Flag, 0 to 1; 0: not known
	Reasons      []string // of the flag, in the agent's words
	Text         string   // the draft, without citation marks; empty with flag none
	Citations    []Citation
	PanelURL     string            // the suggestion in the panel; may be empty
	Route        map[string]string // from the event
}

// Citation is where a draft's sentences come from.
type Citation struct {
	Number int
	Title  string
	Where  string // "p. 3"
	Quote  string
	URL    string // opens the passage; may be empty
}

// Noter is a connector that can show a note to agents, and only to agents.
type Noter interface {
	// Note delivers n and returns the desk's id of what it created. It makes
	// one attempt; errors tell [Deliver] whether to try again.
	Note(ctx context.Context, n Note) (id string, err error)
}

// Silent is a [Noter] whose settings may say that it shows no notes, so that
// suggestions are seen in the panel only and nothing is queued for the desk.
type Silent interface {
	Silent() bool
}

// Fetcher is a connector whose deliveries may hold ids only.
type Fetcher interface {
	// Fetch asks the desk for what an event of kind [Fetch] stands for.
	Fetch(ctx context.Context, e Event) ([]Event, error)
}

// Updater is a [Noter] that can put a better note in the place of one it wrote.
type Updater interface {
	// Update makes one attempt to show n where the note with the desk's id
	// external stands. One that is gone is an error wrapping [ErrNoNote].
	Update(ctx context.Context, external string, n Note) error
}

// ErrNoNote means that the desk has no such note any more.
var ErrNoNote = errors.New("no such note")

// Withdrawer is a [Noter] that can take a note back once the conversation has
// moved on, by deleting it or by saying in it that it no longer holds.
type Withdrawer interface {
	// Withdraw makes one attempt. A note that is gone already is no error.
	Withdraw(ctx context.Context, external string, n Note) error
}

// Poller is a connector that can ask its desk what it missed, for desks that
// send once or drop deliveries.
type Poller interface {
	// Poll is what happened after cursor, oldest first, with the keys that
	// deliveries of the same events have. An empty cursor starts at since.
	Poll(ctx context.Context, cursor string, since time.Time) (Page, error)
}

// Page is one answer of a [Poller].
type Page struct {
	Events []Event
	Cursor string // where to go on; at most 4 kB
	More   bool   // ask again at once
}

// Opener is a connector that can read the files of a message.
type Opener interface {
	// Open reads attachment a of event e, at most limit bytes; a larger one is
	// an error wrapping [ErrTooLarge]. Addresses that others may choose are
	// fetched behind a [Guard].
	Open(ctx context.Context, e Event, a Attachment, limit int64) (File, error)
}

// ErrTooLarge means that a file is larger than we take.
var ErrTooLarge = errors.New("file too large")

// File is the content of an attachment.
type File struct {
	Name, Type string // of the answer, where the attachment has none
	Data       []byte
}

// Tester is a connector that can say whether its credentials do.
type Tester interface {
	// Test asks the desk, changing nothing there, and returns what it found,
	// good and bad, in the order an administrator should read it.
	Test(ctx context.Context) []Finding
}

// Finding is one thing that [Tester] looked at.
type Finding struct {
	What string // "token", "may write notes"
	OK   bool
	Hint string // what to do when it is not
}

// Packager is a connector whose desk can hold our panel as an app of its own.
type Packager interface {
	// Package is what an administrator installs, the same each time for the
	// same p. Settings in it are public: no secret is among them.
	Package(p PackageOptions) (Package, error)
}

// PackageOptions is what a package has to know of us.
type PackageOptions struct {
	Public string // https address of this server, without a final slash
	Desk   string // its configured name; the panel is at Public/embed/Desk
	Name   string // of the app, as agents see it
}

// Validate returns Public as an address, or everything that is wrong. How long
// a name may be is for the desk to say.
func (p PackageOptions) Validate() (*url.URL, error) {
	var errs []error
	u, err := CheckHTTPS(p.Public)
	switch {
	case err != nil:
		errs = append(errs, fmt.Errorf("public address: %w", err))
	case strings.HasSuffix(p.Public, "/") || u.RawQuery != "" || u.Fragment != "":
		errs = append(errs, errors.New("public address: must have no final slash and no query"))
	}
	if !IsToken(p.Desk) {
		errs = append(errs, fmt.Errorf("desk: %q; required, the configured name: letters, digits, - and _, it stands in addresses", p.Desk))
	}
	if strings.TrimSpace(p.Name) == "" {
		errs = append(errs, errors.New("name of the app: required; agents see it"))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return u, nil
}

// Package is an installable app, or the files and settings for one.
type Package struct {
	Files map[string][]byte // by slash-separated path
	Zip   string            // name of the zip the desk wants; empty: a folder of files
	Steps []string          // what to do with it, in English
}

// Hosted is a connector whose desk shows our panel in a frame and says, signed,
// who looks at it.
type Hosted interface {
	// Visitor verifies the first load of the panel, a delivery that came to
	// /embed/{desk}; errors wrap [ErrUnverified].
	Visitor(ctx context.Context, d Delivery, now time.Time) (Visitor, error)
}

// Framed is a connector whose desk may frame our panel.
type Framed interface {
	// Origins are the desk's own, such as https://nordwind.zendesk.com.
	Origins() []string
}

// Visitor is the agent before a panel in a desk.
type Visitor struct {
	Agent        string // the desk's user id
	Name         string // may be empty
	Conversation string // empty: the desk tells it later, and whatever it tells is a wish
	Expires      time.Time
}
