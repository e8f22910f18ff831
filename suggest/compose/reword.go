package compose

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/suggest/message"
	"github.com/sufflor/sufflor/suggest/prompt"
)

// Reword implements [suggest.Reworder].
func (c *Composer) Reword(ctx context.Context, m suggest.Material, r suggest.Rewording) (suggest.Composition, error) {
	model := c.Model(m.Workspace)
	if model == nil {
		return suggest.Composition{}, &suggest.ComposeError{Cause: suggest.CauseDown, Err: errors.New("no model for the workspace")}
	}
	w := c.newWriting(m)
	w.known = append(w.known, message.Anchors(strings.Join(r.Sentences, "\n"))...)
	w.own = strings.Join(r.Sentences, "\n")
	in := w.input(prompt.NewNonce())
	if r.Style == suggest.Translated {
		in.Language = r.Into
	}
	text := make([]string, len(r.Sentences))
	for i, s := range r.Sentences {
		text[i] = w.mask(s)
	}
	p, err := prompt.Reword(in, string(r.Style), text)
	if err != nil {
		return suggest.Composition{}, fail(suggest.CauseGarbage, fmt.Errorf("make the prompt: %w", err))
	}
	w.system = p.System
	reply, err := model.Generate(ctx, Request{
		Workspace: m.Workspace, System: p.System, User: p.User, Schema: prompt.Schema, MaxTokens: maxTokens,
	}, nil)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return suggest.Composition{}, fail(c.cause(ctx, err), err)
	}
	a, err := prompt.Parse(in.Language, reply.Text)
	if err != nil {
		return suggest.Composition{}, fail(suggest.CauseGarbage, err)
	}
	if err := w.restoreAll(a); err != nil {
		return suggest.Composition{}, err
	}
	out := suggest.Composition{Model: reply.Model, Prompt: prompt.RewordVersion}
	if out.Model == "" {
		out.Model = model.Name()
	}
	if r.Style == suggest.Translated {
		err := w.translations(&out, a, r)
		return out, err
	}
	if l := w.foreign(a.Sentences); l != "" {
		return suggest.Composition{}, fail(suggest.CauseLanguage, fmt.Errorf("answered in %q, asked for %q", l, m.Brief.Language))
	}
	w.take(&out, a, p.Order)
	return out, nil
}

// translations takes a translation: sentence by sentence, each with what its
// original states and nothing more. The originals are judged by the passages.
func (w *writing) translations(out *suggest.Composition, a prompt.Answer, r suggest.Rewording) error {
	target := *w
	target.Brief.Language = r.Into
	target.source, target.Passages = "", nil // a passage of another language excuses no sentence
	if l := target.foreign(a.Sentences); l != "" {
		return fail(suggest.CauseLanguage, fmt.Errorf("translated into %q, asked for %q", l, r.Into))
	}
	if len(a.Sentences) != len(r.Sentences) {
		return fail(suggest.CauseGarbage, fmt.Errorf("%d sentences became %d", len(r.Sentences), len(a.Sentences)))
	}
	out.Words = map[string]string{}
	for i, original := range r.Sentences {
		to := a.Sentences[i]
		if len(to.Cites) > 0 && !slices.Equal(to.Cites, []int{i + 1}) {
			return fail(suggest.CauseGarbage, fmt.Errorf("sentence %d translates another", i+1))
		}
		kind := to.Kind
		if kind != prompt.Courtesy && kind != prompt.Question {
			kind = prompt.Fact
		}
		x, code, detail := w.judge(prompt.Sentence{Text: original, Kind: kind}, nil)
		if code == "" && !sameStatements(original, to.Text) {
			code, detail = "anchors", to.Text
		}
		if m := masked().FindString(to.Text); code == "" && m != "" {
			code, detail = "filtered", m
		}
		if code == "" && w.filter != nil {
			if why := w.filter.Check(r.Into, w.system, to.Text, w.cited(x)); why != "" {
				code, detail = "filtered", why
			}
		}
		if code != "" {
			out.Struck = append(out.Struck, suggest.Struck{Text: original, Code: code, Detail: detail})
			continue
		}
		if to.Kind == prompt.Step && len(out.Sentences) > 0 {
			x.Break = "\n"
		}
		out.Words[original] = to.Text
		out.Sentences = append(out.Sentences, x)
	}
	w.follow(out.Sentences)
	return nil
}

// sameStatements reports whether two sentences hold the same numbers, codes
// and the like.
func sameStatements(a, b string) bool {
	x, y := message.Anchors(a), message.Anchors(b)
	all := func(x, y []message.Anchor) bool {
		return !slices.ContainsFunc(x, func(p message.Anchor) bool {
			return !slices.ContainsFunc(y, func(q message.Anchor) bool { return message.Same(p, q) })
		})
	}
	return all(x, y) && all(y, x)
}
