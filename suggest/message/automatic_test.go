package message_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/suggest/message"
)

var automaticCases = []struct {
	name, subject, body string
	want                bool
}{
	{"Norwegian subject", "Automatisk svar: Filter", "Hei, jeg er på kontoret mandag.", true},
	{"Norwegian holiday", "SV: Filter", "Hei,\njeg har ferie til og med 4. august. Haster det, ta kontakt med Ola.", true},
	{"nynorsk", "", "Eg er ikkje på kontoret denne veka, men er tilbake på måndag.", true},
	{"Swedish subject", "Autosvar: Filter", "", true},
	{"Swedish holiday", "", "Jag är på semester till och med 4 augusti. Vid brådskande ärenden, kontakta växeln.", true},
	{"Swedish sentence", "", "Detta är ett automatiskt svar. Vi har tagit emot ditt mejl.", true},
	{"Danish subject", "Automatisk svar: Filter", "", true},
	{"Danish holiday", "", "Jeg holder ferie og er tilbage den 4. august.", true},
	{"Danish office", "Ude af kontoret: Filter", "", true},
	{"Finnish subject", "Automaattinen vastaus: Suodatin", "", true},
	{"Finnish absence", "Poissa: Suodatin", "", true},
	{"Finnish holiday", "", "Olen lomalla 4.8. saakka. Kiireellisissä asioissa ota yhteyttä asiakaspalveluun.", true},
	{"German subject", "Abwesenheitsnotiz: Filter", "", true},
	{"German answer", "Automatische Antwort: Filter", "", true},
	{"German holiday", "", "Ich bin bis zum 4. August nicht im Büro. In dringenden Fällen wenden Sie sich an Frau Berg.", true},
	{"English subject", "Automatic reply: Filter", "", true},
	{"English office", "", "I am out of the office until 4 August with limited access to email.", true},
	{"a mail that came back", "Undeliverable: Filter", "", true},
	{"a mail that came back in German", "Unzustellbar: Filter", "", true},

	{"a customer on holiday who asks", "", "Jeg har ferie til og med 4. august. Kan dere levere etter det?", false},
	{"a customer who tells when", "Levering", "Jeg er på ferie i august.", false},
	{"somebody who answers an automatic reply", "Re: Automatic reply: Filter", "Thanks, and the price?", false},
	{"a question about automatic replies", "Automatisk svar, hvordan slår jeg det av?", "Hvordan slår jeg av automatisk svar?", false},
	{"a subject that only begins alike", "Poissaolot palkanlaskennassa", "Miten kirjaan poissaolot?", false},
	{"nothing", "", "", false},
}

func TestAutomatic(t *testing.T) {
	for _, c := range automaticCases {
		t.Run(c.name, func(t *testing.T) {
			said, got := message.Automatic(c.subject, c.body)
			require.Equal(t, c.want, got, "%q", said)
			require.Equal(t, c.want, said != "")
		})
	}
}

func TestNothingIsAnsweredThatNobodyAsks(t *testing.T) {
	for _, c := range []struct {
		name, language, body string
		want                 message.ClassKind
		answerable           bool
	}{
		{"an absence note", "de", "Ich bin im Urlaub und ab dem 4. August wieder im Büro.", message.IsAutomatic, false},
		{"a prize", "en", "You have been selected! Click here to claim a free cruise.", message.IsSpam, false},
		{"an offer of traffic", "nb", "Vi tilbyr søkemotoroptimalisering. Svar JA for en gratis analyse.", message.IsSpam, false},
		{"an offer of cleaning", "sv", "Vi erbjuder städning. Får vi ha ett kort samtal?", message.IsSpam, false},
		{"a prize in Danish", "da", "Du har vundet! Klik her inden 24 timer.", message.IsSpam, false},
		{"a prize in Finnish", "fi", "Olet voittanut! Klikkaa tästä.", message.IsSpam, false},
		{"a prize in German", "de", "Sie haben gewonnen! Bitte hier klicken.", message.IsSpam, false},
		{"a customer who won nothing", "nb", "Vi tilbyr kundene våre service. Hva koster et filter?", message.IsQuestion, true},
		{"is anybody there", "da", "Hej, er der nogen?", message.IsGreeting, false},
		{"is anybody there, Norwegian", "nb", "Hallo, er det noen der?", message.IsGreeting, false},
		{"is anybody there, Swedish", "sv", "Hej, är det någon där?", message.IsGreeting, false},
		{"is anybody there, German", "de", "Hallo, ist da jemand?", message.IsGreeting, false},
		{"is anybody there, Finnish", "fi", "Hei, onko siellä ketään?", message.IsGreeting, false},
		{"is anybody there, English", "en", "Hello, is anyone there?", message.IsGreeting, false},
		{"thanks with a verb before its subject", "nb", "Takk, så er det på plass", message.IsThanks, false},
		{"a wish with a verb before its subject still asks", "nb", "Så hva koster det", message.IsQuestion, true},
		{"a person by another word", "en", "how can I reach out and talk to an operator", message.IsHuman, true},
		{"a person in German", "de", "Ich will mit einem Berater reden", message.IsHuman, true},
		{"a person in Swedish", "sv", "Kan jag få tala med chefen", message.IsHuman, true},
		{"a person in Finnish", "fi", "Haluan jutella asiakaspalvelijan kanssa", message.IsHuman, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := message.Classify(c.language, c.body)
			require.Equal(t, c.want, got.Kind, "%+v", got)
			require.Equal(t, c.answerable, got.Kind.Answerable())
			if c.want == message.IsGreeting {
				require.Empty(t, message.Questions(c.language, c.body))
			}
		})
	}
}

func FuzzAutomatic(f *testing.F) {
	for _, c := range automaticCases {
		f.Add(c.subject, c.body)
	}
	f.Fuzz(func(t *testing.T, subject, body string) {
		said, got := message.Automatic(subject, body)
		require.True(t, said == "" || got)
		again, _ := message.Automatic(subject, body)
		require.Equal(t, said, again)
	})
}
