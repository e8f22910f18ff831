package web

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/sufflor/sufflor/access"
	"github.com/sufflor/sufflor/store"
)

type signInView struct {
	Next     string
	Wrong    string // the key of what is wrong, else ""
	Accounts bool   // a login and a password let in
	Token    bool   // the panel's token lets in
	Login    string // as it was typed

	SignOn      string // the name of whom else one can sign in with, else ""
	SignOnHref  string
	SignOnWrong string // the key of what is wrong with that, else ""
	SignOut     string // where to sign out there, else ""
}

// home sends a browser where it belongs.
func (s *server) home(c *gin.Context) error {
	to := "/panel"
	if err := s.session(c); err != nil {
		to = "/signin"
	}
	c.Redirect(http.StatusSeeOther, to)
	return nil
}

// signInPage shows the form. With a token, as in the link printed at the
// start, it signs in and redirects, so that the token leaves the address bar
// and the history.
func (s *server) signInPage(c *gin.Context) error {
	next := s.target(c.Query("next"))
	token, given := c.GetQuery("token")
	if given {
		return s.enter(c, token, next)
	}
	return s.signInForm(c, http.StatusOK, signInView{Next: next})
}

func (s *server) signInForm(c *gin.Context, status int, v signInView) (err error) {
	ctx := c.Request.Context()
	if v.Accounts, err = s.desk.Store.HasPeople(ctx); err != nil {
		return err
	}
	if v.Token, err = s.tokenSignsIn(ctx); err != nil {
		return err
	}
	s.signedOn(c, &v)
	return s.page(c, status, s.o.Workspaces[0], "signin", v)
}

func (s *server) signIn(c *gin.Context) error {
	if fromElsewhere(c.Request) {
		return foreign()
	}
	if err := c.Request.ParseForm(); err != nil {
		return bodyError(err)
	}
	next, login := s.target(c.PostForm("next")), strings.TrimSpace(c.PostForm("login"))
	if login == "" {
		return s.enter(c, strings.TrimSpace(c.PostForm("token")), next)
	}
	p, wrong, err := s.password(c, login, func() (store.Person, error) {
		return s.desk.SignIn(c.Request.Context(), login, c.PostForm("password"))
	})
	if err != nil {
		return err
	}
	if wrong != "" {
		return s.signInForm(c, statusOfWrong(wrong), signInView{Next: next, Wrong: wrong, Login: clip(login, 200)})
	}
	if err := s.begin(c, p.ID); err != nil {
		return err
	}
	if w, ok := access.Personal(p); ok {
		c.Set(whoKey, w)
	}
	s.note(c, "signed.in", p.Login, addressOf(c.Request))
	c.Redirect(http.StatusSeeOther, next)
	return nil
}

// Keys of what can be wrong with a sign-in.
const (
	wrongPassword = "password_wrong"
	wrongToken    = "token_wrong"
	wrongNoToken  = "token_closed"
	wrongTooMany  = "too_many"
)

func statusOfWrong(wrong string) int {
	if wrong == wrongTooMany {
		return http.StatusTooManyRequests
	}
	return http.StatusUnauthorized
}

// password lets check look at a password, unless there were too many wrong
// ones. What is wrong is the key of a text.
func (s *server) password(c *gin.Context, login string, check func() (store.Person, error)) (p store.Person, wrong string, err error) {
	ctx, addr := c.Request.Context(), addressOf(c.Request)
	key := strings.ToLower(clip(login, 200))
	if wait := s.trying.Try(ctx, key, addr, s.o.Now()); wait > 0 {
		c.Header("Retry-After", strconv.Itoa(int(wait/time.Second)+1))
		s.o.Log.WarnContext(ctx, "sign-in slowed down", "remote", addr)
		s.refused("throttled")
		return p, wrongTooMany, nil
	}
	p, err = check()
	if errors.Is(err, access.ErrWrong) {
		s.o.Log.WarnContext(ctx, "sign-in refused", "remote", addr)
		s.note(c, "signin.refused", key, addr)
		s.refused("wrong")
		return p, wrongPassword, nil
	}
	if _, ok := errors.AsType[*access.RefusalError](err); ok || err == nil { // a weak new password, but the old one was right
		s.trying.Good(ctx, key, addr)
	}
	return p, "", err
}

// refused tells whoever counts.
func (s *server) refused(reason string) {
	if s.o.Refused != nil {
		s.o.Refused(reason)
	}
}

func (s *server) enter(c *gin.Context, token, next string) error {
	ctx := c.Request.Context()
	wrong := wrongToken
	p, refused, err := s.password(c, "", func() (store.Person, error) {
		if !s.auth.valid(token) {
			return store.Person{}, access.ErrWrong
		}
		return store.Person{}, nil
	})
	if err != nil {
		return err
	}
	if refused == "" {
		ok, err := s.tokenSignsIn(ctx)
		if err != nil {
			return err
		}
		if ok {
			if err := s.begin(c, p.ID); err != nil {
				return err
			}
			c.Set(whoKey, access.Who{Kind: access.KindToken, Name: "token"})
			s.note(c, "signed.in", "token", addressOf(c.Request))
			c.Redirect(http.StatusSeeOther, next)
			return nil
		}
		wrong = wrongNoToken
	}
	if refused == wrongTooMany {
		wrong = refused
	}
	return s.signInForm(c, statusOfWrong(wrong), signInView{Next: next, Wrong: wrong})
}

func (s *server) signOut(c *gin.Context) error {
	if err := s.desk.Store.EndSession(c.Request.Context(), c.GetString(sessionKey)); err != nil {
		return err
	}
	s.note(c, "signed.out", whoOf(c).Name, "")
	setSession(c, "", -time.Second)
	to := "/signin"
	if s.o.SignOn != nil {
		to += "?out=1"
	}
	c.Redirect(http.StatusSeeOther, to)
	return nil
}

// target is where to go after signing in: one of our pages and nothing else,
// for the address comes from a link anybody can write.
func (s *server) target(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" {
		return "/panel"
	}
	if desk, ok := strings.CutPrefix(u.Path, "/embed/"); ok {
		if desk, ok = strings.CutSuffix(desk, "/open"); ok {
			if f, ok := s.frames[desk]; ok {
				return "/embed/" + f.desk.Name + "/open"
			}
		}
	}
	if !isPage(u.Path) {
		return "/panel"
	}
	return (&url.URL{Path: u.Path, RawQuery: u.Query().Encode()}).String()
}

// isPage reports whether a path is one that the table of rules knows as ours,
// outside of the API.
func isPage(path string) bool {
	for route := range rules {
		if own, ok := strings.CutPrefix(route, "GET "); ok && !strings.HasPrefix(own, apiBase) && !strings.HasPrefix(own, "/embed") && !strings.HasSuffix(own, ".csv") && own != "/" && matches(own, path) {
			return true
		}
	}
	return false
}

// matches reports whether path is one of a route's.
func matches(route, path string) bool {
	want, have := strings.Split(route, "/"), strings.Split(path, "/")
	if len(want) != len(have) {
		return false
	}
	for i, p := range want {
		if p != have[i] && (have[i] == "" || !strings.HasPrefix(p, ":")) {
			return false
		}
	}
	return true
}
