package salesforce

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sufflor/sufflor/connectors"
)

// webhook is what our Apex class sends: one event, or several in a batch.
type webhook struct {
	Type      string    `json:"type"`
	Timestamp time.Time `json:"timestamp"` // when it happened
	Data      struct {
		record
		Events []struct {
			Type      string    `json:"type"`
			Timestamp time.Time `json:"timestamp"`
			Data      record    `json:"data"`
		} `json:"events"`
	} `json:"data"`
}

// record is what an event is about. Which part is used depends on its type.
type record struct {
	Org    string `json:"org_id"`
	Case   string `json:"case_id"`
	Number string `json:"case_number"`
	ID     string `json:"record_id"`
	Object string `json:"object"`

	Text        string `json:"text"`
	HTML        string `json:"html"`
	Incoming    bool   `json:"incoming"`
	Status      string `json:"status"`
	Published   bool   `json:"is_published"`
	Visibility  string `json:"visibility"`
	From        string `json:"from_address"`
	FromName    string `json:"from_name"`
	CreatedBy   string `json:"created_by_id"`
	CreatorName string `json:"created_by_name"`
	CreatorType string `json:"created_by_type"` // User.UserType

	HasAttachment bool         `json:"has_attachment"`
	Attachments   []attachment `json:"attachments"`

	Subject   string         `json:"subject"`
	Contact   string         `json:"contact_id"`
	Name      string         `json:"contact_name"`
	Language  string         `json:"contact_language"`
	Origin    string         `json:"origin"`
	Owner     string         `json:"owner_id"`
	OwnerName string         `json:"owner_name"`
	Topics    []string       `json:"topics"`
	Brand     string         `json:"brand"`
	Facts     map[string]any `json:"facts"` // of the case; priority, type, product …

	Session string `json:"session_id"` // of messaging
	Actor   string `json:"actor_type"`
	Channel string `json:"channel"`

	Score   *float64 `json:"score"` // 0 to 1
	Comment string   `json:"comment"`

	Suggestion string `json:"suggestion_id"`
	Verdict    string `json:"verdict"`
	Agent      string `json:"agent_id"`
	Final      string `json:"final_text"`
	Reason     string `json:"reason"`
}

type attachment struct {
	Version string        `json:"content_version_id"`
	Title   string        `json:"title"`
	Size    connectors.ID `json:"content_size"`
	Type    string        `json:"file_type"`
}

