package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/sufflor/sufflor/access"
	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/store"
)

const (
	embedded = "/embed/:desk"

	// maxKept bounds what a stream remembers of the suggestions it met.
	maxKept = 1000
)

// frame is a desk that may show the panel in its own pages.
type frame struct {
	desk    connectors.Desk
	ws      Workspace
	origins []string // of pages that may frame the panel and talk to it
	csp     string
}

// frames are the configured desks by name.
func (s *server) loadFrames() error {
	var errs []error
	s.frames = map[string]frame{}
	for name, d := range s.o.Desks {
		f := frame{desk: d}
		var err error
		if f.ws, err = s.known(d.Workspace); err != nil {
			errs = append(errs, fmt.Errorf("desk %s: %w", name, err))
		}
		var own []string
		if framed, ok := d.Connector.(connectors.Framed); ok {
			own = framed.Origins()
		}
		for _, o := range slices.Concat(own, s.o.FrameAncestors) {
			if o = plainOrigin(o); !origin.MatchString(o) {
				errs = append(errs, fmt.Errorf("desk %s: %q is not an origin; it is like https://example.zendesk.com", name, o))
			}
			if !slices.Contains(f.origins, o) {
				f.origins = append(f.origins, o)
			}
		}
		ancestors := f.origins
		if len(ancestors) == 0 {
			ancestors = []string{"'none'"}
		}
		f.csp = policy(ancestors)
		s.frames[name] = f
	}
	return errors.Join(errs...)
}

// plainOrigin is an origin as browsers write it.
func plainOrigin(o string) string {
	o = strings.ToLower(o)
	if rest, ok := strings.CutPrefix(o, "https://"); ok {
		return "https://" + strings.TrimSuffix(rest, ":443")
	}
	return strings.TrimSuffix(o, ":80")
}

// frame is the desk of the address. What is answered there may be framed by
// that desk's pages, and by no other.
func (s *server) frame(c *gin.Context) (frame, error) {
	f, ok := s.frames[c.Param("desk")]
	if !ok {
		return f, &fault{status: http.StatusNotFound, text: "no desk of that name is configured", next: "ask the administrator for the address of the panel; it ends with the desk's name in the configuration"}
	}
	h := c.Writer.Header()
	h.Set("Content-Security-Policy", f.csp)
	h.Del("X-Frame-Options")
	return f, nil
}

// embedView is the page in a desk's frame.
type embedView struct {
	Title   string
	Data    string // for the panel's script
	Frame   string // for the frame's
	SignIn  string // where an agent signs in when the desk does not vouch for him
	Refused bool   // the desk's signature did not hold
	Version string
}

// InFrame implements what the templates ask of a page with a panel.
func (embedView) InFrame() bool { return true }

// embedData is what the frame's script has to know.
type embedData struct {
	Desk         string    `json:"desk"`
	Kind         string    `json:"kind"`
	Base         string    `json:"base"`
	Origins      []string  `json:"origins"`
	Pass         *passJSON `json:"pass"` // null: the script finds one, or the agent signs in
	Conversation string    `json:"conversation"`
}

// embed is the page itself. It holds no suggestion: those come when the script
// shows a pass.
func (s *server) embed(c *gin.Context) error {
	f, err := s.frame(c)
	if err != nil {
		return err
	}
	base := "/embed/" + f.desk.Name
	d := embedData{Desk: f.desk.Name, Kind: f.desk.Kind, Base: base, Origins: f.origins, Conversation: clip(c.Query("conversation"), 500)}
	v := embedView{Title: f.ws.title(), SignIn: base + "/open", Version: s.o.Version}
	status := http.StatusOK
	p, err := s.arrive(c, f)
	switch {
	case refused(err):
		s.o.Log.WarnContext(c.Request.Context(), "panel in a frame refused", "desk", f.desk.Name, "err", err)
		v.Refused, status = true, http.StatusUnauthorized
	case err != nil:
		return err
	case p != nil:
		d.Pass = s.grant(c, *p)
		if d.Conversation == "" {
			d.Conversation = p.Conversation
		}
	}
	data, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("encode the frame's data: %w", err)
	}
	v.Frame = string(data)
	if v.Data, err = s.in(s.tongue(c, f.ws)).script(map[string]any{
		"base": base, "workspace": f.ws.ID, "conversation": "", "suggestion": "", "seq": "",
	}, "inserted", "insert_edited", "frame_waits", "frame_none"); err != nil {
		return err
	}
	return s.page(c, status, f.ws, "embed", v)
}

