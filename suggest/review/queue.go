package review

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
)

// Records is what a review reads of the store.
type Records interface {
	Reviewable(ctx context.Context, workspace string, since time.Time, limit int) ([]store.Labelled, error)
	Bodies(ctx context.Context, workspace string, ids []string) (map[string]json.RawMessage, error)
	Reviews(ctx context.Context, workspace, suggestion string, since time.Time, limit int) ([]store.Review, error)
	Triages(ctx context.Context, workspace string, f store.TriageFilter) ([]store.Triage, error)
	LastRerun(ctx context.Context, workspace string, suggestions []string) (map[string]store.Rerun, error)
}

// MaxDrafts is how many drafts a sample is drawn from at most, the newest.
const MaxDrafts = 2000

// Entry is a draft of a sample.
type Entry struct {
	Candidate
	Why     []Reason
	Need    int            // how many people rate it
	Reviews []store.Review // so far
}

// Done reports whether as many people as needed have rated it.
func (e Entry) Done() bool { return len(e.Reviews) >= e.Need }

// Rated reports whether that reviewer has.
func (e Entry) Rated(reviewer string) bool {
	return slices.ContainsFunc(e.Reviews, func(r store.Review) bool { return SamePerson(r.Reviewer, reviewer) })
}

// For reports whether it waits for that reviewer.
func (e Entry) For(reviewer string) bool { return !e.Done() && !e.Rated(reviewer) }

// SamePerson reports whether two names are one person's: names are free, and
// people do not write theirs alike each time.
func SamePerson(a, b string) bool {
	return strings.EqualFold(strings.TrimSpace(a), strings.TrimSpace(b))
}

// Sample is what the rules pick.
type Sample struct {
	Entries []Entry
	Looked  int  // how many drafts it was drawn from
	Limited bool // there are more than that, see [MaxDrafts]
}

// Open counts the drafts that wait for somebody, Mine those that wait for one
// reviewer.
func (s Sample) Open() (n int) {
	for _, e := range s.Entries {
		if !e.Done() {
			n++
		}
	}
	return n
}

// For are the drafts that wait for one reviewer.
func (s Sample) For(reviewer string) []Entry {
	var out []Entry
	for _, e := range s.Entries {
		if e.For(reviewer) {
			out = append(out, e)
		}
	}
	return out
}

// Draw draws the sample from the drafts since a time: what was rejected first,
// then what was changed most, then new topics, then the rest; of each the newest first.
func Draw(ctx context.Context, s Records, workspace string, r Rules, since time.Time) (Sample, error) {
	all, err := entries(ctx, s, workspace, r, since)
	if err != nil {
		return Sample{}, err
	}
	out := Sample{Looked: min(len(all), MaxDrafts), Limited: len(all) > MaxDrafts}
	for _, e := range all[:out.Looked] {
		if e.Why = r.Pick(e.Candidate); len(e.Why) > 0 {
			out.Entries = append(out.Entries, e)
		}
	}
	order := []Reason{Rejected, Heavy, Topic, Random, Named}
	slices.SortStableFunc(out.Entries, func(a, b Entry) int {
		first := cmp.Compare(slices.Index(order, a.Why[0]), slices.Index(order, b.Why[0]))
		if first == 0 && a.Why[0] == Heavy {
			return cmp.Compare(b.Changed, a.Changed)
		}
		return first
	})
	return out, nil
}

// entries are the newest drafts, one more than [MaxDrafts] when there are.
func entries(ctx context.Context, s Records, workspace string, r Rules, since time.Time) ([]Entry, error) {
	found, err := s.Reviewable(ctx, workspace, since, MaxDrafts+1)
	if err != nil {
		return nil, err
	}
	reviews, err := s.Reviews(ctx, workspace, "", since, store.MaxLabelled)
	if err != nil {
		return nil, err
	}
	by := map[string][]store.Review{}
	for _, v := range reviews {
		by[v.Suggestion] = append(by[v.Suggestion], v)
	}
	out := make([]Entry, len(found))
	var sent []string
	for i, f := range found {
		out[i] = Entry{
			Candidate: Candidate{Suggestion: f.Suggestion, Outcomes: f.Outcomes, Changed: -1},
			Need:      r.Readers(f.Suggestion), Reviews: by[f.Suggestion.ID],
		}
		if _, ok := Sent(f.Outcomes); ok && r.Heavy > 0 {
			sent = append(sent, f.Suggestion.ID)
		}
	}
	if r.Topics > 0 {
		if err := topics(ctx, s, workspace, out, since, r.Topics); err != nil {
			return nil, err
		}
	}
	if len(sent) == 0 {
		return out, nil
	}
	bodies, err := s.Bodies(ctx, workspace, sent)
	if err != nil {
		return nil, err
	}
	for i := range out {
		if body, ok := bodies[out[i].Suggestion.ID]; ok {
			out[i].Changed = Changed(Text(body), out[i].Outcomes)
		}
	}
	return out, nil
}

