package message_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/suggest/message"
)

// want is "kind: text" of each question, with "↩" before those that refer.
var questionCases = []struct {
	language, body string
	want           []string
}{
	// Norwegian.
	{"nb", "Hva koster frakt til Tromsø?", []string{"price: Hva koster frakt til Tromsø?"}},
	{"nb", "hva koster frakt til Tromsø", []string{"price: hva koster frakt til Tromsø"}},
	{"nb", "Er filteret kompatibelt med XY-2000 og hva koster det?", []string{"yesno: Er filteret kompatibelt med XY-2000", "↩price: hva koster det?"}},
	{"nb", "Har dere den på lager, og når kan den leveres?", []string{"↩yesno: Har dere den på lager", "↩when: når kan den leveres?"}},
	{"nb", "Vi har en XY-2000 fra 2021. Hvilken olje skal vi bruke?", []string{"which: Hvilken olje skal vi bruke?"}},
	{"nb", "Maskinen viser E-4419 og stopper.", []string{"problem: Maskinen viser E-4419 og stopper."}},
	{"nb", "Jeg trenger pris på 10 m slange.", []string{"price: Jeg trenger pris på 10 m slange."}},
	{"nb", "Lurer på om dere reparerer eldre modeller.", []string{"yesno: Lurer på om dere reparerer eldre modeller."}},
	{"nb", "Send meg bruksanvisningen til XY-2000, takk.", []string{"other: Send meg bruksanvisningen til XY-2000, takk."}},
	{"nb", "Hvordan nullstiller jeg passordet?", []string{"howto: Hvordan nullstiller jeg passordet?"}},
	{"nb", "Hvor finner jeg serienummeret?", []string{"where: Hvor finner jeg serienummeret?"}},
	{"nb", "Hvor mye olje trenger motoren?", []string{"howmuch: Hvor mye olje trenger motoren?"}},
	{"nb", "Når jeg trykker på start, blinker lampen.", []string{"problem: Når jeg trykker på start, blinker lampen."}},
	{"nb", "Takk for hjelpen!", nil},
	{"nb", "Og hva koster det?", []string{"↩price: Og hva koster det?"}},
	{"nb", "Hva med XY-3000?", []string{"↩other: Hva med XY-3000?"}},
	{"nb", "Jeg har to spørsmål:\n1. Hva er garantitiden?\n2. Pris på service", []string{"other: Hva er garantitiden?", "price: Pris på service"}},
	{"nb", "kan jeg bytte til en annen farge", []string{"yesno: kan jeg bytte til en annen farge"}},
	{"nb", "Kor finn eg fakturaen?", []string{"where: Kor finn eg fakturaen?"}},
	{"nb", "Jeg trenger ikke mer hjelp.", nil},
	{"nb", "Er det mulig å returnere varen?", []string{"yesno: Er det mulig å returnere varen?"}},
	{"nb", "Pumpa lekker. Den ble kjøpt i fjor. Hva koster en ny pakning?", []string{"problem: Pumpa lekker.", "price: Hva koster en ny pakning?"}},
	{"nb", "Når jeg legger ved en fil, hvordan velger jeg mappe?", []string{"howto: Når jeg legger ved en fil, hvordan velger jeg mappe?"}},
	{"nb", "Har dere filteret på lager, hva koster det?", []string{"yesno: Har dere filteret på lager", "↩price: hva koster det?"}},
	{"nb", "Pumpa lekker. Hva gjør jeg?", []string{"↩howto: Hva gjør jeg?"}},

	// Swedish.
	{"sv", "Vad kostar frakten till Kiruna?", []string{"price: Vad kostar frakten till Kiruna?"}},
	{"sv", "vad kostar frakten till kiruna", []string{"price: vad kostar frakten till kiruna"}},
	{"sv", "Passar filtret till XY-2000 och vad kostar det?", []string{"yesno: Passar filtret till XY-2000", "↩price: vad kostar det?"}},
	{"sv", "Gäller det även företag?", []string{"↩yesno: Gäller det även företag?"}},
	{"sv", "Vi har en XY-2000 från 2021. Vilken olja ska vi använda?", []string{"which: Vilken olja ska vi använda?"}},
	{"sv", "Maskinen visar E-4419 och stannar.", []string{"problem: Maskinen visar E-4419 och stannar."}},
	{"sv", "Jag behöver en offert på 10 m slang.", []string{"price: Jag behöver en offert på 10 m slang."}},
	{"sv", "Undrar om ni reparerar äldre modeller.", []string{"yesno: Undrar om ni reparerar äldre modeller."}},
	{"sv", "Skicka bruksanvisningen till XY-2000.", []string{"other: Skicka bruksanvisningen till XY-2000."}},
	{"sv", "Hur återställer jag lösenordet?", []string{"howto: Hur återställer jag lösenordet?"}},
	{"sv", "Var hittar jag serienumret?", []string{"where: Var hittar jag serienumret?"}},
	{"sv", "Hur mycket olja behöver motorn?", []string{"howmuch: Hur mycket olja behöver motorn?"}},
	{"sv", "När jag trycker på start blinkar lampan.", []string{"problem: När jag trycker på start blinkar lampan."}},
	{"sv", "Tack så mycket för hjälpen!", nil},
	{"sv", "Hur lång är leveranstiden, och kan jag hämta i butik?", []string{"when: Hur lång är leveranstiden", "yesno: kan jag hämta i butik?"}},
	{"sv", "Jag har två frågor:\n- Vad är garantitiden?\n- Pris på service", []string{"other: Vad är garantitiden?", "price: Pris på service"}},
	{"sv", "kan jag byta till en annan färg", []string{"yesno: kan jag byta till en annan färg"}},
	{"sv", "Hur är det med XY-3000?", []string{"↩howto: Hur är det med XY-3000?"}},
	{"sv", "Går det att returnera varan?", []string{"yesno: Går det att returnera varan?"}},

	// Danish.
	{"da", "Hvad koster fragten til Aalborg?", []string{"price: Hvad koster fragten til Aalborg?"}},
	{"da", "hvad koster fragten til aalborg", []string{"price: hvad koster fragten til aalborg"}},
	{"da", "Passer filteret til XY-2000, og hvad koster det?", []string{"yesno: Passer filteret til XY-2000", "↩price: hvad koster det?"}},
	{"da", "Gælder det også for erhverv?", []string{"↩yesno: Gælder det også for erhverv?"}},
	{"da", "Vi har en XY-2000 fra 2021. Hvilken olie skal vi bruge?", []string{"which: Hvilken olie skal vi bruge?"}},
	{"da", "Maskinen viser E-4419 og stopper.", []string{"problem: Maskinen viser E-4419 og stopper."}},
	{"da", "Jeg har brug for en pris på 10 m slange.", []string{"price: Jeg har brug for en pris på 10 m slange."}},
	{"da", "Jeg vil gerne vide om I reparerer ældre modeller.", []string{"yesno: Jeg vil gerne vide om I reparerer ældre modeller."}},
	{"da", "Send mig brugsanvisningen til XY-2000.", []string{"other: Send mig brugsanvisningen til XY-2000."}},
	{"da", "Hvordan nulstiller jeg adgangskoden?", []string{"howto: Hvordan nulstiller jeg adgangskoden?"}},
	{"da", "Hvor finder jeg serienummeret?", []string{"where: Hvor finder jeg serienummeret?"}},
	{"da", "Hvornår åbner I på lørdag?", []string{"when: Hvornår åbner I på lørdag?"}},
	{"da", "Hvor meget olie skal der i motoren?", []string{"howmuch: Hvor meget olie skal der i motoren?"}},
	{"da", "Når jeg trykker på start, blinker lampen.", []string{"problem: Når jeg trykker på start, blinker lampen."}},
	{"da", "Mange tak for hjælpen!", nil},
	{"da", "Hvad med XY-3000?", []string{"↩other: Hvad med XY-3000?"}},
	{"da", "kan jeg bytte til en anden farve", []string{"yesno: kan jeg bytte til en anden farve"}},
	{"da", "Har I filteret på lager?", []string{"yesno: Har I filteret på lager?"}},

	// Finnish.
	{"fi", "Mitä toimitus Ouluun maksaa?", []string{"price: Mitä toimitus Ouluun maksaa?"}},
	{"fi", "mitä toimitus ouluun maksaa", []string{"price: mitä toimitus ouluun maksaa"}},
	{"fi", "Sopiiko suodatin XY-2000:een ja mitä se maksaa?", []string{"yesno: Sopiiko suodatin XY-2000:een", "↩price: mitä se maksaa?"}},
	{"fi", "Koskeeko se myös yrityksiä?", []string{"↩yesno: Koskeeko se myös yrityksiä?"}},
	{"fi", "Meillä on XY-2000 vuodelta 2021. Mitä öljyä siihen käytetään?", []string{"other: Mitä öljyä siihen käytetään?"}},
	{"fi", "Kone näyttää virheen E-4419 ja pysähtyy.", []string{"problem: Kone näyttää virheen E-4419 ja pysähtyy."}},
	{"fi", "Tarvitsen tarjouksen 10 m letkusta.", []string{"price: Tarvitsen tarjouksen 10 m letkusta."}},
	{"fi", "Haluaisin tietää, korjaatteko vanhempia malleja.", []string{"other: Haluaisin tietää, korjaatteko vanhempia malleja."}},
	{"fi", "Lähettäkää minulle XY-2000:n käyttöohje.", []string{"other: Lähettäkää minulle XY-2000:n käyttöohje."}},
	{"fi", "Miten vaihdan salasanan?", []string{"howto: Miten vaihdan salasanan?"}},
	{"fi", "Mistä löydän sarjanumeron?", []string{"where: Mistä löydän sarjanumeron?"}},
	{"fi", "Kuinka paljon öljyä moottoriin menee?", []string{"howmuch: Kuinka paljon öljyä moottoriin menee?"}},
	{"fi", "Milloin tilaukseni saapuu?", []string{"when: Milloin tilaukseni saapuu?"}},
	{"fi", "Kiitos avusta!", nil},
	{"fi", "Onko teillä tätä varastossa ja milloin se toimitetaan?", []string{"↩yesno: Onko teillä tätä varastossa", "↩when: milloin se toimitetaan?"}},
	{"fi", "Entä XY-3000?", []string{"↩other: Entä XY-3000?"}},
	{"fi", "voinko vaihtaa toiseen väriin", []string{"yesno: voinko vaihtaa toiseen väriin"}},
	{"fi", "Onko tietoa siitä, mitä haluatte tehdä?", []string{"yesno: Onko tietoa siitä, mitä haluatte tehdä?"}},
	{"fi", "Koko kone on musta.", nil},

	// German.
	{"de", "Was kostet der Versand nach Kiel?", []string{"price: Was kostet der Versand nach Kiel?"}},
	{"de", "was kostet der versand nach kiel", []string{"price: was kostet der versand nach kiel"}},
	{"de", "Passt der Filter zur XY-2000 und was kostet er?", []string{"yesno: Passt der Filter zur XY-2000", "↩price: was kostet er?"}},
	{"de", "Gilt das auch für Firmen?", []string{"↩yesno: Gilt das auch für Firmen?"}},
	{"de", "Wir haben eine XY-2000 von 2021. Welches Öl sollen wir nehmen?", []string{"which: Welches Öl sollen wir nehmen?"}},
	{"de", "Die Maschine zeigt E-4419 und bleibt stehen.", []string{"problem: Die Maschine zeigt E-4419 und bleibt stehen."}},
	{"de", "Ich brauche ein Angebot über 10 m Schlauch.", []string{"price: Ich brauche ein Angebot über 10 m Schlauch."}},
	{"de", "Ich wollte fragen, ob Sie ältere Modelle reparieren.", []string{"yesno: Ich wollte fragen, ob Sie ältere Modelle reparieren."}},
	{"de", "Senden Sie mir bitte die Anleitung für die XY-2000.", []string{"howto: Senden Sie mir bitte die Anleitung für die XY-2000."}},
	{"de", "Wie setze ich das Passwort zurück?", []string{"howto: Wie setze ich das Passwort zurück?"}},
	{"de", "Wo finde ich die Seriennummer?", []string{"where: Wo finde ich die Seriennummer?"}},
	{"de", "Wie viel Öl braucht der Motor?", []string{"howmuch: Wie viel Öl braucht der Motor?"}},
	{"de", "Wann öffnen Sie am Samstag?", []string{"when: Wann öffnen Sie am Samstag?"}},
	{"de", "Können Sie mir sagen, was das kostet?", []string{"↩price: Können Sie mir sagen, was das kostet?"}},
	{"de", "Vielen Dank für die Hilfe!", nil},
	{"de", "Wie lange dauert die Lieferung, und kann ich im Laden abholen?", []string{"when: Wie lange dauert die Lieferung", "yesno: kann ich im Laden abholen?"}},
	{"de", "Was ist mit der XY-3000?", []string{"↩other: Was ist mit der XY-3000?"}},
	{"de", "kann ich in eine andere Farbe tauschen", []string{"yesno: kann ich in eine andere Farbe tauschen"}},
	{"de", "Gibt es Ersatzteile?", []string{"yesno: Gibt es Ersatzteile?"}},

	// English.
	{"en", "How much is shipping to Leeds?", []string{"price: How much is shipping to Leeds?"}},
	{"en", "how much is shipping to leeds", []string{"price: how much is shipping to leeds"}},
	{"en", "Is the filter compatible with XY-2000 and what does it cost?", []string{"yesno: Is the filter compatible with XY-2000", "↩price: what does it cost?"}},
	{"en", "Does that also apply to companies?", []string{"↩yesno: Does that also apply to companies?"}},
	{"en", "We have an XY-2000 from 2021. Which oil should we use?", []string{"which: Which oil should we use?"}},
	{"en", "The machine shows E-4419 and stops.", []string{"problem: The machine shows E-4419 and stops."}},
	{"en", "I need a quote for 10 m of hose.", []string{"price: I need a quote for 10 m of hose."}},
	{"en", "I was wondering if you repair older models.", []string{"yesno: I was wondering if you repair older models."}},
	{"en", "Please send me the manual for the XY-2000.", []string{"other: Please send me the manual for the XY-2000."}},
	{"en", "How do I reset my password?", []string{"howto: How do I reset my password?"}},
	{"en", "Where do I find the serial number?", []string{"where: Where do I find the serial number?"}},
	{"en", "How many litres of oil does the engine take?", []string{"howmuch: How many litres of oil does the engine take?"}},
	{"en", "When are you open on Saturday?", []string{"when: When are you open on Saturday?"}},
	{"en", "When I press start, the lamp keeps blinking.", []string{"problem: When I press start, the lamp keeps blinking."}},
	{"en", "Thanks for the help!", nil},
	{"en", "And what does it cost?", []string{"↩price: And what does it cost?"}},
	{"en", "What about the XY-3000?", []string{"↩other: What about the XY-3000?"}},
	{"en", "can I change to another colour", []string{"yesno: can I change to another colour"}},
	{"en", "Does it come in black?", []string{"↩yesno: Does it come in black?"}},
	{"en", "Two questions: 1) do you ship to Norway? 2) how long does it take?", []string{"yesno: do you ship to Norway?", "↩when: how long does it take?"}},
	{"en", "I want to know the price and how long delivery takes.", []string{"price: I want to know the price", "when: how long delivery takes."}},
	{"en", "See https://sufflor.example/faq?id=7 for details.", nil},

	// Unknown language.
	{"", "Hva koster det?", []string{"↩price: Hva koster det?"}},
	{"", "Wo finde ich die Seriennummer?", []string{"where: Wo finde ich die Seriennummer?"}},
	{"", "", nil},
	{"", "E-4419", nil},
}

