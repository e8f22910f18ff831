package index_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index"
)

// terms is the analysed text in one line: stop words in parentheses,
// identifiers with a hash mark.
func terms(language, text string) string {
	var out []string
	for _, t := range index.Analyze(language, text) {
		switch {
		case t.Stop:
			out = append(out, "("+t.Term+")")
		case t.Identifier:
			out = append(out, "#"+t.Term)
		default:
			out = append(out, t.Term)
		}
	}
	return strings.Join(out, " ")
}

func TestAnalyze(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, language, text, want string
	}{
		{"norwegian words are stemmed and function words marked", "nb", "Hvordan bytter jeg knivene?", "(hvordan) bytt (jeg) kniv"},
		{"nynorsk function words are known too", "nb", "ikkje noko", "(ikkje) (noko)"},
		{"swedish", "sv", "Knivarna är slöa", "kniv (är) slöa"},
		{"danish", "da", "Maskinerne leveres ikke", "maskin lev (ikke)"},
		{"finnish cases fall away", "fi", "koneessa koneen", "kone kone"},
		{"german", "de", "Die Messer wechseln", "(die) mess wechseln"},
		{"english possessive", "en", "the machine's knives", "(the) machin knive"},
		{"an unknown language is left as it is", "xx", "Die Messer", "die messer"},
		{"an error code is whole and split", "nb", "E-4419", "#e4419 #e-4419 #4419"},
		{"a model is whole and split", "nb", "XY-2000", "#xy2000 #xy-2000 xy #2000"},
		{"a model written together meets it", "nb", "xy2000", "#xy2000 xy #2000"},
		{"a kit name keeps its own piece", "en", "XY-NK20", "#xynk20 #xy-nk20 xy #nk20 nk #20"},
		{"a directive drops its language", "nb", "2006/42/EF", "#200642ef #2006/42/ef #200642 #2006 #42 ef"},
		{"a regulation", "en", "(EU) 2024/1208", "eu #20241208 #2024/1208 #2024 #1208"},
		{"a norm is named by each body", "en", "EN ISO 3744", "#en3744 en #iso3744 iso #3744"},
		{"a norm with its year", "de", "DIN EN 474-1:2022", "#din474 din #en474 en #47412022 #474-1:2022 #474 #2022"},
		{"an article number", "nb", "740-2051", "#7402051 #740-2051 #740 #2051"},
		{"a price with a blank", "nb", "38 900 kr", "#38900 #38 #900 kr"},
		{"a price with a narrow blank", "nb", "38\u202f900,50 kr", "#38900.5 #38 #900 #50 kr"},
		{"a price with a dash", "sv", "37 900,-", "#37900 #37 #900"},
		{"a german price", "de", "3.390,00 €", "#3390"},
		{"an english price", "en", "€3,390.00", "#3390"},
		{"a swiss price", "de", "3'390.50", "#3390.5"},
		{"decimals stay", "en", "59.50", "#59.5"},
		{"a million", "en", "1,234,567", "#1234567"},
		{"a phone number is not one number", "nb", "47 70 55 01 00", "#47 #70 #55 #01 #00"},
		{"a phone number in threes stays apart after its head", "fi", "040 123 456", "#040 #123 #456"},
		{"a measure", "en", "200mm", "#200mm #200 mm"},
		{"a time", "nb", "07:00–17:00", "#0700 #07:00 #07 #00 #1700 #17:00 #17 #00"},
		{"a case ending after a colon", "fi", "XY-2000:n", "#xy2000 #xy-2000 xy #2000 n"},
		{"an address", "en", "Mail support@fjordvik.example.", "mail #support@fjordvik.example support fjordvik exampl"},
		{"a link", "en", "see https://Deler.fjordvik.example/a?b=42.", "see #deler.fjordvik.example/a?b=42 deler fjordvik exampl (a) b #42"},
		{"one letter and a hyphen", "nb", "e-post T-skjorte", "epost post tskjort skjort"},
		{"joined words are split", "en", "and/or noise-reduction", "(and) (or) nois reduct"},
		{"decomposed letters are composed", "sv", "Va\u0308xel", "växel"},
		{"ligatures and soft hyphens of a PDF", "en", "ﬁlter hy\u00addrau\u200blic", "filter hydraul"},
		{"a number of five digits", "en", "serial 204100", "serial #204100"},
		{"invalid bytes part words", "en", "oil\xfffilter", "oil filter"},
		{"nothing", "nb", " \t–…", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, terms(tt.language, tt.text))
		})
	}
}

