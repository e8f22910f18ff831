package calibrate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"math"
	"strings"
	"sync/atomic"
	"time"

	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
)

// How outcomes count (docs/adr/0021-flag.md).
const (
	lightly  = 0.10 // share of words changed up to which a draft was used as it is
	heavily  = 0.40 // and up to which it was of use
	halfUse  = 0.5  // what the latter counts
	ignored  = 0.2  // weight of a draft that the agent's own reply has nothing of, when nobody said why
	halfLife = 60 * 24 * time.Hour
	memory   = 8 * halfLife // older outcomes weigh less than 0.4 %
)

// A language of a workspace has a curve of its own from ownCurve outcomes on,
// and a threshold of its own from ownBound.
const (
	ownCurve = 30
	ownBound = 300
)

// Source is where outcomes come from; [store.Store] is one.
type Source interface {
	Labelled(ctx context.Context, workspace string, since time.Time, limit int) iter.Seq2[store.Labelled, error]
}

// Label is what became of a draft.
type Label struct {
	Suggestion string
	Language   string
	At         time.Time
	P          float64 // the shipped model's probability
	Y          float64 // 1 used as it is, 0.5 after changes, 0 not
	Ignored    bool    // nobody said so: the reply was another
}

// Calibration is what was learned of workspaces. It does not change; the zero
// value and nil change nothing.
type Calibration struct {
	Model      string               `json:"model"` // version of the shipped model
	Made       time.Time            `json:"made"`
	Workspaces map[string]Workspace `json:"workspaces"`
}

// Workspace is what was learned of one.
type Workspace struct {
	Part
	Languages map[string]Part `json:"languages,omitempty"`
}

// Part is a curve with the threshold of its high flag.
type Part struct {
	Curve    Curve `json:"curve"`
	High     Bound `json:"high"`
	Outcomes int   `json:"outcomes"` // without ignored drafts
}

// Calibrate maps the shipped model's probability to that of a workspace and
// language, and says from where on a flag is given; the language falls back to
// the workspace, and this to what ships.
func (c *Calibration) Calibrate(workspace, language string, p float64, shipped suggest.Thresholds) (float64, suggest.Thresholds) {
	if c == nil {
		return p, shipped
	}
	w, ok := c.Workspaces[workspace]
	if !ok {
		return p, shipped
	}
	part := w.Part
	if l, ok := w.Languages[language]; ok {
		part = l
	}
	shipped.High = part.High.Threshold
	return part.Curve.At(p), shipped
}

// Refit learns from the outcomes of workspaces up to now. The same outcomes
// give the same calibration.
func Refit(ctx context.Context, from Source, workspaces []string, m *suggest.Model, now time.Time) (*Calibration, error) {
	c := &Calibration{Model: m.Version, Made: now, Workspaces: map[string]Workspace{}}
	for _, w := range workspaces {
		var labels []Label
		for l, err := range from.Labelled(ctx, w, now.Add(-memory), 0) {
			if err != nil {
				return nil, fmt.Errorf("calibrate: %w", err)
			}
			label, ok, err := Read(l, m)
			if err != nil {
				return nil, fmt.Errorf("calibrate workspace %q: %w", w, err)
			}
			if ok {
				labels = append(labels, label)
			}
		}
		if len(labels) > 0 {
			c.Workspaces[w] = Learn(labels, m.High, now)
		}
	}
	return c, nil
}

// Read is the label of a suggestion, or not ok when its outcomes say nothing of
// what it says: only its tone was wrong, or there was no draft.
func Read(l store.Labelled, m *suggest.Model) (label Label, ok bool, err error) {
	var s suggest.Suggestion
	if err := json.Unmarshal(l.Suggestion.Body, &s); err != nil {
		return label, false, fmt.Errorf("suggestion %s: %w", l.Suggestion.ID, err)
	}
	label = Label{Suggestion: l.Suggestion.ID, Language: s.Language, P: m.DraftProbability(s)}
	if s.Flag == suggest.None || label.P == 0 {
		return label, false, nil
	}
	for _, o := range l.Outcomes {
		if o.Created.After(label.At) {
			label.At = o.Created
		}
	}
	label.Y, label.Ignored, ok = verdict(s.Text(), l.Outcomes)
	return label, ok, nil
}

// verdict is what outcomes, oldest first, say of a draft. A rejection for what
// it says counts most, then what was really sent, then what an agent did to it.
func verdict(draft string, outcomes []store.Outcome) (y float64, ignoredOnly, ok bool) {
	var sent, touched, edited, used, tone bool
	var distance, edit float64
	for _, o := range outcomes {
		switch o.Action {
		case store.ActionRejected, store.ActionDown:
			if !onlyTone(o.Reason) {
				return 0, false, true
			}
			tone = true
		case store.ActionSent:
			sent, distance = true, changed(draft, o)
		case store.ActionEdited:
			touched, edited, edit = true, true, heavily
			if strings.TrimSpace(o.Text) != "" {
				edit = suggest.EditDistance(draft, o.Text)
			}
		case store.ActionUsed, store.ActionUp:
			touched, used = true, true
		}
	}
	switch {
	case tone:
		return 0, false, false
	case sent && distance > heavily && !touched:
		return 0, true, true
	case sent:
		return worth(distance), false, true
	case edited:
		return worth(edit), false, true
	case used:
		return 1, false, true
	}
	return 0, false, false
}

