package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/index/lang"
	"github.com/sufflor/sufflor/web"
)

func (c *cli) searchCmd() *cobra.Command {
	var q web.SearchRequest
	var filters []string
	cmd := &cobra.Command{
		Use: `search "TEXT"`, Short: "Find passages, and see why they stand where they do", Args: cobra.MinimumNArgs(1),
		Long: `Searches the passages of a workspace without drafting anything. --filter narrows the
search, before the best are chosen: audience, language, source, collection, product,
after and before (when the document was changed, 2026-01-31). The same filter given
again allows either value; different ones must all hold. --explain shows what each
part of the search gave.`,
		Example: `  sufflor search "how often is the filter changed" --filter language=en
  sufflor search E-4419 --filter source=manuals --filter after=2026-01-01 --explain`,
		RunE: func(cmd *cobra.Command, args []string) error {
			q.Text = strings.Join(args, " ")
			if strings.TrimSpace(q.Text) == "" {
				return usage(errors.New("name what is searched for"))
			}
			if q.Limit < 1 || q.Limit > web.MaxHits {
				return usage(fmt.Errorf("--limit %d; between 1 and %d", q.Limit, web.MaxHits))
			}
			q.Filter = map[string]web.Values{}
			for _, f := range filters {
				name, value, ok := strings.Cut(f, "=")
				if !ok {
					return usage(fmt.Errorf("--filter %q: write NAME=VALUE; names are %s", f, strings.Join(index.FilterNames, ", ")))
				}
				q.Filter[name] = append(q.Filter[name], value)
			}
			if _, err := filterOf(q.Filter); err != nil {
				return usage(err)
			}
			return c.search(cmd.Context(), q)
		},
	}
	cmd.Flags().StringArrayVar(&filters, "filter", nil, "`NAME=VALUE`; may be given several times")
	cmd.Flags().StringVar(&q.Language, "language", "", "of the text (default: told from it)")
	cmd.Flags().IntVarP(&q.Limit, "limit", "n", 10, "number of passages")
	cmd.Flags().BoolVar(&q.Explain, "explain", false, "show what each passage was ranked by, and what a draft would quote")
	return cmd
}

// search answers from the data folder, or through the server that has it.
func (c *cli) search(ctx context.Context, q web.SearchRequest) error {
	cfg, w, err := c.space()
	if err != nil {
		return err
	}
	q.Workspace = w.ID
	var res web.SearchResult
	err = c.either(ctx, cfg,
		func(a *app) error {
			a.pipeline.Deadline = max(a.pipeline.Deadline, time.Minute)
			res, err = a.find(ctx, w, q)
			return err
		},
		func(r *remote) error {
			return r.post(ctx, "/api/search", q, func(body io.Reader) error { return json.NewDecoder(body).Decode(&res) })
		})
	if err != nil {
		return err
	}
	if c.json {
		return c.print(res)
	}
	return showHits(c.stdout, res, q.Explain)
}

// filterOf understands filters by name.
func filterOf(named map[string]web.Values) (f index.Filter, err error) {
	for _, name := range slices.Sorted(maps.Keys(named)) {
		if len(named[name]) == 0 {
			return f, f.Add(name, "")
		}
		for _, v := range named[name] {
			if err := f.Add(name, v); err != nil {
				return f, err
			}
		}
	}
	return f, nil
}

// find finds passages and reads them through the store: what is there no
// more is not found, whatever the index says.
func (a *app) find(ctx context.Context, w config.Workspace, q web.SearchRequest) (web.SearchResult, error) {
	f, err := filterOf(q.Filter)
	if err != nil {
		return web.SearchResult{}, err
	}
	out := web.SearchResult{Language: q.Language, Hits: []web.SearchHit{}}
	if out.Language == "" {
		out.Language = lang.DetectWith(q.Text, map[string]float64{w.Language: 0.3}).Language
	}
	all := ctx
	ctx, cancel := context.WithTimeout(ctx, a.pipeline.Deadline)
	defer cancel()
	began := time.Now()
	asked := index.Query{Workspace: w.ID, Text: q.Text, Language: out.Language, Filter: f, Limit: q.Limit}
	res, err := a.search.Search(ctx, asked)
	if err != nil {
		return out, err
	}
	ids := make([]string, len(res.Hits))
	for i, h := range res.Hits {
		ids[i] = h.ID
	}
	passages, err := a.store.Passages(ctx, w.ID, ids)
	if err != nil {
		return out, err
	}
	for _, h := range res.Hits {
		// Who may read it, the store knows before the index.
		if p, ok := passages[h.ID]; ok && (len(f.Audiences) == 0 || slices.Contains(f.Audiences, p.Audience)) {
			out.Hits = append(out.Hits, web.SearchHit{Score: h.Score, Parts: h.Parts, Passage: p})
		}
	}
	out.Degraded, out.Took = res.Degraded, float64(time.Since(began).Microseconds())/1000
	if q.Explain {
		a.explain(all, w, q, asked, &out)
	}
	for i := range out.Hits {
		out.Hits[i].Parts.Features = out.Hits[i].Parts.Features.Rounded()
	}
	return out, nil
}

