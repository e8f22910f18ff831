package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Source is where documents of one collection come from: one of Paths, Web, S3
// and WebDAV.
type Source struct {
	Name       string   `yaml:"name,omitempty"` // a-z, 0-9 and -, up to 40 characters; default: made of the collection
	Collection string   `yaml:"collection"`
	Audience   string   `yaml:"audience"`          // public or internal
	Product    string   `yaml:"product,omitempty"` // that the documents are about; searches can be narrowed to it
	Paths      []string `yaml:"paths,omitempty"`
	Web        *Web     `yaml:"web,omitempty"`
	S3         *S3      `yaml:"s3,omitempty"`
	WebDAV     *WebDAV  `yaml:"webdav,omitempty"`

	Language      string   `yaml:"language,omitempty"` // of documents that do not say and that are too short to tell
	Schedule      Schedule `yaml:"schedule,omitempty"`
	Watch         bool     `yaml:"watch,omitempty"`          // react to changes; Paths only
	IncludeHidden bool     `yaml:"include_hidden,omitempty"` // read hidden sheets, rows and columns too
	FollowLinks   bool     `yaml:"follow_links,omitempty"`   // follow links that lead out of the folder; Paths only
	Uploads       bool     `yaml:"uploads,omitempty"`        // files may be uploaded into the folder; one of Paths only
}

// The kinds of sources.
const (
	KindFolder = "folder"
	KindWeb    = "web"
	KindS3     = "s3"
	KindWebDAV = "webdav"
)

// Kind says which of its kinds a source is.
func (s Source) Kind() string {
	switch {
	case s.Web != nil:
		return KindWeb
	case s.S3 != nil:
		return KindS3
	case s.WebDAV != nil:
		return KindWebDAV
	}
	return KindFolder
}

// Web is a web site, or some of its pages. What its keys may hold is checked
// by the package that reads web sites.
type Web struct {
	Start          []string `yaml:"start"`           // addresses where reading begins
	Sitemaps       []string `yaml:"sitemaps"`        // addresses of sitemaps; what they list is read too
	RobotsSitemaps bool     `yaml:"robots_sitemaps"` // and those that robots.txt names
	Allow          []string `yaml:"allow"`           // patterns of paths to stay within; empty: the folders of the start addresses
	Deny           []string `yaml:"deny"`            // patterns to leave out; they win
	Depth          *int     `yaml:"depth"`           // links followed from a start address; 0: only what is named
	MaxPages       int      `yaml:"max_pages"`       // addresses asked for in a run
	Rate           float64  `yaml:"rate"`            // requests a second and host
	Concurrency    int      `yaml:"concurrency"`     // requests at the same time
	Contact        string   `yaml:"contact"`         // what the site's owner finds in our User-Agent
	AllowPrivate   []string `yaml:"allow_private"`   // networks, addresses and host names that need not be public
}

// S3 is a bucket of Amazon S3 or of something that speaks like it.
type S3 struct {
	Endpoint     string   `yaml:"endpoint"` // https://s3.example.com; empty: Amazon's of the region
	Region       string   `yaml:"region"`
	Bucket       string   `yaml:"bucket"`
	Prefix       string   `yaml:"prefix"`
	PathStyle    bool     `yaml:"path_style"` // the bucket stands in the path, not in the host name
	Anonymous    bool     `yaml:"anonymous"`  // the bucket is public and no key is used
	AccessKey    string   `yaml:"access_key"`
	SecretKey    Secret   `yaml:"secret_key"`
	SessionToken Secret   `yaml:"session_token"` // of temporary keys
	AllowPrivate []string `yaml:"allow_private"`
}

// WebDAV is a folder on a WebDAV server: Nextcloud, SharePoint, a NAS.
type WebDAV struct {
	URL          string   `yaml:"url"`
	User         string   `yaml:"user"`
	Password     Secret   `yaml:"password"`
	Token        Secret   `yaml:"token"` // instead of user and password
	AllowPrivate []string `yaml:"allow_private"`
}

