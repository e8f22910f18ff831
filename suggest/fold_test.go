package suggest_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/suggest"
)

// terms are what shops say on several pages.
const terms = "Ubrukte deler kan returneres innen 30 dager. Be om returnummer i portalen først, legg følgeseddelen i esken og merk den med " +
	"nummeret; frakten tilbake betaler kunden, og pengene kommer på konto når lageret har sett over varen og funnet den hel. " +
	"Deler som er montert, skåret til eller bestilt etter mål kan ikke sendes tilbake, heller ikke når de ble liggende på hylla siden."

// rest makes terms so long that their ends may differ more.
const rest = " Reklamasjoner går en annen vei: ta bilde av skaden, skriv hva som skjedde og når du så det, og hold delen klar til " +
	"verkstedet har svart. Vi henter den hos deg, bytter den eller setter den i stand, og du hører fra oss underveis. Garantien " +
	"løper fra dagen da delen ble levert, også når den ble montert senere av noen andre enn oss."

// page is terms as the document says them.
func page(document, title, heading, text string) index.Passage {
	return index.Passage{
		ID: document + "-p", Workspace: ws, Audience: index.Public, Collection: "c", Document: document, Source: document,
		Title: title, Headings: []string{title + " hos oss", heading}, Kind: index.KindText, Language: "nb", Text: text,
		Modified: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC),
	}
}

// shelve is a library of the given passages as they are.
func shelve(t *testing.T, passages ...index.Passage) library {
	t.Helper()
	l := newLibrary(t)
	for _, p := range passages {
		l.all[p.ID] = p
	}
	require.NoError(t, l.Apply(t.Context(), index.Batch{Put: passages}))
	return l
}

const askReturn = "Kan ubrukte deler returneres, og hvem betaler frakten?"

// shown is the documents of what was found, with how many others say the same.
func shown(s suggest.Suggestion) map[string]int {
	out := map[string]int{}
	for _, e := range s.Evidence {
		out[e.Passage.Document] = e.Elsewhere
	}
	return out
}

func TestTheSameTermsInTwoDocumentsAreShownOnce(t *testing.T) {
	first := page("a", "Vilkår", "4. Retur", terms)
	second := page("b", "Ofte spurt", "Retur", strings.Replace(strings.ToUpper(terms), "ESKEN", "PAKKEN", 1))
	third := page("c", "Kjøp", "7. Retur:", strings.ReplaceAll(terms, ",", " –"))
	other := page("d", "Åpningstider", "Butikken", "Butikken er åpen fra ni til fem på hverdager; deler hentes i luken ved porten etter klokken tolv.")
	l := shelve(t, first, second, third, other)
	p := pipeline(l)

	got := shown(ask(t, p, askReturn))
	require.Len(t, got, 2, "%v", got)
	require.Contains(t, got, "d")
	require.Zero(t, got["d"])
	delete(got, "d")
	for document, elsewhere := range got {
		require.Equal(t, 2, elsewhere)

		// It is gone, and the others still say it.
		delete(l.all, document+"-p")
		require.NoError(t, l.Apply(t.Context(), index.Batch{Delete: []string{document + "-p"}}))
		after := shown(ask(t, p, askReturn))
		require.NotContains(t, after, document)
		delete(after, "d")
		require.Len(t, after, 1)
		for _, left := range after {
			require.Equal(t, 1, left)
		}
	}
}

func TestAChangedDocumentIsShownByItselfAtOnce(t *testing.T) {
	l := shelve(t, page("a", "Vilkår", "Retur", terms), page("b", "Ofte spurt", "Retur", terms))
	p := pipeline(l)
	require.Len(t, ask(t, p, askReturn).Evidence, 1)

	changed := page("b", "Ofte spurt", "Retur", strings.Replace(terms, "30", "14", 1))
	l.all[changed.ID] = changed
	require.NoError(t, l.Apply(t.Context(), index.Batch{Put: []index.Passage{changed}}))
	require.Equal(t, map[string]int{"a": 0, "b": 0}, shown(ask(t, p, askReturn)))
}

func TestAPublicPassageDoesNotTellOfInternalOnes(t *testing.T) {
	internal := page("b", "Vilkår", "Retur", terms)
	internal.Audience = index.Internal
	s := ask(t, pipeline(shelve(t, page("a", "Vilkår", "Retur", terms), internal)), askReturn)
	require.Equal(t, map[string]int{"a": 0, "b": 0}, shown(s))
	require.NotEmpty(t, s.Sentences, "the public one can be quoted")
}

func TestTheNewerOfTwoThatFitAlikeIsShown(t *testing.T) {
	for _, newer := range []string{"a", "b"} {
		passages := []index.Passage{page("a", "Vilkår", "Retur", terms), page("b", "Vilkår", "Retur", terms)}
		at := slices.IndexFunc(passages, func(p index.Passage) bool { return p.Document == newer })
		passages[at].Modified = passages[at].Modified.AddDate(0, 1, 0)
		require.Equal(t, map[string]int{newer: 1}, shown(ask(t, pipeline(shelve(t, passages...)), askReturn)))
	}
}

func TestTwoQuestionsDoNotShowTheSameTwice(t *testing.T) {
	// The second question finds b before a, and is answered by neither.
	customs := page("a", "Toll", "Retur", terms+rest+" Tollbehandling koster ekstra.")
	courier := page("b", "Sykkelbud", "Retur", terms+rest+" Et sykkelbud, om et sykkelbud kan skaffes.")
	passages := []index.Passage{customs, courier, page("c", "Sykkelbud", "Sending", "Vi sender med sykkelbud når det haster.")}
	for i, text := range []string{
		"Butikken er åpen til fem.", "Verkstedet ligger ved porten.", "Lakk tørker på to timer.",
		"Kontoret svarer på telefon.", "Hansker finnes i tre farger.", "Parkering er gratis bak huset.",
	} {
		passages = append(passages, page(fmt.Sprint("other", i), "Annet", "Annet", text))
	}
	s := ask(t, pipeline(shelve(t, passages...)), "Hva koster tollbehandling? Sender dere med sykkelbud når det haster?")
	require.Equal(t, map[string]int{"a": 1, "c": 0}, shown(s))
}
