package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/index/bilingual"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/suggest/assist"
	"github.com/sufflor/sufflor/suggest/calibrate"
	"github.com/sufflor/sufflor/suggest/compose"
	"github.com/sufflor/sufflor/suggest/ground"
	"github.com/sufflor/sufflor/suggest/guard"
	"github.com/sufflor/sufflor/suggest/llm"
	"github.com/sufflor/sufflor/suggest/message"
	"github.com/sufflor/sufflor/suggest/privacy"
)

// closer closes what asks the model while nobody waits.
type closer interface{ Close() error }

// useModel makes the configured model write drafts, and help the search as
// configured. Without one it does nothing.
func (a *app) useModel(legs *bilingual.Index) error {
	m, err := openModel(a.cfg, &a.modelKey, a.store, a.turns(), a.metrics, a.log)
	if err != nil || m == nil {
		return err
	}
	a.model = m
	if a.cfg.Model.Translate {
		t := assist.NewTranslator(m, 0, hide(a.cfg.Model))
		a.shareReplies(t)
		legs.Translate = t.Translate
		a.asking = append(a.asking, t)
	}
	return nil
}

// ranked is x with its first hits in the model's order, when that is wanted.
func (a *app) ranked(x suggest.Searcher) suggest.Searcher {
	if a.model == nil || !a.cfg.Model.Rerank {
		return x
	}
	r := assist.NewRanker(x, a.store, a.model, 0, hide(a.cfg.Model))
	a.shareReplies(r)
	a.asking = append(a.asking, r)
	return r
}

// hide masks a single text for a model outside the house.
func hide(c config.Model) func(string) string {
	if c.Local {
		return nil
	}
	return func(text string) string { return privacy.New(privacy.Options{}).Mask(text) }
}

// composer writes with the configured model; nil without one.
func (a *app) composer() suggest.Composer {
	if a.model == nil {
		return nil
	}
	return newComposer(a.cfg, func(string) compose.Model {
		if a.model.Resting() {
			return nil
		}
		return drafter{a.model}
	})
}

// newComposer joins the parts that write with a model.
func newComposer(cfg config.Config, model func(workspace string) compose.Model) *compose.Composer {
	c := &compose.Composer{
		Model:    model,
		Cause:    func(err error) suggest.Cause { return compose.CauseNamed(string(llm.CauseOf(err))) },
		Aligner:  aligner{ground.New()},
		Doubtful: ground.Doubtful,
		Filter:   outputs{trusted: trusted(cfg)},
	}
	if !cfg.Model.Local {
		c.Masker = func(m suggest.Material) compose.Masker { return vault(m) }
	}
	return c
}

// vault holds what is hidden of one conversation.
func vault(m suggest.Material) *privacy.Vault {
	var o privacy.Options
	if m.Customer != "" {
		o.Known = []privacy.Person{{Name: m.Customer}}
	}
	return privacy.New(o)
}

// drafter is a model as package compose asks it.
type drafter struct{ *llm.Model }

// Generate implements [compose.Model].
func (d drafter) Generate(ctx context.Context, r compose.Request, watch func(string)) (compose.Reply, error) {
	reply, err := d.Model.Generate(ctx, llm.Prompt{
		Workspace: r.Workspace, System: r.System, User: r.User, MaxTokens: r.MaxTokens,
		Schema: &llm.Schema{Name: "draft", JSON: json.RawMessage(r.Schema)},
	}, watch)
	return compose.Reply{Text: reply.Text, Model: reply.Model}, err
}

// aligner finds what supports a model's sentence.
type aligner struct{ *ground.Checker }

// Support implements [compose.Aligner].
func (a aligner) Support(language, question, sentence string, cited []int, passages []index.Passage) compose.Verdict {
	sources := make([]ground.Source, len(passages))
	for i, p := range passages {
		sources[i] = suggest.Source(p)
	}
	v := a.Checker.Support(language, question, sentence, cited, sources)
	return compose.Verdict{Score: v.Score, Passage: v.Passage, Start: v.Start, End: v.End, Reason: v.Reason, Cited: v.Cited}
}

// outputs refuses a model's sentences that no draft may hold.
type outputs struct{ trusted map[string][]string }

// Check implements [compose.Filter].
func (o outputs) Check(language, system, sentence string, cited []index.Passage) string {
	allowed := guard.Allowed{Language: language, Prompt: guard.NewPrompt(system)}
	for _, p := range cited {
		allowed.Sources = append(allowed.Sources, suggest.Said(p))
		allowed.Trusted = o.trusted[p.Workspace]
		allowed.OnlyTrusted = len(allowed.Trusted) > 0
	}
	for _, h := range guard.Output(sentence, allowed) {
		return string(h.Rule)
	}
	return ""
}

// trusted is what each workspace's drafts may link to, by workspace.
func trusted(cfg config.Config) map[string][]string {
	out := map[string][]string{}
	for _, w := range cfg.Workspaces {
		out[w.ID] = w.Trusted
	}
	return out
}

// escalation is a workspace's rules as package message takes them.
func escalation(c config.Escalation) message.Rules {
	r := message.Rules{Repeats: c.Repeats, Important: c.Important, Words: map[message.Rule]map[string][]string{}}
	for _, name := range c.Off {
		r.Off = append(r.Off, message.Rule(name))
	}
	for name, words := range c.Words {
		r.Words[message.Rule(name)] = words
	}
	return r
}

// learnEvery is how often probabilities are learnt from what became of drafts.
const learnEvery = 24 * time.Hour

// newKeeper learns what probabilities mean in each workspace.
func newKeeper(cfg config.Config, s *store.Store, m *suggest.Model, log *slog.Logger) *calibrate.Keeper {
	k := &calibrate.Keeper{Source: s, Model: m, Now: time.Now, Log: log}
	for _, w := range cfg.Workspaces {
		k.Workspaces = append(k.Workspaces, w.ID)
	}
	return k
}
