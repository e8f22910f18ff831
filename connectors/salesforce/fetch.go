package salesforce

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sufflor/sufflor/connectors"
)

// row is a record of a query: an EmailMessage, a CaseComment or a Case.
type row struct {
	ID          string `json:"Id"`
	ParentID    string `json:"ParentId"`
	Created     string `json:"CreatedDate"`
	Modified    string `json:"LastModifiedDate"`
	Stamp       string `json:"SystemModstamp"`
	CreatedByID string `json:"CreatedById"`
	CreatedBy   struct {
		Name     string `json:"Name"`
		UserType string `json:"UserType"`
	} `json:"CreatedBy"`

	Incoming      bool   `json:"Incoming"`
	Status        string `json:"Status"`
	TextBody      string `json:"TextBody"`
	HTMLBody      string `json:"HtmlBody"`
	From          string `json:"FromAddress"`
	FromName      string `json:"FromName"`
	HasAttachment bool   `json:"HasAttachment"`

	CommentBody string `json:"CommentBody"`
	IsPublished bool   `json:"IsPublished"`

	theCase
	Parent theCase `json:"Parent"`

	IsDeleted bool `json:"IsDeleted"`
}

// theCase is what is read of a case, itself or through its messages.
type theCase struct {
	Number     string `json:"CaseNumber"`
	Subject    string `json:"Subject"`
	Origin     string `json:"Origin"`
	Priority   string `json:"Priority"`
	Type       string `json:"Type"`
	ContactID  string `json:"ContactId"`
	OwnerID    string `json:"OwnerId"`
	Owner      name   `json:"Owner"`
	Contact    name   `json:"Contact"`
	IsClosed   bool   `json:"IsClosed"`
	ClosedDate string `json:"ClosedDate"`
}

type name struct {
	Name string `json:"Name"`
}

var caseFields = []string{
	"CaseNumber", "Subject", "Origin", "Priority", "Type", "ContactId", "Contact.Name", "OwnerId", "Owner.Name",
}

// selects are the queries, without their conditions.
var selects = map[string]string{
	objMail: "SELECT Id, ParentId, CreatedDate, SystemModstamp, CreatedById, CreatedBy.Name, CreatedBy.UserType, Incoming, Status, Subject, TextBody, " +
		"HtmlBody, FromAddress, FromName, HasAttachment, " + ofParent() + " FROM " + objMail + " WHERE ParentId != null AND ",
	objComment: "SELECT Id, ParentId, CreatedDate, LastModifiedDate, SystemModstamp, CreatedById, CreatedBy.Name, CreatedBy.UserType, CommentBody, " +
		"IsPublished, " + ofParent() + " FROM " + objComment + " WHERE ",
	objCase: "SELECT Id, ClosedDate, IsClosed, " + strings.Join(caseFields, ", ") + " FROM " + objCase + " WHERE IsClosed = true AND ",
}

func ofParent() string { return "Parent." + strings.Join(caseFields, ", Parent.") }

// stream is something a poll follows: records in the order of a time of theirs.
type stream struct {
	name   string // in the cursor
	object string
	path   string
	soql   string // without its last condition
	stamp  string // the field
}

// streams are all of them. What was deleted stays in the bin for 15 days.
var streams = [...]stream{
	{objMail, objMail, pathQuery, selects[objMail], "SystemModstamp"},
	{objComment, objComment, pathQuery, selects[objComment], "SystemModstamp"},
	{objCase, objCase, pathQuery, selects[objCase], "ClosedDate"},
	{objMail + "-", objMail, pathQueryAll, "SELECT Id, ParentId, IsDeleted, SystemModstamp, CreatedById FROM " + objMail + " WHERE IsDeleted = true AND ParentId != null AND ", "SystemModstamp"},
	{objComment + "-", objComment, pathQueryAll, "SELECT Id, ParentId, IsDeleted, SystemModstamp, CreatedById FROM " + objComment + " WHERE IsDeleted = true AND IsPublished = true AND ", "SystemModstamp"},
}

// query runs a SOQL query and reports whether all of its answer is here.
func query[T any](ctx context.Context, c *Connector, soql string) (rows []T, done bool, err error) {
	return queryAt[T](ctx, c, pathQuery, soql)
}

func queryAt[T any](ctx context.Context, c *Connector, path, soql string) (rows []T, done bool, err error) {
	var out struct {
		Done    bool `json:"done"`
		Records []T  `json:"records"`
	}
	err = c.call(ctx, http.MethodGet, path+url.Values{"q": {soql}}.Encode(), nil, &out)
	return out.Records, out.Done, err
}

