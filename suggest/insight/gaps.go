package insight

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/suggest/privacy"
)

// GapList is what the documents lack.
type GapList struct {
	Suggestions int   `json:"suggestions"` // that show it in this span of time
	Read        int   `json:"read"`        // of these, the newest, whose questions were put together
	Gaps        []Gap `json:"gaps"`        // most asked first
	Left        int   `json:"left"`        // gaps that are not in the list
}

// Gap is a question that was asked and not answered, in one or more wordings.
// Its texts have placeholders for personal data.
type Gap struct {
	Question string    `json:"question"` // the wording that is nearest to the others
	Language string    `json:"language"`
	Count    int       `json:"count"`    // messages
	Rejected int       `json:"rejected"` // of these, rejected drafts; the others had none
	First    time.Time `json:"first"`
	Last     time.Time `json:"last"`
	Examples []Example `json:"examples"`
	Article  string    `json:"article,omitempty"` // a beginning, in Markdown; set by who shows it
}

// Example is a wording.
type Example struct {
	Suggestion string    `json:"suggestion"`
	Text       string    `json:"text"`
	Asked      time.Time `json:"asked"`
}

// wording is a question as a customer put it.
type wording struct {
	sug      store.Suggestion
	text     string
	rejected bool
}

// maxWordings is how many questions of one language are put together; their
// number is squared.
const maxWordings = 1000

// gaps puts together what was asked and not answered. list is newest first.
func (r *Reader) gaps(ctx context.Context, q Query, list []store.Counted) (GapList, error) {
	out := GapList{Gaps: []Gap{}}
	var ids []string
	why := map[string]string{}
	for _, c := range list {
		if c.Gap == "" {
			continue
		}
		out.Suggestions++
		if len(ids) < maxGapDrafts {
			ids = append(ids, c.Suggestion)
			why[c.Suggestion] = c.Gap
		}
	}
	sugs, err := r.Store.SuggestionsByID(ctx, q.Workspace, ids)
	if err != nil {
		return out, err
	}
	out.Read = len(sugs)
	by := map[string][]wording{}
	for _, sug := range sugs {
		sug.Created = sug.Created.In(q.From.Location())
		for _, text := range unanswered(sug) {
			if w := by[sug.Language]; len(w) < maxWordings {
				by[sug.Language] = append(w, wording{sug, text, why[sug.ID] == GapNotFound})
			}
		}
	}
	var clusters [][]wording
	for _, language := range sortedKeys(by) {
		words := by[language]
		texts := make([]string, len(words))
		for i, w := range words {
			texts[i] = w.text
		}
		for _, places := range cluster(language, texts) {
			some := make([]wording, len(places))
			for i, p := range places {
				some[i] = words[p]
			}
			clusters = append(clusters, some)
		}
	}
	slices.SortStableFunc(clusters, func(a, b []wording) int {
		return cmp.Or(cmp.Compare(messages(b), messages(a)), newest(b).Compare(newest(a)), cmp.Compare(a[0].sug.ID, b[0].sug.ID))
	})
	out.Left = max(0, len(clusters)-maxGaps)
	for _, c := range clusters[:min(len(clusters), maxGaps)] {
		out.Gaps = append(out.Gaps, gap(c))
	}
	return out, nil
}

// unanswered are the questions of a message that have no answer; of a rejected
// draft that answers all, all of them.
func unanswered(sug store.Suggestion) []string {
	var s suggest.Suggestion
	if json.Unmarshal(sug.Body, &s) != nil {
		return nil
	}
	var open, asked []string
	for _, a := range s.Asks {
		text := strings.Join(strings.Fields(a.Text), " ")
		if text == "" || slices.Contains(asked, text) {
			continue
		}
		asked = append(asked, text)
		if !a.Answered {
			open = append(open, text)
		}
	}
	if len(open) == 0 {
		return asked
	}
	return open
}

func messages(c []wording) int {
	seen := map[string]bool{}
	for _, w := range c {
		seen[w.sug.ID] = true
	}
	return len(seen)
}

func newest(c []wording) (t time.Time) {
	for _, w := range c {
		if w.sug.Created.After(t) {
			t = w.sug.Created
		}
	}
	return t
}

func gap(c []wording) Gap {
	g := Gap{Language: c[0].sug.Language, Count: messages(c), First: c[0].sug.Created, Last: newest(c), Examples: []Example{}}
	rejected := map[string]bool{}
	var shown []string
	for i, w := range c {
		if w.sug.Created.Before(g.First) {
			g.First = w.sug.Created
		}
		if w.rejected {
			rejected[w.sug.ID] = true
		}
		if len(g.Examples) == maxExamples || slices.Contains(shown, strings.ToLower(w.text)) {
			continue
		}
		shown = append(shown, strings.ToLower(w.text))
		text := masked(w)
		if i == 0 {
			g.Question = text
		}
		g.Examples = append(g.Examples, Example{Suggestion: w.sug.ID, Text: text, Asked: w.sug.Created})
	}
	g.Rejected = len(rejected)
	return g
}

// masked is a question as it may leave the desk: in a report, or as the
// beginning of an article.
func masked(w wording) string {
	const most = 300 // runes
	text := privacy.New(privacy.Options{Known: []privacy.Person{{Name: w.sug.Customer}}}).Mask(w.text)
	if r := []rune(text); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return text
}

// Document is how a document did.
type Document struct {
	ID       string    `json:"id"`
	Title    string    `json:"title"` // the id when it is there no more
	Path     string    `json:"path"`
	Modified time.Time `json:"modified,omitzero"`
	Gone     bool      `json:"gone,omitempty"` // removed since

	Cited    int `json:"cited"` // drafts that quote it; of these:
	Used     int `json:"used"`
	Edited   int `json:"edited"`
	Rejected int `json:"rejected"`
	Ignored  int `json:"ignored"`

	Usefulness Share `json:"usefulness"` // used or edited, of the drafts of which something is known
	Disputed   int   `json:"disputed"`   // drafts where another source says otherwise
	Outdated   int   `json:"outdated"`   // drafts rejected as outdated, or whose source changed since
}

func (r *Reader) documents(ctx context.Context, q Query) ([]Document, error) {
	uses, err := r.Store.DocumentUses(ctx, q.Workspace, q.From, q.To, maxDocuments)
	if err != nil {
		return nil, err
	}
	out := make([]Document, 0, len(uses))
	for _, u := range uses {
		d := Document{
			ID: u.Document, Title: u.Document, Cited: u.Cited, Disputed: u.Disputed, Outdated: u.Outdated,
			Used: u.Actions[Used], Edited: u.Actions[Edited], Rejected: u.Actions[Rejected], Ignored: u.Actions[Ignored],
		}
		d.Usefulness = share(d.Used+d.Edited, d.Used+d.Edited+d.Rejected+d.Ignored)
		rec, err := r.Store.Document(ctx, q.Workspace, u.Document)
		switch {
		case errors.Is(err, store.ErrNotFound):
			d.Gone = true
		case err != nil:
			return nil, err
		default:
			d.Title, d.Path, d.Modified = cmp.Or(rec.Title, rec.Path), rec.Path, rec.Modified
		}
		out = append(out, d)
	}
	return out, nil
}
