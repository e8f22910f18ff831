package suggest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index/lang"
	"github.com/sufflor/sufflor/suggest"
)

func TestParseGuidelines(t *testing.T) {
	g, err := suggest.ParseGuidelines([]byte("tone: friendly\nforbidden: [\"billig*\", \"dessverre\"]\nmust_say: {nb: Ring oss gjerne.}\ngreeting: {nb: \"God dag, {name}.\"}\nsignature: {nb: \"Hilsen oss\"}\n"))
	require.NoError(t, err)
	require.Equal(t, suggest.Friendly, g.Tone)
	data, err := g.YAML()
	require.NoError(t, err)
	again, err := suggest.ParseGuidelines(data)
	require.NoError(t, err)
	require.Equal(t, g, again)

	empty, err := suggest.ParseGuidelines(nil)
	require.NoError(t, err)
	require.Zero(t, empty)

	for name, tt := range map[string]struct{ text, says string }{
		"an unknown key":                       {"tonee: formal", "tonee"},
		"an unknown tone":                      {"tone: rude", "one of formal, friendly"},
		"an unknown language":                  {"greeting: {fr: Bonjour}", "greeting.fr"},
		"a tone of no language":                {"tone_in: {fr: formal}", "tone_in.fr: no such language"},
		"an unknown tone in a language":        {"tone_in: {nb: rude}", "tone_in.nb"},
		"an empty phrase of a language":        {"forbidden_in: {nb: [\" \"]}", "forbidden_in.nb[0]: empty"},
		"a must-say that one language forbids": {"forbidden_in: {sv: [ring]}\nmust_say: {default: Ring oss.}", "must_say.default: holds \"ring\""},
		"a greeting for any language":          {"greeting: {default: Hei}", "greeting.default: no such language"},
		"an empty text":                        {"signature: {nb: \" \"}", "signature.nb: empty"},
		"an empty phrase":                      {"forbidden: [\"*\"]", "forbidden[0]"},
		"a must-say that is forbidden":         {"forbidden: [ring]\nmust_say: {nb: Ring oss.}", "must_say.nb: holds \"ring\""},
		"hidden characters":                    {"signature: {nb: \"a\\u202eb\"}", "control characters"},
		"too long":                             {"signature: {nb: " + strings.Repeat("x", 1001) + "}", "longer than"},
		"too large":                            {strings.Repeat("#", 70<<10), "at most"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := suggest.ParseGuidelines([]byte(tt.text))
			require.ErrorContains(t, err, tt.says)
		})
	}
}

func TestWordsHaveTwoTonesInAllLanguages(t *testing.T) {
	for _, l := range lang.Supported() {
		formal := suggest.Guidelines{}.Or(suggest.Guidelines{}).Words(l, "Eksempel AS")
		friendly := suggest.Guidelines{Tone: suggest.Friendly}.Words(l, "Eksempel AS")
		for _, key := range []string{"greeting", "greeting_name", "thanks", "sorry", "open", "closing", "signature", "foreign"} {
			require.NotEmpty(t, formal[key], "%s %s", l, key)
			require.NotEmpty(t, friendly[key], "%s %s", l, key)
		}
		require.NotEqual(t, formal["thanks"], friendly["thanks"], l)
		require.Contains(t, formal["greeting_name"], "{name}", l)
		require.Contains(t, friendly["greeting_name"], "{name}", l)
		require.Contains(t, friendly["signature"], "Eksempel AS")
	}
	g := suggest.Guidelines{Greeting: map[string]string{"nb": "God dag, {name}."}}
	require.Equal(t, "God dag.", g.Words("nb", "x")["greeting"])
	own := suggest.Guidelines{Signature: map[string]string{"nb": "A"}}.Or(suggest.Guidelines{Tone: suggest.Friendly, Signature: map[string]string{"nb": "B", "sv": "C"}})
	require.Equal(t, suggest.Friendly, own.Tone)
	require.Equal(t, map[string]string{"nb": "A", "sv": "C"}, own.Signature)
}

