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
	key   signer            // of sessions
	pass  signer            // of panels in a desk's frame, see [pass]
}

func newAuth(token config.Secret) auth {
	return auth{
		token: sha256.Sum256([]byte(token.Reveal())),
		key:   newSigner(token, "sufflor panel session v1"), pass: newSigner(token, "sufflor desk panel v1"),
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

// issue makes a session: expiry in Unix seconds, a nonce, and the signature
// over both.
func (a auth) issue(now time.Time) string {
	return a.key.seal(strconv.FormatInt(now.Add(sessionLife).Unix(), 10) + "." + rand.Text())
}

// expiry is when a session ends, and whether we made it and it still runs.
func (a auth) expiry(session string, now time.Time) (time.Time, bool) {
	if len(session) > 256 {
		return time.Time{}, false
	}
	text, ok := a.key.open(session)
	if !ok {
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
