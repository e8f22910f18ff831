package config

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Example is a commented configuration that loads and validates as it stands.
//
//go:embed example.yaml
var Example []byte

// Config is everything that can be set. [Default] plus a file plus SUFFLOR_*
// variables make one.
type Config struct {
	Data string `yaml:"data"` // folder for database, index and keys
	// Store is the address of a PostgreSQL database that keeps records and
	// jobs, postgres://user:password@host:5432/name; empty: SQLite, in Data.
	Store  Secret `yaml:"store"`
	Listen string `yaml:"listen"` // host:port of the HTTP server
	// Roles are what this server does: web, worker, ingest; see [Config.Has].
	Roles []string `yaml:"roles"`
	// DrainWait is how long a server that was told to stop goes on with
	// answering while /readyz says no, 0 to 5m: load balancers need to see it.
	DrainWait  time.Duration `yaml:"drain_wait"`
	PublicURL  string        `yaml:"public_url"`
	Log        Log           `yaml:"log"`
	Admin      Admin         `yaml:"admin"`
	Telemetry  Telemetry     `yaml:"telemetry"`
	Panel      Panel         `yaml:"panel"`
	OIDC       OIDC          `yaml:"oidc"`
	Suggest    Suggest       `yaml:"suggest"`
	Ingest     Ingest        `yaml:"ingest"`
	Embedder   Embedder      `yaml:"embedder"`
	Model      Model         `yaml:"model"`
	Retention  Retention     `yaml:"retention"`
	Redis      Redis         `yaml:"redis"`
	Workspaces []Workspace   `yaml:"workspaces"`

	path string
}

// Log says what is logged, to standard error.
type Log struct {
	Level  string `yaml:"level"`  // debug, info, warn or error; customer text appears at debug only
	Format string `yaml:"format"` // text or json
}

// Panel is the agents' page.
type Panel struct {
	// Token lets a browser in. Empty: one is made at the first start and
	// kept in the data folder.
	Token Secret `yaml:"token"`
	// TokenSignIn lets the token open pages although there are accounts. The
	// API takes it either way.
	TokenSignIn bool `yaml:"token_sign_in"`
	// FrameAncestors are the origins that may show the panel in an iframe.
	FrameAncestors []string `yaml:"frame_ancestors"`
}

// Suggest is how drafts are made.
type Suggest struct {
	Deadline time.Duration `yaml:"deadline"` // to the full draft, 100ms to 30s
	Workers  int           `yaml:"workers"`  // messages worked on at once, 1 to 64
}

// Ingest is how documents are read.
type Ingest struct {
	MaxFileBytes int64         `yaml:"max_file_bytes"` // a larger file is reported, not read
	FileTimeout  time.Duration `yaml:"file_timeout"`   // wall-clock time for one file
	Workers      int           `yaml:"workers"`        // files read at once, 1 to 64
	// KeepOriginals keeps the bytes of what was read in the data folder.
	KeepOriginals bool `yaml:"keep_originals"`
	// KeepVersions is how many versions of a document are kept, 1 to 100.
	KeepVersions int `yaml:"keep_versions"`
	// Rescan is how often a watched folder is looked at all the same: events
	// get lost, and network shares send none.
	Rescan time.Duration `yaml:"rescan"`
	// OCR is auto (pages that are pictures are recognised when Tesseract is
	// installed) or off.
	OCR string `yaml:"ocr"`
	// OCRLanguages are those that pictures are recognised in, the likeliest
	// first. Empty means all; each costs time.
	OCRLanguages []string `yaml:"ocr_languages"`
}

// Retention is how long is kept what customers wrote.
type Retention struct {
	// ConversationDays after the last thing that happened in a conversation
	// all of it is erased; 0: it is kept until somebody erases it.
	ConversationDays int `yaml:"conversation_days"`
}

// Workspace is a company's or brand's closed world.
type Workspace struct {
	ID         string            `yaml:"id"`   // a-z, 0-9 and -, up to 40 characters
	Name       string            `yaml:"name"` // as customers know it
	Language   string            `yaml:"language"`
	Signatures map[string]string `yaml:"signatures"`           // closing lines per language; empty: the name
	Guidelines yaml.Node         `yaml:"guidelines,omitempty"` // how drafts sound until somebody saves others; see sufflor guidelines
	OwnDomains []string          `yaml:"own_domains"`          // mail domains never masked in solved cases
	// Trusted are the domains, mail addresses, telephone numbers and accounts
	// that drafts may hold. Empty: those of the documents they cite.
	Trusted    []string   `yaml:"trusted"`
	Sources    []Source   `yaml:"sources"`
	Desks      []Desk     `yaml:"desks"`
	Escalation Escalation `yaml:"escalation"`
}

