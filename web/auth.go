package web

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/sufflor/sufflor/access"
	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/store"
)

const (
	cookieName  = "sufflor_session"
	sessionLife = 12 * time.Hour // an agent's shift

	expiresKey = "session_expires" // in the gin context, a time.Time
	sessionKey = "session"         // a session's id
)

// auth knows one token. A browser swaps it, or a password, for a session, so
// that neither is kept by the browser nor sent with every request; a new token
// ends all sessions.
type auth struct {
	token [sha256.Size]byte // hashed, so that comparing takes equally long for any length
	key   signer            // of sessions
	pass  signer            // of panels in a desk's frame, see [pass]
	on    signer            // of sign-ons that were begun, see [attempt]
}

func newAuth(token config.Secret) auth {
	return auth{
		token: sha256.Sum256([]byte(token.Reveal())),
		key:   newSigner(token, "sufflor panel session v1"), pass: newSigner(token, "sufflor desk panel v1"),
		on: newSigner(token, "sufflor sign-on v1"),
	}
}

// signer is a key for one purpose: what it signs is worth nothing elsewhere.
type signer []byte

func newSigner(token config.Secret, purpose string) signer {
	mac := hmac.New(sha256.New, []byte(token.Reveal()))
	mac.Write([]byte(purpose))
	return mac.Sum(nil)
}

func (k signer) sign(text string) string {
	mac := hmac.New(sha256.New, k)
	mac.Write([]byte(text))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// seal is text and its signature, and open the text of what seal made.
func (k signer) seal(text string) string { return text + "." + k.sign(text) }

func (k signer) open(sealed string) (text string, ok bool) {
	cut := strings.LastIndexByte(sealed, '.')
	if cut < 0 {
		return "", false
	}
	text = sealed[:cut]
	return text, hmac.Equal([]byte(sealed[cut+1:]), []byte(k.sign(text)))
}

func (a auth) valid(token string) bool {
	sum := sha256.Sum256([]byte(token))
	return subtle.ConstantTimeCompare(sum[:], a.token[:]) == 1
}

// session is a session's id, by what its browser holds.
func (a auth) session(value string) string { return a.key.sign(value) }

func setSession(c *gin.Context, value string, age time.Duration) {
	setCookie(c, cookieName, "/", value, age)
}

// setCookie gives the browser a cookie. In a frame of the help desk, ours is
// a third party's: there it needs SameSite=None, which needs Secure, which
// needs https.
func setCookie(c *gin.Context, name, path, value string, age time.Duration) {
	k := &http.Cookie{
		Name: name, Value: value, Path: path, HttpOnly: true, SameSite: http.SameSiteLaxMode,
		MaxAge: int(age.Seconds()),
	}
	if https(c.Request) {
		k.Secure, k.SameSite, k.Partitioned = true, http.SameSiteNoneMode, true
	}
	http.SetCookie(c.Writer, k)
}

// https reports whether the browser speaks https with us or with the proxy
// before us. Who lies in that header harms only his own cookie.
func https(r *http.Request) bool {
	return r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
}

// session lets in who has signed in.
func (s *server) session(c *gin.Context) error {
	value, err := c.Request.Cookie(cookieName)
	if err != nil {
		return unauthorized("not signed in")
	}
	id := s.auth.session(value.Value)
	w, end, err := s.sessionOf(c.Request.Context(), id)
	if err != nil {
		return err
	}
	c.Set(expiresKey, end)
	c.Set(sessionKey, id)
	switch c.Request.Method {
	case http.MethodGet, http.MethodHead:
		return s.permit(c, w)
	}
	// The cookie comes along whoever caused the request, so what changes
	// something must come from our own pages.
	if !sameOrigin(c.Request) {
		return foreign()
	}
	return s.permit(c, w)
}

func foreign() error {
	return &fault{status: http.StatusForbidden, text: "the request comes from another site", next: "use the panel itself, or the API with Authorization: Bearer"}
}

// sessionOf is who began a session, and when it ends. Accounts and roles are
// looked up each time: what was taken away is gone at once.
func (s *server) sessionOf(ctx context.Context, session string) (access.Who, time.Time, error) {
	one, err := s.desk.Store.Session(ctx, session)
	if errors.Is(err, store.ErrNotFound) {
		return access.Who{}, time.Time{}, unauthorized("not signed in, or signed out")
	}
	if err != nil {
		return access.Who{}, time.Time{}, err
	}
	if !s.o.Now().Before(one.Expires) {
		return access.Who{}, time.Time{}, unauthorized("the session is over")
	}
	if one.Person == "" {
		if ok, err := s.tokenSignsIn(ctx); err != nil || !ok {
			return access.Who{}, time.Time{}, errors.Join(err, unauthorized("the token no longer opens the panel; sign in with your account"))
		}
		return access.Who{Kind: access.KindToken, Name: "token"}, one.Expires, nil
	}
	p, err := s.desk.Store.Person(ctx, one.Person)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return access.Who{}, time.Time{}, err
	}
	w, ok := access.Personal(p)
	if err != nil || !ok {
		return access.Who{}, time.Time{}, unauthorized("the account is closed")
	}
	return w, one.Expires, nil
}

