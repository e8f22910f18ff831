package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/user"
	"strconv"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/index/lang"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/suggest/extract"
	"github.com/sufflor/sufflor/suggest/prompt"
	"github.com/sufflor/sufflor/web"
)

// guidelineReader is what guides need of the store.
type guidelineReader interface {
	Guidelines(ctx context.Context, workspace string, version int) (store.Guidelines, error)
}

// guides know how each workspace wants its drafts: the newest saved
// guidelines, over those of the configuration. They look each time, so that a
// change needs no restart.
type guides struct {
	store      guidelineReader
	log        *slog.Logger
	configured map[string]suggest.Profile

	mu   sync.Mutex
	last map[string]suggest.Guidelines // the last ones that could be read
}

// patience is how long a draft waits for its guidelines.
const patience = 500 * time.Millisecond

func newGuides(cfg config.Config, s guidelineReader, log *slog.Logger) (*guides, error) {
	g := &guides{store: s, log: log, configured: map[string]suggest.Profile{}, last: map[string]suggest.Guidelines{}}
	var errs []error
	for i, w := range cfg.Workspaces {
		own, err := configuredGuidelines(w)
		if err != nil {
			errs = append(errs, fmt.Errorf("workspaces[%d].%w", i, err))
		}
		g.configured[w.ID] = suggest.Profile{Name: w.Name, Language: w.Language, Signatures: w.Signatures, Guidelines: own, Escalation: escalation(w.Escalation), Trusted: w.Trusted}
	}
	return g, errors.Join(errs...)
}

// configuredGuidelines are a workspace's before anybody saved some.
func configuredGuidelines(w config.Workspace) (suggest.Guidelines, error) {
	if w.Guidelines.Kind == 0 {
		return suggest.Guidelines{}.Or(suggest.Guidelines{Signature: w.Signatures}), nil
	}
	text, err := yaml.Marshal(&w.Guidelines)
	if err != nil {
		return suggest.Guidelines{}, fmt.Errorf("guidelines: %w", err)
	}
	g, err := suggest.ParseGuidelines(text)
	if err != nil {
		return g, fmt.Errorf("guidelines: %w", err)
	}
	return g.Or(suggest.Guidelines{Signature: w.Signatures}), nil
}

func (g *guides) profile(workspace string) suggest.Profile {
	p := g.configured[workspace]
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	saved, err := g.store.Guidelines(ctx, workspace, 0)
	var own suggest.Guidelines
	if err == nil {
		own, err = suggest.ParseGuidelines([]byte(saved.Body))
		own.Version = saved.Version
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case err == nil:
		g.last[workspace] = own
	case errors.Is(err, store.ErrNotFound):
		return p
	default:
		g.log.WarnContext(ctx, "drafts go on with the last guidelines that could be read", "workspace", workspace, "err", err)
		var ok bool
		if own, ok = g.last[workspace]; !ok {
			return p
		}
	}
	p.Guidelines = own.Or(p.Guidelines)
	return p
}

// saveGuidelines checks and saves guidelines, for the command here and for the
// server that has the folder.
func (a *app) saveGuidelines(ctx context.Context, q web.GuidelinesRequest) (store.Guidelines, error) {
	return saveGuidelines(ctx, a.store, q)
}

func saveGuidelines(ctx context.Context, s *store.Store, q web.GuidelinesRequest) (store.Guidelines, error) {
	if q.Restore > 0 {
		old, err := s.Guidelines(ctx, q.Workspace, q.Restore)
		if err != nil {
			return old, fmt.Errorf("%w; sufflor guidelines history lists the versions", err)
		}
		q.Body, q.Note = old.Body, cmp.Or(q.Note, "version "+strconv.Itoa(q.Restore)+" again")
	}
	if _, err := suggest.ParseGuidelines([]byte(q.Body)); err != nil {
		return store.Guidelines{}, err
	}
	g := store.Guidelines{Workspace: q.Workspace, Author: q.Author, Note: q.Note, Body: q.Body}
	if q.Base != nil {
		return s.SaveGuidelinesOver(ctx, g, *q.Base)
	}
	return s.SaveGuidelines(ctx, g)
}

func (c *cli) guidelinesCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "guidelines", Short: "Say how drafts shall sound: tone, forbidden words, greeting, signature",
		Long: `Guidelines are a small YAML file:

  tone: friendly                 # or formal
  forbidden: ["billig*"]         # words no draft may hold; * stands for any ending
  tone_in: {de: formal}          # in one language, instead of tone
  forbidden_in: {de: ["preiswert"]}  # in one language, beside forbidden
  must_say: {nb: "Ring oss gjerne på 22 00 00 00.", default: "+47 22 00 00 00"}  # default: languages without their own
  greeting: {nb: "Hei {name},"}
  signature: {nb: "Hilsen oss i Eksempel AS"}
  templates:                     # texts that agents insert: greeting, handover, closing, and your own
    closing: {nb: "Hilsen {{agent}}, {{company}}"}

Templates may hold {{customer}}, {{first_name}}, {{agent}}, {{company}}, {{conversation}} and {{date}}.
What it leaves out is as configured. Each version is kept; a change holds from the next
message on, without a restart.`,
	}
	cmd.AddCommand(c.guidelinesShowCmd(), c.guidelinesSetCmd(), c.guidelinesHistoryCmd(), c.guidelinesRestoreCmd(), c.guidelinesPreviewCmd())
	return cmd
}

