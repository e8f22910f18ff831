package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/web"
)

// subjectFlags name a customer, a conversation or a message.
func subjectFlags(cmd *cobra.Command, who *store.Subject) {
	cmd.Flags().StringVar(&who.Customer, "customer", "", "the customer's id, name or address, as the help desk has it")
	cmd.Flags().StringVar(&who.Conversation, "conversation", "", "a conversation, by its number at the help desk")
	cmd.Flags().StringVar(&who.Message, "message", "", "one message of --conversation")
	cmd.Flags().StringVar(&who.Desk, "desk", "", "only of this desk (default: all)")
}

// holder is the records, or the server that has them.
type holder struct {
	door

	workspace string
}

func (h holder) look(ctx context.Context, who store.Subject) (out store.Holdings, err error) {
	if h.server == nil {
		return h.store.Holdings(ctx, h.workspace, who)
	}
	err = h.post(ctx, "look", web.DataRequest{Subject: who}, &out)
	return out, err
}

func (h holder) erase(ctx context.Context, who store.Subject) (out store.Holdings, err error) {
	if h.server == nil {
		return web.Erase(ctx, h.store, h.desk, h.who, h.workspace, who)
	}
	err = h.post(ctx, "erase", web.DataRequest{Subject: who, Confirm: who.Name()}, &out)
	return out, err
}

func (h holder) post(ctx context.Context, what string, q web.DataRequest, into any) error {
	q.Workspace = h.workspace
	return h.server.post(ctx, "/api/settings/data/"+what, q, func(body io.Reader) error { return json.NewDecoder(body).Decode(into) })
}

func (c *cli) holding(ctx context.Context, who store.Subject, do func(holder) error) error {
	_, w, err := c.space()
	if err != nil {
		return err
	}
	if err := who.Validate(); err != nil {
		return usage(fmt.Errorf("%s; name it with --customer, or --conversation and --message", strings.TrimSuffix(err.Error(), ": "+store.ErrInvalid.Error())))
	}
	return c.doorOf(ctx, func(d door) error { return do(holder{d, w.ID}) })
}

func (c *cli) forgetCmd() *cobra.Command {
	var who store.Subject
	yes, dry := false, false
	cmd := &cobra.Command{
		Use: "forget", Short: "Erase all that is kept of a customer, a conversation or a message", Args: cobra.NoArgs,
		Long: `Erases messages, files, suggestions, replies, reviews and jobs, and writes the database
file anew, so that no trace is left in it. Figures that hold no text stay. Notes in the
help desk are the desk's, and earlier backups hold what they hold: delete them there.
The audit log keeps who had it done, and a digest of the name.`,
		Example: `  sufflor forget --customer kari@example.com --dry-run
  sufflor forget --conversation 4711 --desk zendesk`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.holding(cmd.Context(), who, func(h holder) error { return c.forget(cmd.Context(), h, who, yes, dry) })
		},
	}
	subjectFlags(cmd, &who)
	cmd.Flags().BoolVar(&dry, "dry-run", false, "only show what would go")
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return cmd
}

func (c *cli) forget(ctx context.Context, h holder, who store.Subject, yes, dry bool) error {
	found, err := h.look(ctx, who)
	if err != nil {
		return err
	}
	if dry || found.Empty() {
		return c.showHeld(found, "kept")
	}
	if !yes {
		if err := showHeld(c.stderr, found, "kept"); err != nil {
			return err
		}
		fmt.Fprintf(c.stderr, "Erase it for good? Type %s: ", printable(who.Name()))
		answer, err := bufio.NewReader(io.LimitReader(c.stdin, 1000)).ReadString('\n')
		if errors.Is(err, io.EOF) && answer == "" {
			return usage(errors.New("nobody answered, nothing was erased; say --yes where nobody can"))
		}
		if strings.TrimSpace(answer) != who.Name() {
			return codedError{errors.New("nothing was erased"), exitFailed}
		}
	}
	gone, err := h.erase(ctx, who)
	if err != nil {
		return err
	}
	return c.showHeld(gone, "erased")
}

func (c *cli) showHeld(h store.Holdings, word string) error {
	if c.json {
		return c.print(h)
	}
	return showHeld(c.stdout, h, word)
}