var languages = []string{"nb", "sv", "da", "fi", "de", "en"}

// Languages are those that a workspace, its sources and desks can have.
func Languages() []string { return slices.Clone(languages) }

// Default is what holds where nothing is set.
func Default() Config {
	return Config{
		Data:      "./data",
		Listen:    "127.0.0.1:8787",
		Roles:     slices.Clone(serverRoles),
		Log:       Log{Level: "info", Format: "text"},
		Telemetry: Telemetry{Sample: 0.1},
		OIDC:      OIDC{GroupsClaim: "groups"},
		Suggest:   Suggest{Deadline: 2500 * time.Millisecond, Workers: 4},
		Ingest: Ingest{
			MaxFileBytes: 256 << 20, FileTimeout: time.Minute, Workers: 2, KeepOriginals: true, KeepVersions: 5, Rescan: 15 * time.Minute, OCR: "auto",
		},
		Embedder: Embedder{Batch: 32, Timeout: 20 * time.Second},
		Model: Model{
			Translate: true,
			Deadline:  12 * time.Second, FirstByte: 10 * time.Second, BetweenChunks: 5 * time.Second, Parallel: 4, MaxTokens: 500, Context: 16384,
		},
	}
}

// Load reads path over [Default], fills in ${SUFFLOR_…} references, applies
// SUFFLOR_* overrides from lookup and validates. An empty path means defaults
// and environment only. Unknown keys are errors.
func Load(path string, lookup func(string) (string, bool)) (Config, error) {
	c := Default()
	if path != "" {
		data, err := os.ReadFile(path)
		if err != nil {
			return c, fmt.Errorf("read configuration: %w (write one with: sufflor config print > %s)", err, filepath.Base(path))
		}
		if err := c.decode(path, data, lookup); err != nil {
			return c, err
		}
	}
	if err := c.override(lookup); err != nil {
		return c, err
	}
	if err := c.Validate(); err != nil {
		return c, prefix(c.name(), err)
	}
	return c, nil
}

// Parse is Load for bytes that name themselves name; it serves tests and the
// embedded example.
func Parse(name string, data []byte, lookup func(string) (string, bool)) (Config, error) {
	c := Default()
	if err := c.decode(name, data, lookup); err != nil {
		return c, err
	}
	if err := c.Validate(); err != nil {
		return c, prefix(c.name(), err)
	}
	return c, nil
}

func (c Config) name() string {
	if c.path == "" {
		return "configuration"
	}
	return filepath.Base(c.path)
}

func prefix(name string, err error) error {
	var joined interface{ Unwrap() []error }
	if !errors.As(err, &joined) {
		return fmt.Errorf("%s: %w", name, err)
	}
	var errs []error
	for _, e := range joined.Unwrap() {
		errs = append(errs, fmt.Errorf("%s: %w", name, e))
	}
	return errors.Join(errs...)
}

