package bilingual

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/sufflor/sufflor/index"
)

// Searcher is what an Index searches with; [index.Local] is one.
type Searcher interface {
	Search(ctx context.Context, q index.Query) (index.Result, error)
	IDF(ctx context.Context, workspace, language string, terms []string) (map[string]float64, error)
	Languages(ctx context.Context, workspace string) (map[string]int, error)
	Version() string
}

// Translator puts a question into other languages, such as a language model. It
// answers within ctx's time or gives an error: the list of terms serves then.
type Translator func(ctx context.Context, workspace, from string, to []string, text string) (map[string]string, error)

// Index is a Searcher that also looks for a question's words in the other
// languages of its workspace.
type Index struct {
	Searcher
	// Terms are those of a workspace, nil when there are none.
	Terms func(workspace string) *Lexicon
	// Translate is asked first; nil when there is no model.
	Translate Translator
}

// fewest is how many passages a language must have to be translated for.
const fewest = 3

// Search is the Searcher's with q.Translated filled in for every other language
// that the workspace holds. A passage that was found in the question's language
// stands for what says the same in another.
func (x Index) Search(ctx context.Context, q index.Query) (index.Result, error) {
	if q.Language == "" || len(q.Translated) > 0 || strings.TrimSpace(q.Text) == "" {
		return x.Searcher.Search(ctx, q)
	}
	var terms *Lexicon
	if x.Terms != nil {
		terms = x.Terms(q.Workspace)
	}
	degraded := x.translate(ctx, &q, terms)
	limit := q.Limit
	if terms.parallel() && limit > 0 {
		q.Limit *= 2
	}
	res, err := x.Searcher.Search(ctx, q)
	if err != nil {
		return res, err
	}
	if terms.parallel() {
		res.Hits = terms.once(res.Hits, q.Language)
		if limit > 0 {
			res.Hits = res.Hits[:min(limit, len(res.Hits))]
		}
	}
	if len(res.Hits) == 0 || !res.Hits[0].Parts.Same { // else nothing was missed that matters
		res.Degraded = append(res.Degraded, degraded...)
	}
	return res, nil
}

// once leaves of passages that say the same in several languages the one in
// language, at the best place any of them had.
func (l *Lexicon) once(hits []index.Hit, language string) []index.Hit {
	own := map[string]int{}
	for i, h := range hits {
		if h.Language == language {
			own[h.ID] = i
		}
	}
	out := make([]index.Hit, 0, len(hits))
	done := map[string]bool{}
	for _, h := range hits {
		score := h.Score
		if h.Language != language {
			for _, id := range l.same[h.ID] {
				if i, ok := own[id]; ok {
					h = hits[i]
					break
				}
			}
		}
		if !done[h.ID] {
			done[h.ID] = true
			h.Score = max(h.Score, score)
			out = append(out, h)
		}
	}
	return out
}

func (x Index) translate(ctx context.Context, q *index.Query, terms *Lexicon) (degraded []string) {
	held, err := x.Languages(ctx, q.Workspace)
	if err != nil {
		return nil // the search itself will say so
	}
	var into []string
	for _, to := range slices.Sorted(maps.Keys(held)) {
		if to != q.Language && to != "" && held[to] >= fewest {
			into = append(into, to)
		}
	}
	translated := map[string]string{}
	if x.Translate != nil && len(into) > 0 {
		asked := q.Sentence
		if asked == "" {
			asked = q.Text
		}
		if translated, err = x.Translate(ctx, q.Workspace, q.Language, into, asked); err != nil {
			translated, degraded = map[string]string{}, []string{lost}
		}
	}
	for _, to := range into {
		if translated[to] != "" {
			continue
		}
		if text, share := terms.Translate(q.Language, to, q.Text); share > 0 {
			translated[to] = text
		}
	}
	q.Translated = translated
	return degraded
}

const lost = "translation: the model does not answer"