// showHeld prints what is kept, or was erased.
func showHeld(out io.Writer, h store.Holdings, word string) error {
	if h.Empty() {
		_, err := fmt.Fprintf(out, "nothing is %s\n", word)
		return err
	}
	t := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "DESK\tCONVERSATION\tCUSTOMER\tLAST ACTIVE\tSUBJECT")
	for i, o := range h.Conversations {
		if i == 20 {
			fmt.Fprintf(t, "and %d more\t\t\t\t\n", len(h.Conversations)-i)
			break
		}
		active := "-"
		if !o.Active.IsZero() {
			active = shortTime(o.Active)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", o.Desk, printable(o.ID+o.Event), printable(o.Customer), active, printable(o.Subject))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "%s: %s, %s, %s, %s, %s, %s\n", word, count(h.Events, "event"), count(h.Files, "file"), count(h.Suggestions, "suggestion"),
		count(h.Outcomes, "outcome"), count(h.Reviews+h.Triage+h.Reruns, "review record"), count(h.Jobs, "job"))
	if h.Notes > 0 && err == nil {
		_, err = fmt.Fprintf(out, "%s in the help desk: delete what is there by hand\n", count(h.Notes, "note"))
	}
	if h.More && err == nil {
		_, err = fmt.Fprintln(out, "there is more than one run takes; run it again")
	}
	return err
}

func (c *cli) exportCmd() *cobra.Command {
	var who store.Subject
	out := ""
	cmd := &cobra.Command{
		Use: "export", Short: "Write all that is kept of a customer, a conversation or a message to a zip of JSON files", Args: cobra.NoArgs,
		Example: `  sufflor export --customer kari@example.com --out kari.zip`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.holding(cmd.Context(), who, func(h holder) error {
				data, err := h.export(cmd.Context(), who)
				if err != nil {
					return err
				}
				f, err := os.OpenFile(out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
				if err != nil {
					return fmt.Errorf("out: %w; name a file that is not there yet", err)
				}
				_, err = f.Write(data)
				if err := errors.Join(err, f.Close()); err != nil {
					return fmt.Errorf("out: write %s: %w", out, err)
				}
				if c.json {
					return c.print(map[string]any{"out": out, "bytes": len(data)})
				}
				_, err = fmt.Fprintf(c.stdout, "%s, %.1f kB\n", out, float64(len(data))/1e3)
				return err
			})
		},
	}
	subjectFlags(cmd, &who)
	cmd.Flags().StringVar(&out, "out", "export.zip", "the `file` to write; it must not be there yet")
	return cmd
}

// maxExport bounds what a server may send as an export, in bytes.
const maxExport = 1 << 30

func (h holder) export(ctx context.Context, who store.Subject) (data []byte, err error) {
	if h.server == nil {
		data, held, err := web.WriteExport(ctx, h.store, h.workspace, who, time.Now())
		if err != nil {
			return nil, err
		}
		return data, h.desk.Log(ctx, h.who, h.workspace, "data.exported", who.Digest(), fmt.Sprintf("conversations %d", len(held.Conversations)))
	}
	err = h.server.post(ctx, "/api/settings/data/export", web.DataRequest{Workspace: h.workspace, Subject: who}, func(body io.Reader) error {
		data, err = io.ReadAll(io.LimitReader(body, maxExport))
		return err
	})
	return data, err
}

func (c *cli) retentionCmd() *cobra.Command {
	dry := false
	cmd := &cobra.Command{
		Use: "retention", Short: "Erase the conversations that are kept for longer than configured", Args: cobra.NoArgs,
		Long: `Erases, like sufflor forget, every conversation in which nothing has happened for the
days of retention.conversation_days. A running server does it each day by itself.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, w, err := c.space()
			if err != nil {
				return err
			}
			if cfg.Retention.ConversationDays == 0 {
				return usage(errors.New("retention.conversation_days: not set, so conversations are kept until somebody erases them"))
			}
			return c.doorOf(cmd.Context(), func(d door) error {
				h, word := store.Holdings{}, "erased"
				if dry {
					word = "kept for too long"
				}
				switch {
				case d.server != nil:
					err = holder{d, w.ID}.post(cmd.Context(), "retention", web.DataRequest{DryRun: dry}, &h)
				case dry:
					h, err = d.store.Expired(cmd.Context(), w.ID, expiry(cfg))
				default:
					h, err = web.Retain(cmd.Context(), d.store, d.desk, d.who, w.ID, expiry(cfg))
				}
				if err != nil {
					return err
				}
				return c.showHeld(h, word)
			})
		},
	}
	cmd.Flags().BoolVar(&dry, "dry-run", false, "only show what would go")
	return cmd
}
