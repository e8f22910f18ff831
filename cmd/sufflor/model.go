package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest/llm"
	"github.com/sufflor/sufflor/web"
	"github.com/sufflor/sufflor/web/metrics"
)

// openModel is the configured model, which writes down what it costs in s,
// asks turns when it may and tells m of its calls, or nil when none is
// configured. It asks nothing yet. key takes cfg's; another that is put there
// later is used from then on.
func openModel(cfg config.Config, key *liveSecret, s *store.Store, turns llm.Turns, m *metrics.Metrics, log *slog.Logger) (*llm.Model, error) {
	if cfg.Model.Provider == config.ModelNone {
		return nil, nil
	}
	o := modelOptions(cfg.Model)
	key.set(cfg.Model.Key)
	o.Log, o.Ledger, o.Key, o.Turns = log, ledger{s}, key, turns
	o.Caps.Spend, o.Caps.Tokens = cfg.Model.MonthlySpend, cfg.Model.MonthlyTokens
	o.Observe = func(c llm.Cause, t llm.Tokens, took time.Duration) { m.Call(string(c), took, t.In, t.Out) }
	return llm.New(o)
}

// modelOptions are those of a model whose spending is nobody's: without caps.
func modelOptions(c config.Model) llm.Options {
	o := llm.Options{
		Provider: llm.Provider(c.Provider), URL: c.URL, Model: c.Model, APIVersion: c.APIVersion, Region: c.Region,
		Deadline: c.Deadline, FirstByte: c.FirstByte, BetweenChunks: c.BetweenChunks, Parallel: c.Parallel, Rate: c.Rate,
		MaxTokens: c.MaxTokens, Context: c.Context, Temperature: c.Temperature, TopP: c.TopP, Seed: c.Seed, JSON: c.JSON,
		Caps: llm.Caps{PriceIn: c.PriceIn, PriceOut: c.PriceOut, Currency: c.Currency},
	}
	if !c.Key.IsZero() {
		o.Key = c.Key
	}
	return o
}

// ledger is the store for those who count money.
type ledger struct{ store *store.Store }

// AddSpend implements [llm.Ledger].
func (l ledger) AddSpend(ctx context.Context, workspace, month string, add llm.Spend) (llm.Spend, error) {
	sum, err := l.store.AddSpend(ctx, store.Spend{
		Workspace: workspace, Month: month, Calls: add.Calls, Estimated: add.Estimated, TokensIn: add.In, TokensOut: add.Out, Micros: add.Micros,
	})
	return spent(sum), err
}

// MonthSpend implements [llm.Ledger].
func (l ledger) MonthSpend(ctx context.Context, workspace, month string) (llm.Spend, error) {
	sum, err := l.store.MonthSpend(ctx, workspace, month)
	return spent(sum), err
}

func spent(s store.Spend) llm.Spend {
	return llm.Spend{Calls: s.Calls, Estimated: s.Estimated, In: s.TokensIn, Out: s.TokensOut, Micros: s.Micros}
}

func (c *cli) modelCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use: "model", Short: "Try the language model, and see what it costs",
		Long: `The language model that writes drafts is configured in the section model. Without
one, drafts are quotations from your documents.`,
	}
	cmd.AddCommand(&cobra.Command{
		Use: "test", Short: "Ask the model for a tiny reply, and show how that went", Args: cobra.NoArgs,
		Long: `Asks the configured model for a few words of a given form, nothing of yours among
them. The exit code is 1 when the model cannot be used as it is, with the step to
take. The few tokens are not counted into the budget.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := c.load()
			if err != nil {
				return err
			}
			if cfg.Model.Provider == config.ModelNone {
				return usage(errors.New("no model is configured; drafts are quotations (sufflor config print shows the section model)"))
			}
			return c.modelTest(cmd.Context(), cfg)
		},
	}, &cobra.Command{
		Use: "spend", Short: "Show what the model cost, by workspace and month", Args: cobra.NoArgs,
		Long: `Shows calls, tokens and cost of each workspace and month of UTC, the newest first;
-w narrows it to one workspace. Calls whose tokens the server did not tell were
estimated. Costs are those of the prices that were configured at the time.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return c.modelSpend(cmd.Context()) },
	})
	return cmd
}

// testForm is what the test asks for.
const testForm = `{"type":"object","properties":{"language":{"type":"string","enum":["nb"]},"words":{"type":"array","items":{"type":"string"}}},` +
	`"required":["language","words"],"additionalProperties":false}`

