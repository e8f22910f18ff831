package suggest_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/suggest"
)

func TestParseModelIsStrict(t *testing.T) {
	const good = `{"version":"1","trained":"t","bias":0,"weights":{"own":1,"own*found":2},"draft":{"open":-1},"high":0.9,"medium":0.6,"low":0.4}`
	m, err := suggest.ParseModel([]byte(good))
	require.NoError(t, err)
	require.InDelta(t, 0.5, m.Probability(map[string]float64{"other": 1}), 1e-9)
	require.InDelta(t, 1/(1+0.1353352832), m.Probability(map[string]float64{"own": 1, "found": 0.5}), 1e-9)
	require.Zero(t, m.Probability(nil))
	for _, tt := range []struct{ old, new, want string }{
		{`"version"`, `"edition"`, "edition"},
		{`"own*found"`, `"own*found*lost"`, "own*found*lost"},
		{`"own*found"`, `"own*"`, "own*"},
		{`{"own":1,"own*found":2}`, `{}`, "weights"},
		{`"open"`, `"mood"`, "mood"},
		{`0.9`, `0.5`, "high"},
		{`0.4}`, `0.4} {}`, "behind"},
		{`{"version"`, `[`, "json"},
	} {
		_, err := suggest.ParseModel([]byte(strings.Replace(good, tt.old, tt.new, 1)))
		require.Error(t, err, tt.new)
		if tt.want != "json" {
			require.ErrorContains(t, err, tt.want)
		}
	}
}

