package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/sufflor/sufflor/access"
	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/web"
)

// How long a fix waits until it may tell the index, and tells it. After that
// it holds all the same, and the index learns of it with the next documents.
const tellIndex = 10 * time.Second

// fix changes a passage in the store and tells the index at once. It takes its
// turn first: what it tells must not follow a newer state of the passage.
func (a *app) fix(ctx context.Context, f store.Fix) (web.Fixed, error) {
	waiting, cancel := context.WithTimeout(ctx, tellIndex)
	defer cancel()
	free, late := a.turn.Take(waiting)
	st, todo, err := a.store.FixPassage(ctx, f)
	if err != nil {
		if late == nil {
			free()
		}
		return web.Fixed{}, err
	}
	if late == nil {
		late = a.tell(waiting, todo)
		free()
	}
	if late == nil && len(todo) == 0 && st.State != store.FixLost {
		late = a.settle(waiting)
	}
	if late != nil {
		a.log.WarnContext(ctx, "a passage was changed; the index has yet to learn of it", "workspace", f.Workspace, "passage", f.Passage, "err", late)
	}
	return web.NewFixed(st, late == nil), nil
}

// tell puts changes of the store into the index. Whose turn it is calls it.
func (a *app) tell(ctx context.Context, todo []store.Pending) error {
	for _, p := range todo {
		if err := a.index.Apply(ctx, index.Batch{Put: p.Put, Delete: p.Delete}); err != nil {
			return err
		}
		a.changed()
		if err := a.store.Indexed(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

func (c *cli) passageExcludeCmd() *cobra.Command {
	var q web.FixRequest
	cmd := &cobra.Command{
		Use: "exclude ID", Short: "Leave a passage out of search, until that is undone", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.fixPassage(cmd.Context(), args[0], "exclude", q)
		},
	}
	fixFlags(cmd, &q)
	return cmd
}

func (c *cli) passageFixCmd() *cobra.Command {
	var q web.FixRequest
	file := ""
	cmd := &cobra.Command{
		Use: "fix ID", Short: "Give a passage another text, until that is undone", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if (q.Text == "") == (file == "") {
				return usage(errors.New("give the text with --text, or with --file, - for standard input"))
			}
			if file != "" {
				text, err := c.readText(file)
				if err != nil {
					return err
				}
				q.Text = text
			}
			return c.fixPassage(cmd.Context(), args[0], "correct", q)
		},
	}
	fixFlags(cmd, &q)
	cmd.Flags().StringVar(&q.Text, "text", "", "the text that is to hold")
	cmd.Flags().StringVar(&file, "file", "", "`FILE` with the text, - for standard input")
	return cmd
}

func (c *cli) passageRestoreCmd() *cobra.Command {
	var q web.FixRequest
	cmd := &cobra.Command{
		Use: "restore ID", Short: "Undo what was done to a passage: it is as the document has it", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.fixPassage(cmd.Context(), args[0], "restore", q)
		},
	}
	fixFlags(cmd, &q)
	return cmd
}

func fixFlags(cmd *cobra.Command, q *web.FixRequest) {
	cmd.Flags().StringVar(&q.Reason, "reason", "", "why, for whoever asks later")
	cmd.Flags().StringVar(&q.Author, "author", "", "who wants it so (default: you)")
}

// readText is a text of a file, or of standard input.
func (c *cli) readText(name string) (string, error) {
	in := c.stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return "", err
		}
		defer func() { _ = f.Close() }()
		in = f
	}
	data, err := io.ReadAll(io.LimitReader(in, store.MaxFixText+1))
	if err != nil {
		return "", fmt.Errorf("read %s: %w", name, err)
	}
	return string(data), nil
}

// fixPassage changes a passage in the data folder, or through the server that
// has it.
func (c *cli) fixPassage(ctx context.Context, id, action string, q web.FixRequest) error {
	cfg, w, err := c.space()
	if err != nil {
		return err
	}
	q.Workspace, q.Author = w.ID, cmp.Or(q.Author, me(), "command")
	if action != store.FixRestore && strings.TrimSpace(q.Reason) == "" {
		return usage(errors.New("say why with --reason"))
	}
	var done web.Fixed
	err = c.either(ctx, cfg,
		func(a *app) error {
			done, err = a.fix(ctx, store.Fix{Workspace: w.ID, Passage: id, Action: action, Text: q.Text, Reason: q.Reason, Author: q.Author, Seen: -1})
			if err != nil {
				return err
			}
			who := access.Who{Kind: access.KindCommand, Name: q.Author}
			return accessDesk(cfg, a.store).Log(ctx, who, w.ID, "passage.changed", id, action)
		},
		func(r *remote) error {
			return r.post(ctx, "/api/passages/"+url.PathEscape(id)+"/"+action, q, func(body io.Reader) error { return json.NewDecoder(body).Decode(&done) })
		})
	if err != nil {
		return err
	}
	if c.json {
		return c.print(done)
	}
	words := map[string]string{
		store.FixExclude: "excluded: nothing finds or quotes it", store.FixCorrect: "corrected: it is passage " + done.Live + " now",
		store.FixRestore: "restored: it is as the document has it",
	}[done.Action]
	if !done.Indexed {
		words += "; the index has yet to learn of it"
	}
	_, err = fmt.Fprintf(c.stdout, "%s %s\n", printable(done.Passage), words)
	return err
}

func (c *cli) passageFixesCmd() *cobra.Command {
	state := ""
	cmd := &cobra.Command{
		Use: "fixes", Short: "List the passages that were excluded or corrected, and those where that no longer applies", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.listFixes(cmd.Context(), state) },
	}
	cmd.Flags().StringVar(&state, "state", "", "only those that stand so: applies, lost, gone or undone")
	return cmd
}

func (c *cli) listFixes(ctx context.Context, state string) error {
	switch state {
	case "", store.FixApplies, store.FixLost, store.FixGone, store.FixUndone:
	default:
		return usage(fmt.Errorf("--state %q; use applies, lost, gone or undone", state))
	}
	cfg, w, err := c.space()
	if err != nil {
		return err
	}
	const most = 1000
	var res struct {
		Fixes []web.Fixed `json:"fixes"`
	}
	err = c.either(ctx, cfg,
		func(a *app) error {
			list, err := a.store.AllFixes(ctx, w.ID, state, most)
			for _, f := range list {
				res.Fixes = append(res.Fixes, web.NewFixed(f, true))
			}
			return err
		},
		func(r *remote) error {
			args := url.Values{"workspace": {w.ID}, "limit": {strconv.Itoa(most)}, "state": {state}}
			return r.get(ctx, "/api/fixes", args, &res)
		})
	if err != nil {
		return err
	}
	if c.json {
		return c.print(res)
	}
	if len(res.Fixes) == 0 {
		_, err := fmt.Fprintln(c.stdout, "no passage was changed")
		return err
	}
	t := tabwriter.NewWriter(c.stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "PASSAGE\tDONE\tSTATE\tWHEN\tBY\tWHY")
	for _, f := range res.Fixes {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", printable(f.Passage), f.Action, f.State, shortTime(f.At), printable(f.Author), printable(beginning(f.Reason, 60)))
	}
	return t.Flush()
}