// Schedule is when a source is read by itself. The zero value is never: only
// on command. In a file it is a text, such as "every 1h", "daily at 02:00",
// "weekdays at 06:30" or "sunday at 03:00", or a mapping with the key every.
type Schedule struct {
	Every time.Duration // 0: At
	Days  []time.Weekday
	At    time.Duration // since midnight, local time; with Days
}

const (
	minEvery = time.Minute
	maxEvery = 31 * 24 * time.Hour
)

var weekdays = []string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}

const scheduleForms = `write "every 1h", "daily at 02:00", "weekdays at 06:30" or "sunday at 03:00"`

// ParseSchedule understands a schedule as it stands in a file.
func ParseSchedule(text string) (Schedule, error) {
	words := strings.Fields(strings.ToLower(text))
	wrong := fmt.Errorf("%q is no schedule; %s", text, scheduleForms)
	switch {
	case len(words) == 0:
		return Schedule{}, nil
	case len(words) == 2 && words[0] == "every":
		d, err := time.ParseDuration(words[1])
		if err != nil {
			return Schedule{}, wrong
		}
		if d < minEvery || d > maxEvery {
			return Schedule{}, fmt.Errorf("every %v; between 1m and 744h", d)
		}
		return Schedule{Every: d}, nil
	case len(words) == 3 && words[1] == "at":
		at, err := time.Parse("15:04", words[2])
		if err != nil {
			return Schedule{}, wrong
		}
		s := Schedule{At: time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute}
		switch day := slices.Index(weekdays, words[0]); {
		case words[0] == "daily":
			s.Days = []time.Weekday{0, 1, 2, 3, 4, 5, 6}
		case words[0] == "weekdays":
			s.Days = []time.Weekday{1, 2, 3, 4, 5}
		case day >= 0:
			s.Days = []time.Weekday{time.Weekday(day)}
		default:
			return Schedule{}, wrong
		}
		return s, nil
	}
	return Schedule{}, wrong
}

// IsZero reports whether a source is read on command only.
func (s Schedule) IsZero() bool { return s.Every == 0 && len(s.Days) == 0 }

// String is the schedule as [ParseSchedule] takes it.
func (s Schedule) String() string {
	at := fmt.Sprintf(" at %02d:%02d", int(s.At.Hours()), int(s.At.Minutes())%60)
	switch {
	case s.Every > 0:
		return "every " + s.Every.String()
	case len(s.Days) == 7:
		return "daily" + at
	case len(s.Days) == 5:
		return "weekdays" + at
	case len(s.Days) == 1:
		return weekdays[s.Days[0]] + at
	}
	return ""
}

// Next is when a source is due after t, or zero for never. A day that has no
// such hour, because clocks were set forward in it, has the hour after.
func (s Schedule) Next(t time.Time) time.Time {
	if s.Every > 0 {
		return t.Add(s.Every)
	}
	for i := range 8 {
		y, m, d := t.Date()
		next := time.Date(y, m, d+i, int(s.At.Hours()), int(s.At.Minutes())%60, 0, 0, t.Location())
		if next.After(t) && slices.Contains(s.Days, next.Weekday()) {
			return next
		}
	}
	return time.Time{}
}

// UnmarshalYAML implements [yaml.Unmarshaler].
func (s *Schedule) UnmarshalYAML(n *yaml.Node) error {
	text := ""
	if n.Kind == yaml.MappingNode {
		var m map[string]string
		if err := n.Decode(&m); err != nil {
			return err
		}
		if len(m) != 1 || m["every"] == "" {
			return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: schedule: %s", n.Line, scheduleForms)}}
		}
		text = "every " + m["every"]
	} else if err := n.Decode(&text); err != nil {
		return err
	}
	parsed, err := ParseSchedule(text)
	if err != nil {
		return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: schedule: %v", n.Line, err)}}
	}
	*s = parsed
	return nil
}

