package message_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/suggest/message"
)

var classCases = []struct {
	language, body string
	want           message.ClassKind
	mood           string // "urgent", "angry", "urgent angry"
}{
	{"nb", "Hva koster frakt?", message.IsQuestion, ""},
	{"nb", "Takk for hjelpen!", message.IsThanks, ""},
	{"nb", "Hei!", message.IsGreeting, ""},
	{"nb", "Jeg vil snakke med et menneske", message.IsHuman, ""},
	{"nb", "Jeg vil klage. Dette er helt uakseptabelt.", message.IsComplaint, "angry"},
	{"nb", "Send meg fakturaen på nytt.", message.IsRequest, ""},
	{"nb", "Maskinen virker ikke og det haster!", message.IsQuestion, "urgent"},
	{"nb", "Jeg bor i Bergen.", message.IsOther, ""},
	{"nb", "HVA ER DETTE FOR NOE TULL DERE DRIVER MED", message.IsQuestion, "angry"},
	{"sv", "Vad kostar frakten?", message.IsQuestion, ""},
	{"sv", "Tack så mycket!", message.IsThanks, ""},
	{"sv", "Hejsan", message.IsGreeting, ""},
	{"sv", "Kan jag få prata med en människa?", message.IsHuman, ""},
	{"sv", "Jag är mycket missnöjd med leveransen.", message.IsComplaint, ""},
	{"sv", "Skicka fakturan igen.", message.IsRequest, ""},
	{"sv", "Pumpen läcker, det är brådskande.", message.IsQuestion, "urgent"},
	{"da", "Hvad koster fragten?", message.IsQuestion, ""},
	{"da", "Mange tak for hjælpen", message.IsThanks, ""},
	{"da", "Goddag", message.IsGreeting, ""},
	{"da", "Jeg vil gerne tale med en medarbejder", message.IsHuman, ""},
	{"da", "Jeg vil klage over leveringen.", message.IsComplaint, ""},
	{"da", "Send mig fakturaen igen.", message.IsRequest, ""},
	{"da", "Ring til mig hurtigst muligt", message.IsHuman, "urgent"},
	{"fi", "Mitä toimitus maksaa?", message.IsQuestion, ""},
	{"fi", "Kiitos avusta", message.IsThanks, ""},
	{"fi", "Moi", message.IsGreeting, ""},
	{"fi", "Haluan puhua ihmisen kanssa", message.IsHuman, ""},
	{"fi", "Teen reklamaation, palvelu on ala-arvoista.", message.IsComplaint, "angry"},
	{"fi", "Lähettäkää lasku uudelleen.", message.IsRequest, ""},
	{"fi", "Kone ei toimi, asia on kiireellinen", message.IsQuestion, "urgent"},
	{"de", "Was kostet der Versand?", message.IsQuestion, ""},
	{"de", "Vielen Dank!", message.IsThanks, ""},
	{"de", "Guten Tag", message.IsGreeting, ""},
	{"de", "Ich möchte mit einem Menschen sprechen", message.IsHuman, ""},
	{"de", "Ich möchte mich beschweren, das ist eine Frechheit.", message.IsComplaint, "angry"},
	{"de", "Senden Sie mir die Rechnung.", message.IsRequest, ""},
	{"de", "Die Pumpe ist defekt, bitte dringend.", message.IsQuestion, "urgent"},
	{"en", "How much is shipping?", message.IsQuestion, ""},
	{"en", "Thanks a lot!", message.IsThanks, ""},
	{"en", "Hello there", message.IsGreeting, ""},
	{"en", "I want to speak to a human", message.IsHuman, ""},
	{"en", "I want to complain, this is unacceptable.", message.IsComplaint, "angry"},
	{"en", "Please send me the invoice.", message.IsRequest, ""},
	{"en", "The pump is broken, please reply ASAP", message.IsQuestion, "urgent"},
	{"", "", message.IsOther, ""},
}

func TestClassify(t *testing.T) {
	for _, c := range classCases {
		t.Run(c.language+" "+c.body, func(t *testing.T) {
			got := message.Classify(c.language, c.body)
			require.Equal(t, c.want, got.Kind, "%+v", got)
			require.Equal(t, strings.Contains(c.mood, "urgent"), got.Urgent, "%+v", got)
			require.Equal(t, strings.Contains(c.mood, "angry"), got.Angry, "%+v", got)
			if c.mood != "" {
				require.NotEmpty(t, got.Reasons)
			}
		})
	}
}

func TestReasonsQuoteTheCustomer(t *testing.T) {
	got := message.Classify("nb", "Dette haster veldig, vi vil snakke med et menneske")
	require.Equal(t, []string{"urgent: “haster veldig, vi vil”", "asks for a person: “snakke med et menneske”"}, got.Reasons)
}

func FuzzClassify(f *testing.F) {
	for _, c := range classCases {
		f.Add(c.language, c.body)
	}
	f.Fuzz(func(t *testing.T, language, body string) {
		got := message.Classify(language, body)
		require.NotEmpty(t, got.Kind)
		require.Equal(t, got, message.Classify(language, body))
	})
}

func BenchmarkClassify(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		message.Classify("nb", "Maskinen viser E-4419 og stopper. Det haster! Kan dere hjelpe?")
	}
}