func TestQuestions(t *testing.T) {
	for _, c := range questionCases {
		t.Run(c.language+" "+c.body, func(t *testing.T) {
			var got []string
			for _, q := range message.Questions(c.language, c.body) {
				require.Equal(t, q.Text, c.body[q.Start:q.End])
				mark := ""
				if q.Refers {
					mark = "↩"
				}
				got = append(got, fmt.Sprintf("%s%s: %s", mark, q.Kind, q.Text))
			}
			require.Equal(t, strings.Join(c.want, "\n"), strings.Join(got, "\n"))
		})
	}
}

func TestContextStaysWithTheQuestion(t *testing.T) {
	got := message.Questions("nb", "Vi har en XY-2000 fra 2021. Den står ute. Hvilken olje skal vi bruke? Temperaturen er ned mot -20 °C. Hva koster service? Takk for hjelpen!")
	require.Len(t, got, 2)
	require.Equal(t, []string{"Vi har en XY-2000 fra 2021.", "Den står ute.", "Temperaturen er ned mot -20 °C."}, got[0].Context)
	require.Equal(t, message.Price, got[1].Kind)
	require.Contains(t, got[1].Context, "Temperaturen er ned mot -20 °C.")
	require.NotContains(t, got[1].Context, "Takk for hjelpen!")
}

