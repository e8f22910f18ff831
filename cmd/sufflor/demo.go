package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/connectors/slack"
	"github.com/sufflor/sufflor/connectors/zendesk"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/web"
)

// The demo's two desks. Ids are made up; the protocols are the real ones.
const (
	demoWorkspace = "fjordvik"
	demoAccount   = "22557799"
	demoAPIUser   = "900001"
	demoTeam      = "T0FJORDVIK"
	demoAgent     = "U0AGENT1"
	demoApp       = "A0SUFFLOR"
	demoBot       = "U0SUFFLOR"
)

// turn is one line of the demo's script.
type turn struct {
	Desk         string `yaml:"desk"`
	Conversation string `yaml:"conversation"`
	Customer     string `yaml:"customer"`
	Text         string `yaml:"text"`

	at    time.Time // when it is written; zero: see [stamp]
	staff bool      // an agent's answer, through zendesk
}

// when turn i of a script is written.
func (t turn) when(i int) time.Time {
	if t.at.IsZero() {
		return stamp(i)
	}
	return t.at
}

func (c *cli) demoCmd() *cobra.Command {
	var kb, script string
	once := false
	cmd := &cobra.Command{
		Use: "demo", Short: "Watch it at work on a made-up company's documents", Args: cobra.NoArgs,
		Long: `Reads testdata/kb into ./data, starts the server on this machine only, plays
customers' messages into it as signed Zendesk and Slack webhooks, shows what the
agents get and leaves the panel open until Ctrl-C. Needs no key, no server, no
network. Run again, it changes nothing that is there.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.demo(cmd.Context(), kb, script, once)
		},
	}
	cmd.Flags().StringVar(&kb, "kb", filepath.Join("testdata", "kb"), "folder of documents")
	cmd.Flags().StringVar(&script, "script", filepath.Join("testdata", "script", "demo.yaml"), "who writes what")
	cmd.Flags().BoolVar(&once, "once", false, "end after the conversation instead of leaving the panel open")
	return cmd
}

// demoConfig is the configuration of demo and eval without desks.
func demoConfig(data, kb string) (config.Config, error) {
	root, err := filepath.Abs(kb)
	if err != nil {
		return config.Config{}, err
	}
	if _, err := os.Stat(root); err != nil {
		return config.Config{}, fmt.Errorf("documents: %w; run this in the repository's folder or name another with --kb", err)
	}
	cfg := config.Default()
	cfg.Data = data
	cfg.Log.Level = "warn"
	cfg.Workspaces = []config.Workspace{{
		ID: demoWorkspace, Name: "Fjordvik Maskin AS", Language: "nb", OwnDomains: []string{"fjordvik.example"},
		Sources: []config.Source{{Collection: "fjordvik", Audience: "public", Paths: []string{root}}},
	}}
	return cfg, nil
}

// loadOrDemo is load, or the configuration that the demo left in ./data when
// there is no other.
func (c *cli) loadOrDemo() (config.Config, error) {
	cfg, err := c.load()
	if err != nil || len(cfg.Workspaces) > 0 || c.configPath != "" {
		return cfg, err
	}
	path := filepath.Join(cfg.Data, "demo.yaml")
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return cfg, nil
	}
	demo, err := config.Load(path, os.LookupEnv)
	if err != nil {
		return demo, usage(err)
	}
	return demo, nil
}

// quiet is a logger for commands that print their result: warnings only.
func (c *cli) quiet(cfg config.Config) *slog.Logger {
	l := cfg.Log
	if l.Level == "info" {
		l.Level = "warn"
	}
	return c.logger(l)
}

func (c *cli) demo(ctx context.Context, kb, script string, once bool) error {
	turns, err := readScript(script)
	if err != nil {
		return err
	}
	data := config.Default().Data
	if v, ok := os.LookupEnv("SUFFLOR_DATA"); ok {
		data = v
	}
	if err := os.MkdirAll(data, 0o700); err != nil {
		return fmt.Errorf("data: %w; make the folder writable or set another (SUFFLOR_DATA)", err)
	}
	cfg, err := demoConfig(data, kb)
	if err != nil {
		return err
	}
	if v, ok := os.LookupEnv("SUFFLOR_LISTEN"); ok {
		cfg.Listen = v
	}
	desk, err := startDemoDesk(ctx)
	if err != nil {
		return err
	}
	defer desk.close()
	secrets, err := demoSecrets(data)
	if err != nil {
		return err
	}
	if err := addDesks(&cfg, secrets, desk.url); err != nil {
		return err
	}
	if err := writeDemoConfig(data, cfg); err != nil {
		return err
	}

	fmt.Fprintf(c.stdout, "Reading %s\n", kb)
	sum, err := c.ingest(ctx, cfg, cfg.Workspaces[0], web.IngestRequest{Workspace: demoWorkspace}, reportOptions{})
	if err != nil {
		return err
	}
	if err := c.summarize(sum); err != nil {
		return err
	}

	ctx, stop := context.WithCancel(ctx)
	defer stop()
	played := make(chan error, 1)
	err = c.serve(ctx, cfg, func(s *server) {
		err := c.play(ctx, s, desk, secrets, turns)
		if err == nil {
			fmt.Fprintf(c.stdout, "\nThe panel is open at\n  %s\n", s.SignIn())
			fmt.Fprintf(c.stdout, "Ask from another terminal:  bin/sufflor ask \"Hvor lenge har jeg garanti på en ny maskin?\"\n")
		}
		if err == nil && !once {
			fmt.Fprintln(c.stdout, "Ctrl-C ends the demo.")
			<-ctx.Done()
			fmt.Fprintln(c.stdout, "\nEnded. Everything is in", data)
		}
		stop()
		played <- err
	})
	if err != nil {
		return err
	}
	if err := <-played; err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

func readScript(path string) ([]turn, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("script: %w; run this in the repository's folder or name another with --script", err)
	}
	var turns []turn
	dec := yaml.NewDecoder(bytes.NewReader(b))
	dec.KnownFields(true)
	if err := dec.Decode(&turns); err != nil {
		return nil, fmt.Errorf("script %s: %w", path, err)
	}
	return turns, nil
}

// demoKeys are made at the first demo and kept, as a company's would be.
type demoKeys struct{ zendesk, slack, token config.Secret }

func demoSecrets(data string) (k demoKeys, err error) {
	for _, f := range []struct {
		name string
		to   *config.Secret
	}{{"demo-zendesk.key", &k.zendesk}, {"demo-slack.key", &k.slack}, {"demo-token.key", &k.token}} {
		if *f.to, err = secretFile(filepath.Join(data, f.name)); err != nil {
			return k, err
		}
	}
	return k, nil
}

func addDesks(cfg *config.Config, k demoKeys, deskURL string) error {
	settings := func(m map[string]any) (n yaml.Node, err error) {
		err = n.Encode(m)
		return n, err
	}
	z, err := settings(map[string]any{
		"subdomain": "fjordvik-demo", "account_id": demoAccount, "signing_secret": k.zendesk.Reveal(),
		"token": k.token.Reveal(), "api_user": demoAPIUser, "base_url": deskURL + "/zendesk",
	})
	if err != nil {
		return err
	}
	s, err := settings(map[string]any{
		"signing_secret": k.slack.Reveal(), "token": "xoxb-" + k.token.Reveal(), "team": demoTeam, "app": demoApp,
		"bot_user": demoBot, "agents": []string{demoAgent}, "base_url": deskURL + "/slack",
	})
	if err != nil {
		return err
	}
	cfg.Workspaces[0].Desks = []config.Desk{{Name: "zendesk", Kind: "zendesk", Settings: z}, {Name: "slack", Kind: "slack", Settings: s}}
	return cfg.Validate()
}

// writeDemoConfig keeps the demo's configuration, so that other commands work
// on the same data. It holds the demo's secrets and is readable by its owner.
func writeDemoConfig(data string, cfg config.Config) error {
	w := cfg.Workspaces[0]
	doc := map[string]any{
		"data": cfg.Data, "listen": cfg.Listen, "log": map[string]string{"level": cfg.Log.Level},
		"workspaces": []map[string]any{{
			"id": w.ID, "name": w.Name, "language": w.Language, "own_domains": w.OwnDomains, "sources": w.Sources, "desks": w.Desks,
		}},
	}
	b, err := yaml.Marshal(doc)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(data, "demo.yaml"), append([]byte("# Written by sufflor demo.\n"), b...), 0o600)
}

// play sends each turn as the desk would and prints what the agent gets.
func (c *cli) play(ctx context.Context, s *server, desk *demoDesk, k demoKeys, turns []turn) error {
	client := &http.Client{Timeout: 10 * time.Second}
	for i, t := range turns {
		fmt.Fprintf(c.stdout, "\n%s\n%s, through %s:\n%s\n", strings.Repeat("─", 78), t.Customer, t.Desk, indent(t.Text))
		start := time.Now()
		key, err := send(ctx, client, s, k, i, t, c.clock()())
		if err != nil {
			return err
		}
		acknowledged := time.Since(start)
		rec, err := await(ctx, s.app.store, t.Desk, key)
		if err != nil {
			return err
		}
		stored := time.Since(start)
		var sug suggest.Suggestion
		if err := json.Unmarshal(rec.Body, &sug); err != nil {
			return fmt.Errorf("suggestion %s: %w", rec.ID, err)
		}
		fmt.Fprintf(c.stdout, "\nThe agent sees, %s after the webhook (acknowledged after %s):\n", stored.Round(time.Millisecond), acknowledged.Round(time.Millisecond))
		var b strings.Builder
		if err := show(&b, sug); err != nil {
			return err
		}
		fmt.Fprintln(c.stdout, indent(b.String()))
		if len(sug.Asks) > 0 {
			said, err := desk.delivered(ctx, s.app.store, rec)
			if err != nil {
				return err
			}
			fmt.Fprintln(c.stdout, "  "+said)
		}
	}
	return nil
}

func indent(s string) string {
	return "  " + strings.ReplaceAll(strings.TrimSpace(s), "\n", "\n  ")
}

// stamp is a time that stays the same for a turn whenever it is played.
func stamp(i int) time.Time {
	return time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC).Add(time.Duration(i) * time.Minute)
}

// numeric is an id of digits made of a name, the same each time.
func numeric(s string) string {
	h := fnv.New32a()
	_, _ = io.WriteString(h, s)
	return fmt.Sprint(1_000_000 + h.Sum32()%9_000_000)
}

// send posts turn i as a webhook signed at now and returns the event's key.
func send(ctx context.Context, client *http.Client, s *server, k demoKeys, i int, t turn, now time.Time) (string, error) {
	var path string
	var body []byte
	var header http.Header
	switch t.Desk {
	case "zendesk":
		path, body = "/hooks/zendesk", zendeskBody(i, t)
		header = zendesk.Sign(k.zendesk, demoAccount, body, now)
	case "slack":
		path, body = "/hooks/slack/events", slackBody(i, t)
		header = slack.Sign(k.slack, body, now)
	default:
		return "", fmt.Errorf("script: turn %d: desk %q; one of zendesk, slack", i+1, t.Desk)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL+path, bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	req.Header = header
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("turn %d: the webhook was answered %s", i+1, resp.Status)
	}
	return messageID(i, t), nil
}

// messageID is the desk's id of turn i's message.
func messageID(i int, t turn) string {
	if t.Desk == "slack" {
		return t.Conversation + ":" + slackTS(i)
	}
	return numeric(fmt.Sprintf("comment %d", i))
}

func slackTS(i int) string { return fmt.Sprintf("%d.%06d", stamp(i).Unix(), 100+i) }

func zendeskBody(i int, t turn) []byte {
	at := t.when(i).Format(time.RFC3339)
	user := numeric(t.Customer)
	return mustJSON(map[string]any{
		"account_id": json.Number(demoAccount), "id": "demo-event-" + numeric(fmt.Sprintf("event %d", i)), "subject": "zen:ticket:" + t.Conversation,
		"time": at, "type": "zen:event-type:ticket.comment_added", "zendesk_event_version": "2022-11-06",
		"event": map[string]any{"comment": map[string]any{
			"id": messageID(i, t), "body": t.Text, "is_public": true,
			"author": map[string]any{"id": user, "is_staff": t.staff, "name": t.Customer},
		}},
		"detail": map[string]any{
			"actor_id": user, "assignee_id": nil, "brand_id": "1", "created_at": at, "custom_status": nil, "description": t.Text, "external_id": nil,
			"form_id": nil, "group_id": nil, "id": t.Conversation, "is_public": true, "organization_id": nil, "priority": nil, "requester_id": user,
			"status": "OPEN", "subject": "", "submitter_id": user, "tags": nil, "type": nil, "updated_at": at, "via": map[string]any{"channel": "mail"},
		},
	})
}

func slackBody(i int, t turn) []byte {
	return mustJSON(map[string]any{
		"type": "event_callback", "team_id": demoTeam, "api_app_id": demoApp, "event_id": "EvDEMO" + numeric(fmt.Sprintf("event %d", i)),
		"event_time": stamp(i).Unix(), "is_ext_shared_channel": true,
		"authorizations": []any{map[string]any{"team_id": demoTeam, "user_id": demoBot, "is_bot": true}},
		"event": map[string]any{
			"type": "message", "channel": t.Conversation, "channel_type": "channel", "user": "U0CUSTOMER", "user_team": "T0CUSTOMER",
			"source_team": "T0CUSTOMER", "text": t.Text, "ts": slackTS(i), "event_ts": slackTS(i), "user_profile": map[string]any{"real_name": t.Customer},
		},
	})
}

func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // maps of texts and numbers always encode
	}
	return b
}

// await waits until the suggestion for a message is stored.
func await(ctx context.Context, s *store.Store, desk, message string) (store.Suggestion, error) {
	wake, stop := s.Watch(demoWorkspace)
	defer stop()
	deadline := time.NewTimer(30 * time.Second)
	defer deadline.Stop()
	for {
		list, err := s.Suggestions(ctx, demoWorkspace, store.SuggestionFilter{Limit: 100})
		if err != nil {
			return store.Suggestion{}, err
		}
		for _, sug := range list {
			if sug.Desk == desk && sug.Message == message {
				return sug, nil
			}
		}
		select {
		case <-ctx.Done():
			return store.Suggestion{}, ctx.Err()
		case <-deadline.C:
			return store.Suggestion{}, fmt.Errorf("no suggestion for message %s after 30 s; look for errors above or at /api/jobs/dead", message)
		case <-wake:
		}
	}
}