// arrive finds out who loads the page: whom the desk vouches for, who was here
// before, or who has signed in. Nil is nobody yet.
func (s *server) arrive(c *gin.Context, f frame) (*pass, error) {
	r := c.Request
	var told *pass
	if h, ok := f.desk.Connector.(connectors.Hosted); ok && (r.Method == http.MethodPost || r.URL.RawQuery != "") {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, bodyError(err)
		}
		told, err = s.vouched(r.Context(), f, h, connectors.Delivery{Method: r.Method, Target: r.RequestURI, Header: r.Header, Body: body})
		switch {
		case err == nil:
			return told, nil
		case r.Method == http.MethodPost || !refused(err):
			return nil, err // it came to be verified, and nothing else counts
		}
	}
	if k, err := r.Cookie(passCookie); err == nil {
		if p, ok := s.auth.openPass(k.Value, f.desk, s.o.Now()); ok {
			if p.Agent != "" {
				return &p, nil
			}
			if w, _, err := s.sessionOf(r.Context(), p.Session); err == nil && w.May(byAgents, f.ws.ID) {
				return &p, nil
			}
		}
	}
	if r.Method == http.MethodGet && s.session(c) == nil && whoOf(c).May(byAgents, f.ws.ID) {
		return s.seated(c, f), nil
	}
	return nil, nil
}

// refused reports whether a desk's word for an agent does not hold, rather than
// that we could not tell.
func refused(err error) bool {
	return errors.Is(err, connectors.ErrUnverified) || errors.Is(err, connectors.ErrMalformed) || errors.Is(err, connectors.ErrForeign)
}

// fresh is a pass that begins now.
func (s *server) fresh(f frame) *pass {
	return &pass{Desk: f.desk.Name, Workspace: f.desk.Workspace, Begun: s.o.Now().Unix()}
}

// seated is a pass for who has signed in, and for as long.
func (s *server) seated(c *gin.Context, f frame) *pass {
	p := s.fresh(f)
	p.Session = c.GetString(sessionKey)
	return p
}

// vouched is a pass for whom the desk's signature names.
func (s *server) vouched(ctx context.Context, f frame, h connectors.Hosted, d connectors.Delivery) (*pass, error) {
	now := s.o.Now()
	v, err := h.Visitor(ctx, d, now)
	if err != nil {
		return nil, err
	}
	if !v.Expires.IsZero() && !now.Before(v.Expires) {
		return nil, fmt.Errorf("the desk's word for the agent is over: %w", connectors.ErrUnverified)
	}
	if v.Agent == "" {
		return nil, fmt.Errorf("the desk names no agent: %w", connectors.ErrUnverified)
	}
	p := s.fresh(f)
	p.Agent, p.Conversation = v.Agent, v.Conversation
	return p, nil
}

// embedEnter swaps a token of the desk, which the page around the frame sent
// to our script, for a pass.
func (s *server) embedEnter(c *gin.Context) error {
	f, err := s.frame(c)
	if err != nil {
		return err
	}
	var q struct {
		Context string `json:"context"`
	}
	if err := readJSON(c, &q); err != nil {
		return err
	}
	h, ok := f.desk.Connector.(connectors.Hosted)
	if !ok {
		return &fault{status: http.StatusUnauthorized, text: "this desk does not vouch for its agents", next: "sign in"}
	}
	// As a form, and as a bearer: whichever the connector knows.
	head := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}, "Authorization": {"Bearer " + q.Context}}
	for _, name := range []string{"Origin", "Sec-Fetch-Site", "User-Agent"} {
		head.Set(name, c.GetHeader(name))
	}
	p, err := s.vouched(c.Request.Context(), f, h, connectors.Delivery{
		Method: http.MethodPost, Target: "/embed/" + f.desk.Name, Header: head, Body: []byte(url.Values{"token": {q.Context}}.Encode()),
	})
	if refused(err) {
		return &fault{status: http.StatusUnauthorized, text: "the help desk's sign-in was not accepted", next: "reload the page of the help desk, or sign in", err: err}
	}
	if err != nil {
		return err
	}
	c.JSON(http.StatusOK, s.grant(c, *p))
	return nil
}

// embedPass renews a pass while its panel is used.
func (s *server) embedPass(c *gin.Context) error {
	c.JSON(http.StatusOK, s.grant(c, passOf(c)))
	return nil
}