// tokenSignsIn reports whether the panel's token opens pages: until there is
// an account, so that nobody is locked out who has none.
func (s *server) tokenSignsIn(ctx context.Context) (bool, error) {
	if s.o.TokenSignIn {
		return true, nil
	}
	some, err := s.desk.Store.HasPeople(ctx)
	return !some, err
}

// begin starts a session of a person, or with the token of nobody in
// particular, and gives it to the browser.
func (s *server) begin(c *gin.Context, person string) error {
	value := rand.Text() + rand.Text()
	err := s.desk.Store.StartSession(c.Request.Context(), store.Session{ID: s.auth.session(value), Person: person, Expires: s.o.Now().Add(sessionLife)})
	if err != nil {
		return err
	}
	setSession(c, value, sessionLife)
	return nil
}

// bearer lets in who sends the token or a key.
func (s *server) bearer(c *gin.Context) error {
	scheme, token, _ := strings.Cut(c.GetHeader("Authorization"), " ")
	token = strings.TrimSpace(token)
	if !strings.EqualFold(scheme, "Bearer") {
		return unauthorized("no valid token")
	}
	if s.auth.valid(token) {
		return s.permit(c, access.Who{Kind: access.KindToken, Name: "token"})
	}
	w, err := s.desk.Key(c.Request.Context(), token)
	if errors.Is(err, store.ErrNotFound) {
		return unauthorized("no valid token")
	}
	if err != nil {
		return err
	}
	return s.permit(c, w)
}

// caller lets in either. A wrong token is not excused by a cookie.
func (s *server) caller(c *gin.Context) error {
	if c.GetHeader("Authorization") != "" {
		return s.bearer(c)
	}
	return s.session(c)
}

func unauthorized(text string) error {
	return &fault{status: http.StatusUnauthorized, text: text, next: "send Authorization: Bearer with a key or the panel token, or sign in at /signin"}
}

// sameOrigin reports whether a browser says that the request comes from a
// page of ours. No answer is no.
func sameOrigin(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" {
		return site == "same-origin"
	}
	u, err := url.Parse(r.Header.Get("Origin"))
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, r.Host)
}

// fromElsewhere reports whether a browser says that a form comes from another
// site's page. Before somebody has signed in, no answer is enough.
func fromElsewhere(r *http.Request) bool {
	return (r.Header.Get("Sec-Fetch-Site") != "" || r.Header.Get("Origin") != "") && !sameOrigin(r)
}

// addressOf is where a request comes from, for counting attempts. A proxy in
// our own network says it in a header, whose last entry is its own; one that
// does not hides everybody behind it, so they are not counted together.
func addressOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	a, err := netip.ParseAddr(host)
	if err != nil || a.IsLoopback() || a.IsPrivate() {
		list := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		if a, err = netip.ParseAddr(strings.TrimSpace(list[len(list)-1])); err != nil {
			return ""
		}
	}
	if a = a.Unmap().WithZone(""); a.Is6() { // a household has a /64
		p, _ := a.Prefix(64)
		return p.String()
	}
	return a.String()
}
