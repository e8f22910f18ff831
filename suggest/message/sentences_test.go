package message_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/suggest/message"
)

var sentenceCases = []struct {
	name, language, text string
	want                 []string
}{
	{"two sentences", "nb", "Den virker ikke. Hva gjør jeg?", []string{"Den virker ikke.", "Hva gjør jeg?"}},
	{"chat without capitals", "nb", "den virker ikke. hva gjør jeg?", []string{"den virker ikke.", "hva gjør jeg?"}},
	{"Norwegian abbreviations", "nb", "Bruk f.eks. olje, bl.a. art.nr. 12, kl. 10.30 osv. Den tåler ca. 3 bar.", []string{"Bruk f.eks. olje, bl.a. art.nr. 12, kl. 10.30 osv.", "Den tåler ca. 3 bar."}},
	{"Swedish abbreviations", "sv", "Vi har t.ex. olja, bl.a. nr. 5 m.m. Den kostar ca. 100 kr.", []string{"Vi har t.ex. olja, bl.a. nr. 5 m.m.", "Den kostar ca. 100 kr."}},
	{"Danish abbreviations", "da", "Vi bruger f.eks. olie og evt. fedt osv. Den koster ca. 100 kr.", []string{"Vi bruger f.eks. olie og evt. fedt osv.", "Den koster ca. 100 kr."}},
	{"Finnish abbreviations", "fi", "Käytämme esim. öljyä, ns. perusöljyä jne. Se maksaa n. 20 euroa.", []string{"Käytämme esim. öljyä, ns. perusöljyä jne.", "Se maksaa n. 20 euroa."}},
	{"German abbreviations", "de", "Wir nutzen z.B. Öl, d.h. Nr. 5 usw. Es kostet ca. 20 Euro.", []string{"Wir nutzen z.B. Öl, d.h. Nr. 5 usw.", "Es kostet ca. 20 Euro."}},
	{"English abbreviations", "en", "Use oil, e.g. No. 5, as Dr. Smith says. It costs approx. 20 euro.", []string{"Use oil, e.g. No. 5, as Dr. Smith says.", "It costs approx. 20 euro."}},
	{"ordinals before months", "nb", "Vi flytter 1. januar 2025. Er det greit?", []string{"Vi flytter 1. januar 2025.", "Er det greit?"}},
	{"ordinals before German months", "de", "Wir kommen am 25. Mai. Passt das?", []string{"Wir kommen am 25. Mai.", "Passt das?"}},
	{"decimals and versions", "en", "It runs 1.2.3 at 5.5 bar. Fine?", []string{"It runs 1.2.3 at 5.5 bar.", "Fine?"}},
	{"a sentence that ends with a year", "nb", "Kjøpt i 2021. Garantien?", []string{"Kjøpt i 2021.", "Garantien?"}},
	{"addresses", "en", "See https://sufflor.example/a?b=c.html. Thanks.", []string{"See https://sufflor.example/a?b=c.html.", "Thanks."}},
	{"a forgotten space", "nb", "Den kommer.Hva nå?", []string{"Den kommer.", "Hva nå?"}},
	{"a unit at the end", "nb", "Sikringen er 16 A. Holder det?", []string{"Sikringen er 16 A.", "Holder det?"}},
	{"initials", "en", "Ask J. Hansen. He knows.", []string{"Ask J. Hansen.", "He knows."}},
	{"dots that trail off", "nb", "Jeg vet ikke... kanskje du vet? Hm... Takk.", []string{"Jeg vet ikke... kanskje du vet?", "Hm...", "Takk."}},
	{"many marks", "sv", "Hallå?!? Svara!!", []string{"Hallå?!?", "Svara!!"}},
	{"quotes close with their sentence", "de", "Er sagte „Geht nicht.“ Warum?", []string{"Er sagte „Geht nicht.“", "Warum?"}},
	{"lines end sentences", "nb", "Hei\nHva koster det\nHilsen Ola", []string{"Hei", "Hva koster det", "Hilsen Ola"}},
	{"wrapped lines go on", "nb", "Dette er en lang linje som e-postprogrammet har brutt fordi\nden ble for lang. Ja.", []string{"Dette er en lang linje som e-postprogrammet har brutt fordi\nden ble for lang.", "Ja."}},
	{"lists", "en", "I need:\n- a pump\n- a hose\n1. Price?\n2. Time?", []string{"I need:", "- a pump", "- a hose", "1. Price?", "2. Time?"}},
	{"nothing", "nb", " \n ", nil},
}

func TestSentences(t *testing.T) {
	for _, c := range sentenceCases {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, s := range message.Sentences(c.language, c.text) {
				got = append(got, c.text[s.Start:s.End])
			}
			require.Equal(t, c.want, got)
		})
	}
}

func FuzzSentences(f *testing.F) {
	for _, c := range sentenceCases {
		f.Add(c.language, c.text)
	}
	f.Fuzz(func(t *testing.T, language, text string) {
		end := 0
		var seen strings.Builder
		for _, s := range message.Sentences(language, text) {
			require.GreaterOrEqual(t, s.Start, end, "in order and apart")
			require.Greater(t, s.End, s.Start)
			require.Empty(t, strings.TrimSpace(text[end:s.Start]), "only spaces are left out")
			seen.WriteString(text[s.Start:s.End])
			end = s.End
		}
		require.Empty(t, strings.TrimSpace(text[end:]))
	})
}

func BenchmarkSentences(b *testing.B) {
	text := strings.Repeat("Maskinen viser E-4419, f.eks. kl. 10.30 osv. Den koster ca. 1 000 kr. Hva gjør jeg? ", 50)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		message.Sentences("nb", text)
	}
}

// TestHostileInputTakesLinearTime reads a quarter of a megabyte of what makes naive
// splitters slow. Quadratic time would run into the timeout of go test.
func TestHostileInputTakesLinearTime(t *testing.T) {
	const size = 256 << 10
	for _, unit := range []string{
		"a", " ", "\n", ">", "> \n", "?", ".", "1", "1 ", "1.", "1,000 ", "-", "- x\n", "(", ")", "http://)", "a@", "a.b", "E-", "og hva ", ", ", "mvh ", "x, mvh Kari\n", "On 1 ",
		"On 1:11 a\n", "From: a\n", "hei ", "Hilsen\n", "--\n", "\xff", "ä", "hva koster det og ", "+1 ", "00 ", "hva?",
	} {
		text := strings.Repeat(unit, size/len(unit))
		message.Questions("", text[:30<<10]+"?")
		start := time.Now()
		c := message.Clean(text)
		require.NotEmpty(t, c.Body+strings.TrimSpace(text)+" ")
		message.Sentences("nb", text)
		message.Questions("", text)
		message.Classify("", text)
		message.Anchors(text)
		if d := time.Since(start); d > time.Second {
			t.Logf("%q took %v", unit, d)
		}
	}
}
