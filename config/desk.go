package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // small images have no time zones

	"go.yaml.in/yaml/v3"
)

// Desk is one connected help desk. Settings are decoded by the desk itself.
type Desk struct {
	Name     string    `yaml:"name"` // part of the webhook's address: /hooks/<name>
	Kind     string    `yaml:"kind"` // which desk it is: zendesk, slack, standard …
	Draft    Draft     `yaml:"draft"`
	Hours    Hours     `yaml:"hours"`
	Map      []Mapping `yaml:"map"`
	Poll     Poll      `yaml:"poll"`
	Settings yaml.Node `yaml:"settings"`
}

// Draft says for which conversations of a desk drafts are made. What is left
// out allows everything.
type Draft struct {
	Channels  []string `yaml:"channels"`  // as the desk calls them: mail, chat, web …
	Tags      []string `yaml:"tags"`      // at least one of them
	NotTags   []string `yaml:"not_tags"`  // none of them
	Groups    []string `yaml:"groups"`    // the desk's ids or names of teams, queues, inboxes
	Languages []string `yaml:"languages"` // of the messages
	Share     *float64 `yaml:"share"`     // of the conversations, 0 to 1; left out: all
	Shadow    bool     `yaml:"shadow"`    // draft and measure, show nobody
}

// Part is Share, or 1.
func (d Draft) Part() float64 {
	if d.Share == nil {
		return 1
	}
	return *d.Share
}

// Mapping leads the conversations of a brand and a group to a workspace and to
// collections of it.
type Mapping struct {
	Brand       string   `yaml:"brand"`
	Group       string   `yaml:"group"`
	Workspace   string   `yaml:"workspace"`   // left out: the desk's own
	Collections []string `yaml:"collections"` // left out: all
}

// Poll is how a desk is asked for what it did not tell us, where its connector
// can.
type Poll struct {
	Every    *time.Duration `yaml:"every"`    // left out: 1m; 0: never
	Lookback *time.Duration `yaml:"lookback"` // before the first time; left out: 24h; 0: not at all
}

// What holds where a desk's poll says nothing.
const (
	pollEvery    = time.Minute
	pollLookback = 24 * time.Hour
)

// Interval is Every, or its default.
func (p Poll) Interval() time.Duration {
	if p.Every == nil {
		return pollEvery
	}
	return *p.Every
}

// Back is Lookback, or its default.
func (p Poll) Back() time.Duration {
	if p.Lookback == nil {
		return pollLookback
	}
	return *p.Lookback
}

// Hours are business hours.
type Hours struct {
	Zone    string   `yaml:"zone"`    // such as Europe/Oslo
	Open    []string `yaml:"open"`    // such as "mon-fri 08:00-16:00"; left out: always
	Outside string   `yaml:"outside"` // draft (as always), or skip
}

// Outside of business hours.
const (
	OutsideDraft = "draft"
	OutsideSkip  = "skip"
)

var dayNames = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"}

// span is an opening time; to is at most 24:00.
type span struct {
	days     [7]bool
	from, to int // minutes of the day
}

func parseSpan(text string) (span, error) {
	var s span
	bad := fmt.Errorf("%q; write days and times as in \"mon-fri 08:00-16:00\" or \"sat 10:00-14:00\"", text)
	days, times, ok := strings.Cut(strings.ToLower(strings.Join(strings.Fields(text), " ")), " ")
	if !ok {
		return s, bad
	}
	first, last, ranged := strings.Cut(days, "-")
	if !ranged {
		last = first
	}
	i, j := slices.Index(dayNames, first), slices.Index(dayNames, last)
	if i < 0 || j < 0 {
		return s, bad
	}
	for d := i; ; d = (d + 1) % 7 {
		s.days[d] = true
		if d == j {
			break
		}
	}
	from, to, ok := strings.Cut(times, "-")
	if s.from, s.to = minutes(from), minutes(to); !ok || s.from < 0 || s.to < 0 {
		return s, bad
	}
	if s.from >= s.to {
		return s, fmt.Errorf("%q: ends before it begins; write a night as two lines: until 24:00, and from 00:00 of the next day", text)
	}
	return s, nil
}

// minutes of the day until a time such as 08:30, or -1.
func minutes(text string) int {
	h, m, ok := strings.Cut(strings.TrimSpace(text), ":")
	hour, err1 := strconv.Atoi(h)
	minute, err2 := strconv.Atoi(m)
	n := hour*60 + minute
	if !ok || err1 != nil || err2 != nil || len(m) != 2 || hour < 0 || minute < 0 || minute > 59 || n > 24*60 {
		return -1
	}
	return n
}

