package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sufflor/sufflor/web"
)

func (c *cli) passageCmd() *cobra.Command {
	var q web.PlaceRequest
	around := 1
	cmd := &cobra.Command{
		Use: "passage ID", Short: "Show a passage where it stands in its document, and what became of it", Args: cobra.ExactArgs(1),
		Long: `Shows a passage with the text around it. With --suggestion and --source it is the one
that a draft cites, as it was cited, also when its document has changed or is gone
since. Search and drafts name the ids (--json).

A passage that is wrong can be left out of search (exclude) or given another text
(fix), and both undone (restore). That holds when the document is read again, as long
as it says the same under the same headings; fixes --state lost lists where it does
not any more.`,
		Example: `  sufflor passage p1f6b2c0d9a7e4f3b2a1c0d9e
  sufflor passage p1f6b2c0d9a7e4f3b2a1c0d9e --suggestion sg_01JH2 --source 1
  sufflor passage exclude p1f6b2c0d9a7e4f3b2a1c0d9e --reason "the campaign is over"
  sufflor passage fix p1f6b2c0d9a7e4f3b2a1c0d9e --text "The tank holds 34 litres." --reason "misprint"`,
		RunE: func(cmd *cobra.Command, args []string) error {
			q.Passage = args[0]
			if (q.Suggestion == "") != (q.Source == 0) {
				return usage(errors.New("--suggestion and --source belong together"))
			}
			return c.passage(cmd.Context(), q, around)
		},
	}
	cmd.Flags().StringVar(&q.Suggestion, "suggestion", "", "`ID` of a draft that cites it")
	cmd.Flags().IntVar(&q.Source, "source", 0, "`NUMBER` of the source in that draft")
	cmd.AddCommand(c.passageExcludeCmd(), c.passageFixCmd(), c.passageRestoreCmd(), c.passageFixesCmd())
	cmd.Flags().IntVar(&around, "around", around, "how many passages to print before and after it, at most 50")
	return cmd
}

// passage answers from the data folder, or through the server that has it.
func (c *cli) passage(ctx context.Context, q web.PlaceRequest, around int) error {
	cfg, w, err := c.space()
	if err != nil {
		return err
	}
	q.Workspace = w.ID
	var p web.Place
	err = c.either(ctx, cfg,
		func(a *app) error {
			p, err = web.PlaceOf(ctx, a.store, q)
			return err
		},
		func(r *remote) error {
			args := url.Values{"workspace": {q.Workspace}}
			if q.Suggestion != "" {
				args.Set("suggestion", q.Suggestion)
				args.Set("source", strconv.Itoa(q.Source))
			}
			req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.URL+"/api/passages/"+url.PathEscape(q.Passage)+"/place?"+args.Encode(), nil)
			if err != nil {
				return err
			}
			return r.do(req, func(body io.Reader) error { return json.NewDecoder(body).Decode(&p) })
		})
	if err != nil {
		return err
	}
	if c.json {
		return c.print(p)
	}
	return showPlace(c.stdout, p, around)
}

// showPlace prints a passage in its document for a person at a terminal.
func showPlace(w io.Writer, p web.Place, around int) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s  (%s)\n", printable(p.Passage.Breadcrumb()), printable(p.Where), printable(filedUnder(p.Passage)))
	switch {
	case p.State == "gone":
		b.WriteString("The document is no longer there. This is the passage as it was cited.\n")
	case p.State == "changed" && p.Version > 0:
		fmt.Fprintf(&b, "The document has changed since. This is version %d, read %s.\n", p.Version, p.Read.UTC().Format(time.DateOnly))
	case p.State == "changed":
		b.WriteString("The document has changed since, and the version that was cited is not kept.\n")
	}
	if p.Moved != "" {
		fmt.Fprintf(&b, "The present version says the same in passage %s.\n", printable(p.Moved))
	}
	at := 0
	for i, q := range p.Around {
		if q.ID == p.Passage.ID {
			at = i
		}
	}
	for i, q := range p.Around {
		if i < at-around || i > at+around {
			continue
		}
		sign := "  "
		if i == at {
			sign, q = "> ", p.Passage
		}
		fmt.Fprintf(&b, "\n")
		for line := range strings.SplitSeq(strings.TrimSpace(q.Question+"\n"+q.Text), "\n") {
			fmt.Fprintf(&b, "%s%s\n", sign, printable(line))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
