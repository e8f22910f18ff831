package web

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
)

// roomSet sets a source; what would make it public is told and not done
// without a yes.
func (s *server) roomSet(c *gin.Context, q RoomChange) (RoomChanged, Workspace, error) {
	room, ws, err := s.room(c, q.Workspace)
	if err != nil {
		return RoomChanged{}, ws, err
	}
	if q.Author, err = fixAuthor(c, q.Author); err != nil {
		return RoomChanged{}, ws, err
	}
	about(c, q.Source, "refused")
	out, err := room.Set(c.Request.Context(), ws.ID, q)
	switch {
	case out.Done:
		about(c, q.Source, strings.Join(out.Changed, "; "))
	case err == nil:
		about(c, q.Source, "only asked what would change")
	}
	return out, ws, roomError(err)
}

func (s *server) roomSetAPI(c *gin.Context) error {
	var q RoomChange
	if err := readJSON(c, &q); err != nil {
		return err
	}
	out, _, err := s.roomSet(c, q)
	if err != nil {
		return err
	}
	if !out.Done && !q.DryRun {
		return &fault{
			status: http.StatusConflict, text: "customers could be told all that stands in the documents of source " + q.Source + "; nothing was changed",
			next: "look through them, and send public: true",
		}
	}
	c.JSON(http.StatusOK, out)
	return nil
}

// roomSetView asks whether a source shall be public.
type roomSetView struct {
	roomHead

	Source, Words, Cancel string
	Fields                [][2]string // what was asked for
}

// roomSetForm sets what differs from what the page showed: what somebody else
// changed meanwhile and this form did not touch stays.
func (s *server) roomSetForm(c *gin.Context) error {
	if err := c.Request.ParseForm(); err != nil {
		return bodyError(err)
	}
	q := RoomChange{Workspace: c.PostForm("workspace"), Source: c.PostForm("source"), Reset: c.PostForm("reset") == "1", Public: c.PostForm("public") == "1"}
	fields := [][2]string{{"workspace", q.Workspace}, {"source", q.Source}}
	if q.Reset {
		fields = append(fields, [2]string{"reset", "1"})
	}
	for _, f := range []struct {
		name  string
		field **string
	}{{store.SettingAudience, &q.Audience}, {store.SettingLanguage, &q.Language}, {store.SettingSchedule, &q.Schedule}} {
		value, sent := c.GetPostForm(f.name)
		value = strings.TrimSpace(value)
		if shown := c.PostForm("shown_" + f.name); sent && !q.Reset && value != shown {
			*f.field = &value
			fields = append(fields, [2]string{f.name, value}, [2]string{"shown_" + f.name, shown})
		}
	}
	if !q.Reset && q.Audience == nil && q.Language == nil && q.Schedule == nil {
		_, ws, err := s.room(c, q.Workspace)
		if err != nil {
			return err
		}
		about(c, q.Source, "nothing was changed")
		c.Redirect(http.StatusSeeOther, roomAt("/source", ws, "name", q.Source))
		return nil
	}
	out, ws, err := s.roomSet(c, q)
	if err != nil {
		return err
	}
	if out.Done {
		done := "set"
		if out.Read {
			done = "set_read"
		}
		c.Redirect(http.StatusSeeOther, roomAt("/source", ws, "name", q.Source, "done", done))
		return nil
	}
	one, err := s.oneSource(c, s.o.Room, ws, q.Source)
	if err != nil {
		return err
	}
	v := roomSetView{
		roomHead: s.roomHead(c, ws, "/source", "room_open"), Source: q.Source, Fields: fields, Cancel: roomAt("/source", ws, "name", q.Source),
		Words: s.in(s.tongue(c, ws)).word("room_open_warn", one.Passages),
	}
	return s.page(c, http.StatusOK, ws, "room_open", v)
}

// roomSetting is a field of the form by which a source is set.
type roomSetting struct {
	Name, Label, Value string
	Options            [][2]string // value and name; none: a text
	Hint               string
	Set                string // who set it and what the configuration says, "" when that holds
}

// roomForm are the fields by which a source is set.
func (p *pages) roomForm(one RoomSource) []roomSetting {
	languages := suggest.PhrasesIn(p.language).Languages
	spoken := func(code string) string {
		if code == "" {
			return p.word("room_language_none")
		}
		return languages[code]
	}
	list := []roomSetting{
		{Name: store.SettingAudience, Label: p.word("room_readers"), Value: one.Audience, Options: [][2]string{{"public", p.word("room_public")}, {"internal", p.word("room_internal")}}},
		{Name: store.SettingLanguage, Label: p.word("room_language"), Value: one.Language, Options: [][2]string{{"", spoken("")}}},
		{Name: store.SettingSchedule, Label: p.word("room_schedule"), Value: one.Schedule, Hint: p.word("room_schedule_hint")},
	}
	for _, code := range []string{"nb", "sv", "da", "fi", "de", "en"} {
		list[1].Options = append(list[1].Options, [2]string{code, spoken(code)})
	}
	for i := range list {
		for _, set := range one.Settings {
			if set.Setting != list[i].Name {
				continue
			}
			said := strconv.Quote(set.Configured)
			for _, o := range list[i].Options {
				if o[0] == set.Configured {
					said = o[1]
				}
			}
			list[i].Set = p.word("room_set_by", set.Author, set.At.Local().Format("2006-01-02 15:04"), said)
		}
	}
	return list
}