func (c *Config) decode(path string, data []byte, lookup func(string) (string, bool)) error {
	c.path = path
	var root yaml.Node
	err := yaml.NewDecoder(bytes.NewReader(data)).Decode(&root)
	if errors.Is(err, io.EOF) {
		return nil // an empty file sets nothing
	}
	if err != nil {
		return fmt.Errorf("%s: %s", c.name(), strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if err := expand(&root, c.name(), lookup); err != nil {
		return err
	}
	if err := known(root.Content[0], reflect.TypeOf(*c), c.name(), ""); err != nil {
		return err
	}
	return typed(c.name(), root.Decode(c))
}

// typed gives each of yaml's complaints about types the file's name.
func typed(name string, err error) error {
	var te *yaml.TypeError
	if !errors.As(err, &te) {
		if err != nil {
			err = fmt.Errorf("%s: %s", name, strings.TrimPrefix(err.Error(), "yaml: "))
		}
		return err
	}
	var errs []error
	for _, e := range te.Errors {
		errs = append(errs, fmt.Errorf("%s: %s", name, e))
	}
	return errors.Join(errs...)
}

var reference = regexp.MustCompile(`\$\{([A-Za-z_][A-Za-z0-9_]*)\}`)

// expand replaces ${SUFFLOR_NAME} in texts, so that secrets can stay out of
// the file.
func expand(n *yaml.Node, file string, lookup func(string) (string, bool)) error {
	var errs []error
	if n.Kind == yaml.ScalarNode {
		n.Value = reference.ReplaceAllStringFunc(n.Value, func(m string) string {
			name := reference.FindStringSubmatch(m)[1]
			if !strings.HasPrefix(name, "SUFFLOR_") {
				errs = append(errs, fmt.Errorf("%s:%d: ${%s}: only variables that begin with SUFFLOR_ are filled in", file, n.Line, name))
				return m
			}
			v, ok := lookup(name)
			if !ok {
				errs = append(errs, fmt.Errorf("%s:%d: ${%s}: the environment variable is not set", file, n.Line, name))
			}
			return v
		})
	}
	for _, child := range n.Content {
		errs = append(errs, expand(child, file, lookup))
	}
	return errors.Join(errs...)
}

// known reports keys that no field of t has, with line and the known ones.
func known(n *yaml.Node, t reflect.Type, file, at string) error {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == reflect.TypeFor[yaml.Node]() || t == reflect.TypeFor[Secret]() || t == reflect.TypeFor[Schedule]() {
		return nil
	}
	var errs []error
	switch {
	case n.Kind == yaml.MappingNode && t.Kind() == reflect.Struct:
		fields := map[string]reflect.Type{}
		for f := range t.Fields() {
			if tag, _, _ := strings.Cut(f.Tag.Get("yaml"), ","); tag != "" && tag != "-" {
				fields[tag] = f.Type
			}
		}
		names := slices.Sorted(func(yield func(string) bool) {
			for name := range fields {
				if !yield(name) {
					return
				}
			}
		})
		for i := 0; i+1 < len(n.Content); i += 2 {
			key := n.Content[i]
			ft, ok := fields[key.Value]
			if !ok {
				errs = append(errs, fmt.Errorf("%s:%d: %s: unknown key; known here: %s", file, key.Line, join(at, key.Value), strings.Join(names, ", ")))
				continue
			}
			errs = append(errs, known(n.Content[i+1], ft, file, join(at, key.Value)))
		}
	case n.Kind == yaml.SequenceNode && t.Kind() == reflect.Slice:
		for i, child := range n.Content {
			errs = append(errs, known(child, t.Elem(), file, fmt.Sprintf("%s[%d]", at, i)))
		}
	}
	return errors.Join(errs...)
}

func join(at, key string) string {
	if at == "" {
		return key
	}
	return at + "." + key
}

// DecodeSettings decodes a desk's own section strictly over v; at names the
// section in messages.
func DecodeSettings(n yaml.Node, at string, v any) error {
	if n.Kind == 0 {
		return nil
	}
	if err := known(&n, reflect.TypeOf(v), "settings", at); err != nil {
		return err
	}
	return typed(at, n.Decode(v))
}

func (c *Config) override(lookup func(string) (string, bool)) error {
	for name, p := range map[string]*string{
		"SUFFLOR_DATA": &c.Data, "SUFFLOR_LISTEN": &c.Listen, "SUFFLOR_PUBLIC_URL": &c.PublicURL,
		"SUFFLOR_LOG_LEVEL": &c.Log.Level, "SUFFLOR_LOG_FORMAT": &c.Log.Format, "SUFFLOR_ADMIN_LISTEN": &c.Admin.Listen,
	} {
		if v, ok := lookup(name); ok {
			*p = v
		}
	}
	if v, ok := lookup("SUFFLOR_ROLES"); ok {
		c.Roles = SplitRoles(v)
	}
	if v, ok := lookup("SUFFLOR_DRAIN_WAIT"); ok {
		d, err := time.ParseDuration(v)
		if err != nil {
			return fmt.Errorf("SUFFLOR_DRAIN_WAIT: %w", err)
		}
		c.DrainWait = d
	}
	if v, ok := lookup("SUFFLOR_STORE"); ok {
		c.Store = NewSecret(v)
	}
	if v, ok := lookup("SUFFLOR_PANEL_TOKEN"); ok {
		c.Panel.Token = NewSecret(v)
	}
	if v, ok := lookup("SUFFLOR_SUGGEST_DEADLINE"); ok {
		d, err := time.ParseDuration(v)
		if err != nil {
			return fmt.Errorf("SUFFLOR_SUGGEST_DEADLINE: %w", err)
		}
		c.Suggest.Deadline = d
	}
	return nil
}

var idPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,39}$`)

// Validate reports everything that is wrong, not only the first thing.
func (c Config) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.Data == "" {
		bad("data: required; name a folder that sufflor may write to")
	}
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		bad("listen: %q is no host:port, such as 127.0.0.1:8787", c.Listen)
	}
	if len(c.Roles) == 0 {
		bad("roles: none; one or more of %s", strings.Join(serverRoles, ", "))
	}
	for i, r := range c.Roles {
		if !slices.Contains(serverRoles, r) {
			bad("roles[%d]: %q; one of %s", i, r, strings.Join(serverRoles, ", "))
		}
	}
	if c.DrainWait < 0 || c.DrainWait > 5*time.Minute {
		bad("drain_wait: %v; between 0s and 5m", c.DrainWait)
	}
	if c.PublicURL != "" {
		if u, err := url.Parse(c.PublicURL); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
			bad("public_url: %q is no address such as https://sufflor.example.com", c.PublicURL)
		}
	}
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, c.Log.Level) {
		bad("log.level: %q; one of debug, info, warn, error", c.Log.Level)
	}
	if c.Log.Format != "text" && c.Log.Format != "json" {
		bad("log.format: %q; one of text, json", c.Log.Format)
	}
	if a := c.Store.Reveal(); a != "" && !strings.HasPrefix(a, "postgres://") && !strings.HasPrefix(a, "postgresql://") {
		bad("store: write it as postgres://user:password@host:5432/database, or leave it out for SQLite")
	}
	if t := c.Panel.Token.Reveal(); t != "" && len(t) < 24 {
		bad("panel.token: %d characters are too few; use 24 or more, or leave it out and one is made", len(t))
	}
	if err := c.Admin.validate(); err != nil {
		errs = append(errs, err)
	}
	for i, a := range c.Panel.FrameAncestors {
		if !strings.HasPrefix(a, "https://") && !strings.HasPrefix(a, "http://localhost") && !strings.HasPrefix(a, "http://127.0.0.1") || strings.ContainsAny(a, " ;,'\"") {
			bad("panel.frame_ancestors[%d]: %q is no origin such as https://example.zendesk.com", i, a)
		}
	}
	if c.Suggest.Deadline < 100*time.Millisecond || c.Suggest.Deadline > 30*time.Second {
		bad("suggest.deadline: %v; between 100ms and 30s", c.Suggest.Deadline)
	}
	if c.Suggest.Workers < 1 || c.Suggest.Workers > 64 {
		bad("suggest.workers: %d; between 1 and 64", c.Suggest.Workers)
	}
	if c.Ingest.MaxFileBytes < 1<<10 {
		bad("ingest.max_file_bytes: %d; at least 1024", c.Ingest.MaxFileBytes)
	}
	if c.Ingest.FileTimeout < time.Second {
		bad("ingest.file_timeout: %v; at least 1s", c.Ingest.FileTimeout)
	}
	if c.Ingest.Workers < 1 || c.Ingest.Workers > 64 {
		bad("ingest.workers: %d; between 1 and 64", c.Ingest.Workers)
	}
	if c.Ingest.KeepVersions < 1 || c.Ingest.KeepVersions > 100 {
		bad("ingest.keep_versions: %d; between 1 (only the one in use) and 100", c.Ingest.KeepVersions)
	}
	if c.Ingest.Rescan < time.Minute {
		bad("ingest.rescan: %v; at least 1m", c.Ingest.Rescan)
	}
	if c.Ingest.OCR != "auto" && c.Ingest.OCR != "off" {
		bad("ingest.ocr: %q; auto or off", c.Ingest.OCR)
	}
	for i, l := range c.Ingest.OCRLanguages {
		if !slices.Contains(languages, l) {
			bad("ingest.ocr_languages[%d]: %q; one of %s", i, l, strings.Join(languages, ", "))
		}
	}
	if c.Retention.ConversationDays < 0 || c.Retention.ConversationDays > 36500 {
		bad("retention.conversation_days: %d; between 0 (for ever) and 36500", c.Retention.ConversationDays)
	}
	errs = append(errs, c.Telemetry.validate()...)
	errs = append(errs, c.Embedder.validate()...)
	errs = append(errs, c.Model.validate()...)
	errs = append(errs, c.OIDC.validate(c)...)
	errs = append(errs, c.Redis.validate(c)...)
	ids, desks := map[string]int{}, map[string]string{}
	for i, w := range c.Workspaces {
		at := fmt.Sprintf("workspaces[%d]", i)
		errs = append(errs, w.validate(at)...)
		if first, ok := ids[w.ID]; ok {
			bad("%s.id: %q is also workspaces[%d]; ids must differ", at, w.ID, first)
		}
		ids[w.ID] = i
		for j, d := range w.Desks {
			at := fmt.Sprintf("%s.desks[%d]", at, j)
			if first, ok := desks[d.Name]; ok && d.Name != "" {
				bad("%s.name: %q is also %s; a desk's name is part of its address and must be its own", at, d.Name, first)
			}
			desks[d.Name] = at
			errs = append(errs, d.validate(at, c, w)...)
		}
	}
	return errors.Join(errs...)
}

func (w Workspace) validate(at string) (errs []error) {
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(at+"."+format, args...)) }
	if !idPattern.MatchString(w.ID) {
		bad("id: %q; use a-z, 0-9 and -, up to 40 characters", w.ID)
	}
	if w.Name == "" {
		bad("name: required; it signs the drafts")
	}
	if !slices.Contains(languages, w.Language) {
		bad("language: %q; one of %s", w.Language, strings.Join(languages, ", "))
	}
	for lang := range w.Signatures {
		if !slices.Contains(languages, lang) {
			bad("signatures.%s: no such language; one of %s", lang, strings.Join(languages, ", "))
		}
	}
	errs = append(errs, w.validateSources(at)...)
	errs = append(errs, w.Escalation.validate(at)...)
	for i, t := range w.Trusted {
		if len(strings.TrimSpace(t)) < 4 || len(t) > 200 {
			bad("trusted[%d]: %q; a domain, mail address, telephone number or account, 4 to 200 characters", i, t)
		}
	}
	for i, d := range w.Desks {
		if !idPattern.MatchString(d.Name) {
			bad("desks[%d].name: %q; use a-z, 0-9 and -, up to 40 characters", i, d.Name)
		}
		if d.Kind == "" {
			bad("desks[%d].kind: required; such as zendesk, slack or standard", i)
		}
	}
	return errs
}

// Workspace is the workspace with the id, or an error that names the ones
// there are. An empty id means the only one.
func (c Config) Workspace(id string) (Workspace, error) {
	var ids []string
	for _, w := range c.Workspaces {
		if w.ID == id || id == "" && len(c.Workspaces) == 1 {
			return w, nil
		}
		ids = append(ids, w.ID)
	}
	switch {
	case len(ids) == 0:
		return Workspace{}, errors.New("workspaces: none is configured; add one (sufflor config print shows how)")
	case id == "":
		return Workspace{}, fmt.Errorf("several workspaces are configured; choose one with --workspace: %s", strings.Join(ids, ", "))
	}
	return Workspace{}, fmt.Errorf("workspace %q is not configured; there are: %s", id, strings.Join(ids, ", "))
}

// Redacted is a copy that can be shown: desks' settings whose key speaks of a
// secret are hidden, as [Secret] values are by themselves.
func (c Config) Redacted() Config {
	c.Workspaces = slices.Clone(c.Workspaces)
	for i := range c.Workspaces {
		w := &c.Workspaces[i]
		w.Desks = slices.Clone(w.Desks)
		for j := range w.Desks {
			w.Desks[j].Settings = redact(w.Desks[j].Settings)
		}
	}
	return c
}

var secretKey = regexp.MustCompile(`(?i)secret|token|key|password`)

func redact(n yaml.Node) yaml.Node {
	n.Content = slices.Clone(n.Content)
	for i, child := range n.Content {
		copied := redact(*child)
		if n.Kind == yaml.MappingNode && i%2 == 1 && secretKey.MatchString(n.Content[i-1].Value) && child.Kind == yaml.ScalarNode && child.Value != "" {
			copied = yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: hidden}
		}
		n.Content[i] = &copied
	}
	return n
}
