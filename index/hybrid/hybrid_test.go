package hybrid_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/index/embed"
	"github.com/sufflor/sufflor/index/hybrid"
	"github.com/sufflor/sufflor/index/vector"
)

// topics is a model that knows three matters, in several languages.
type topics struct {
	asked int
	fail  error
	wait  time.Duration
}

var known = [][]string{{"faktura", "betale", "regning", "invoice"}, {"passord", "logge", "innlogging", "password"}, {"pakke", "levering", "sending", "parcel"}}

func (m *topics) Model(context.Context) (embed.Model, error) {
	return embed.Model{Name: "topics", Dim: 4}, nil
}

func (m *topics) Documents(_ context.Context, texts []string) ([][]float32, error) {
	out := make([][]float32, len(texts))
	for i, t := range texts {
		out[i] = []float32{0, 0, 0, 0.1} // the last one is all other matters
		for topic, words := range known {
			for _, w := range words {
				if strings.Contains(strings.ToLower(t), w) {
					out[i][topic]++
				}
			}
		}
	}
	return out, nil
}

func (m *topics) Query(ctx context.Context, text string) ([]float32, error) {
	m.asked++
	if m.fail != nil {
		return nil, m.fail
	}
	select {
	case <-time.After(m.wait):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	v, err := m.Documents(ctx, []string{text})
	return v[0], err
}

// place is an index with vectors.
type place struct {
	words   *index.Local
	vectors *vector.Store
	model   *topics
}

func passage(id, language, text string) index.Passage {
	return index.Passage{ID: id, Workspace: "w", Audience: index.Public, Document: "d-" + id, Language: language, Kind: index.KindText, Title: "Hjelp", Text: text}
}

func shelf() []index.Passage {
	secret := passage("internal", "nb", "Regning til partnere: 40 % avslag.")
	secret.Audience = index.Internal
	other := passage("other", "nb", "Faktura hos naboen sendes på papir.")
	other.Workspace = "v"
	return []index.Passage{
		passage("bill", "nb", "Regning sendes den første i måneden."),
		passage("login", "nb", "Innlogging skjer med kode på telefonen."),
		passage("parcel", "en", "A parcel arrives within two days."),
		passage("colour", "nb", "Lakken er grønn og tåler salt."), secret, other,
	}
}

func open(t *testing.T) place {
	t.Helper()
	x, err := index.Open(t.Context(), t.TempDir(), index.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, x.Close()) })
	v, _, err := vector.Open(t.Context(), t.TempDir(), vector.Options{Model: "topics"})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, v.Close()) })
	p := place{x, v, &topics{}}
	require.NoError(t, x.Apply(t.Context(), index.Batch{Put: shelf()}))
	for _, one := range shelf() {
		made, err := p.model.Documents(t.Context(), []string{one.Text})
		require.NoError(t, err)
		require.NoError(t, v.Apply(t.Context(), []vector.Item{{ID: one.ID, Vector: made[0]}}, nil))
	}
	return p
}

func (p place) with(o hybrid.Options) *hybrid.Index {
	o.Vectors, o.Embedder = func(string) *vector.Store { return p.vectors }, p.model
	return hybrid.New(p.words, o)
}

func find(t *testing.T, x *hybrid.Index, q index.Query) (ids []string, degraded []string) {
	t.Helper()
	q.Workspace = "w"
	res, err := x.Search(t.Context(), q)
	require.NoError(t, err)
	for _, h := range res.Hits {
		ids = append(ids, h.ID)
	}
	return ids, res.Degraded
}

func TestWhatSharesNoWordIsFound(t *testing.T) {
	x := open(t).with(hybrid.Options{})
	ids, degraded := find(t, x, index.Query{Text: "når må jeg betale", Language: "nb", Limit: 1})
	require.Empty(t, degraded)
	require.Equal(t, []string{"bill"}, ids)

	ids, _ = find(t, x, index.Query{Text: "hvor blir levering av", Sentence: "Hvor blir det av min pakke?", Language: "nb", Limit: 1})
	require.Equal(t, []string{"parcel"}, ids, "in another language, by the whole sentence")

	ids, _ = find(t, x, index.Query{Text: "grønn lakk", Language: "nb", Limit: 1})
	require.Equal(t, []string{"colour"}, ids, "words still count")
}

