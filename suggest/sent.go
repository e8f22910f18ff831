package suggest

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/sufflor/sufflor/connectors"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest/message"
)

// Bounds of the comparison of a draft with the reply that was sent.
const (
	maxCandidates = 20  // suggestions of a conversation that a reply may answer
	maxCompared   = 300 // sentences of each side
	maxWords      = 200 // of a sentence that are compared

	// alike is the share of words from which a sentence counts as a changed
	// one and not as another; madeOf is the share of a draft from which a
	// reply was made of it.
	alike  = 0.4
	madeOf = 0.3
)

// Fate is what became of a sentence between draft and reply.
type Fate string

// The fates.
const (
	Kept    Fate = "kept"    // word for word; case and punctuation may differ
	Changed Fate = "changed" // most of its words are there
	Dropped Fate = "dropped"
	Added   Fate = "added" // by the agent
)

// Sent is what became of a draft in the reply that the customer really got. It
// holds places and figures, never text.
type Sent struct {
	// Distance is the share of words that differ, see [EditDistance], without
	// the sentences that answer other suggestions.
	Distance  float64        `json:"distance"`
	Coverage  float64        `json:"coverage"` // share of the draft's answer that the reply holds, 0 to 1
	Kept      int            `json:"kept"`
	Changed   int            `json:"changed"`
	Dropped   int            `json:"dropped"`
	Added     int            `json:"added"`
	Sentences []SentSentence `json:"sentences"`
	// Also are other suggestions that the same reply answers.
	Also []string `json:"also,omitempty"`
}

// SentSentence is one sentence of draft or reply.
type SentSentence struct {
	Fate     Fate         `json:"fate"`
	Draft    int          `json:"draft"`              // index into [Suggestion.Sentences]; -1 when added
	Part     [2]int       `json:"part,omitzero"`      // bytes of that sentence, where it is several
	Kind     SentenceKind `json:"kind,omitempty"`     // of the draft's sentence
	Reply    [2]int       `json:"reply,omitzero"`     // bytes of the outcome's text; zero when dropped
	Distance float64      `json:"distance,omitempty"` // of the two, when changed
}

// piece is a sentence that is compared.
type piece struct {
	sentence   int
	start, end int
	part       bool
	kind       SentenceKind
	words      []string
}

// answers reports whether a draft's sentence is on the matter. Greeting and
// closing are alike in all drafts.
func (p piece) answers() bool {
	switch p.kind {
	case Frame, Closes, Open, Polite:
		return false
	}
	return true
}

// comparable is a text's words without case and punctuation.
func comparable(text string) []string {
	words := strings.FieldsFunc(strings.ToLower(text), unicode.IsSpace)
	out := words[:0]
	for _, w := range words {
		if w = strings.TrimFunc(w, func(r rune) bool {
			return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("%€$£+-−°", r)
		}); w != "" && len(out) < maxWords {
			out = append(out, w)
		}
	}
	return out
}

func draftPieces(s Suggestion) (out []piece) {
	for i, x := range s.Sentences {
		spans := message.Sentences(s.Language, x.Text)
		for _, span := range spans {
			p := piece{sentence: i, start: span.Start, end: span.End, part: len(spans) > 1, kind: x.Kind, words: comparable(x.Text[span.Start:span.End])}
			if len(p.words) > 0 && len(out) < maxCompared {
				out = append(out, p)
			}
		}
	}
	return out
}

func replyPieces(language, text string) (out []piece) {
	for _, span := range message.Sentences(language, text) {
		p := piece{sentence: -1, start: span.Start, end: span.End, words: comparable(text[span.Start:span.End])}
		if len(p.words) > 0 && len(out) < maxCompared {
			out = append(out, p)
		}
	}
	return out
}

// match is a sentence of a draft with the one of a reply that it became.
type match struct {
	draft, reply int
	distance     float64
}

// pair finds for each sentence of a draft the most similar one of a reply,
// each at most once, the most similar first: agents change the order.
func pair(draft, reply []piece) map[int]match {
	bags := make([]map[string]int, len(reply))
	for j, r := range reply {
		bags[j] = map[string]int{}
		for _, w := range r.words {
			bags[j][w]++
		}
	}
	var all []match
	for i, d := range draft {
		for j, r := range reply {
			shared, left := 0, maps.Clone(bags[j])
			for _, w := range d.words {
				if left[w] > 0 {
					left[w]--
					shared++
				}
			}
			if float64(shared) < alike*float64(max(len(d.words), len(r.words))) {
				continue // the distance can only be larger
			}
			if dist := distance(d.words, r.words); 1-dist >= alike {
				all = append(all, match{i, j, dist})
			}
		}
	}
	slices.SortStableFunc(all, func(a, b match) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(abs(a.draft-a.reply), abs(b.draft-b.reply)), a.draft-b.draft, a.reply-b.reply)
	})
	out, taken := map[int]match{}, map[int]bool{}
	for _, m := range all {
		if _, ok := out[m.draft]; !ok && !taken[m.reply] {
			out[m.draft], taken[m.reply] = m, true
		}
	}
	return out
}

