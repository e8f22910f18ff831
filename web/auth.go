package web

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/sufflor/sufflor/config"
)

const (
	cookieName  = "sufflor_session"
	sessionLife = 12 * time.Hour // an agent's shift

	expiresKey = "session_expires" // in the gin context, a time.Time
)

// auth knows one token. A browser swaps it for a signed cookie, so that the
// token itself is neither kept by the browser nor sent with every request; a
// new token ends all sessions.
type auth struct {
	token [sha256.Size]byte // hashed, so that comparing takes equally long for any length
	key   []byte            // signs cookies
}

func newAuth(token config.Secret) auth {
	mac := hmac.New(sha256.New, []byte(token.Reveal()))
	mac.Write([]byte("sufflor panel session v1"))
	return auth{token: sha256.Sum256([]byte(token.Reveal())), key: mac.Sum(nil)}
}

func (a auth) valid(token string) bool {
	sum := sha256.Sum256([]byte(token))
	return subtle.ConstantTimeCompare(sum[:], a.token[:]) == 1
}

func (a auth) sign(text string) string {
	mac := hmac.New(sha256.New, a.key)
	mac.Write([]byte(text))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// issue makes a session: expiry in Unix seconds, a nonce, and the signature
// over both.
func (a auth) issue(now time.Time) string {
	text := strconv.FormatInt(now.Add(sessionLife).Unix(), 10) + "." + rand.Text()
	return text + "." + a.sign(text)
}

// expiry is when a session ends, and whether we made it and it still runs.
func (a auth) expiry(session string, now time.Time) (time.Time, bool) {
	cut := strings.LastIndexByte(session, '.')
	if cut < 0 || len(session) > 256 {
		return time.Time{}, false
	}
	text, sig := session[:cut], session[cut+1:]
	if !hmac.Equal([]byte(sig), []byte(a.sign(text))) {
		return time.Time{}, false
	}
	stamp, _, _ := strings.Cut(text, ".")
	sec, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return time.Time{}, false
	}
	end := time.Unix(sec, 0)
	return end, now.Before(end)
}

// setSession gives the browser a cookie. In a frame of the help desk, ours is
// a third party's: there it needs SameSite=None, which needs Secure, which
// needs https.
func setSession(c *gin.Context, value string, age time.Duration) {
	k := &http.Cookie{
		Name: cookieName, Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode,
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
	end, ok := s.auth.expiry(value.Value, s.o.Now())
	if !ok {
		return unauthorized("the session is over")
	}
	c.Set(expiresKey, end)
	switch c.Request.Method {
	case http.MethodGet, http.MethodHead:
		return nil
	}
	// The cookie comes along whoever caused the request, so what changes
	// something must come from our own pages.
	if !sameOrigin(c.Request) {
		return &fault{status: http.StatusForbidden, text: "the request comes from another site", next: "use the panel itself, or the API with Authorization: Bearer"}
	}
	return nil
}

// bearer lets in who sends the token.
func (s *server) bearer(c *gin.Context) error {
	scheme, token, _ := strings.Cut(c.GetHeader("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || !s.auth.valid(strings.TrimSpace(token)) {
		return unauthorized("no valid token")
	}
	return nil
}

// caller lets in either. A wrong token is not excused by a cookie.
func (s *server) caller(c *gin.Context) error {
	if c.GetHeader("Authorization") != "" {
		return s.bearer(c)
	}
	return s.session(c)
}

func unauthorized(text string) error {
	return &fault{status: http.StatusUnauthorized, text: text, next: "send Authorization: Bearer with the panel token, or sign in at /signin"}
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
