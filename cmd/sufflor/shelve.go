package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/web"
)

// byHand is who did something from the command line, beside a server or not.
const byHand = "command line"

// local is the document room without a server.
func (a *app) local() room { return room{&server{app: a, plan: newScheduler(a), reader: newReader(a)}} }

func (c *cli) ingestShelveCmd() *cobra.Command {
	dry := false
	cmd := &cobra.Command{
		Use: "shelve SOURCE|DOCUMENT", Short: "Take documents out of search so that they can be put back", Args: cobra.ExactArgs(1),
		Long: `Takes a source or a document out of search. Text, versions and originals are kept,
and the next run does not bring it back; sufflor ingest unshelve does. A source is
paused with it. DOCUMENT is a path, an address, a file name that only one document
has, or an id. What has to go for good: sufflor ingest remove.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			cfg, w, err := c.space()
			if err != nil {
				return err
			}
			q := web.RoomRemoval{Source: args[0], Author: byHand, DryRun: dry}
			if err := c.reading(ctx, cfg, func(s records) error {
				d, err := findDocument(ctx, w, s, args[0])
				if _, ok := w.Source(args[0]); !ok && err == nil {
					q.Source, q.Documents = "", []string{d.ID}
				}
				return nil // it may be a source that is configured no more
			}); err != nil {
				return err
			}
			var r web.RoomRemoved
			err = c.either(ctx, cfg,
				func(a *app) error { r, err = a.local().Remove(ctx, w.ID, q); return err },
				func(remote *remote) error {
					return remote.post(ctx, "/api/room/remove", map[string]any{"workspace": w.ID, "source": q.Source, "documents": q.Documents, "dry_run": dry},
						func(body io.Reader) error { return json.NewDecoder(body).Decode(&r) })
				})
			if errors.Is(err, store.ErrNotFound) {
				return fmt.Errorf("nothing in workspace %s is called %s; sufflor ingest status lists what there is", w.ID, args[0])
			}
			if err != nil || c.json {
				return errors.Join(err, c.print(r))
			}
			fmt.Fprintf(c.stdout, "%s with %s taken out of search\n", count(r.Documents, "document"), count(r.Passages, "passage"))
			if r.ID != "" {
				fmt.Fprintf(c.stdout, "put back with: sufflor ingest unshelve %s\n", r.ID)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&dry, "dry-run", false, "say what would go, and do nothing")
	return cmd
}

func (c *cli) ingestUnshelveCmd() *cobra.Command {
	erase := false
	cmd := &cobra.Command{
		Use: "unshelve [ID]", Short: "Put back what was shelved; without an id list it", Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			cfg, w, err := c.space()
			if err != nil {
				return err
			}
			if len(args) == 0 {
				return c.shelved(ctx, w.ID)
			}
			path, word := "/api/room/restore", "put back"
			if erase {
				path, word = "/api/room/erase", "erased"
			}
			var h struct{ Documents int }
			err = c.either(ctx, cfg,
				func(a *app) error {
					do := a.local().Restore
					if erase {
						do = a.local().Erase
					}
					s, err := do(ctx, w.ID, args[0], byHand)
					h.Documents = s.Documents
					return err
				},
				func(r *remote) error {
					return r.post(ctx, path, map[string]any{"workspace": w.ID, "id": args[0]}, func(body io.Reader) error { return json.NewDecoder(body).Decode(&h) })
				})
			if err != nil || c.json {
				return errors.Join(err, c.print(map[string]any{"id": args[0], "documents": h.Documents, "done": err == nil}))
			}
			fmt.Fprintf(c.stdout, "%s %s\n", count(h.Documents, "document"), word)
			return nil
		},
	}
	cmd.Flags().BoolVar(&erase, "erase", false, "delete it for good instead")
	return cmd
}

// shelved lists what is out of search, or was.
func (c *cli) shelved(ctx context.Context, workspace string) error {
	cfg, err := c.loadOrDemo()
	if err != nil {
		return err
	}
	type line struct {
		ID        string    `json:"id"`
		Name      string    `json:"name"`
		Removed   time.Time `json:"removed"`
		Author    string    `json:"author"`
		Documents int       `json:"documents"`
		Ending    string    `json:"ending,omitempty"`
	}
	lines := []line{}
	err = c.reading(ctx, cfg, func(s records) error {
		known, ok := s.(interface {
			Shelvings(ctx context.Context, workspace, before string, limit int) ([]store.Shelving, error)
		})
		if !ok { // nothing was read yet
			return nil
		}
		list, err := known.Shelvings(ctx, workspace, "", 200)
		for _, h := range list {
			lines = append(lines, line{h.ID, h.Name, h.Created, h.Author, h.Documents, h.Ending})
		}
		return err
	})
	if err != nil || c.json {
		return errors.Join(err, c.print(map[string]any{"removed": lines}))
	}
	t := tabwriter.NewWriter(c.stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "ID\tREMOVED\tBY\tDOCUMENTS\tSTATE\tNAME")
	for _, l := range lines {
		state := "out"
		if l.Ending != "" {
			state = l.Ending
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%d\t%s\t%s\n", l.ID, shortTime(l.Removed), printable(l.Author), l.Documents, state, printable(l.Name))
	}
	return t.Flush()
}