func abs(n int) int { return max(n, -n) }

// coverage is the share of a draft's answer, by words, that a reply holds;
// greeting, closing and what is open say nothing of whom it answers.
func coverage(draft []piece, matches map[int]match) float64 {
	var all, held float64
	for i, d := range draft {
		if !d.answers() {
			continue
		}
		n := float64(len(d.words))
		all += n
		if m, ok := matches[i]; ok {
			held += n * (1 - m.distance)
		}
	}
	if all == 0 {
		return 0
	}
	return held / all
}

// CompareSent says what became of the draft of s in a reply.
func CompareSent(s Suggestion, reply string) Sent {
	r := replyPieces(s.Language, reply)
	d := draftPieces(s)
	return fates(s, reply, d, r, pair(d, r), nil)
}

// fates is the comparison by pairs; foreign are sentences of the reply that
// answer other suggestions.
func fates(s Suggestion, reply string, draft, sent []piece, matches map[int]match, foreign map[int]bool) Sent {
	out := Sent{Coverage: coverage(draft, matches), Sentences: []SentSentence{}}
	taken := map[int]bool{}
	for i, d := range draft {
		x := SentSentence{Fate: Dropped, Draft: d.sentence, Kind: d.kind}
		if d.part {
			x.Part = [2]int{d.start, d.end}
		}
		if m, ok := matches[i]; ok {
			taken[m.reply] = true
			x.Reply, x.Distance, x.Fate = [2]int{sent[m.reply].start, sent[m.reply].end}, m.distance, Changed
			if m.distance == 0 {
				x.Fate = Kept
			}
		}
		switch x.Fate {
		case Kept:
			out.Kept++
		case Changed:
			out.Changed++
		default:
			out.Dropped++
		}
		out.Sentences = append(out.Sentences, x)
	}
	own := reply
	if len(foreign) > 0 {
		var b strings.Builder
		for j, r := range sent {
			if !foreign[j] {
				b.WriteString(reply[r.start:r.end] + "\n")
			}
		}
		own = b.String()
	}
	for j, r := range sent {
		if !taken[j] && !foreign[j] {
			out.Added++
			out.Sentences = append(out.Sentences, SentSentence{Fate: Added, Draft: -1, Reply: [2]int{r.start, r.end}})
		}
	}
	out.Distance = EditDistance(s.Text(), own)
	return out
}

// candidate is a suggestion that a reply may answer.
type candidate struct {
	rec     store.Suggestion
	draft   Suggestion
	pieces  []piece
	reply   []piece
	matches map[int]match
	covered float64
}

