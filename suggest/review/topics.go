package review

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest/insight"
)

// leastAsked is how many questions of its language must have been asked in the
// weeks before for a question to be new among them: to a workspace that has
// just begun, everything is.
const leastAsked = 50

// topics marks the entries whose question is like none that was asked in the
// weeks before it, in its language. It looks at the newest [MaxDrafts]
// questions; analysing them takes some 0.1 s per 1,000.
func topics(ctx context.Context, s Records, workspace string, list []Entry, since time.Time, weeks int) error {
	span := time.Duration(weeks) * 7 * 24 * time.Hour
	found, err := s.Reviewable(ctx, workspace, since.Add(-span), MaxDrafts)
	if err != nil {
		return err
	}
	slices.Reverse(found) // oldest first
	by := map[string][]store.Suggestion{}
	for _, f := range found {
		if s := f.Suggestion; strings.TrimSpace(s.Question) != "" && s.Asks > 0 {
			by[s.Language] = append(by[s.Language], s)
		}
	}
	fresh := map[string]bool{}
	for language, asked := range by {
		texts, from := make([]string, len(asked)), make([]int, len(asked))
		for i, a := range asked {
			texts[i] = a.Question
			if i > 0 {
				from[i] = from[i-1]
			}
			for asked[from[i]].Created.Before(a.Created.Add(-span)) {
				from[i]++
			}
		}
		for i, unlike := range insight.Unlike(language, texts, from) {
			fresh[asked[i].ID] = unlike && i-from[i] >= leastAsked
		}
	}
	for i := range list {
		list[i].Fresh = fresh[list[i].Suggestion.ID]
	}
	return nil
}
