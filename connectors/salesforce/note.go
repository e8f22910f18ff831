package salesforce

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/sufflor/sufflor/connectors"
)

// commentPublished is false in every comment we write: true shows it in portals
// and may send an e-mail to the contact.
const commentPublished = false

// newComment is what is written. ParentID is empty in a change: a comment stays
// with its case.
type newComment struct {
	ParentID    string `json:"ParentId,omitempty"`
	CommentBody string `json:"CommentBody"`
	IsPublished bool   `json:"IsPublished"`
}

// Silent implements [connectors.Silent].
func (c *Connector) Silent() bool { return c.cfg.Notes == Off || c.tokens == nil }

// sound reports what is wrong with n, and the case it belongs to.
func (c *Connector) sound(n connectors.Note) (string, error) {
	id := n.Route[routeCase]
	switch {
	case c.cfg.Notes == Off:
		return "", connectors.Permanent(errors.New(`notes are off for this desk; set notes to "comment"`))
	case id == "":
		return "", connectors.Permanent(fmt.Errorf("conversation %s has no case; it shows in the panel", n.Conversation))
	case !isID(id) || !isWebhookID(n.Suggestion):
		return "", connectors.Permanent(fmt.Errorf("case %.40q or suggestion %.40q is no id", id, n.Suggestion))
	}
	return id, nil
}

func (c *Connector) body(n connectors.Note) string {
	text := connectors.Text(n, sign(n), connectors.WordsIn(c.cfg.Language), maxComment)
	return connectors.Clip(text, maxComment) // a long address of the panel may not fit
}

func sign(n connectors.Note) string { return marker + n.Suggestion + "]" }

// Note implements [connectors.Noter] with a comment that is not published. It
// looks for the suggestion's marker first, so that running twice writes one
// note. Salesforce's answer does not say whether a comment is published, so it
// is read again, and believed only then.
func (c *Connector) Note(ctx context.Context, n connectors.Note) (string, error) {
	id, err := c.sound(n)
	if err != nil {
		return "", err
	}
	if found, err := c.noted(ctx, id, sign(n)); err != nil || found != "" {
		return found, err
	}
	var out struct {
		ID      string `json:"id"`
		Success bool   `json:"success"`
	}
	in := newComment{ParentID: id, CommentBody: c.body(n), IsPublished: commentPublished}
	if err := c.call(ctx, http.MethodPost, pathRows+objComment, in, &out); err != nil {
		return "", fmt.Errorf("write comment on case %s: %w", id, err)
	}
	if !out.Success || !isID(out.ID) {
		return "", connectors.Permanent(fmt.Errorf("case %s: the answer names no comment; look at the case now: %w", id, connectors.ErrVisible))
	}
	return id18(out.ID), c.checked(ctx, id, out.ID)
}

// checked reads a comment again. A read that fails may be tried again: the next
// attempt finds the comment by its marker and looks again.
func (c *Connector) checked(ctx context.Context, id, comment string) error {
	var got struct {
		ID        string `json:"Id"`
		ParentID  string `json:"ParentId"`
		Published *bool  `json:"IsPublished"`
	}
	err := c.call(ctx, http.MethodGet, pathRows+objComment+"/"+comment+"?fields=Id,ParentId,IsPublished", nil, &got)
	switch {
	case isGone(err):
		return fmt.Errorf("comment %s: %w", comment, connectors.ErrNoNote)
	case err != nil && !connectors.IsPermanent(err):
		return fmt.Errorf("read comment %s again: %w", comment, err)
	case err != nil || got.Published == nil || *got.Published || id != "" && id18(got.ParentID) != id18(id):
		return c.hide(ctx, id, comment)
	}
	return nil
}

// hide takes a comment back that is not certainly private, and makes noise.
func (c *Connector) hide(ctx context.Context, id, comment string) error {
	// Not even a worker that is shutting down leaves it standing.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), connectors.DefaultTimeout)
	defer cancel()
	did := "deleted again; check the flows and triggers of this org that publish comments"
	if err := c.remove(ctx, comment); err != nil {
		did = "could not be deleted (" + err.Error() + "); delete it now"
	}
	return connectors.Permanent(fmt.Errorf("case %s, comment %s: %s: %w", id, comment, did, connectors.ErrVisible))
}

// noted is the id of our comment with that sign, or nothing.
func (c *Connector) noted(ctx context.Context, id, sign string) (string, error) {
	type comment struct {
		ID        string `json:"Id"`
		Body      string `json:"CommentBody"`
		Published *bool  `json:"IsPublished"`
	}
	rows, _, err := query[comment](ctx, c, "SELECT Id, CommentBody, IsPublished FROM "+objComment+" WHERE ParentId = '"+id+"' AND CreatedById = '"+c.me+
		"' ORDER BY CreatedDate DESC LIMIT "+strconv.Itoa(maxOwn))
	if err != nil {
		return "", fmt.Errorf("read comments of case %s: %w", id, err)
	}
	for _, m := range rows {
		switch {
		case !strings.Contains(m.Body, sign) || !isID(m.ID):
		case m.Published == nil || *m.Published:
			return "", c.hide(ctx, id, m.ID)
		default:
			return id18(m.ID), nil
		}
	}
	return "", nil
}

// Update implements [connectors.Updater].
func (c *Connector) Update(ctx context.Context, external string, n connectors.Note) error {
	id, err := c.sound(n)
	if err != nil {
		return err
	}
	if !isID(external) {
		return connectors.Permanent(fmt.Errorf("%.40q is no id of a comment", external))
	}
	in := newComment{CommentBody: c.body(n), IsPublished: commentPublished}
	err = c.call(ctx, http.MethodPatch, pathRows+objComment+"/"+external, in, nil)
	switch {
	case isGone(err):
		return fmt.Errorf("comment %s: %w", external, connectors.ErrNoNote)
	case err != nil:
		return fmt.Errorf("change comment %s: %w", external, err)
	}
	return c.checked(ctx, id, external)
}

// Withdraw implements [connectors.Withdrawer]: the comment is deleted.
func (c *Connector) Withdraw(ctx context.Context, external string, _ connectors.Note) error {
	if !isID(external) {
		return connectors.Permanent(fmt.Errorf("%.40q is no id of a comment", external))
	}
	if err := c.remove(ctx, external); err != nil {
		return fmt.Errorf("delete comment %s: %w", external, err)
	}
	return nil
}

func (c *Connector) remove(ctx context.Context, comment string) error {
	err := c.call(ctx, http.MethodDelete, pathRows+objComment+"/"+comment, nil, nil)
	if isGone(err) {
		return nil
	}
	return err
}
