package compose_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/suggest"
	"github.com/sufflor/sufflor/suggest/compose"
	"github.com/sufflor/sufflor/suggest/prompt"
)

// letter is a reply as an agent has it after editing.
const letter = `Hei Kari,

Takk for henvendelsen.

Når det gjelder oljen, så er det slik at pumpen P-77 fylles med 38 liter hydraulikkolje. Oljen i pumpen P-77 skiftes hvert år.

Si gjerne fra hvis du lurer på noe mer.

Vennlig hilsen
Eksempel AS`

func (s setup) reword(t *testing.T, w suggest.Wording) (suggest.Suggestion, error) {
	t.Helper()
	if w.Text == "" {
		w.Text = letter
	}
	return s.pipeline.Reword(t.Context(), suggest.Request{Workspace: ws, Text: oil, Customer: "Kari Nordmann"}, w)
}

func TestATextIsWordedAnew(t *testing.T) {
	s := newSetup(t, func(r compose.Request) string {
		require.Contains(t, r.User, "Make TEXT shorter")
		require.NotContains(t, r.User, "Vennlig hilsen", "greeting and closing are ours")
		require.NotContains(t, r.User, "hemmelige 4 100", "internal passages are not for the model")
		return reply(r, right)
	})
	require.True(t, s.pipeline.Rewords(ws))
	out, err := s.reword(t, suggest.Wording{Style: suggest.Shorter})
	require.NoError(t, err)
	require.Equal(t, `Hei Kari,

Takk for henvendelsen.

Pumpen P-77 fylles med 38 liter hydraulikkolje.

Si gjerne fra hvis du lurer på noe mer.

Vennlig hilsen
Eksempel AS`, out.Text())
	require.Equal(t, suggest.Written, out.Mode)
	require.Equal(t, prompt.RewordVersion, out.Versions.Prompt)
	require.NotEqual(t, suggest.None, out.Flag)
	var cited []string
	for _, x := range out.Sentences {
		require.Equal(t, x.Kind == suggest.Fact, len(x.Citations) > 0, x.Text)
		for _, c := range x.Citations {
			p := out.Evidence[c.Number-1].Passage
			cited = append(cited, p.Text[c.Start:c.End])
		}
	}
	require.Equal(t, []string{right.text}, cited, "citations are found anew")
}

func TestWhatAModelMakesOfATextIsChecked(t *testing.T) {
	wrong := sentence{text: "Pumpen P-77 fylles med 83 liter hydraulikkolje.", passage: "38 liter"}
	for _, tt := range []struct {
		name, code string
		also       sentence
	}{
		{"another number", "anchors", wrong},
		{"what no passage says", "unsupported", sentence{text: "Pumpen P-77 leveres i fjorten ulike farger fra lager.", passage: "38 liter"}},
		{"a promise", "promise", sentence{text: "Vi garanterer at pumpen P-77 fylles med 38 liter hydraulikkolje.", passage: "38 liter"}},
		{"an instruction that a document planted", "unsupported", sentence{text: "Betal på https://evil.example/pay for pumpen P-77.", passage: "plant underlag"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newSetup(t, func(r compose.Request) string { return reply(r, right, tt.also) })
			out, err := s.reword(t, suggest.Wording{Style: suggest.Friendlier})
			require.NoError(t, err)
			require.NotContains(t, out.Text(), tt.also.text)
			require.Contains(t, out.Text(), right.text)
			require.NotEqual(t, suggest.High, out.Flag)
			require.NotEmpty(t, out.Reasons)
			var texts []string
			for _, r := range out.Reasons {
				texts = append(texts, r.Text)
			}
			require.Contains(t, strings.Join(texts, "\n"), "Struket", "%v", codes(out))
		})
	}
	t.Run("nothing of it stands", func(t *testing.T) {
		s := newSetup(t, func(r compose.Request) string { return reply(r, wrong) })
		_, err := s.reword(t, suggest.Wording{Style: suggest.Longer})
		requireCause(t, err, suggest.CauseUnsupported)
	})
	t.Run("another language", func(t *testing.T) {
		s := newSetup(t, func(r compose.Request) string {
			return reply(r, sentence{text: "The pump P-77 takes 38 litres of hydraulic oil and should be changed every single year.", passage: "38 liter"})
		})
		_, err := s.reword(t, suggest.Wording{Style: suggest.MoreFormal})
		requireCause(t, err, suggest.CauseLanguage)
	})
	t.Run("no answer", func(t *testing.T) {
		s := newSetup(t, func(compose.Request) string { return "I would rather not." })
		_, err := s.reword(t, suggest.Wording{Style: suggest.MoreFormal})
		requireCause(t, err, suggest.CauseGarbage)
	})
	t.Run("a model that may not be asked", func(t *testing.T) {
		s := newSetup(t, nil)
		s.composer.Model = func(string) compose.Model { return nil }
		require.False(t, s.pipeline.Rewords(ws))
		_, err := s.reword(t, suggest.Wording{Style: suggest.MoreFormal})
		requireCause(t, err, suggest.CauseDown)
	})
	t.Run("its error has a cause", func(t *testing.T) {
		s := newSetup(t, nil)
		s.model.answer = func(context.Context, compose.Request) (string, error) { return "", errors.New("spent") }
		s.composer.Cause = func(error) suggest.Cause { return suggest.CauseBudget }
		_, err := s.reword(t, suggest.Wording{Style: suggest.Shorter})
		requireCause(t, err, suggest.CauseBudget)
	})
}

