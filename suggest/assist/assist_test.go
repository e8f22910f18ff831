package assist_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/suggest/assist"
	"github.com/sufflor/sufflor/suggest/llm"
)

// model says what it is told to, after a while.
type model struct {
	says  func(p llm.Prompt) (string, error)
	after time.Duration

	mu    sync.Mutex
	asked []llm.Prompt
}

func (m *model) Name() string { return "test/model" }

func (m *model) Generate(ctx context.Context, p llm.Prompt, _ func(string)) (llm.Reply, error) {
	m.mu.Lock()
	m.asked = append(m.asked, p)
	m.mu.Unlock()
	select {
	case <-time.After(m.after):
	case <-ctx.Done():
		return llm.Reply{}, ctx.Err()
	}
	text, err := m.says(p)
	return llm.Reply{Text: text}, err
}

func (m *model) calls() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.asked)
}

func always(text string) func(llm.Prompt) (string, error) {
	return func(llm.Prompt) (string, error) { return text, nil }
}

func TestTranslationsAreAskedOnce(t *testing.T) {
	m := &model{says: always("```json\n{\"de\": \"Pumpe macht Lärm\", \"nb\": \"pumpen bråker\"}\n```")}
	tr := assist.NewTranslator(m, 0, nil)
	defer tr.Close()
	for range 3 {
		got, err := tr.Translate(t.Context(), "w", "en", []string{"nb", "de"}, "the pump is noisy")
		require.NoError(t, err)
		require.Equal(t, map[string]string{"nb": "pumpen bråker", "de": "Pumpe macht Lärm"}, got)
	}
	require.Equal(t, 1, m.calls())
	require.Contains(t, m.asked[0].User, "the pump is noisy")
	require.NoError(t, m.asked[0].Schema.Check(`{"nb":"a","de":"b"}`))
	_, err := tr.Translate(t.Context(), "another", "en", []string{"nb", "de"}, "the pump is noisy")
	require.NoError(t, err)
	require.Equal(t, 2, m.calls(), "another workspace's money")
}

func TestWhatIsNoTranslationIsRefused(t *testing.T) {
	for name, says := range map[string]string{
		"no JSON":            "Pumpen bråker",
		"half":               `{"nb": "pumpen`,
		"another language":   `{"sv": "pumpen bullrar"}`,
		"empty":              `{"nb": " "}`,
		"an essay":           `{"nb": "` + strings.Repeat("pumpen bråker ", 50) + `"}`,
		"another form":       `{"nb": ["pumpen"]}`,
		"nothing but a mask": `{"nb": "<PERSON_1>"}`,
	} {
		t.Run(name, func(t *testing.T) {
			m := &model{says: always(says)}
			_, err := assist.NewTranslator(m, 0, nil).Translate(t.Context(), "w", "en", []string{"nb"}, "noisy pump")
			require.Error(t, err)
		})
	}
}

func TestPersonalDataIsHiddenFromTheModel(t *testing.T) {
	m := &model{says: always(`{"nb": "<PERSON_1> sin pumpe bråker"}`)}
	mask := func(s string) string { return strings.ReplaceAll(s, "Kari", "<PERSON_1>") }
	got, err := assist.NewTranslator(m, 0, mask).Translate(t.Context(), "w", "en", []string{"nb"}, "Kari has a noisy pump")
	require.NoError(t, err)
	require.Equal(t, "sin pumpe bråker", got["nb"])
	require.NotContains(t, m.asked[0].User, "Kari")
}

func TestACodeOfTheQuestionIsNoMask(t *testing.T) {
	m := &model{says: always(`{"nb": "<NAME_1> sin pumpe viser ERR_404"}`)}
	mask := func(s string) string { return strings.ReplaceAll(s, "Kari", "<NAME_1>") }
	got, err := assist.NewTranslator(m, 0, mask).Translate(t.Context(), "w", "en", []string{"nb"}, "Kari's pump shows ERR_404")
	require.NoError(t, err)
	require.Equal(t, "sin pumpe viser ERR_404", got["nb"])
}

func TestAnAnswerThatComesLateIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &model{says: always(`{"nb": "pumpen bråker"}`), after: 3 * time.Second}
		tr := assist.NewTranslator(m, time.Second, nil)
		began := time.Now()
		_, err := tr.Translate(t.Context(), "w", "en", []string{"nb"}, "noisy pump")
		require.Error(t, err)
		require.Equal(t, time.Second, time.Since(began))
		time.Sleep(3 * time.Second)
		got, err := tr.Translate(t.Context(), "w", "en", []string{"nb"}, "noisy pump")
		require.NoError(t, err)
		require.Equal(t, "pumpen bråker", got["nb"])
		require.Equal(t, 1, m.calls())
	})
}

// found is a search that found passages p1, p2 ...
type found int