func TestAnalyzeKeepsOffsets(t *testing.T) {
	t.Parallel()
	text := "Støysettet XY-NK20 (art. 740-2051) koster 38 900 kr."
	found := map[string]string{}
	for _, tok := range index.Analyze("nb", text) {
		found[tok.Term] = text[tok.Start:tok.End]
	}
	require.Equal(t, "Støysettet", found["støysett"])
	require.Equal(t, "XY-NK20", found["xynk20"])
	require.Equal(t, "NK20", found["nk20"])
	require.Equal(t, "20", found["20"])
	require.Equal(t, "740-2051", found["7402051"])
	require.Equal(t, "38 900", found["38900"])
}

// TestAnalyzeIsBounded reads the worst of outside text, with which a quadratic
// step would run into the timeout of go test, and holds terms to a length an
// index can bear.
func TestAnalyzeIsBounded(t *testing.T) {
	t.Parallel()
	for _, piece := range []string{"a", "1", "a1", "1-", "1 234 ", "1.", "ISO ", "EN ISO 1 ", "www.", "http://", "a@b.", "æ\u00ad", "’a", "1/2/3/", "½"} {
		t.Run(piece, func(t *testing.T) {
			t.Parallel()
			for _, tok := range index.Analyze("nb", strings.Repeat(piece, 200_000/len(piece))) {
				require.LessOrEqual(t, len(tok.Term), 120)
			}
		})
	}
}

func FuzzAnalyze(f *testing.F) {
	for _, s := range []string{
		"", "E-4419 XY-2000", "2006/42/EF (EU) 2024/1208 EN ISO 3744:2010", "38 900,50 kr 3.390,00 €", "a@b.c https://x.y/z www.",
		"é\u0301\u00ad\u200b", "\xff\xfe1\xff2", "1'2'3.4,5", "e-\u0301", "ISO ISO ISO 1-2-3", "½ ² ٣٤ １２", "İstanbul ß ǅ", "''''", "1 234 567 890,00", "www.‑",
	} {
		for _, lang := range []string{"nb", "sv", "da", "fi", "de", "en", ""} {
			f.Add(lang, s)
		}
	}
	f.Fuzz(func(t *testing.T, language, text string) {
		tokens := index.Analyze(language, text)
		for i, tok := range tokens {
			if tok.Start < 0 || tok.Start >= tok.End || tok.End > len(text) {
				t.Fatalf("token %d of %q: offsets %d to %d", i, text, tok.Start, tok.End)
			}
			if utf8.ValidString(text) && !utf8.ValidString(text[tok.Start:tok.End]) {
				t.Fatalf("token %d of %q cuts a letter: %d to %d", i, text, tok.Start, tok.End)
			}
			if tok.Term == "" || !utf8.ValidString(tok.Term) || strings.ContainsRune(tok.Term, 0) {
				t.Fatalf("token %d of %q: term %q", i, text, tok.Term)
			}
			if i > 0 && tok.Start < tokens[i-1].Start {
				t.Fatalf("token %d of %q begins before the one before it", i, text)
			}
			if tok.Stop && tok.Identifier {
				t.Fatalf("token %d of %q is both a function word and an identifier", i, text)
			}
		}
		if !slices.Equal(tokens, index.Analyze(language, text)) {
			t.Fatalf("%q is analysed differently the second time", text)
		}
	})
}

func BenchmarkAnalyze(b *testing.B) {
	text := strings.Repeat("Støysettet XY-NK20 (art. 740-2051) koster 38 900 kr og monteres på fire timer av et autorisert verksted. ", 20)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		index.Analyze("nb", text)
	}
}