// Text is the draft in the body of a suggestion, "" for one that cannot be read.
func Text(body json.RawMessage) string {
	var s suggest.Suggestion
	if json.Unmarshal(body, &s) != nil {
		return ""
	}
	return s.Text()
}

// Visible leaves out the ratings that would tell a reviewer what another
// thinks, before their own is given: those of drafts that two rate and that
// still wait for this one.
func (r Rules) Visible(list []store.Review, reviewer string) []store.Review {
	by := map[string][]store.Review{}
	for _, v := range list {
		by[v.Suggestion] = append(by[v.Suggestion], v)
	}
	var out []store.Review
	for _, v := range list {
		e := Entry{Need: r.Readers(store.Suggestion{ID: v.Suggestion, Workspace: v.Workspace}), Reviews: by[v.Suggestion]}
		if e.Need < 2 || !e.For(reviewer) {
			out = append(out, v)
		}
	}
	return out
}

// Ratings are reviews as [Agree] takes them.
func Ratings(list []store.Review) []Rating {
	out := make([]Rating, len(list))
	for i, v := range list {
		out[i] = Rating{Draft: v.Suggestion, Reviewer: v.Reviewer, Given: map[Scale]int{}}
		for s, n := range Given(v) {
			if n > 0 {
				out[i].Given[s] = n
			}
		}
	}
	return out
}

// Given is what a review says on each scale, 0 for what could not be judged.
func Given(v store.Review) map[Scale]int {
	return map[Scale]int{Correct: v.Correct, Complete: v.Complete, Tone: v.Tone, Citation: v.Citation}
}

// Bad is a draft that somebody would not have, with what became of it.
type Bad struct {
	Entry
	ByAgent bool          // an agent rejected it
	Triage  *store.Triage // nil: nobody has looked at it yet
	Rerun   *store.Rerun  // the newest, without its body; nil: not asked again
}

// low is a rating that sends a draft to triage.
const low = 2

// Worst are the drafts since a time that agents rejected, that reviewers rated
// 1 or 2 for what they say, or that are in triage; newest first. A rating
// counts when no second opinion is outstanding.
func Worst(ctx context.Context, s Records, workspace string, r Rules, since time.Time) ([]Bad, error) {
	r.Heavy, r.Topics = 0, 0
	all, err := entries(ctx, s, workspace, r, since)
	if err != nil {
		return nil, err
	}
	triages, err := s.Triages(ctx, workspace, store.TriageFilter{Limit: store.MaxLabelled})
	if err != nil {
		return nil, err
	}
	known := map[string]store.Triage{}
	for _, t := range triages {
		known[t.Suggestion] = t
	}
	var out []Bad
	var ids []string
	for _, e := range all[:min(len(all), MaxDrafts)] {
		b := Bad{Entry: e, ByAgent: IsRejected(e.Outcomes)}
		if t, ok := known[e.Suggestion.ID]; ok {
			b.Triage = &t
		}
		rated := e.Done() && slices.ContainsFunc(e.Reviews, func(v store.Review) bool {
			return within(v.Correct) || within(v.Complete) || within(v.Citation)
		})
		if b.ByAgent || rated || b.Triage != nil {
			out, ids = append(out, b), append(ids, e.Suggestion.ID)
		}
	}
	reruns, err := s.LastRerun(ctx, workspace, ids)
	if err != nil {
		return nil, err
	}
	for i := range out {
		if n, ok := reruns[out[i].Suggestion.ID]; ok {
			out[i].Rerun = &n
		}
	}
	return out, nil
}

func within(rating int) bool { return rating > 0 && rating <= low }