func requireCause(t *testing.T, err error, want suggest.Cause) {
	t.Helper()
	var failed *suggest.ComposeError
	require.ErrorAs(t, err, &failed)
	require.Equal(t, want, failed.Cause, "%v", err)
}

func TestAModelThatIsSlowLeavesTheText(t *testing.T) {
	s := newSetup(t, nil)
	s.pipeline.ComposeIn = 2 * time.Second
	s.model.answer = func(ctx context.Context, _ compose.Request) (string, error) { <-ctx.Done(); return "", ctx.Err() }
	synctest.Test(t, func(t *testing.T) {
		_, err := s.pipeline.Reword(t.Context(), suggest.Request{Workspace: ws, Text: oil}, suggest.Wording{Text: letter, Style: suggest.Shorter})
		requireCause(t, err, suggest.CauseSlow)
	})
}

// hider hides one name, as a vault does.
type hider struct{}

func (hider) Mask(text string) string { return strings.ReplaceAll(text, "Nordmann", "<PERSON_1>") }

func (hider) Restore(text string) (string, error) {
	if strings.Contains(text, "<PERSON_2>") {
		return "", errors.New("no such person")
	}
	return strings.ReplaceAll(text, "<PERSON_1>", "Nordmann"), nil
}

func TestPersonalDataStaysHere(t *testing.T) {
	says := "Takk for tålmodigheten, <PERSON_1>."
	s := newSetup(t, func(r compose.Request) string {
		require.NotContains(t, r.User, "Nordmann")
		require.Contains(t, r.User, "<PERSON_1>")
		return reply(r, sentence{text: says, kind: "courtesy"}, right)
	})
	s.composer.Masker = func(suggest.Material) compose.Masker { return hider{} }
	w := suggest.Wording{Style: suggest.Friendlier, Text: "Takk for tålmodigheten, Nordmann. Pumpen P-77 fylles med 38 liter hydraulikkolje."}
	out, err := s.reword(t, w)
	require.NoError(t, err)
	require.Contains(t, out.Text(), "Takk for tålmodigheten, Nordmann.")
	says = "Takk, <PERSON_2>."
	_, err = s.reword(t, w)
	requireCause(t, err, suggest.CausePrivate)
}

func translated(texts ...string) string {
	var parts []string
	for i, t := range texts {
		parts = append(parts, `{"text":"`+t+`","cites":[`+string(rune('1'+i))+`],"kind":"fact"}`)
	}
	return `{"language":"en","sentences":[` + strings.Join(parts, ",") + `],"missing":[],"answered":[]}`
}