// embedOpen is the end of signing in: a window of our own that hands a pass to
// the frame that opened it, and to nobody else.
func (s *server) embedOpen(c *gin.Context) error {
	f, err := s.frame(c)
	if err != nil {
		return err
	}
	h := c.Writer.Header()
	h.Set("Content-Security-Policy", policy([]string{"'none'"}))
	h.Set("X-Frame-Options", "DENY")
	err = s.session(c)
	if whoOf(c).Kind != access.KindNobody && err != nil {
		return err // signed in, and may not
	}
	if err != nil {
		c.Redirect(http.StatusSeeOther, "/signin?next="+url.QueryEscape("/embed/"+f.desk.Name+"/open"))
		return nil //nolint:nilerr // nobody is signed in yet: that is what the page is for
	}
	if !whoOf(c).May(byAgents, f.ws.ID) {
		return s.refuse(c, byAgents)
	}
	p := s.seated(c, f).lasting(s.o.Now(), s.o.EmbedLife)
	data, err := json.Marshal(passJSON{Token: s.auth.sealPass(p), Lives: p.Ends - p.Begun})
	if err != nil {
		return fmt.Errorf("encode the pass: %w", err)
	}
	return s.page(c, http.StatusOK, f.ws, "opened", string(data))
}

// conversation is the one that the address names. The page around the frame
// chose it, so it is a wish: within the desk, and within what the desk signed.
func (s *server) conversation(c *gin.Context) (wanted, error) {
	p := passOf(c)
	ws, err := s.known(p.Workspace)
	if err != nil {
		return wanted{}, err
	}
	w := wanted{ws: ws, desk: p.Desk, conversation: c.Query("conversation"), suggestion: c.Query("suggestion")}
	if w.conversation == "" {
		return w, badRequest("conversation", "required", "name the help desk's conversation")
	}
	if p.Conversation != "" && p.Conversation != w.conversation {
		return w, &fault{status: http.StatusForbidden, text: "this panel was opened for another conversation", next: "open it again in the help desk"}
	}
	return w, nil
}

// allowed is a suggestion that the pass lets its bearer see. Others are not
// found: that they exist is nobody's business.
func (s *server) allowed(ctx context.Context, p pass, id string) (store.Suggestion, error) {
	r, err := s.o.Store.Suggestion(ctx, p.Workspace, id)
	if err == nil && (r.Desk != p.Desk || p.Conversation != "" && r.Conversation != p.Conversation) {
		err = fmt.Errorf("suggestion %q is not of the panel's desk or conversation: %w", id, store.ErrNotFound)
	}
	return r, err
}

// embedList are the suggestions of the conversation.
func (s *server) embedList(c *gin.Context) error {
	w, err := s.conversation(c)
	if err != nil {
		return err
	}
	return s.showList(c, w)
}

func (s *server) embedSuggestion(c *gin.Context) error {
	w, r, err := s.embedWanted(c)
	if err != nil {
		return err
	}
	v, err := s.full(c, w, r)
	if err != nil {
		return err
	}
	return s.page(c, http.StatusOK, w.ws, "suggestion", v)
}

func (s *server) embedSource(c *gin.Context) error {
	w, r, err := s.embedWanted(c)
	if err != nil {
		return err
	}
	return s.showSource(c, w, r)
}

// embedWanted is the suggestion that the address names.
func (s *server) embedWanted(c *gin.Context) (w wanted, r store.Suggestion, err error) {
	p := passOf(c)
	if w.ws, err = s.known(p.Workspace); err != nil {
		return w, r, err
	}
	if w.source, err = number(c, "source", 0, 1000); err != nil {
		return w, r, err
	}
	w.desk, w.suggestion = p.Desk, c.Query("suggestion")
	r, err = s.allowed(c.Request.Context(), p, w.suggestion)
	return w, r, err
}

// embedOutcome keeps what an agent did with a suggestion. Whom the desk
// vouched for is named by the pass, whatever the script says.
func (s *server) embedOutcome(c *gin.Context) error {
	p := passOf(c)
	r, err := s.allowed(c.Request.Context(), p, c.Param("id"))
	if err != nil {
		return err
	}
	v, err := readVerdict(c)
	if err != nil {
		return err
	}
	about(c, r.ID, v.Action)
	if p.Agent != "" {
		v.Agent = p.Agent
	}
	return s.recorded(c, r.Workspace, r.ID, v)
}

// embedLive streams the news of one conversation.
func (s *server) embedLive(c *gin.Context) error {
	w, err := s.conversation(c)
	if err != nil {
		return err
	}
	p := passOf(c)
	kept := map[string]bool{} // of what a suggestion is does not change
	return s.news(c, feed{
		workspace: p.Workspace, until: time.Unix(p.Ends, 0),
		keep: func(ctx context.Context, id string) (bool, error) {
			if ok, known := kept[id]; known {
				return ok, nil
			}
			r, err := s.o.Store.Suggestion(ctx, p.Workspace, id)
			if errors.Is(err, store.ErrNotFound) {
				return false, nil
			}
			if err != nil {
				return false, err
			}
			if len(kept) >= maxKept {
				clear(kept)
			}
			kept[id] = r.Desk == w.desk && r.Conversation == w.conversation
			return kept[id], nil
		},
	})
}
