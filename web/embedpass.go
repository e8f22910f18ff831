package web

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/sufflor/sufflor/access"
	"github.com/sufflor/sufflor/connectors"
)

const (
	passCookie = "sufflor_frame" //nolint:gosec // a name
	passKey    = "embed_pass"    // in the gin context, a pass
	maxPass    = 4 << 10

	// embedLife is how long a panel in a desk's frame lives unused.
	embedLife = 30 * time.Minute
)

// pass is what a panel in a help desk's frame may do: see the suggestions of
// one desk, or of one conversation, and say what became of them, in the name
// of one agent or account. It opens nothing else, and no other desk.
type pass struct {
	Desk         string `json:"d"`
	Workspace    string `json:"w"`
	Agent        string `json:"a,omitempty"` // the desk's user id; empty: who began Session
	Session      string `json:"s,omitempty"` // its id; when it ends, so does the pass
	Conversation string `json:"c,omitempty"` // empty: every one of the desk
	Begun        int64  `json:"b"`           // Unix seconds; renewing does not change it
	Ends         int64  `json:"e"`
}

// lasting is p from now on: for life, and never longer than a session after
// it begun.
func (p pass) lasting(now time.Time, life time.Duration) pass {
	p.Ends = min(now.Add(life).Unix(), time.Unix(p.Begun, 0).Add(sessionLife).Unix())
	return p
}

func (a auth) sealPass(p pass) string {
	data, _ := json.Marshal(p) // texts and numbers: never fails
	return a.pass.seal(base64.RawURLEncoding.EncodeToString(data))
}

// openPass is the pass in text, if we made it for that desk and it still runs.
func (a auth) openPass(text string, desk connectors.Desk, now time.Time) (p pass, ok bool) {
	if len(text) > maxPass {
		return pass{}, false
	}
	body, ok := a.pass.open(text)
	if !ok {
		return pass{}, false
	}
	data, err := base64.RawURLEncoding.Strict().DecodeString(body)
	if err != nil || json.Unmarshal(data, &p) != nil {
		return pass{}, false
	}
	// A desk that was given to another workspace shows nothing of it to
	// panels that were opened before.
	if p.Desk != desk.Name || p.Workspace != desk.Workspace {
		return pass{}, false
	}
	return p, now.Unix() < p.Ends && now.Unix() < p.Begun+int64(sessionLife/time.Second)
}

// passJSON is a pass as the script of a panel gets it.
type passJSON struct {
	Token        string `json:"token"`
	Agent        string `json:"agent,omitempty"`
	Conversation string `json:"conversation,omitempty"`
	Lives        int64  `json:"lives"` // seconds; clocks differ
}

// grant gives the browser a pass that lives from now on: as a cookie for when
// the frame is loaded again, and as what its script sends, for browsers that
// keep no cookies in a frame.
func (s *server) grant(c *gin.Context, p pass) *passJSON {
	now := s.o.Now()
	p = p.lasting(now, s.o.EmbedLife)
	out := &passJSON{Token: s.auth.sealPass(p), Agent: p.Agent, Conversation: p.Conversation, Lives: p.Ends - now.Unix()}
	setCookie(c, passCookie, "/embed/"+p.Desk, out.Token, time.Duration(out.Lives)*time.Second)
	return out
}

// passing lets in who sends a pass for the desk of the address. A cookie is
// not enough: what a browser sends by itself proves nothing about who asks.
func (s *server) passing(c *gin.Context) error {
	f, err := s.frame(c)
	if err != nil {
		return err
	}
	scheme, text, _ := strings.Cut(c.GetHeader("Authorization"), " ")
	p, ok := s.auth.openPass(strings.TrimSpace(text), f.desk, s.o.Now())
	if !strings.EqualFold(scheme, "Bearer") || !ok {
		return &fault{status: http.StatusUnauthorized, text: "this panel was not opened, or its time is over", next: "open it again in the help desk"}
	}
	w := access.Who{Kind: access.KindDesk, Name: p.Desk + ":" + p.Agent}
	if p.Agent == "" {
		if w, _, err = s.sessionOf(c.Request.Context(), p.Session); err != nil {
			return err
		}
		if !w.May(ruleOf(c).needs, p.Workspace) {
			return s.refuse(c, ruleOf(c).needs)
		}
	}
	c.Set(whoKey, w)
	c.Set(placeKey, p.Workspace)
	c.Set(passKey, p)
	return nil
}

// passOf is the pass that [server.passing] found.
func passOf(c *gin.Context) pass {
	p, _ := c.Get(passKey)
	out, _ := p.(pass)
	return out
}