// showHits prints what was found for a person at a terminal.
func showHits(w io.Writer, res web.SearchResult, explain bool) error {
	var b strings.Builder
	for i, h := range res.Hits {
		p := h.Passage
		fmt.Fprintf(&b, "%2d. %s  %s  (%s)\n", i+1, printable(p.Breadcrumb()), p.Locator, printable(filedUnder(p)))
		fmt.Fprintf(&b, "    %s\n", printable(beginning(strings.Join(strings.Fields(p.Question+" "+p.Text), " "), 160)))
		if explain {
			legs, features := h.Parts, h.Parts.Features
			fmt.Fprintf(&b, "    score %.4g: words %.3g, words spelled alike %.3g, identifiers %.3g, letters %.3g, meaning %.3g; covers %.0f %%, same language: %v\n",
				h.Score, legs.BM25, legs.Kin, legs.Identifiers, legs.Grams, legs.Near, 100*legs.Coverage, legs.Same)
			if raw, err := json.Marshal(features); err == nil && features != (index.Features{}) {
				fmt.Fprintf(&b, "    ranked by %s\n", strings.NewReplacer("{", "", "}", "", `"`, "", ":", " ", ",", ", ").Replace(string(raw)))
			}
			b.WriteString(explained(h))
		}
	}
	if d := res.Draft; d != nil {
		fmt.Fprintf(&b, "a draft would be %s\n", d.Flag)
		for _, q := range d.Quotes {
			fmt.Fprintf(&b, "  quotes %s: %s\n", printable(q.Passage.Breadcrumb()), printable(q.Text))
		}
	}
	if res.Reordered != "" {
		fmt.Fprintf(&b, "the best were put in order by the %s\n", res.Reordered)
	}
	for _, d := range res.Degraded {
		fmt.Fprintf(&b, "%s\n", d)
	}
	fmt.Fprintf(&b, "%s in %.1f ms, text taken for %q\n", count(len(res.Hits), "passage"), res.Took, res.Language)
	_, err := io.WriteString(w, b.String())
	return err
}

// explained is what each feature gave, what is said twice, and what a draft
// would quote.
func explained(h web.SearchHit) string {
	var b strings.Builder
	if h.Why != nil {
		for _, s := range h.Why.Shares {
			fmt.Fprintf(&b, "      %-8s %8.3f x %6.3f = %+7.3f\n", s.Name, s.Value, s.Weight, s.Gives)
		}
		fmt.Fprintf(&b, "      words and meaning %.4g (language x %.2g), identifiers %.4g\n", h.Why.Words, h.Why.Language, h.Why.Codes)
	}
	if h.SameAs > 0 {
		fmt.Fprintf(&b, "    says the same as %d\n", h.SameAs)
	}
	if h.Quoted {
		b.WriteString("    a draft would quote it\n")
	}
	return b.String()
}

// filedUnder is what a passage can be filtered by.
func filedUnder(p index.Passage) string {
	var parts []string
	for _, s := range []string{p.Source, p.SourceName, p.Collection, p.Product, string(p.Audience), p.Language, string(p.Kind)} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	if !p.Modified.IsZero() {
		parts = append(parts, p.Modified.UTC().Format(time.DateOnly))
	}
	return strings.Join(parts, ", ")
}

// beginning is the first n runes of s.
func beginning(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n]) + "…"
}