func (f found) Search(context.Context, index.Query) (index.Result, error) {
	var res index.Result
	for i := range int(f) {
		res.Hits = append(res.Hits, index.Hit{ID: fmt.Sprintf("p%d", i+1), Score: float64(100 - i)})
	}
	return res, nil
}

func (found) IDF(context.Context, string, string, []string) (map[string]float64, error) {
	return nil, nil
}
func (found) Version() string { return "v" }

func (found) Passages(_ context.Context, _ string, ids []string) (map[string]index.Passage, error) {
	out := map[string]index.Passage{}
	for _, id := range ids {
		out[id] = index.Passage{ID: id, Title: "Title", Text: "text of " + id + "\u200b" + strings.Repeat(" more", 300)}
	}
	return out, nil
}

func order(t *testing.T, f found, m *model, patience time.Duration) ([]string, []string) {
	t.Helper()
	r := assist.NewRanker(f, f, m, patience, nil)
	defer r.Close()
	res, err := r.Search(t.Context(), index.Query{Workspace: "w", Text: "noisy pump"})
	require.NoError(t, err)
	var ids []string
	for i, h := range res.Hits {
		ids = append(ids, h.ID)
		require.InDelta(t, float64(100-i), h.Score, 1e-9, "scores stay at their places")
	}
	return ids, res.Degraded
}

func TestAModelOrdersTheBestPassages(t *testing.T) {
	m := &model{says: always(`{"order":[3,1]}`)}
	ids, degraded := order(t, 5, m, 0)
	require.Equal(t, []string{"p3", "p1", "p2", "p4", "p5"}, ids)
	require.Empty(t, degraded)
	require.NotContains(t, m.asked[0].User, "\u200b")
	require.Less(t, len(m.asked[0].User), 5*700+500)

	marks := regexp.MustCompile(`<<(\w+)`).FindAllStringSubmatch(m.asked[0].User, -1)
	require.Len(t, marks, 7)
	ids, _ = order(t, 30, &model{says: always(`{"order":[12]}`)}, 0)
	require.Equal(t, "p12", ids[0])
	require.Len(t, ids, 30)
}

func TestPersonalDataOfPassagesIsHiddenFromTheModel(t *testing.T) {
	m := &model{says: always(`{"order":[2]}`)}
	r := assist.NewRanker(found(2), found(2), m, 0, func(s string) string { return strings.ReplaceAll(s, "text of p", "text of <NAME_1>") })
	defer r.Close()
	res, err := r.Search(t.Context(), index.Query{Workspace: "w", Text: "noisy pump"})
	require.NoError(t, err)
	require.Equal(t, "p2", res.Hits[0].ID)
	require.NotContains(t, m.asked[0].User, "text of p")
	require.Equal(t, 2, strings.Count(m.asked[0].User, "text of <NAME_1>"))
}

func TestAnOrderThatIsNoneChangesNothing(t *testing.T) {
	for name, says := range map[string]func(llm.Prompt) (string, error){
		"not there":      always(`{"order":[9]}`),
		"zero":           always(`{"order":[0]}`),
		"twice":          always(`{"order":[1,1]}`),
		"empty":          always(`{"order":[]}`),
		"words":          always(`The best is passage 2.`),
		"another object": always(`{"answer":"42"}`),
		"down":           func(llm.Prompt) (string, error) { return "", errors.New("down") },
	} {
		t.Run(name, func(t *testing.T) {
			ids, degraded := order(t, 3, &model{says: says}, 0)
			require.Equal(t, []string{"p1", "p2", "p3"}, ids)
			require.Len(t, degraded, 1)
		})
	}
	synctest.Test(t, func(t *testing.T) {
		ids, degraded := order(t, 3, &model{says: always(`{"order":[3]}`), after: time.Hour}, time.Second)
		require.Equal(t, []string{"p1", "p2", "p3"}, ids)
		require.Len(t, degraded, 1)
	})
}

func TestASearchThatFoundNothingAsksNobody(t *testing.T) {
	m := &model{}
	ids, _ := order(t, 0, m, 0)
	require.Empty(t, ids)
	require.Zero(t, m.calls())
}

func FuzzReplies(f *testing.F) {
	f.Add(`{"order":[1,2]}`)
	f.Add(`{"nb":"x"}`)
	f.Fuzz(func(t *testing.T, says string) {
		m := &model{says: always(says)}
		_, _ = assist.NewTranslator(m, 0, nil).Translate(t.Context(), "w", "en", []string{"nb"}, "noisy pump")
		res, err := assist.NewRanker(found(3), found(3), m, 0, nil).Search(t.Context(), index.Query{Workspace: "w", Text: "noisy pump"})
		require.NoError(t, err)
		require.Len(t, res.Hits, 3)
	})
}
