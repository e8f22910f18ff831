package web

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
)

type signInView struct {
	Next  string
	Wrong bool
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
	return s.page(c, http.StatusOK, s.o.Workspaces[0], "signin", signInView{Next: next})
}

func (s *server) signIn(c *gin.Context) error {
	if err := c.Request.ParseForm(); err != nil {
		return bodyError(err)
	}
	return s.enter(c, strings.TrimSpace(c.PostForm("token")), s.target(c.PostForm("next")))
}

func (s *server) enter(c *gin.Context, token, next string) error {
	if !s.auth.valid(token) {
		s.o.Log.WarnContext(c.Request.Context(), "sign-in refused", "remote", c.Request.RemoteAddr)
		return s.page(c, http.StatusUnauthorized, s.o.Workspaces[0], "signin", signInView{Next: next, Wrong: true})
	}
	setSession(c, s.auth.issue(s.o.Now()), sessionLife)
	c.Redirect(http.StatusSeeOther, next)
	return nil
}

func (s *server) signOut(c *gin.Context) error {
	setSession(c, "", -time.Second)
	c.Redirect(http.StatusSeeOther, "/signin")
	return nil
}

// target is where to go after signing in: a page of the panel or a report, and
// nothing else, for the address comes from a link anybody can write.
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
	if u.Path != "/panel" && !reports(u.Path) {
		return "/panel"
	}
	return (&url.URL{Path: u.Path, RawQuery: u.Query().Encode()}).String()
}