// sent records what an agent really answered: for each suggestion of the
// conversation that the reply was made of, or else for the latest that nobody
// has answered, how far the reply is from the draft and what became of its
// sentences.
func (w *Worker) sent(ctx context.Context, e store.Event) error {
	text := own(e.Text)
	if text == "" || e.Conversation == "" {
		return nil
	}
	list, err := w.candidates(ctx, e, text)
	if err != nil || len(list) == 0 {
		return err
	}
	var chosen []candidate
	for _, c := range list {
		if c.covered >= madeOf {
			chosen = append(chosen, c)
		}
	}
	slices.SortStableFunc(chosen, func(a, b candidate) int { return cmp.Compare(b.covered, a.covered) })
	chosen = exclusive(chosen)
	id := "sent:" + e.Desk + ":" + e.Key
	if len(chosen) == 0 {
		c, ok, err := w.unanswered(ctx, list, id)
		if err != nil || !ok {
			return err
		}
		chosen = []candidate{c}
	}
	for i, c := range chosen {
		foreign := map[int]bool{}
		var also []string
		for k, other := range chosen {
			if k == i {
				continue
			}
			also = append(also, other.rec.ID)
			for n, m := range other.matches {
				if other.pieces[n].answers() {
					foreign[m.reply] = true
				}
			}
		}
		for _, m := range c.matches {
			delete(foreign, m.reply)
		}
		s := fates(c.draft, text, c.pieces, c.reply, c.matches, foreign)
		s.Also = also
		detail, err := json.Marshal(s)
		if err != nil {
			return permanent(fmt.Errorf("encode what was sent for %s: %w", c.rec.ID, err))
		}
		o := store.Outcome{
			ID: id + ":" + c.rec.ID, Workspace: e.Workspace, Suggestion: c.rec.ID, Action: store.ActionSent,
			Reason: fmt.Sprintf("edit distance %.2f", s.Distance), Text: text, Agent: e.Author, Created: w.Now(), Detail: detail, Event: e.Key,
		}
		if err := w.Store.SaveOutcome(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

// own is what an agent wrote of a message, without the messages that their
// mail program quotes.
func own(text string) string {
	c := message.Clean(text)
	if c.Quoted == "" {
		return strings.TrimSpace(text)
	}
	var parts []string
	for _, p := range []string{c.Greeting, c.Body, c.Signature} {
		if p != "" && !slices.Contains(parts, p) {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, "\n\n")
}

// candidates are the suggestions for what was asked in a conversation before a
// reply, the latest first.
func (w *Worker) candidates(ctx context.Context, e store.Event, text string) ([]candidate, error) {
	list, err := w.Store.Suggestions(ctx, e.Workspace, store.SuggestionFilter{
		Desk: e.Desk, Conversation: e.Conversation, Shadow: true, Limit: maxCandidates,
	})
	if err != nil {
		return nil, err
	}
	at := happened(e)
	var out []candidate
	for _, rec := range list {
		if rec.State == store.StateWithdrawn || rec.Asked.After(at) {
			continue
		}
		c := candidate{rec: rec}
		if err := json.Unmarshal(rec.Body, &c.draft); err != nil {
			w.Log.ErrorContext(ctx, "stored suggestion cannot be read", "suggestion", rec.ID, "err", err)
			continue
		}
		c.pieces, c.reply = draftPieces(c.draft), replyPieces(c.draft.Language, text)
		c.matches = pair(c.pieces, c.reply)
		c.covered = coverage(c.pieces, c.matches)
		out = append(out, c)
	}
	slices.SortStableFunc(out, func(a, b candidate) int {
		return cmp.Or(b.rec.Asked.Compare(a.rec.Asked), b.rec.Created.Compare(a.rec.Created), cmp.Compare(a.rec.ID, b.rec.ID))
	})
	return out, nil
}

// exclusive leaves each sentence of a reply to the candidate that it is nearest
// to: drafts of one conversation repeat each other, and a second one counts
// only for what the first does not say.
func exclusive(list []candidate) (out []candidate) {
	taken := map[[2]int]bool{}
	for _, c := range list {
		matches := map[int]match{}
		for i, m := range c.matches {
			r := c.reply[m.reply]
			if !taken[[2]int{r.start, r.end}] || !c.pieces[i].answers() {
				matches[i] = m
			}
		}
		if len(out) > 0 && coverage(c.pieces, matches) < madeOf {
			continue
		}
		for i, m := range matches {
			if c.pieces[i].answers() {
				taken[[2]int{c.reply[m.reply].start, c.reply[m.reply].end}] = true
			}
		}
		c.matches = matches
		out = append(out, c)
	}
	return out
}

// unanswered is the latest candidate in use that no other reply was recorded
// for.
func (w *Worker) unanswered(ctx context.Context, list []candidate, id string) (candidate, bool, error) {
	for _, c := range list {
		if c.rec.State == store.StateSuperseded || len(c.draft.Asks) == 0 {
			continue
		}
		outcomes, err := w.Store.Outcomes(ctx, c.rec.Workspace, c.rec.ID)
		if err != nil {
			return candidate{}, false, err
		}
		// An older question was passed over, or is answered by the same reply;
		// either way this one says nothing of it.
		taken := slices.ContainsFunc(outcomes, func(o store.Outcome) bool {
			return o.Action == store.ActionSent && !strings.HasPrefix(o.ID, id+":")
		})
		return c, !taken, nil
	}
	return candidate{}, false, nil
}

// happened is when an event was at the desk, or reached us where the desk does
// not say.
func happened(e store.Event) time.Time {
	if e.At.IsZero() {
		return e.Received
	}
	return e.At
}

// isPerson reports whether an event is a message that a person wrote to the
// customer.
func isPerson(e store.Event) bool {
	return e.Kind == connectors.Message && e.Role == connectors.Agent && !e.Gone
}

// EditDistance is the share of words that differ between a draft and what was
// sent, 0 to 1: Levenshtein's distance on words over the longer one's length.
func EditDistance(draft, sent string) float64 {
	a, b := strings.Fields(draft), strings.Fields(sent)
	if len(a) > 2000 || len(b) > 2000 {
		return 1
	}
	return distance(a, b)
}

func distance(a, b []string) float64 {
	longer := max(len(a), len(b))
	if longer == 0 {
		return 0
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range a {
		diagonal := row[0]
		row[0] = i + 1
		for j := range b {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return float64(row[len(b)]) / float64(longer)
}