// guidelinesOf reads beside a server that may be running; version 0 is the
// newest, and before any was saved the configured ones.
func (c *cli) guidelinesOf(ctx context.Context, cfg config.Config, w config.Workspace, version int) (store.Guidelines, error) {
	s, err := store.Open(ctx, store.Options{Dir: cfg.Data, Postgres: cfg.Store.Reveal(), Log: c.quiet(cfg), ReadOnly: true})
	var g store.Guidelines
	if err == nil {
		g, err = s.Guidelines(ctx, w.ID, version)
		err = errors.Join(err, s.Close())
	}
	if version == 0 && (errors.Is(err, os.ErrNotExist) || errors.Is(err, store.ErrNotFound)) {
		own, err := configuredGuidelines(w)
		if err != nil {
			return g, usage(err)
		}
		text, err := own.YAML()
		return store.Guidelines{Workspace: w.ID, Body: string(text), Note: "as configured"}, err
	}
	return g, err
}

func (c *cli) guidelinesShowCmd() *cobra.Command {
	version := 0
	cmd := &cobra.Command{
		Use: "show", Short: "Print the guidelines in use, or an earlier version", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, w, err := c.space()
			if err != nil {
				return err
			}
			g, err := c.guidelinesOf(cmd.Context(), cfg, w, version)
			if err != nil {
				return err
			}
			if c.json {
				return c.print(g)
			}
			_, err = fmt.Fprintf(c.stdout, "# %s\n%s", describe(g), g.Body)
			return err
		},
	}
	cmd.Flags().IntVar(&version, "version", 0, "the version to print (default: the one in use)")
	return cmd
}

// describe is a version in one line.
func describe(g store.Guidelines) string {
	if g.Version == 0 {
		return "as configured; nobody has saved any"
	}
	s := fmt.Sprintf("version %d, %s, %s", g.Version, g.Created.Local().Format("2006-01-02 15:04"), cmp.Or(printable(g.Author), "nobody named"))
	if g.Note != "" {
		s += ": " + printable(g.Note)
	}
	return s
}

// saving sends guidelines to the server that has the folder, or saves them.
func (c *cli) saving(ctx context.Context, cfg config.Config, q web.GuidelinesRequest) error {
	s, err := store.Open(ctx, store.Options{Dir: cfg.Data, Postgres: cfg.Store.Reveal(), Log: c.quiet(cfg), Versions: cfg.Ingest.KeepVersions})
	var g store.Guidelines
	switch {
	case errors.Is(err, store.ErrLocked):
		remote, remoteErr := running(cfg.Data)
		if remoteErr != nil {
			return errors.Join(err, remoteErr)
		}
		err = remote.post(ctx, "/api/guidelines", q, func(body io.Reader) error { return json.NewDecoder(body).Decode(&g) })
	case err == nil:
		g, err = saveGuidelines(ctx, s, q)
		err = errors.Join(err, s.Close())
	}
	if err != nil {
		return err
	}
	if c.json {
		return c.print(g)
	}
	_, err = fmt.Fprintf(c.stdout, "%s\n", describe(g))
	return err
}

// me is who runs the command.
func me() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return ""
}

func (c *cli) guidelinesSetCmd() *cobra.Command {
	q := web.GuidelinesRequest{}
	cmd := &cobra.Command{
		Use: "set FILE", Short: "Save new guidelines from a file, - for standard input", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, w, err := c.space()
			if err != nil {
				return err
			}
			data, err := c.guidelinesFile(args[0])
			if err != nil {
				return err
			}
			q.Workspace, q.Body, q.Author = w.ID, string(data), cmp.Or(q.Author, me())
			return c.saving(cmd.Context(), cfg, q)
		},
	}
	cmd.Flags().StringVar(&q.Author, "author", "", "who wants it so (default: you)")
	cmd.Flags().StringVar(&q.Note, "note", "", "why")
	return cmd
}

// guidelinesFile reads guidelines and checks them.
func (c *cli) guidelinesFile(name string) ([]byte, error) {
	in := c.stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(in, 128<<10))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	if _, err := suggest.ParseGuidelines(data); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return data, nil
}

