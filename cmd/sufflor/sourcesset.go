package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sufflor/sufflor/access"
	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/web"
)

func (c *cli) sourcesCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "sources", Short: "Set who a source is for, its language and its schedule", Args: cobra.NoArgs,
		Long: "sufflor ingest status shows the sources; where their documents lie stands in the configuration.",
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(c.sourcesSetCmd())
	return cmd
}

func (c *cli) sourcesSetCmd() *cobra.Command {
	var audience, language, schedule string
	var q web.RoomChange
	cmd := &cobra.Command{
		Use: "set SOURCE", Short: "Set a source in place of its configuration, at once", Args: cobra.ExactArgs(1),
		Long: `Sets audience, language or schedule of a source, also while a server runs. It holds
until the configuration of that setting is changed, or until --reset. Passages have
the new audience before the command ends. Making a source public asks first. After
another language the source is read anew: by the server, or with sufflor ingest.`,
		Example: `  sufflor sources set manuals --audience internal
  sufflor sources set prices --schedule "daily at 02:00" --language nb
  sufflor sources set prices --reset`,
		RunE: func(cmd *cobra.Command, args []string) error {
			q.Source = args[0]
			for _, f := range []struct {
				name  string
				value *string
				field **string
			}{{"audience", &audience, &q.Audience}, {"language", &language, &q.Language}, {"schedule", &schedule, &q.Schedule}} {
				if cmd.Flags().Changed(f.name) {
					*f.field = f.value
				}
			}
			if set := q.Audience != nil || q.Language != nil || q.Schedule != nil; set == q.Reset {
				return usage(errors.New("say what to set with --audience, --language or --schedule, or --reset"))
			}
			return c.setSource(cmd.Context(), q)
		},
	}
	cmd.Flags().StringVar(&audience, "audience", "", "public (may be quoted to customers) or internal (for agents only)")
	cmd.Flags().StringVar(&language, "language", "", "of documents that do not say and are too short to tell; empty for none")
	cmd.Flags().StringVar(&schedule, "schedule", "", `such as "every 1h" or "daily at 02:00"; empty for never by itself`)
	cmd.Flags().BoolVar(&q.Reset, "reset", false, "back to what the configuration says")
	cmd.Flags().BoolVarP(&q.Public, "yes", "y", false, "do not ask before making it public")
	cmd.Flags().StringVar(&q.Author, "author", "", "who wants it so (default: you)")
	return cmd
}

// setSource sets a source here or through the server, and asks before it is
// made public.
func (c *cli) setSource(ctx context.Context, q web.RoomChange) error {
	cfg, w, err := c.space()
	if err != nil {
		return err
	}
	q.Workspace = w.ID
	if q.Author == "" {
		q.Author = cmp.Or(me(), byHand)
	}
	do := func(q web.RoomChange) (out web.RoomChanged, err error) {
		err = c.either(ctx, cfg,
			func(a *app) error { out, err = a.setByCommand(ctx, w, q); return err },
			func(r *remote) error {
				return r.post(ctx, "/api/room/source", q, func(body io.Reader) error { return json.NewDecoder(body).Decode(&out) })
			})
		return out, err
	}
	look := q
	look.DryRun = true
	out, err := do(look)
	if err == nil && out.Public && !q.Public {
		fmt.Fprintf(c.stderr, "Customers may then be quoted all that stands in the documents of %s. Make it public? [y/N] ", q.Source)
		answer, readErr := bufio.NewReader(io.LimitReader(c.stdin, 1000)).ReadString('\n')
		if errors.Is(readErr, io.EOF) && answer == "" {
			return usage(errors.New("nobody answered, nothing was changed; say --yes where nobody can"))
		}
		if answer = strings.ToLower(strings.TrimSpace(answer)); answer != "y" && answer != "yes" {
			return codedError{errors.New("nothing was changed"), exitFailed}
		}
		q.Public = true
	}
	if err == nil {
		out, err = do(q)
	}
	if err != nil {
		return err
	}
	if c.json {
		return c.print(out)
	}
	for _, one := range out.Changed {
		fmt.Fprintln(c.stdout, printable(one))
	}
	if len(out.Changed) == 0 {
		fmt.Fprintln(c.stdout, "it was so already")
	}
	if out.Documents > 0 {
		fmt.Fprintf(c.stdout, "%s changed\n", count(out.Documents, "document"))
	}
	if out.Read {
		fmt.Fprintf(c.stdout, "read with the other language on the next run: sufflor ingest %s\n", q.Source)
	}
	return nil
}

// setByCommand is [app.setSource] with its line in the audit log, which a
// server writes itself.
func (a *app) setByCommand(ctx context.Context, w config.Workspace, q web.RoomChange) (web.RoomChanged, error) {
	out, err := a.setSource(ctx, w, q)
	if !out.Done {
		return out, err
	}
	return out, errors.Join(err, a.store.AddAct(context.WithoutCancel(ctx), store.Act{
		Workspace: w.ID, Kind: access.KindCommand, Actor: q.Author, Action: "source.changed", Object: q.Source, Detail: strings.Join(out.Changed, "; "),
	}))
}