func TestALanguageHasGuidelinesOfItsOwn(t *testing.T) {
	g, err := suggest.ParseGuidelines([]byte("tone: friendly\ntone_in: {de: formal}\nforbidden: [\"billig*\"]\nforbidden_in: {de: [preiswert]}\nmust_say: {nb: Ring oss., default: Call us.}\n"))
	require.NoError(t, err)
	require.Equal(t, suggest.Guidelines{}.Words("de", "x")["thanks"], g.Words("de", "x")["thanks"], "formal in German")
	require.Equal(t, suggest.Guidelines{Tone: suggest.Friendly}.Words("nb", "x")["thanks"], g.Words("nb", "x")["thanks"], "friendly elsewhere")
	require.Equal(t, []string{"Ring oss.", "Call us."}, []string{g.Words("nb", "x")["must_say"], g.Words("fi", "x")["must_say"]})
	require.Equal(t, []suggest.Fault{{Rule: "forbidden", Detail: "preiswert"}}, g.Faults("de", "Sehr preiswert.", ""))
	require.Equal(t, []suggest.Fault{{Rule: "forbidden", Detail: "billig*"}}, g.Faults("de", "Am billigsten.", ""), "what is forbidden everywhere is forbidden there too")
	require.Empty(t, g.Faults("nb", "Sehr preiswert.", ""))
	require.Len(t, g.Faults("de", "Danke!", ""), 1, "formal has no exclamation mark")
	require.Empty(t, g.Faults("nb", "Takk!", ""))

	own := suggest.Guidelines{ForbiddenIn: map[string][]string{"sv": {"a"}}}.Or(g)
	require.Equal(t, []string{"billig*"}, own.In("nb").Forbidden, "what is left out is as configured")
	require.Equal(t, []string{"a", "billig*"}, own.In("sv").Forbidden)
	require.Equal(t, suggest.Formal, own.In("de").Tone)
	require.Equal(t, "Call us.", own.MustSay[suggest.AnyLanguage])
}

func TestFaults(t *testing.T) {
	g := suggest.Guidelines{Tone: suggest.Formal, Forbidden: []string{"billig*", "så klart"}}
	for _, tt := range []struct {
		name, language, text, sources string
		want                          []suggest.Fault
	}{
		{name: "nothing wrong", language: "nb", text: "Pumpen tar 38 liter."},
		{name: "a word with any ending", language: "nb", text: "Det er billigst.", want: []suggest.Fault{{Rule: "forbidden", Detail: "billig*"}}},
		{name: "a phrase across punctuation", language: "nb", text: "Så,  klart", want: []suggest.Fault{{Rule: "forbidden", Detail: "så klart"}}},
		{name: "not inside other words", language: "nb", text: "Ubillig."},
		{name: "an exclamation", language: "nb", text: "Flott!", want: []suggest.Fault{{Rule: "exclaims", Detail: "!"}}},
		{name: "one that the source has", language: "nb", text: "Advarsel!", sources: "Advarsel!"},
		{name: "a picture", language: "en", text: "Good 😀", want: []suggest.Fault{{Rule: "emoji", Detail: "😀"}}},
		{name: "du to a German customer", language: "de", text: "Das kannst du tun.", want: []suggest.Fault{{Rule: "familiar", Detail: "du"}}},
		{name: "du to a Dane", language: "da", text: "Det kan du gøre."},
		{name: "a promise", language: "en", text: "We guarantee it.", want: []suggest.Fault{{Rule: "promise", Detail: "guarantee*"}}},
		{name: "a promise that the source makes", language: "sv", text: "Returen är gratis.", sources: "Det är gratis att returnera."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			require.Equal(t, tt.want, g.Faults(tt.language, tt.text, tt.sources))
		})
	}
}

func FuzzParseGuidelines(f *testing.F) {
	f.Add("tone: friendly\nforbidden: [a]\n")
	f.Add("greeting: {nb: \"{name}\"}")
	f.Add("&a [*a]")
	f.Fuzz(func(t *testing.T, text string) {
		g, err := suggest.ParseGuidelines([]byte(text))
		if err != nil {
			return
		}
		require.NoError(t, g.Validate())
		_ = g.Faults("nb", text, "")
		require.NotEmpty(t, g.Words("nb", "x")["greeting"])
	})
}