func TestNobodyFindsWhatIsNotTheirs(t *testing.T) {
	x := open(t).with(hybrid.Options{})
	ids, _ := find(t, x, index.Query{Text: "betale faktura", Language: "nb", Filter: index.Filter{Audiences: []index.Audience{index.Public}}})
	require.Contains(t, ids, "bill")
	require.NotContains(t, ids, "internal")
	require.NotContains(t, ids, "other", "vectors of another workspace in the same store find nothing")

	ids, _ = find(t, x, index.Query{Text: "betale faktura", Language: "nb", Filter: index.Filter{Languages: []string{"en"}}})
	require.Equal(t, []string{"parcel"}, ids)
}

func TestWhatIsDeletedIsNotFoundByItsVector(t *testing.T) {
	p := open(t)
	require.NoError(t, p.words.Apply(t.Context(), index.Batch{Delete: []string{"bill"}}))
	ids, _ := find(t, p.with(hybrid.Options{}), index.Query{Text: "når må jeg betale", Language: "nb"})
	require.NotContains(t, ids, "bill")
}

func TestWithoutVectorsWordsFind(t *testing.T) {
	p := open(t)
	question := index.Query{Text: "grønn lakk", Language: "nb", Limit: 1}
	for _, tt := range []struct {
		name string
		set  func(p *place) hybrid.Options
		want string
	}{
		{"the embedder is down", func(p *place) hybrid.Options { p.model = &topics{fail: embed.ErrDown}; return hybrid.Options{} }, "meaning: the embedder does not answer"},
		{"the embedder is slow", func(p *place) hybrid.Options {
			p.model = &topics{wait: time.Minute}
			return hybrid.Options{Patience: time.Millisecond}
		}, "meaning: the embedder does not answer"},
		{"the embedder refuses", func(p *place) hybrid.Options {
			p.model = &topics{fail: &embed.MakeError{Kind: embed.ErrRefused, Reason: "key sk-1234 at https://example.com"}}
			return hybrid.Options{}
		}, "meaning: the embedder refuses"},
		{"there are no vectors", func(p *place) hybrid.Options {
			v, _, err := vector.Open(t.Context(), t.TempDir(), vector.Options{Model: "topics"})
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, v.Close()) })
			p.vectors = v
			return hybrid.Options{}
		}, "meaning: vectors are still being made"},
		{"a workspace without a store", func(p *place) hybrid.Options { p.vectors = nil; return hybrid.Options{} }, "meaning: vectors are still being made"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := p
			ids, degraded := find(t, p.with(tt.set(&p)), question)
			require.Equal(t, []string{"colour"}, ids)
			require.Equal(t, []string{tt.want}, degraded)
		})
	}
}

func TestCodesAloneAskNoModel(t *testing.T) {
	p := open(t)
	x := p.with(hybrid.Options{})
	find(t, x, index.Query{Text: "E-4419", Sentence: "Hva betyr E-4419?", Language: "nb"})
	require.Zero(t, p.model.asked)
	for range 3 {
		find(t, x, index.Query{Text: "betale", Language: "nb"})
	}
	require.Equal(t, 1, p.model.asked, "a question's vector is remembered")
}

func TestLegs(t *testing.T) {
	p := open(t)
	ids, degraded := find(t, p.with(hybrid.Options{Leg: hybrid.Lexical}), index.Query{Text: "når må jeg betale", Language: "nb"})
	require.Empty(t, degraded)
	require.Empty(t, ids)
	require.Zero(t, p.model.asked)

	ids, _ = find(t, p.with(hybrid.Options{Leg: hybrid.Vector}), index.Query{Text: "betale", Language: "nb"})
	require.Equal(t, "bill", ids[0])

	p.model.fail = embed.ErrDown
	_, err := p.with(hybrid.Options{Leg: hybrid.Vector}).Search(t.Context(), index.Query{Workspace: "w", Text: "betale igjen"})
	require.ErrorIs(t, err, embed.ErrDown)
}