// IsOpen is whether a time lies within business hours; nil when these do not
// matter.
func (h Hours) IsOpen() (func(time.Time) bool, error) {
	if len(h.Open) == 0 || h.Outside != OutsideSkip {
		return nil, nil //nolint:nilnil // nothing to ask
	}
	zone, err := time.LoadLocation(h.Zone)
	if err != nil {
		return nil, err
	}
	spans := make([]span, len(h.Open))
	for i, text := range h.Open {
		if spans[i], err = parseSpan(text); err != nil {
			return nil, err
		}
	}
	return func(t time.Time) bool {
		t = t.In(zone)
		n := t.Hour()*60 + t.Minute()
		return slices.ContainsFunc(spans, func(s span) bool { return s.days[t.Weekday()] && n >= s.from && n < s.to })
	}, nil
}

// validate reports what is wrong with a desk of workspace w; at is where it
// stands.
func (d Desk) validate(at string, c Config, w Workspace) (errs []error) {
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(at+"."+format, args...)) }
	if s := d.Draft.Part(); s < 0 || s > 1 || s != s {
		bad("draft.share: %v; between 0 (no conversation) and 1 (all)", s)
	}
	for i, l := range d.Draft.Languages {
		if !slices.Contains(languages, l) {
			bad("draft.languages[%d]: %q; one of %s", i, l, strings.Join(languages, ", "))
		}
	}
	for _, list := range []struct {
		name   string
		values []string
	}{{"channels", d.Draft.Channels}, {"tags", d.Draft.Tags}, {"not_tags", d.Draft.NotTags}, {"groups", d.Draft.Groups}} {
		for i, v := range list.values {
			if strings.TrimSpace(v) == "" {
				bad("draft.%s[%d]: empty; name one or leave it out", list.name, i)
			}
		}
	}
	for _, t := range d.Draft.NotTags {
		if slices.ContainsFunc(d.Draft.Tags, func(s string) bool { return strings.EqualFold(s, t) }) {
			bad("draft.not_tags: %q is also among tags; no conversation could have a draft", t)
		}
	}
	errs = append(errs, d.Hours.validate(at+".hours")...)
	for i, m := range d.Map {
		errs = append(errs, m.validate(fmt.Sprintf("%s.map[%d]", at, i), c, w)...)
	}
	if e := d.Poll.Interval(); e != 0 && (e < 5*time.Second || e > 24*time.Hour) {
		bad("poll.every: %v; between 5s and 24h, or 0 for never", e)
	}
	if b := d.Poll.Back(); b < 0 || b > 30*24*time.Hour {
		bad("poll.lookback: %v; between 0 and 720h", b)
	}
	return errs
}

func (h Hours) validate(at string) (errs []error) {
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(at+"."+format, args...)) }
	if h.Outside != "" && h.Outside != OutsideDraft && h.Outside != OutsideSkip {
		bad("outside: %q; draft or skip", h.Outside)
	}
	if len(h.Open) == 0 {
		if h.Zone != "" || h.Outside != "" {
			bad("open: required with zone and outside; such as [\"mon-fri 08:00-16:00\"]")
		}
		return errs
	}
	if h.Zone == "" {
		bad("zone: required; such as Europe/Oslo")
	} else if _, err := time.LoadLocation(h.Zone); err != nil {
		bad("zone: %q is no time zone such as Europe/Oslo", h.Zone)
	}
	for i, text := range h.Open {
		if _, err := parseSpan(text); err != nil {
			bad("open[%d]: %w", i, err)
		}
	}
	return errs
}

func (m Mapping) validate(at string, c Config, own Workspace) (errs []error) {
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(at+"."+format, args...)) }
	if m.Brand == "" && m.Group == "" {
		bad("brand: required, or group; the desk's id or name of it")
	}
	if m.Workspace == "" && len(m.Collections) == 0 {
		bad("workspace: required, or collections; where these conversations lead")
	}
	target := own
	if m.Workspace != "" {
		var ids []string
		i := slices.IndexFunc(c.Workspaces, func(w Workspace) bool {
			ids = append(ids, w.ID)
			return w.ID == m.Workspace
		})
		if i < 0 {
			bad("workspace: %q is not configured; there are: %s", m.Workspace, strings.Join(ids, ", "))
			return errs
		}
		target = c.Workspaces[i]
	}
	var known []string
	for _, s := range target.Sources {
		if !slices.Contains(known, s.Collection) {
			known = append(known, s.Collection)
		}
	}
	for i, name := range m.Collections {
		if !slices.Contains(known, name) {
			bad("collections[%d]: %q is no collection of workspace %s; it has: %s", i, name, target.ID, strings.Join(known, ", "))
		}
	}
	return errs
}