// tryModel asks the configured model for a tiny reply, which counts into
// nobody's budget.
func tryModel(ctx context.Context, c config.Model) (web.ModelTry, error) {
	o := modelOptions(c)
	o.Log = slog.New(slog.DiscardHandler) // the result says it all
	m, err := llm.New(o)
	if err != nil {
		return web.ModelTry{}, err
	}
	t := web.ModelTry{Model: m.Name()}
	form := &llm.Schema{Name: "test", JSON: json.RawMessage(testForm)}
	began := time.Now()
	reply, err := m.Generate(ctx, llm.Prompt{
		Workspace: "test", System: "You answer with JSON only, in the form that is asked for, without any other text.", Schema: form, MaxTokens: min(100, c.MaxTokens),
		User: `Give a JSON object: "language" is "nb", "words" is a list of the Norwegian words for one, two and three. Example: {"language":"nb","words":["null","ti"]}`,
	}, func(string) {
		if t.FirstMS == 0 {
			t.FirstMS = millis(time.Since(began))
		}
	})
	t.TotalMS = millis(time.Since(began))
	if err == nil {
		t.Named, t.TokensIn, t.TokensOut, t.Estimated = reply.Model, reply.Tokens.In, reply.Tokens.Out, reply.Tokens.Estimated
		if formErr := form.Check(unfenced(reply.Text)); formErr == nil {
			t.OK, t.Obeys = true, true
		} else {
			t.Cause = "schema"
			t.Next = fmt.Sprintf("the model replies, but not in the form asked for (%v); try model.json: object or schema, or a larger model. Drafts fall back on quotations where its replies cannot be read", formErr)
		}
	} else {
		t.Cause, t.Next = string(llm.CauseOf(err)), err.Error()
	}
	return t, nil
}

func (c *cli) modelTest(ctx context.Context, cfg config.Config) error {
	t, err := tryModel(ctx, cfg.Model)
	if err != nil {
		return usage(err)
	}
	if c.json {
		if err := c.print(t); err != nil {
			return err
		}
	} else if err := showTry(c.stdout, t); err != nil {
		return err
	}
	if !t.OK {
		return codedError{fmt.Errorf("model %s: %s", t.Model, t.Next), exitFailed}
	}
	return nil
}

func millis(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// unfenced is text without the marks of a code block around it, as many models
// write them whatever they are told.
func unfenced(text string) string {
	text = strings.TrimSpace(text)
	if rest, ok := strings.CutPrefix(text, "```"); ok {
		if _, body, ok := strings.Cut(rest, "\n"); ok {
			return strings.TrimSuffix(strings.TrimSpace(body), "```")
		}
	}
	return text
}

// showTry prints a table for people.
func showTry(out io.Writer, t web.ModelTry) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintf(w, "model\t%s\n", printable(t.Model))
	if t.Named != "" {
		fmt.Fprintf(w, "named by the server\t%s\n", printable(t.Named))
	}
	if t.FirstMS > 0 {
		fmt.Fprintf(w, "first piece\t%.0f ms\n", t.FirstMS)
	}
	fmt.Fprintf(w, "total\t%.0f ms\n", t.TotalMS)
	if t.TokensIn+t.TokensOut > 0 {
		guess := ""
		if t.Estimated {
			guess = " (estimated: the server does not tell)"
		}
		fmt.Fprintf(w, "tokens\t%d in, %d out%s\n", t.TokensIn, t.TokensOut, guess)
	}
	switch {
	case t.Obeys:
		fmt.Fprintln(w, "schema\tobeyed")
	case t.Cause == "schema":
		fmt.Fprintln(w, "schema\tnot obeyed")
	default:
		fmt.Fprintf(w, "failed\t%s\n", t.Cause)
	}
	return w.Flush()
}

func (c *cli) modelSpend(ctx context.Context) error {
	cfg, err := c.loadOrDemo()
	if err != nil {
		return err
	}
	if c.workspace != "" {
		if _, err := cfg.Workspace(c.workspace); err != nil {
			return usage(err)
		}
	}
	list := []store.Spend{}
	s, err := store.Open(ctx, store.Options{Dir: cfg.Data, Postgres: cfg.Store.Reveal(), Log: c.quiet(cfg), ReadOnly: true})
	switch {
	case errors.Is(err, os.ErrNotExist): // before anything was read
	case err != nil:
		return err
	default:
		list, err = s.Spending(ctx, c.workspace)
		if err := errors.Join(err, s.Close()); err != nil {
			return err
		}
	}
	if c.json {
		return c.print(list)
	}
	return showSpend(c.stdout, cfg.Model, list)
}

// showSpend prints a table for people.
func showSpend(out io.Writer, m config.Model, list []store.Spend) error {
	if len(list) == 0 {
		_, err := fmt.Fprintln(out, "nothing was spent on a model yet")
		return err
	}
	currency := strings.TrimSpace("COST " + m.Currency)
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintf(w, "WORKSPACE\tMONTH\tCALLS\tESTIMATED\tTOKENS IN\tTOKENS OUT\t%s\tOF BUDGET\n", currency)
	caps := llm.Caps{Spend: m.MonthlySpend, Tokens: m.MonthlyTokens}
	for _, s := range list {
		share := "-"
		if caps != (llm.Caps{}) {
			share = fmt.Sprintf("%.0f %%", 100*caps.Share(spent(s)))
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%d\t%d\t%.4f\t%s\n", printable(s.Workspace), s.Month, s.Calls, s.Estimated, s.TokensIn, s.TokensOut, float64(s.Micros)/1e6, share)
	}
	return w.Flush()
}