// Fetch implements [connectors.Fetcher]: what an outbound message told us of is
// read again from the org.
func (c *Connector) Fetch(ctx context.Context, e connectors.Event) ([]connectors.Event, error) {
	object, id := e.Route[routeObject], e.Route[routeRecord]
	if selects[object] == "" || !isID(id) {
		return nil, connectors.Permanent(fmt.Errorf("event %s: its route names no record", e.Key))
	}
	rows, _, err := query[row](ctx, c, selects[object]+"Id = '"+id+"' LIMIT 1")
	if err != nil {
		return nil, fmt.Errorf("read %s %s: %w", object, id, err)
	}
	events, err := c.events(ctx, object, rows)
	return slices.DeleteFunc(events, func(got connectors.Event) bool { return got.Conversation != e.Conversation }), err
}

// events is what rows are to us, with the keys that deliveries of them have.
func (c *Connector) events(ctx context.Context, object string, rows []row) ([]connectors.Event, error) {
	files, err := c.attached(ctx, rows)
	if err != nil {
		return nil, err
	}
	var all []connectors.Event
	for _, r := range rows {
		events, err := c.rowEvents(object, r, files[id18(r.ID)])
		if err != nil {
			// One record must not keep us from all that follow it.
			events = []connectors.Event{c.unreadable(object, r, err)}
		}
		all = append(all, events...)
	}
	return all, nil
}

// unreadable tells an administrator of a record that is left out.
func (c *Connector) unreadable(object string, r row, err error) connectors.Event {
	return connectors.Event{
		Kind: connectors.Ops, Key: "unreadable:" + id18(r.ID), Tenant: c.org, Conversation: id18(r.ParentID),
		Detail: fmt.Sprintf("%s %s is left out: %s. Look whether the integration user may see all its fields and its author.", object, r.ID, err),
	}
}

// rowEvents reads a row as if our Apex class had sent it.
func (c *Connector) rowEvents(object string, r row, files []attachment) ([]connectors.Event, error) {
	of := r.Parent
	if object == objCase {
		of, r.ParentID = r.theCase, r.ID
	} else if of.Subject == "" {
		of.Subject = r.Subject
	}
	rec := record{
		Org: c.org, Case: r.ParentID, Number: of.Number, ID: r.ID, Object: object, Incoming: r.Incoming, Status: r.Status, Published: r.IsPublished,
		From: r.From, FromName: r.FromName, CreatedBy: r.CreatedByID, CreatorName: r.CreatedBy.Name, CreatorType: r.CreatedBy.UserType,
		HasAttachment: r.HasAttachment, Attachments: files, Subject: of.Subject, Contact: of.ContactID, Name: of.Contact.Name, Origin: of.Origin,
		Owner: of.OwnerID, OwnerName: of.Owner.Name, Facts: map[string]any{"priority": of.Priority, "type": of.Type},
	}
	kind, stamp := "", r.Created
	switch object {
	case objMail:
		kind, rec.Text, rec.HTML = typeMailOut, r.TextBody, r.HTMLBody
		if r.Incoming {
			kind = typeMailIn
		}
	case objComment:
		kind, rec.Text = typeComment, r.CommentBody
	case objCase:
		if !r.IsClosed || r.ClosedDate == "" {
			return nil, nil
		}
		kind, stamp = typeClosed, r.ClosedDate
	}
	if r.IsDeleted {
		kind, stamp = map[string]string{objMail: typeMailDeleted, objComment: typeCommentDeleted}[object], r.Stamp
	}
	at, err := parseTime(stamp)
	if err != nil {
		return nil, err
	}
	events, err := c.event(kind, at, rec)
	if err != nil || object != objComment || !r.IsPublished || r.Modified == "" || r.Modified == r.Created {
		return events, err
	}
	if at, err = parseTime(r.Modified); err != nil {
		return nil, err
	}
	edited, err := c.event(typeCommentEdited, at, rec)
	return append(events, edited...), err
}