func FuzzParseModel(f *testing.F) {
	f.Add([]byte(`{"weights":{"a*b":1},"high":0.9,"medium":0.6,"low":0.4}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := suggest.ParseModel(data)
		if err == nil {
			p := m.Probability(map[string]float64{"a": 1, "b": 0.5})
			require.True(t, p >= 0 && p <= 1 || p != p, "%g", p)
		}
	})
}

func TestTheGateStopsWhatIsNotAnswered(t *testing.T) {
	m := &suggest.Model{Weights: map[string]float64{"own": 4}, Bias: -2, High: 0.9, Medium: 0.6, Low: 0.4}
	ok, p := m.Gate(map[string]float64{"own": 1})
	require.True(t, ok)
	require.InDelta(t, 0.8808, p, 1e-4)
	ok, _ = m.Gate(map[string]float64{"own": 0.2})
	require.False(t, ok)
	ok, _ = m.Gate(map[string]float64{"own": 1, "lost": 0.75})
	require.False(t, ok, "none of three words on the matter is there")
	ok, p = m.Gate(nil)
	require.False(t, ok)
	require.Zero(t, p)
}

func TestADraftIsAsGoodAsItsWeakestAnswerLessWhatSpeaksAgainstIt(t *testing.T) {
	m := &suggest.Model{Weights: map[string]float64{"z": 1}, Draft: map[string]float64{"open": -1}, High: 0.9, Medium: 0.6, Low: 0.4}
	answer := func(z float64, answered bool) suggest.Ask {
		return suggest.Ask{Answered: answered, Features: map[string]float64{"z": z}}
	}
	s := suggest.Suggestion{Asks: []suggest.Ask{answer(2, true), answer(1, true), answer(-3, false)}}
	require.InDelta(t, 0.7311, m.DraftProbability(s), 1e-4)
	s.Features = map[string]float64{"open": 1}
	require.InDelta(t, 0.5, m.DraftProbability(s), 1e-9)
	require.Zero(t, m.DraftProbability(suggest.Suggestion{Asks: []suggest.Ask{answer(2, false)}}))
}

// fixed is a calibration with one answer.
type fixed struct {
	p float64
	t suggest.Thresholds
}

func (f fixed) Calibrate(workspace, language string, _ float64) (float64, suggest.Thresholds) {
	if workspace != ws || language != "nb" {
		return 0, f.t
	}
	return f.p, f.t
}

func TestFlagsFollowTheCalibration(t *testing.T) {
	p := pipeline(newLibrary(t, shelf()...))
	const question = "Hvor mye olje går det i pumpen P-77?"
	usual := suggest.Thresholds{High: 0.9, Medium: 0.6, Low: 0.4}
	for _, tt := range []struct {
		name string
		fixed
		text string
		want suggest.Flag
	}{
		{"sure", fixed{0.92, usual}, question, suggest.High},
		{"likely", fixed{0.7, usual}, question, suggest.Medium},
		{"doubtful", fixed{0.3, usual}, question, suggest.Low},
		{"sure in another language only", fixed{0.99, usual}, "How much oil is there in the pump P-77?", suggest.Low},
		{"nothing is proven", fixed{0.99, suggest.Thresholds{High: 2, Medium: 0.6, Low: 0.4}}, question, suggest.Medium},
		{"a question is open", fixed{0.99, usual}, question + " Og hvilke farger kan lastebilen lakkeres i?", suggest.Medium},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p.Calibration = tt.fixed
			require.Equal(t, tt.want, ask(t, p, tt.text).Flag)
		})
	}
	p.Calibration = fixed{0.99, suggest.Thresholds{High: 2, Medium: 0.6, Low: 0.4}}
	p.Model = &suggest.Model{Weights: map[string]float64{"own": 9}, High: 0.95, Medium: 0.6, Low: 0.4}
	require.Contains(t, codes(ask(t, p, question)), "unproven")
}

func TestReasonsNameTheirPlace(t *testing.T) {
	passages := shelf()
	passages[1].Locator = index.Locator{Sheet: "Retrofit", Cells: "A12:E12"}
	passages[2].Locator = index.Locator{Sheet: "Retrofit", Cells: "A13:E13"}
	lib := newLibrary(t, passages...)
	for id, p := range lib.all { // the helper names them all alike
		if p.Kind == index.KindRow {
			p.Source = "lister/Prisliste 2026.xlsx"
			lib.all[id] = p
		}
	}
	p := pipeline(lib)
	texts := func(s suggest.Suggestion) (out []string) {
		for _, r := range s.Reasons {
			out = append(out, r.Text)
		}
		return out
	}
	require.Contains(t, texts(ask(t, p, "Hva koster filteret til pumpe P-88?")), "Pris: Prisliste 2026.xlsx, ark Retrofit, rad 13")
	s := ask(t, p, "Hvilke farger kan lastebilen lakkeres i?")
	require.Contains(t, texts(s), "Ingen dokumenter svarer på: Hvilke farger kan lastebilen lakkeres i?")
	p.Profile = func(string) suggest.Profile { return suggest.Profile{Name: "X", Language: "en"} }
	require.Contains(t, texts(ask(t, p, "Hva koster filteret til pumpe P-88?")), "Price: Prisliste 2026.xlsx, sheet Retrofit, row 13")
}

func TestPlace(t *testing.T) {
	for _, tt := range []struct {
		name, language, want string
		passage              index.Passage
	}{
		{"a row of a sheet", "en", "Prices.xlsx, sheet Retrofit, row 12", index.Passage{Source: "a/Prices.xlsx", Locator: index.Locator{Sheet: "Retrofit", Cells: "A12:E12"}}},
		{"rows of a sheet", "de", "Preise.xlsx, Blatt Nachrüstung, Zeilen 3–5", index.Passage{Source: `c:\x\Preise.xlsx`, Locator: index.Locator{Sheet: "Nachrüstung", Cells: "A3:B5"}}},
		{"a page", "sv", "Guide.pdf, sidan 3", index.Passage{Source: "Guide.pdf", Headings: []string{"Service"}, Locator: index.Locator{Page: 3}}},
		{"pages", "fi", "opas.pdf, sivut 3–4", index.Passage{Source: "opas.pdf", Locator: index.Locator{Page: 3, PageEnd: 4}}},
		{"a section", "nb", "retur.docx, avsnitt «Bytte»", index.Passage{Source: "retur.docx", Headings: []string{"Retur", "Bytte"}, Locator: index.Locator{Paragraph: 7}}},
		{"a paragraph", "da", "retur.docx, afsnit 7", index.Passage{Source: "retur.docx", Locator: index.Locator{Paragraph: 7}}},
		{"lines", "en", "notes.txt, lines 12–18", index.Passage{Source: "notes.txt", Locator: index.Locator{Line: 12, LineEnd: 18}}},
		{"a solved case", "nb", "sak #12345", index.Passage{Source: "12345", Locator: index.Locator{Case: "12345"}}},
		{"a title when there is no file", "en", "Handbook", index.Passage{Title: "Handbook"}},
		{"an unknown language is English", "xx", "a.pdf, page 1", index.Passage{Source: "a.pdf", Locator: index.Locator{Page: 1}}},
	} {
		t.Run(tt.name, func(t *testing.T) { require.Equal(t, tt.want, suggest.Place(tt.language, tt.passage)) })
	}
}

// Every language says all that English says, with as many gaps to fill.
func TestReasonsAreInEveryLanguage(t *testing.T) {
	data, err := os.ReadFile("phrases.yaml")
	require.NoError(t, err)
	line := regexp.MustCompile(`(?m)^    (\w+): "(.*)"$`)
	gap := regexp.MustCompile(`%[sd]`)
	var english map[string][]string
	var parts []map[string][]string
	for _, part := range regexp.MustCompile(`(?m)^\w\w:\n`).Split(string(data), -1)[1:] {
		gaps := map[string][]string{}
		for _, m := range line.FindAllStringSubmatch(part, -1) {
			gaps[m[1]] = gap.FindAllString(m[2], -1)
		}
		for _, kind := range []string{"price", "howto", "problem", "when", "where", "howmuch", "answer", "sheet", "row", "rows", "page", "pages", "section", "line", "lines", "paragraph", "case"} {
			require.Contains(t, part, kind+": ")
		}
		parts, english = append(parts, gaps), gaps // English stands last
	}
	require.Len(t, parts, 6)
	for _, gaps := range parts {
		require.Equal(t, english, gaps)
	}
}

func TestSignalsAreOfTheirRangeAndOnce(t *testing.T) {
	p := pipeline(newLibrary(t, shelf()...))
	_, trace, err := p.Explain(t.Context(), suggest.Request{Workspace: ws, Text: "Hvor mye olje går det i pumpen P-77? Hva koster filteret til pumpe P-88?"})
	require.NoError(t, err)
	require.Len(t, trace.Answers, 2)
	for i, a := range trace.Answers {
		for _, name := range suggest.SignalFeatures {
			require.GreaterOrEqual(t, a.Features[name], 0.0, name)
			require.LessOrEqual(t, a.Features[name], 1.0, name)
		}
		require.Positive(t, a.Features["cover.two"])
		require.InDelta(t, 0.25, a.Features["ask.parts"], 1e-9)
		require.InDelta(t, 0.5, a.Features["quote.approved"], 1e-9, "nobody voted")
		a.Features["cover.two"] = 0.123
		require.InDelta(t, 0.123, suggest.Signals(trace.Brief, i, a)["cover.two"], 0, "what is there is taken")
	}
	old := suggest.Answer{Features: map[string]float64{"own": 1}, Sentences: []suggest.Quote{{Passage: trace.Found[0][0].Passage.ID, Text: "x"}}}
	brief := trace.Brief
	brief.Asks[0].Hits = trace.Found[0][:1]
	brief.Asks[0].Hits[0].Passage.Modified = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	newer := brief.Asks[0].Hits[0]
	newer.Passage.ID, newer.Passage.Modified = "newer", time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	brief.Asks[0].Hits = append(brief.Asks[0].Hits, newer)
	require.InDelta(t, 1, suggest.Signals(brief, 0, old)["quote.age"], 1e-9)
	require.NotContains(t, old.Features, "quote.age", "the answer is left alone")
	require.Nil(t, suggest.Signals(brief, 0, suggest.Answer{}))
}