func TestAProblemInSeveralSentencesIsOne(t *testing.T) {
	const body = "Maskinen stopper hele tiden. Det begynte i går. Displayet viser feil E-4419."
	got := message.Questions("nb", body)
	require.Len(t, got, 1)
	require.Equal(t, message.Problem, got[0].Kind)
	require.Equal(t, body, got[0].Text)
}

func TestAProblemBesideAnotherMatterComesFirstWhenWrittenFirst(t *testing.T) {
	got := message.Questions("en", "The pump leaks. What are your opening hours?")
	require.Len(t, got, 2)
	require.Equal(t, []message.Kind{message.Problem, message.When}, []message.Kind{got[0].Kind, got[1].Kind})
}

func FuzzQuestions(f *testing.F) {
	for _, c := range questionCases {
		f.Add(c.language, c.body)
	}
	f.Add("nb", "og og og, hva, hva og hva?")
	f.Add("de", "\xff\xfe was kostet \x00 ẞ İ und wie")
	f.Fuzz(func(t *testing.T, language, body string) {
		end := 0
		for _, q := range message.Questions(language, body) {
			require.GreaterOrEqual(t, q.Start, end, "in order and apart")
			require.Greater(t, q.End, q.Start)
			require.LessOrEqual(t, q.End, len(body))
			require.Equal(t, body[q.Start:q.End], q.Text)
			require.NotEmpty(t, q.Kind)
			for _, c := range q.Context {
				require.Contains(t, body, c)
			}
			end = q.End
		}
	})
}

func BenchmarkQuestions(b *testing.B) {
	const body = "Vi har en XY-2000 fra 2021. Er filteret kompatibelt og hva koster det? Maskinen viser E-4419 og stopper."
	for _, l := range []string{"nb", ""} {
		b.Run("language "+l, func(b *testing.B) {
			message.Questions(l, body)
			b.ReportAllocs()
			for b.Loop() {
				message.Questions(l, body)
			}
		})
	}
}