// Read implements [connectors.Connector].
func (c *Connector) Read(d connectors.Delivery) (connectors.Receipt, error) {
	if strings.HasPrefix(d.Path, pathOutbound) {
		return c.readOutbound(d.Body)
	}
	var in webhook
	if err := connectors.Decode(d.Body, &in); err != nil {
		return connectors.Receipt{}, err
	}
	if in.Type != typeBatch {
		events, err := c.event(in.Type, in.Timestamp, in.Data.record)
		return connectors.Receipt{Events: events}, err
	}
	if err := c.ours(in.Data.Org); err != nil {
		return connectors.Receipt{}, err
	}
	if len(in.Data.Events) > maxBatch {
		return connectors.Receipt{}, fmt.Errorf("data.events: more than %d: %w", maxBatch, connectors.ErrMalformed)
	}
	var all []connectors.Event
	seen := map[string]bool{}
	for i, e := range in.Data.Events {
		events, err := c.event(e.Type, e.Timestamp, e.Data)
		if err != nil {
			return connectors.Receipt{}, fmt.Errorf("data.events[%d]: %w", i, err)
		}
		for _, e := range events {
			if !seen[e.Key] {
				seen[e.Key] = true
				all = append(all, e)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b connectors.Event) int { return a.At.Compare(b.At) })
	return connectors.Receipt{Events: all}, nil
}

func (c *Connector) ours(org string) error {
	if id18(org) != c.org {
		return fmt.Errorf("org_id is not %s: %w", c.org, connectors.ErrForeign)
	}
	return nil
}

// event is what one event of our Apex class is to us: at most one.
func (c *Connector) event(kind string, at time.Time, r record) ([]connectors.Event, error) {
	if err := c.ours(r.Org); err != nil {
		return nil, err
	}
	if kind == typePing {
		return nil, nil
	}
	if at.IsZero() {
		return nil, fmt.Errorf("timestamp: missing: %w", connectors.ErrMalformed)
	}
	e, err := c.envelope(kind, at, r)
	if err != nil {
		return nil, err
	}
	keep := false
	switch kind {
	case typeMailIn, typeMailOut, typeMailDeleted:
		keep, err = c.mail(kind, r, &e)
	case typeComment, typeCommentEdited, typeCommentDeleted, typeCommentHidden, typeFeed:
		keep, err = c.comment(kind, r, &e)
	case typeChat:
		keep, err = c.chat(r, &e)
	case typeClosed, typeAssigned, typeRated:
		keep, err = state(kind, r, &e)
	case typeFeedback:
		keep, err = feedback(r, &e)
	}
	if err != nil || !keep {
		return nil, err
	}
	return []connectors.Event{e}, nil
}

// envelope is what all events have in common. A messaging session is a
// conversation of its own; its notes stand on its case, if it has one.
func (c *Connector) envelope(kind string, at time.Time, r record) (connectors.Event, error) {
	e := connectors.Event{
		Tenant: c.org, Conversation: id18(r.Case), Subject: r.Subject, Language: r.Language, Channel: strings.ToLower(r.Origin),
		Tags: r.Topics, Brand: r.Brand, At: at.UTC(), Facts: facts(r),
	}
	if r.Case != "" && !isID(r.Case) {
		return connectors.Event{}, fmt.Errorf("case_id: is no id: %w", connectors.ErrMalformed)
	}
	if r.Session != "" && !isWebhookID(r.Session) {
		return connectors.Event{}, fmt.Errorf("session_id: is no id: %w", connectors.ErrMalformed)
	}
	if e.Conversation != "" {
		e.Route = map[string]string{routeCase: e.Conversation}
	}
	if kind == typeChat || e.Conversation == "" {
		e.Conversation = id18(r.Session)
	}
	if e.Conversation == "" {
		return connectors.Event{}, fmt.Errorf("case_id or session_id: missing: %w", connectors.ErrMalformed)
	}
	e.Customer = id18(r.Contact)
	owned(r, &e)
	return e, nil
}

// owned tells whose case it is: a user's or a queue's.
func owned(r record, e *connectors.Event) {
	switch {
	case strings.HasPrefix(r.Owner, prefixUser):
		e.Assignee = id18(r.Owner)
	case strings.HasPrefix(r.Owner, prefixQueue):
		if e.Group = r.OwnerName; e.Group == "" {
			e.Group = id18(r.Owner)
		}
	}
}

// messageKey is the same however we learn of a record: from our Apex class,
// from an outbound message or from a query. Ids are unique within an org.
func messageKey(id string) string { return "message:" + id18(id) }

// own reports whether we wrote that: independent guards against a loop of notes
// about our own notes, the third being that unpublished ones are skipped.
func (c *Connector) own(r record) bool {
	return c.me != "" && id18(r.CreatedBy) == c.me || marked(r.Text) || marked(r.HTML)
}

func marked(text string) bool { return strings.Contains(text, marker+"sg_") }

func (c *Connector) mail(kind string, r record, e *connectors.Event) (bool, error) {
	if !isID(r.ID) {
		return false, fmt.Errorf("record_id: missing: %w", connectors.ErrMalformed)
	}
	e.Message, e.Channel = id18(r.ID), "email"
	if kind == typeMailDeleted {
		deleted(e)
		return true, nil
	}
	e.Kind, e.Key, e.Text = connectors.Message, messageKey(r.ID), text(r)
	e.Attachments = attachments(r)
	if kind == typeMailIn && r.Incoming {
		// Email-to-Case writes as a user of the org, often the very one that
		// we log in as, so that the author says nothing here.
		if r.Status == statusDraft || marked(r.Text) || marked(r.HTML) {
			return false, nil
		}
		e.Role, e.Author, e.AuthorName = connectors.Customer, r.From, r.FromName
		if e.Customer == "" {
			e.Customer = r.From
		}
		return true, nil
	}
	if kind != typeMailOut || r.Incoming {
		return false, fmt.Errorf("incoming: does not go with type: %w", connectors.ErrMalformed)
	}
	// A status that says nothing is one of a class older than this field.
	if r.Status != "" && r.Status != statusSent || c.own(r) || isMachine(r.CreatorType) {
		return false, nil
	}
	e.Role, e.Author, e.AuthorName = connectors.Agent, id18(r.CreatedBy), r.CreatorName
	return true, nil
}

func (c *Connector) comment(kind string, r record, e *connectors.Event) (bool, error) {
	if !isID(r.ID) {
		return false, fmt.Errorf("record_id: missing: %w", connectors.ErrMalformed)
	}
	if c.own(r) {
		return false, nil
	}
	e.Message = id18(r.ID)
	if e.Channel == "" {
		e.Channel = "portal"
	}
	shown := r.Published
	if kind == typeFeed {
		shown = r.Visibility == visibleToAll
	}
	switch {
	case kind == typeCommentDeleted:
		deleted(e)
		return true, nil
	case kind == typeCommentHidden || kind == typeCommentEdited && !shown:
		deleted(e) // what portals do not show any more is a note, and notes are not ours to keep
		e.Key += ":" + strconv.FormatInt(e.At.Unix(), 10)
		return true, nil
	case !shown:
		return false, nil
	case kind == typeCommentEdited:
		e.Kind, e.Key = connectors.Edited, editedKey(r.ID, e.At)
	default:
		e.Kind, e.Key = connectors.Message, messageKey(r.ID)
	}
	e.Text, e.Author, e.AuthorName = text(r), id18(r.CreatedBy), r.CreatorName
	switch {
	case isMachine(r.CreatorType):
		return false, nil
	case r.CreatorType == "": // an agent's words would be learned as a good reply
		return false, fmt.Errorf("created_by_type: missing: %w", connectors.ErrMalformed)
	case isPortal(r.CreatorType):
		e.Role = connectors.Customer
		if e.Customer == "" {
			e.Customer = e.Author
		}
	default:
		e.Role = connectors.Agent
	}
	return true, nil
}

func editedKey(id string, at time.Time) string {
	return "edited:" + id18(id) + ":" + strconv.FormatInt(at.Unix(), 10)
}

// deleted makes e a deletion. It happens once, so that no time is in its key.
func deleted(e *connectors.Event) {
	e.Kind, e.Key = connectors.Deleted, "deleted:"+e.Message
	e.Subject, e.Facts = "", nil
}

// isMachine is true for users that no person is.
func isMachine(userType string) bool {
	return userType == "AutomatedProcess" || userType == "CloudIntegrationUser"
}

func isPortal(userType string) bool {
	return slices.ContainsFunc(portalUsers[:], func(p string) bool {
		return len(userType) >= len(p) && strings.EqualFold(userType[:len(p)], p)
	})
}

// chat is an entry of a messaging session.
func (c *Connector) chat(r record, e *connectors.Event) (bool, error) {
	if r.ID == "" {
		return false, fmt.Errorf("record_id: missing: %w", connectors.ErrMalformed)
	}
	switch r.Actor {
	case "EndUser":
		e.Role = connectors.Customer
	case "Agent":
		e.Role = connectors.Agent
	default: // Bot, System, Supervisor: none of our business
		return false, nil
	}
	if r.Actor == "Agent" && c.own(r) || marked(r.Text) {
		return false, nil
	}
	e.Kind, e.Key, e.Message = connectors.Message, messageKey(r.ID), id18(r.ID)
	e.Text, e.Author, e.AuthorName = text(r), id18(r.CreatedBy), r.CreatorName
	e.Attachments = attachments(r)
	if e.Channel = strings.ToLower(r.Channel); e.Channel == "" {
		e.Channel = "chat"
	}
	if e.Role == connectors.Customer && e.Customer == "" {
		e.Customer = e.Author
	}
	return true, nil
}

// state is what happened to a case rather than in it.
func state(kind string, r record, e *connectors.Event) (bool, error) {
	if r.Case == "" {
		return false, fmt.Errorf("case_id: missing: %w", connectors.ErrMalformed)
	}
	stamp := ":" + e.Conversation + ":" + strconv.FormatInt(e.At.Unix(), 10)
	switch kind {
	case typeClosed:
		e.Kind, e.Key = connectors.Closed, "closed"+stamp
	case typeAssigned:
		e.Kind, e.Key = connectors.Assigned, "assigned"+stamp+":"+id18(r.Owner)
	case typeRated:
		if r.Score == nil || *r.Score < 0 || *r.Score > 1 {
			return false, fmt.Errorf("score: must be from 0 to 1: %w", connectors.ErrMalformed)
		}
		e.Kind, e.Key, e.Score = connectors.Rated, "rated"+stamp, &connectors.Score{Value: *r.Score, Comment: r.Comment}
	}
	return true, nil
}

func feedback(r record, e *connectors.Event) (bool, error) {
	switch r.Verdict {
	case "used", "edited", "rejected", "up", "down":
	default:
		return false, fmt.Errorf("verdict: must be used, edited, rejected, up or down: %w", connectors.ErrMalformed)
	}
	if r.Suggestion == "" {
		return false, fmt.Errorf("suggestion_id: missing: %w", connectors.ErrMalformed)
	}
	e.Kind, e.Role = connectors.Feedback, connectors.Agent
	e.Key = strings.Join([]string{"feedback", r.Suggestion, r.Verdict, id18(r.Agent), strconv.FormatInt(e.At.UnixMilli(), 10)}, ":")
	e.Rating = &connectors.Rating{Suggestion: r.Suggestion, Verdict: r.Verdict, Text: r.Final, Reason: r.Reason, Agent: id18(r.Agent)}
	return true, nil
}

// text is the plain text of a message.
func text(r record) string {
	if s := strings.TrimSpace(r.Text); s != "" {
		return s
	}
	return connectors.PlainText(r.HTML)
}

func attachments(r record) []connectors.Attachment {
	var out []connectors.Attachment
	for _, a := range r.Attachments {
		size, _ := strconv.ParseInt(string(a.Size), 10, 64) // 0: not known
		out = append(out, connectors.Attachment{ID: a.Version, Name: a.Title, Type: strings.ToLower(a.Type), Size: max(0, size)})
	}
	return out
}

// facts is what Salesforce knows of a case. What is neither text, number nor
// yes or no is left out.
func facts(r record) map[string]string {
	out := map[string]string{}
	if r.Number != "" {
		out["case_number"] = r.Number
	}
	for _, name := range slices.Sorted(maps.Keys(r.Facts)) {
		value := ""
		switch v := r.Facts[name].(type) {
		case string:
			value = strings.TrimSpace(v)
		case float64, bool:
			value = fmt.Sprint(v)
		}
		if value != "" && len(name) <= maxFact && len(value) <= maxFact && len(out) < maxFacts {
			out[name] = value
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// readOutbound reads an outbound message. What it says is not signed; where we
// can ask the org, it is only a hint what to ask for. The answer is one Ack
// for all of it, or a Nack, on which Salesforce sends it again for a day.
func (c *Connector) readOutbound(body []byte) (connectors.Receipt, error) {
	env, err := parseOutbound(body)
	if err != nil {
		return connectors.Receipt{}, fmt.Errorf("outbound message %w: %w", err, connectors.ErrMalformed)
	}
	if id18(env.Org) != c.org {
		return connectors.Receipt{}, fmt.Errorf("OrganizationId is not %s: %w", c.org, connectors.ErrForeign)
	}
	rec := connectors.Receipt{Reply: &connectors.Reply{Status: 200, Type: soapType, Body: []byte(ack)}}
	seen := map[string]bool{}
	for i, n := range env.Records {
		events, err := c.notified(n)
		if err != nil {
			return c.refused(body, fmt.Sprintf("notification %d: %s", i+1, err)), nil
		}
		for _, e := range events {
			if !seen[e.Key] {
				seen[e.Key] = true
				rec.Events = append(rec.Events, e)
			}
		}
	}
	return rec, nil
}

// refused is the Nack to a message that lacks what README.md asks for. An
// administrator has to hear of it: Salesforce shows it to nobody.
func (c *Connector) refused(body []byte, why string) connectors.Receipt {
	sum := sha256.Sum256(body)
	return connectors.Receipt{
		Reply: &connectors.Reply{Status: 200, Type: soapType, Body: []byte(nack)},
		Events: []connectors.Event{{
			Kind: connectors.Ops, Key: "nack:" + hex.EncodeToString(sum[:8]), Tenant: c.org,
			Detail: "An outbound message could not be used: " + why + ". Select the fields that README.md of this connector lists.",
		}},
	}
}

// notified is what a notification is to us.
func (c *Connector) notified(n notification) ([]connectors.Event, error) {
	id := n.Fields["Id"]
	if !isID(n.ID) || !isID(id) {
		return nil, errors.New("no readable Id")
	}
	switch n.Object {
	case objMail, objComment, objCase:
	default:
		return nil, nil
	}
	parent := n.Fields["ParentId"]
	if n.Object == objCase {
		parent = id
	}
	if !isID(parent) {
		return nil, errors.New("no ParentId")
	}
	if c.tokens != nil {
		return []connectors.Event{{
			Kind: connectors.Fetch, Key: "notification:" + id18(n.ID), Tenant: c.org, Conversation: id18(parent),
			Route: map[string]string{routeCase: id18(parent), routeObject: n.Object, routeRecord: id18(id)},
		}}, nil
	}
	if n.Object == objComment {
		return nil, errors.New("a comment, and without the settings under api nobody says whether a customer or an agent wrote it")
	}
	return c.rowEvents(n.Object, row{
		ID: id, ParentID: parent, Created: n.Fields["CreatedDate"], CreatedByID: n.Fields["CreatedById"],
		Incoming: n.Fields["Incoming"] == "true", Status: n.Fields["Status"], TextBody: n.Fields["TextBody"], HTMLBody: n.Fields["HtmlBody"],
		From: n.Fields["FromAddress"], FromName: n.Fields["FromName"],
		theCase: theCase{Subject: n.Fields["Subject"], IsClosed: n.Fields["IsClosed"] == "true", ClosedDate: n.Fields["ClosedDate"]},
	}, nil)
}