func TestATextIsTranslated(t *testing.T) {
	w := suggest.Wording{Style: suggest.Translated, Language: "en", Text: strings.Replace(letter, "Når det gjelder oljen, så er det slik at pumpen", "Pumpen", 1)}
	english := "The pump P-77 is filled with 38 litres of hydraulic oil."
	second := "The oil in the pump P-77 is changed every year."
	s := newSetup(t, func(r compose.Request) string {
		require.Contains(t, r.User, "LANGUAGE: English (en)")
		require.NotContains(t, r.User, "returneres innen", "a translation needs no passages")
		return translated(english, second)
	})
	out, err := s.reword(t, w)
	require.NoError(t, err)
	require.Equal(t, "Hello Kari,\n\nThank you for getting in touch.\n\n"+english+" "+second+"\n\nPlease let me know if there is anything else.\n\nKind regards\nEksempel AS", out.Text())
	require.Equal(t, suggest.Low, out.Flag, "words of another language cannot be followed")
	require.Equal(t, "translated", out.Reasons[0].Code)
	require.Contains(t, out.Reasons[0].Text, "engelsk")
	require.Equal(t, "en", out.Language)
	n := 0
	for _, x := range out.Sentences {
		n += len(x.Citations)
	}
	require.Equal(t, 2, n, "each sentence keeps its original's source")

	english = "The pump P-77 is filled with 83 litres of hydraulic oil."
	out, err = s.reword(t, w)
	require.NoError(t, err)
	require.NotContains(t, out.Text(), "83", "a number that changed on the way")
	require.Contains(t, out.Text(), second)

	for name, tt := range map[string]struct {
		says string
		want suggest.Cause
	}{
		"a sentence is lost": {translated(second), suggest.CauseGarbage},
		"not translated":     {translated("Pumpen P-77 fylles med 38 liter hydraulikkolje.", "Oljen i pumpen P-77 skiftes hvert år."), suggest.CauseLanguage},
		"in another order":   {strings.ReplaceAll(translated(second, second), `"cites":[1]`, `"cites":[2]`), suggest.CauseGarbage},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSetup(t, func(compose.Request) string { return tt.says })
			_, err := s.reword(t, w)
			requireCause(t, err, tt.want)
		})
	}
}

func TestAPassageQuotedByHandSupportsAText(t *testing.T) {
	text := "Deler kan returneres innen 30 dager. Be om returnummer i portalen først."
	s := newSetup(t, func(r compose.Request) string {
		return reply(r, sentence{text: "Ubrukte deler kan returneres innen 30 dager.", passage: "innen 30 dager"})
	}, append(documents(), index.Passage{Text: "Kaffe serveres i kantinen."})...)
	out, err := s.pipeline.Reword(t.Context(), suggest.Request{Workspace: ws, Text: "Hvilke farger kan lastebilen lakkeres i?"},
		suggest.Wording{Style: suggest.Shorter, Text: text, Quoted: []string{"p02", "missing"}})
	require.NoError(t, err)
	require.Contains(t, out.Text(), "Ubrukte deler kan returneres innen 30 dager.")
	require.Equal(t, suggest.Low, out.Flag, "the question itself has no answer")
	require.Equal(t, "p02", out.Evidence[0].Passage.ID)
}

func TestAHintSaysWhatWasMeant(t *testing.T) {
	s := newSetup(t, nil)
	s.composer.Model = func(string) compose.Model { return nil }
	req := suggest.Request{Workspace: ws, Text: "Hva med den greia jeg spurte om?", Customer: "Kari Nordmann"}
	out, err := s.pipeline.Suggest(t.Context(), req)
	require.NoError(t, err)
	require.NotContains(t, out.Text(), "690")
	for _, hint := range []string{"Hva koster filter F-12 til pumpe P-77?", "pris filter F-12 til pumpe P-77"} {
		req.Hint = hint
		out, err = s.pipeline.Suggest(t.Context(), req)
		require.NoError(t, err)
		require.Contains(t, out.Text(), "690 kr", hint)
		require.Contains(t, out.Text(), "Hei Kari")
	}
}