func (c *cli) guidelinesHistoryCmd() *cobra.Command {
	return &cobra.Command{
		Use: "history", Short: "List the versions: when, who, why", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, w, err := c.space()
			if err != nil {
				return err
			}
			s, err := store.Open(cmd.Context(), store.Options{Dir: cfg.Data, Postgres: cfg.Store.Reveal(), Log: c.quiet(cfg), ReadOnly: true})
			var list []store.Guidelines
			if err == nil {
				list, err = s.GuidelinesHistory(cmd.Context(), w.ID, 0)
				err = errors.Join(err, s.Close())
			}
			if err != nil && !errors.Is(err, os.ErrNotExist) {
				return err
			}
			if c.json {
				return c.print(list)
			}
			if len(list) == 0 {
				_, err := fmt.Fprintln(c.stdout, "no guidelines were saved; those of the configuration hold")
				return err
			}
			t := tabwriter.NewWriter(c.stdout, 0, 4, 2, ' ', 0)
			fmt.Fprintln(t, "VERSION\tSAVED\tBY\tWHY")
			for _, g := range list {
				fmt.Fprintf(t, "%d\t%s\t%s\t%s\n", g.Version, shortTime(g.Created), printable(g.Author), printable(g.Note))
			}
			return t.Flush()
		},
	}
}

func (c *cli) guidelinesRestoreCmd() *cobra.Command {
	q := web.GuidelinesRequest{}
	cmd := &cobra.Command{
		Use: "restore N", Short: "Save version N again, as the newest", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, w, err := c.space()
			if err != nil {
				return err
			}
			if q.Restore, err = strconv.Atoi(args[0]); err != nil || q.Restore < 1 {
				return usage(fmt.Errorf("%q is no version; sufflor guidelines history lists them", args[0]))
			}
			q.Workspace, q.Author = w.ID, cmp.Or(q.Author, me())
			return c.saving(cmd.Context(), cfg, q)
		},
	}
	cmd.Flags().StringVar(&q.Author, "author", "", "who wants it so (default: you)")
	return cmd
}

// preview is a draft as guidelines make it, in one language.
type preview struct {
	Language string `json:"language"`
	Letter   string `json:"letter"`
	Nameless string `json:"nameless"` // how it greets somebody without a name
}

func (c *cli) guidelinesPreviewCmd() *cobra.Command {
	language := "en"
	cmd := &cobra.Command{
		Use: "preview [FILE]", Short: "Show what guidelines make of drafts and of the prompt, without saving them", Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, w, err := c.space()
			if err != nil {
				return err
			}
			var saved store.Guidelines
			if len(args) == 1 {
				data, err := c.guidelinesFile(args[0])
				if err != nil {
					return err
				}
				saved.Body = string(data)
			} else if saved, err = c.guidelinesOf(cmd.Context(), cfg, w, 0); err != nil {
				return err
			}
			g, err := suggest.ParseGuidelines([]byte(saved.Body))
			if err != nil {
				return err
			}
			own, err := configuredGuidelines(w)
			if err != nil {
				return usage(err)
			}
			g.Version = saved.Version
			g = g.Or(own)
			p, err := previewPrompt(w, g, language)
			if err != nil {
				return usage(err)
			}
			list := previews(w, g)
			if c.json {
				return c.print(map[string]any{"drafts": list, "prompt": map[string]string{"version": prompt.Version, "system": p.System, "user": p.User}})
			}
			for _, v := range list {
				fmt.Fprintf(c.stdout, "--- %s\n%s\n(without a name: %s)\n\n", v.Language, v.Letter, v.Nameless)
			}
			_, err = fmt.Fprintf(c.stdout, "--- prompt %s, system message\n%s\n--- prompt %s, user message (%s)\n%s", prompt.Version, p.System, prompt.Version, language, p.User)
			return err
		},
	}
	cmd.Flags().StringVar(&language, "language", "en", "language of the prompt that is shown")
	return cmd
}

// previews frames a quotation in every language.
func previews(w config.Workspace, g suggest.Guidelines) []preview {
	out := make([]preview, 0, len(lang.Supported()))
	var ask suggest.BriefAsk
	ask.Question.Text = "…"
	for _, l := range lang.Supported() {
		b := suggest.Brief{
			Language: l, Customer: "Kari", Profile: suggest.Profile{Name: w.Name, Language: w.Language, Guidelines: g},
			Asks: []suggest.BriefAsk{ask},
		}
		answers := []suggest.Answer{{Sentences: []suggest.Quote{{Text: "[1 …]"}}}}
		letter := func() string {
			return suggest.Suggestion{Sentences: extract.New().Frame(b, answers, []bool{true})}.Text()
		}
		v := preview{Language: l, Letter: letter()}
		b.Customer = ""
		v.Nameless, _, _ = strings.Cut(letter(), "\n")
		out = append(out, v)
	}
	return out
}

// previewPrompt is the prompt for a made-up message.
func previewPrompt(w config.Workspace, g suggest.Guidelines, language string) (prompt.Prompt, error) {
	return prompt.Render(prompt.Input{
		Company: w.Name, Language: language, Tone: string(g.Tone), Forbidden: g.Forbidden, Guidelines: g.Version,
		Asks: []string{"…?"}, Turns: []prompt.Turn{{Text: "…"}},
		Passages: []prompt.Passage{{Title: "…", Kind: string(index.KindText), Text: "…"}}, Nonce: prompt.NewNonce(),
	})
}