// parseTime reads a time as outbound messages or as queries write it.
func parseTime(s string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05.999-0700"} {
		if at, err := time.Parse(layout, s); err == nil {
			return at.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("CreatedDate or ClosedDate: missing or no time: %w", connectors.ErrMalformed)
}

// attached are the files of those rows that have some, by the row's id.
func (c *Connector) attached(ctx context.Context, rows []row) (map[string][]attachment, error) {
	var ids []string
	for _, r := range rows {
		if r.HasAttachment && isID(r.ID) {
			ids = append(ids, "'"+id18(r.ID)+"'")
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	type link struct {
		Entity   string `json:"LinkedEntityId"`
		Document struct {
			Version   string        `json:"LatestPublishedVersionId"`
			Title     string        `json:"Title"`
			Extension string        `json:"FileExtension"`
			Size      connectors.ID `json:"ContentSize"`
		} `json:"ContentDocument"`
	}
	links, _, err := query[link](ctx, c, "SELECT LinkedEntityId, ContentDocument.LatestPublishedVersionId, ContentDocument.Title, "+
		"ContentDocument.FileExtension, ContentDocument.ContentSize FROM ContentDocumentLink WHERE LinkedEntityId IN ("+strings.Join(ids, ", ")+")")
	if err != nil {
		return nil, fmt.Errorf("read the files of %d messages: %w", len(ids), err)
	}
	out := map[string][]attachment{}
	for _, l := range links {
		id, d := id18(l.Entity), l.Document
		title := d.Title
		if d.Extension != "" && !strings.HasSuffix(strings.ToLower(title), "."+strings.ToLower(d.Extension)) {
			title += "." + d.Extension
		}
		out[id] = append(out[id], attachment{Version: d.Version, Title: title, Size: d.Size, Type: d.Extension})
	}
	return out, nil
}

// place is how far a poll has read one stream: all before At, and at At all up
// to ID.
type place struct {
	At time.Time `json:"t"`
	ID string    `json:"id,omitempty"`
}

// Poll implements [connectors.Poller] with a query for each stream. It reads
// the last two minutes again each time; what we had already has the same keys.
func (c *Connector) Poll(ctx context.Context, cursor string, since time.Time) (connectors.Page, error) {
	places := map[string]place{}
	if cursor != "" {
		if err := json.Unmarshal([]byte(cursor), &places); err != nil {
			return connectors.Page{}, connectors.Permanent(errors.New("cursor is not ours; forget it to start again"))
		}
	}
	page := connectors.Page{}
	for _, s := range streams {
		at, known := places[s.name]
		if !known || at.At.IsZero() || at.ID != "" && !isID(at.ID) {
			at = place{At: since.UTC()}
		}
		rows, whole, err := c.following(ctx, s, at)
		if err != nil {
			return connectors.Page{}, fmt.Errorf("poll %s: %w", s.name, err)
		}
		events, err := c.events(ctx, s.object, rows)
		if err != nil {
			return connectors.Page{}, err
		}
		page.Events = append(page.Events, events...)
		next, err := passed(at, rows)
		if err != nil {
			return connectors.Page{}, connectors.Permanent(fmt.Errorf("poll %s: %w", s.name, err))
		}
		if !whole {
			page.More = true
		} else {
			next = place{At: next.At.Add(-overlap)}
			if next.At.Before(at.At) {
				next.At = at.At
			}
		}
		places[s.name] = next
	}
	slices.SortStableFunc(page.Events, func(a, b connectors.Event) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Key, b.Key)) })
	text, err := json.Marshal(places)
	if err != nil {
		return connectors.Page{}, connectors.Permanent(err)
	}
	page.Cursor = string(text)
	return page, nil
}

// following are the rows after a place, and whether these are all. Mails so
// large that a page of them is no answer for us come one at a time.
func (c *Connector) following(ctx context.Context, s stream, at place) (rows []row, whole bool, err error) {
	for _, limit := range []int{pageSize, 1} {
		var done bool
		rows, done, err = queryAt[row](ctx, c, s.path, s.soql+after(s.stamp, at)+" ORDER BY "+s.stamp+", Id LIMIT "+strconv.Itoa(limit))
		if call, ok := errors.AsType[*connectors.CallError](err); !ok || !call.Final || call.Status >= 300 {
			return rows, len(rows) == 0 || done && len(rows) < limit, err
		}
	}
	return nil, false, err
}

// after is the condition of what follows a place.
func after(stamp string, p place) string {
	at := p.At.UTC().Format("2006-01-02T15:04:05.000Z")
	if p.ID == "" {
		return stamp + " >= " + at
	}
	return "(" + stamp + " > " + at + " OR (" + stamp + " = " + at + " AND Id > '" + p.ID + "'))"
}

// passed is the place of the last row.
func passed(at place, rows []row) (place, error) {
	if len(rows) == 0 {
		return at, nil
	}
	last := rows[len(rows)-1]
	stamp := last.Stamp
	if stamp == "" {
		stamp = last.ClosedDate
	}
	when, err := parseTime(stamp)
	if err != nil || !isID(last.ID) {
		return place{}, fmt.Errorf("record %.20q has no id or no time", last.ID)
	}
	return place{At: when, ID: last.ID}, nil
}
