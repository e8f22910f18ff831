package web

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/sufflor/sufflor/access"
	"github.com/sufflor/sufflor/store"
)

// SignOn lets people in whom an OpenID provider vouches for.
type SignOn struct {
	Provider  *access.Provider
	Admission access.Admission
	Label     string // the provider's name, on the button
}

// SignOnDone is where a provider sends people back to, below our own address.
const SignOnDone = "/signin/oidc/done"

const (
	signOnPath   = "/signin/oidc"
	signOnCookie = "sufflor_signon"
	attemptLife  = 10 * time.Minute
	maxAttempts  = 10_000 // states that are remembered as used
)

// attempt is a sign-on that was begun, as the browser keeps it: signed, for
// a few minutes, and used once.
type attempt struct {
	access.Attempt
	Issuer string `json:"i"`
	Next   string `json:"t"`
	Until  int64  `json:"u"` // Unix seconds
}

// once knows what was used up. It is safe for concurrent use.
type once struct {
	mu   sync.Mutex
	used map[string]time.Time // until when it must be remembered
}

// use reports whether this is the first use of name.
func (o *once) use(name string, now, until time.Time) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if _, ok := o.used[name]; ok {
		return false
	}
	if o.used == nil {
		o.used = map[string]time.Time{}
	}
	if len(o.used) >= maxAttempts {
		for k, end := range o.used {
			if end.Before(now) {
				delete(o.used, k)
			}
		}
	}
	if len(o.used) >= maxAttempts {
		return false // rather nobody signs on than somebody twice
	}
	o.used[name] = until
	return true
}

func setAttempt(c *gin.Context, value string, age time.Duration) {
	// Lax, for the provider sends the browser back by a link.
	http.SetCookie(c.Writer, &http.Cookie{ //nolint:gosec // Secure wherever the browser speaks https; without it none would keep a secure one
		Name: signOnCookie, Value: value, Path: signOnPath, HttpOnly: true, Secure: https(c.Request), SameSite: http.SameSiteLaxMode, MaxAge: int(age.Seconds()),
	})
}

func (s *server) signOn() (*SignOn, error) {
	if s.o.SignOn == nil {
		return nil, &fault{status: http.StatusNotFound, text: "single sign-on is not configured", next: "sign in at /signin"}
	}
	return s.o.SignOn, nil
}

// signOnBegin sends a browser to the provider.
func (s *server) signOnBegin(c *gin.Context) error {
	on, err := s.signOn()
	if err != nil {
		return err
	}
	next := s.target(c.Query("next"))
	address, a, err := on.Provider.Begin(c.Request.Context())
	if err != nil {
		return s.signOnFailed(c, next, err)
	}
	data, err := json.Marshal(attempt{a, on.Provider.Issuer(), next, s.o.Now().Add(attemptLife).Unix()})
	if err != nil {
		return err
	}
	setAttempt(c, s.auth.on.seal(base64.RawURLEncoding.EncodeToString(data)), attemptLife)
	c.Redirect(http.StatusSeeOther, address)
	return nil
}

// begun is the attempt that a browser brings back, the first time it does.
func (s *server) begun(c *gin.Context, on *SignOn) (a attempt, ok bool) {
	k, err := c.Request.Cookie(signOnCookie)
	if err != nil {
		return a, false
	}
	text, ok := s.auth.on.open(k.Value)
	if !ok {
		return a, false
	}
	data, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || json.Unmarshal(data, &a) != nil {
		return a, false
	}
	now, until := s.o.Now(), time.Unix(a.Until, 0)
	return a, a.Issuer == on.Provider.Issuer() && now.Before(until) && s.attempts.use(a.State, now, until)
}

// signOnDone lets in whom the provider sends back.
func (s *server) signOnDone(c *gin.Context) error {
	on, err := s.signOn()
	if err != nil {
		return err
	}
	ctx := c.Request.Context()
	a, ok := s.begun(c, on)
	setAttempt(c, "", -time.Second)
	next := s.target(a.Next)
	if !ok {
		return s.signOnFailed(c, next, access.ErrUnproven)
	}
	vouched, err := on.Provider.Finish(ctx, a.Attempt, c.Request.URL.Query())
	var p store.Person
	if err == nil {
		p, err = s.desk.SignOn(ctx, on.Admission, vouched)
	}
	if err != nil {
		return s.signOnFailed(c, next, err)
	}
	if err := s.begin(c, p.ID); err != nil {
		return err
	}
	if w, ok := access.Personal(p); ok {
		c.Set(whoKey, w)
	}
	s.note(c, "signed.in", p.Login, "single sign-on "+addressOf(c.Request))
	c.Redirect(http.StatusSeeOther, next)
	return nil
}

// keptOut are the keys of what is said to who is not let in, by the codes of
// [access.NotAdmittedError].
var keptOut = map[string]string{
	"closed": "signon_closed", "domain": "signon_domain", "group": "signon_group", "unknown": "signon_unknown", "email": "signon_email",
	"taken": "signon_taken", "first": "signon_first",
}

// signOnFailed shows the sign-in again: a password goes on letting in. What is
// wrong in detail is for the log, for it may help who tries what they may not.
func (s *server) signOnFailed(c *gin.Context, next string, err error) error {
	ctx := c.Request.Context()
	v := signInView{Next: next}
	status := http.StatusUnauthorized
	out, kept := errors.AsType[*access.NotAdmittedError](err)
	switch {
	case kept:
		v.SignOnWrong, status = keptOut[out.Code], http.StatusForbidden
	case errors.Is(err, access.ErrUnproven):
		v.SignOnWrong = "signon_unproven"
	case errors.Is(err, access.ErrUnreachable):
		v.SignOnWrong, status = "signon_away", http.StatusServiceUnavailable
	default:
		return err
	}
	s.o.Log.WarnContext(ctx, "single sign-on did not let somebody in", "remote", addressOf(c.Request), "err", err)
	if status != http.StatusServiceUnavailable {
		s.note(c, "signin.refused", "single sign-on", err.Error())
	}
	return s.signInForm(c, status, v)
}

// signedOn says on the sign-in page how to sign on, and for who has just
// signed out how to sign out at the provider, too.
func (s *server) signedOn(c *gin.Context, v *signInView) {
	on := s.o.SignOn
	if on == nil {
		return
	}
	v.SignOn = on.Label
	v.SignOnHref = signOnPath + "?" + url.Values{"next": {v.Next}}.Encode()
	if c.Query("out") != "" {
		v.SignOut = on.Provider.EndSession()
	}
}

// unlinkPerson frees an account of its identity at the provider.
func (s *server) unlinkPerson(c *gin.Context, q changeRequest) (changed, error) {
	return changed{Login: q.Login}, s.desk.Unlink(c.Request.Context(), whoOf(c), q.Login)
}

// linkPerson links an account to a subject of the provider.
func (s *server) linkPerson(c *gin.Context, q changeRequest) (changed, error) {
	on, err := s.signOn()
	if err != nil {
		return changed{}, err
	}
	return changed{Login: q.Login}, s.desk.Link(c.Request.Context(), whoOf(c), q.Login, on.Provider.Issuer(), strings.TrimSpace(q.Subject))
}