// changed is the share of a draft's words that a reply has otherwise. What was
// compared when it was sent leaves out what the reply says on other questions.
func changed(draft string, o store.Outcome) float64 {
	var s struct {
		Distance *float64 `json:"distance"`
	}
	if len(o.Detail) > 0 && json.Unmarshal(o.Detail, &s) == nil && s.Distance != nil {
		return *s.Distance
	}
	return suggest.EditDistance(draft, o.Text)
}

// worth is what a draft counts of which that share of words was changed.
func worth(distance float64) float64 {
	switch {
	case distance <= lightly:
		return 1
	case distance <= heavily:
		return halfUse
	}
	return 0
}

// onlyTone reports whether a reason names the tone and nothing else. Before the
// colon stands what was ticked.
func onlyTone(reason string) bool {
	ticked, _, _ := strings.Cut(reason, ":")
	named := false
	for part := range strings.SplitSeq(ticked, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		if part != "tone" {
			return false
		}
		named = true
	}
	return named
}

// Learn is the calibration of a workspace from its labels; shipped is the
// shipped model's threshold for high.
func Learn(labels []Label, shipped float64, now time.Time) Workspace {
	labels = latest(labels)
	w := Workspace{Part: Part{Outcomes: judged(labels), Curve: Fit(weighed(labels, now), Curve{})}}
	byLanguage := map[string][]Label{}
	for _, l := range labels {
		byLanguage[l.Language] = append(byLanguage[l.Language], l)
	}
	at := func(l Label) float64 { return w.Curve.At(l.P) }
	if len(byLanguage) > 1 {
		w.Languages = map[string]Part{}
		for language, own := range byLanguage {
			if n := judged(own); n >= ownCurve {
				w.Languages[language] = Part{Outcomes: n, Curve: Fit(weighed(own, now), w.Curve)}
			}
		}
		at = func(l Label) float64 {
			if own, ok := w.Languages[l.Language]; ok {
				return own.Curve.At(l.P)
			}
			return w.Curve.At(l.P)
		}
	}
	// The threshold of the workspace is that of the probabilities its agents
	// see, whichever curve they come from.
	w.High = HighThreshold(seen(labels, at), shipped)
	for language, own := range w.Languages {
		own.High = w.High
		if own.Outcomes >= ownBound {
			own.High = HighThreshold(seen(byLanguage[language], at), shipped)
		}
		w.Languages[language] = own
	}
	return w
}

// judged is how many labels somebody meant.
func judged(labels []Label) (n int) {
	for _, l := range labels {
		if !l.Ignored {
			n++
		}
	}
	return n
}

// weighed are labels as points, the older the lighter.
func weighed(labels []Label, now time.Time) []Point {
	out := make([]Point, len(labels))
	for i, l := range labels {
		w := math.Exp2(-float64(max(now.Sub(l.At), 0)) / float64(halfLife))
		if l.Ignored {
			w *= ignored
		}
		out[i] = Point{P: l.P, Y: l.Y, W: w, Ignored: l.Ignored}
	}
	return out
}

// seen are the judged labels with the probabilities that at gives them.
func seen(labels []Label, at func(Label) float64) []Point {
	var out []Point
	for _, l := range labels {
		if !l.Ignored {
			out = append(out, Point{P: at(l), Y: l.Y, W: 1})
		}
	}
	return out
}

// Keeper holds the calibration in use. It is safe for concurrent use.
type Keeper struct {
	Source     Source
	Model      *suggest.Model
	Workspaces []string
	Now        func() time.Time
	Log        *slog.Logger

	last atomic.Pointer[Calibration]
}

// Calibrate implements [suggest.Calibration].
func (k *Keeper) Calibrate(workspace, language string, p float64) (float64, suggest.Thresholds) {
	return k.last.Load().Calibrate(workspace, language, p, k.Model.Thresholds())
}

// Last is the calibration in use, nil before the first.
func (k *Keeper) Last() *Calibration { return k.last.Load() }

// Refit learns anew. When that fails the last calibration stays in use, and the
// error says why.
func (k *Keeper) Refit(ctx context.Context) error {
	c, err := Refit(ctx, k.Source, k.Workspaces, k.Model, k.Now())
	if err != nil {
		return err
	}
	k.last.Store(c)
	return nil
}

// Run learns at once and then once in every period, until ctx ends.
func (k *Keeper) Run(ctx context.Context, every time.Duration) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if err := k.Refit(ctx); err != nil && !errors.Is(err, context.Canceled) {
			k.Log.WarnContext(ctx, "the flag's calibration stays as it was", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
