package web

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/text/language"

	"github.com/sufflor/sufflor/access"
)

// tongueCookie keeps a browser's choice for the pages before somebody has
// signed in, and for who signs in without an account.
const tongueCookie = "sufflor_language"

// tongues are the languages of the pages, by their own names.
var tongues = []choice{
	{Value: "nb", Word: "Norsk bokmål"},
	{Value: "sv", Word: "Svenska"},
	{Value: "da", Word: "Dansk"},
	{Value: "fi", Word: "Suomi"},
	{Value: "de", Word: "Deutsch"},
	{Value: "en", Word: "English"},
}

func speaks(code string) bool {
	return slices.ContainsFunc(tongues, func(t choice) bool { return t.Value == code })
}

// tongue is ws with the language that the caller wants the pages in: the
// account's, else the one that this browser chose. Who has not signed in here
// gets what the browser asks for. All others get the workspace's.
func (s *server) tongue(c *gin.Context, ws Workspace) Workspace {
	w := whoOf(c)
	if speaks(w.Language) {
		ws.Language = w.Language
		return ws
	}
	if k, err := c.Request.Cookie(tongueCookie); err == nil && speaks(k.Value) {
		ws.Language = k.Value
		return ws
	}
	if w.Kind == access.KindNobody || w.Kind == access.KindDesk {
		if l := firstTongue(c.GetHeader("Accept-Language")); l != "" {
			ws.Language = l
		}
	}
	return ws
}

// firstTongue is the language of a header that we have and that is wanted
// most, or "". What cannot be read of it is passed over.
func firstTongue(header string) string {
	best, most := "", float32(0)
	for part := range strings.SplitSeq(clip(header, 500), ",") {
		tags, weights, err := language.ParseAcceptLanguage(part)
		if err != nil || len(tags) == 0 {
			continue
		}
		base, sure := tags[0].Base()
		code := base.String()
		if code == "no" || code == "nn" {
			code = "nb"
		}
		if sure != language.No && speaks(code) && weights[0] > most {
			best, most = code, weights[0]
		}
	}
	return best
}

type tongueView struct {
	settingsFrame
	Tongues []choice
	Account bool // the choice goes along with the account
	Saved   bool
}

func (s *server) tonguePage(c *gin.Context) error {
	ws, err := s.workspace(c, c.Query("workspace"))
	if err != nil {
		return err
	}
	v := tongueView{settingsFrame: s.settingsFrame(c, ws, "language"), Account: whoOf(c).Kind == access.KindPerson, Saved: c.Query("saved") != ""}
	now := s.chosen(c)
	for _, t := range tongues {
		t.Chosen = t.Value == now
		v.Tongues = append(v.Tongues, t)
	}
	return s.page(c, http.StatusOK, ws, "settings_language", v)
}

// chosen is the language that the caller has chosen, or "".
func (s *server) chosen(c *gin.Context) string {
	if l := whoOf(c).Language; speaks(l) {
		return l
	}
	if k, err := c.Request.Cookie(tongueCookie); err == nil && speaks(k.Value) {
		return k.Value
	}
	return ""
}

func (s *server) choose(c *gin.Context, code string) error {
	if code != "" && !speaks(code) {
		return badRequest("language", "no such language", "use nb, sv, da, fi, de or en, or nothing for the workspace's")
	}
	if w := whoOf(c); w.Kind == access.KindPerson {
		if err := s.o.Store.SetLanguage(c.Request.Context(), w.ID, code); err != nil {
			return err
		}
	}
	age := 365 * 24 * time.Hour
	if code == "" {
		age = -time.Second
	}
	setCookie(c, tongueCookie, "/", code, age)
	return nil
}

func (s *server) saveTongue(c *gin.Context) error {
	if err := c.Request.ParseForm(); err != nil {
		return bodyError(err)
	}
	if err := s.choose(c, c.PostForm("language")); err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, "/settings/language?saved=1")
	return nil
}

// tongueJSON is how the API tells the language of the caller's pages.
type tongueJSON struct {
	Language string `json:"language"` // empty: the workspace's
}

func (s *server) tongueAPI(c *gin.Context) error {
	if _, err := s.workspace(c, c.Query("workspace")); err != nil {
		return err
	}
	c.JSON(http.StatusOK, tongueJSON{s.chosen(c)})
	return nil
}

func (s *server) saveTongueAPI(c *gin.Context) error {
	var q tongueJSON
	if err := readJSON(c, &q); err != nil {
		return err
	}
	if whoOf(c).Kind != access.KindPerson {
		return &fault{status: http.StatusForbidden, text: "a key has no pages", next: "sign in with an account"}
	}
	if err := s.choose(c, q.Language); err != nil {
		return err
	}
	c.JSON(http.StatusOK, q)
	return nil
}