// MarshalYAML implements [yaml.Marshaler].
func (s Schedule) MarshalYAML() (any, error) { return s.String(), nil }

var notName = regexp.MustCompile(`[^a-z0-9]+`)

// NamedSources are the workspace's sources, each with a name: its own, or one
// made of its collection.
func (w Workspace) NamedSources() []Source {
	out := slices.Clone(w.Sources)
	taken := map[string]bool{}
	for _, s := range out {
		taken[s.Name] = true
	}
	for i := range out {
		if out[i].Name != "" {
			continue
		}
		letters := strings.NewReplacer("æ", "ae", "ø", "o", "å", "a", "ä", "a", "ö", "o", "ü", "u", "ß", "ss").Replace(strings.ToLower(out[i].Collection))
		base := strings.Trim(notName.ReplaceAllString(letters, "-"), "-")
		base = strings.Trim(base[:min(len(base), 34)], "-")
		if base == "" {
			base = "source"
		}
		name := base
		for n := 2; taken[name]; n++ {
			name = fmt.Sprintf("%s-%d", base, n)
		}
		taken[name] = true
		out[i].Name = name
	}
	return out
}

// Source is the source with the given name.
func (w Workspace) Source(name string) (Source, bool) {
	for _, s := range w.NamedSources() {
		if s.Name == name {
			return s, true
		}
	}
	return Source{}, false
}

func (w Workspace) validateSources(at string) (errs []error) {
	names := map[string]int{}
	for i, s := range w.Sources {
		at := fmt.Sprintf("%s.sources[%d]", at, i)
		bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(at+"."+format, args...)) }
		if s.Collection == "" {
			bad("collection: required")
		}
		if s.Name != "" {
			if !idPattern.MatchString(s.Name) {
				bad("name: %q; use a-z, 0-9 and -, up to 40 characters", s.Name)
			}
			if first, ok := names[s.Name]; ok {
				bad("name: %q is also sources[%d]; names must differ", s.Name, first)
			}
			names[s.Name] = i
		}
		if s.Audience != "public" && s.Audience != "internal" {
			bad("audience: %q; public (may be quoted to customers) or internal (for agents only)", s.Audience)
		}
		if s.Language != "" && !slices.Contains(languages, s.Language) {
			bad("language: %q; one of %s", s.Language, strings.Join(languages, ", "))
		}
		errs = append(errs, s.validatePlace(at)...)
	}
	return errs
}

// validatePlace checks where the documents are.
func (s Source) validatePlace(at string) (errs []error) {
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(at+"."+format, args...)) }
	n := 0
	for _, set := range []bool{len(s.Paths) > 0, s.Web != nil, s.S3 != nil, s.WebDAV != nil} {
		if set {
			n++
		}
	}
	switch {
	case n == 0:
		bad("paths: required; name files or folders, or use web, s3 or webdav instead")
	case n > 1:
		bad("paths, web, s3 and webdav: only one of them in a source; make a source of each")
	}
	if slices.Contains(s.Paths, "") {
		bad("paths: one of them is empty")
	}
	if n == 1 && s.Kind() != KindFolder {
		for _, only := range []struct {
			key string
			set bool
		}{{"watch", s.Watch}, {"follow_links", s.FollowLinks}, {"uploads", s.Uploads}} {
			if only.set {
				bad("%s: for paths only", only.key)
			}
		}
	}
	if s.Uploads && len(s.Paths) > 1 {
		bad("uploads: the source has %d paths; uploads need one folder, make a source of it", len(s.Paths))
	}
	switch {
	case s.Web != nil && len(s.Web.Start) == 0 && len(s.Web.Sitemaps) == 0:
		bad("web.start: required, or web.sitemaps")
	case s.S3 != nil && s.S3.Bucket == "":
		bad("s3.bucket: required")
	case s.WebDAV != nil && s.WebDAV.URL == "":
		bad("webdav.url: required")
	}
	return errs
}
