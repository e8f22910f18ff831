package message_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/suggest/message"
)

var cleanCases = []struct {
	name, text     string
	body           string
	greeting, sign string // first name
	quoted         string // what the quoted part begins with
}{
	{name: "only a body", text: "Hva koster frakt?", body: "Hva koster frakt?"},
	{name: "Norwegian mail", text: "Hei Ola,\n\nHva koster frakt til Tromsø?\n\nMed vennlig hilsen\nKari Nordmann\nNordmann AS\nTlf. 22 33 44 55", body: "Hva koster frakt til Tromsø?", greeting: "Hei Ola,", sign: "Kari"},
	{name: "Swedish mail", text: "Hej!\n\nVad kostar frakten?\n\nVänliga hälsningar\nÅsa Berg", body: "Vad kostar frakten?", greeting: "Hej!", sign: "Åsa"},
	{name: "Danish mail", text: "Kære kundeservice\n\nHvad koster fragten?\n\nVenlig hilsen\nSøren", body: "Hvad koster fragten?", greeting: "Kære kundeservice", sign: "Søren"},
	{name: "Finnish mail", text: "Hei,\nmitä toimitus maksaa?\n\nYstävällisin terveisin\nMatti Meikäläinen", body: "mitä toimitus maksaa?", greeting: "Hei,", sign: "Matti"},
	{name: "German mail", text: "Sehr geehrte Damen und Herren,\n\nwas kostet der Versand?\n\nMit freundlichen Grüßen\nJürgen Müller", body: "was kostet der Versand?", greeting: "Sehr geehrte Damen und Herren,", sign: "Jürgen"},
	{name: "English mail", text: "Dear Sir or Madam,\n\nHow much is shipping?\n\nKind regards,\nJane Doe", body: "How much is shipping?", greeting: "Dear Sir or Madam,", sign: "Jane"},
	{name: "short closings with a name on the line", text: "Når kommer pakken?\nMvh Kari", body: "Når kommer pakken?", sign: "Kari"},
	{name: "a closing at the end of a sentence", text: "Når kommer pakken? Mvh Kari", body: "Når kommer pakken?", sign: "Kari"},
	{name: "a closing after a comma", text: "Takk for svar, hilsen Per", body: "Takk for svar", sign: "Per"},
	{name: "a department in lower case", text: "Hei Kari, bytt filteret.\nHilsen kundestøtte", body: "bytt filteret.", greeting: "Hei Kari,"},
	{name: "closing words in a last sentence", text: "Vi bytter filteret.\nHilsen er sendt med.", body: "Vi bytter filteret.\nHilsen er sendt med."},
	{name: "Finnish short closing", text: "Milloin paketti tulee?\nTerv. Liisa", body: "Milloin paketti tulee?", sign: "Liisa"},
	{name: "German short closing", text: "Wann kommt das Paket?\nMfG\nH. Schmidt", body: "Wann kommt das Paket?"},
	{name: "a name after a slash", text: "Vad kostar det? /Åsa", body: "Vad kostar det?", sign: "Åsa"},
	{name: "a name after a dash", text: "When will it arrive?\n\n-Jane", body: "When will it arrive?", sign: "Jane"},
	{name: "a name under thanks", text: "When will it arrive?\nThanks!\n\nJane", body: "When will it arrive?\nThanks!", sign: "Jane"},
	{name: "two dashes", text: "Når kommer den?\n-- \nKari Nordmann\nDaglig leder", body: "Når kommer den?", sign: "Kari"},

	{name: "On … wrote", text: "Thanks, and the price?\n\nOn Tue, 5 Mar 2024 at 10:15, Ola <ola@sufflor.example> wrote:\n\n> It is in stock.", body: "Thanks, and the price?", quoted: "On Tue"},
	{name: "On … wrote, broken over lines", text: "And the price?\n\nOn Tue, 5 Mar 2024 at 10:15, Ola Nordmann\n<ola@sufflor.example>\nwrote:\nIt is in stock.", body: "And the price?", quoted: "On Tue"},
	{name: "Norwegian header", text: "Hva koster den?\n\ntir. 5. mars 2024 kl. 10:15 skrev Ola <ola@sufflor.example>:\n> Den er på lager.", body: "Hva koster den?", quoted: "tir. 5."},
	{name: "Danish header", text: "Hvad koster den?\n\nDen tirs. 5. mar. 2024 kl. 10.15 skrev Ola <ola@sufflor.example>:\n> Den er på lager.", body: "Hvad koster den?", quoted: "Den tirs."},
	{name: "Swedish header", text: "Vad kostar den?\n\nDen tis 5 mars 2024 kl 10:15 skrev Ola <ola@sufflor.example>:\n> Den finns i lager.", body: "Vad kostar den?", quoted: "Den tis"},
	{name: "Finnish header", text: "Mitä se maksaa?\n\nti 5. maalisk. 2024 klo 10.15 Ola (ola@sufflor.example) kirjoitti:\n> Varastossa.", body: "Mitä se maksaa?", quoted: "ti 5."},
	{name: "German header", text: "Was kostet er?\n\nAm Di., 5. März 2024 um 10:15 Uhr schrieb Ola <ola@sufflor.example>:\n> Auf Lager.", body: "Was kostet er?", quoted: "Am Di."},
	{name: "Outlook in English", text: "And the price?\n\n-----Original Message-----\nFrom: Ola\nSent: Tuesday\nSubject: Re\n\nIn stock.", body: "And the price?", quoted: "-----Original"},
	{name: "Outlook in Norwegian", text: "Hva koster den?\n\n________________________________\nFra: Ola <ola@sufflor.example>\nSendt: tirsdag 5. mars 2024 10:15\nTil: Kari\nEmne: SV: Pumpe\n\nDen er på lager.", body: "Hva koster den?", quoted: "____"},
	{name: "Outlook in Swedish", text: "Vad kostar den?\n\nFrån: Ola\nSkickat: den 5 mars 2024\nTill: Åsa\nÄmne: SV: Pump\n\nI lager.", body: "Vad kostar den?", quoted: "Från: Ola"},
	{name: "Outlook in Finnish", text: "Mitä se maksaa?\n\nLähettäjä: Ola\nLähetetty: tiistai 5. maaliskuuta 2024\nVastaanottaja: Liisa\nAihe: VS: Pumppu\n\nVarastossa.", body: "Mitä se maksaa?", quoted: "Lähettäjä"},
	{name: "Outlook in German", text: "Was kostet er?\n\nVon: Ola\nGesendet: Dienstag, 5. März 2024\nAn: Jürgen\nBetreff: AW: Pumpe\n\nAuf Lager.", body: "Was kostet er?", quoted: "Von: Ola"},
	{name: "answers between quotes are kept", text: "Ola skrev 5. mars 2024 10:15:\n> Hvilken modell?\n\nXY-2000.\n\n> Og hvor?\n\nI Bergen.", body: "XY-2000.\n\n\nI Bergen.", quoted: "Ola skrev"},

	{name: "telephones in six languages: Norwegian", text: "Når kommer den?\n\nSendt fra min iPhone", body: "Når kommer den?"},
	{name: "Swedish telephone", text: "När kommer den?\n\nSkickat från min iPhone", body: "När kommer den?"},
	{name: "Danish telephone", text: "Hvornår kommer den?\n\nSendt fra Outlook til iOS", body: "Hvornår kommer den?"},
	{name: "Finnish telephone", text: "Milloin se tulee?\n\nLähetetty iPhonesta", body: "Milloin se tulee?"},
	{name: "German telephone", text: "Wann kommt er?\n\nVon meinem iPhone gesendet", body: "Wann kommt er?"},
	{name: "English telephone", text: "When will it come?\n\nSent from my iPhone", body: "When will it come?"},
	{name: "what a person writes about sending stays", text: "Sent from my desk, which is easier. When will it come?", body: "Sent from my desk, which is easier. When will it come?"},

	{name: "a disclaimer", text: "Was kostet der Versand?\n\nDiese E-Mail enthält vertrauliche Informationen und ist nur für den Empfänger bestimmt.\nBitte löschen Sie sie.", body: "Was kostet der Versand?"},
	{name: "a postscript with a question is kept", text: "Hva koster den?\n\nMvh\nKari\n\nPS: Har dere den i blått?", body: "Hva koster den?\n\nPS: Har dere den i blått?", sign: "Kari"},
	{name: "regards inside a sentence are no closing", text: "As regards the timeline, when will it come?", body: "As regards the timeline, when will it come?"},
	{name: "best inside a sentence is no closing", text: "We need a pump.\nBest price wins, what do you offer?", body: "We need a pump.\nBest price wins, what do you offer?"},
	{name: "on the other hand is no header", text: "On the other hand we wrote: no.\nWhat now?", body: "On the other hand we wrote: no.\nWhat now?"},
	{name: "from inside a sentence is no header", text: "From: what I know it is broken.\nCan you help?", body: "From: what I know it is broken.\nCan you help?"},

	{name: "a greeting alone stays", text: "Hei!", body: "Hei!", greeting: "Hei!"},
	{name: "a greeting without a comma", text: "hei jeg lurer på hva frakt koster", body: "jeg lurer på hva frakt koster", greeting: "hei"},
	{name: "a greeting that asks is a question", text: "Hallo?", body: "Hallo?"},
	{name: "an exclamation is no greeting", text: "Dear me, it broke", body: "Dear me, it broke"},
	{name: "a message of quotes only keeps them", text: "> Hva koster den?", body: "> Hva koster den?"},
	{name: "a forwarded mail keeps its text", text: "From: Ola\nSent: today\nSubject: pump\n\nWhat does it cost?", body: "From: Ola\nSent: today\nSubject: pump\n\nWhat does it cost?"},
	{name: "thanks with a closing stay", text: "Takk!\nMvh Kari", body: "Takk!", sign: "Kari"},
	{name: "a closing alone stays", text: "Mvh Kari", body: "Mvh Kari"},
	{name: "carriage returns", text: "Hei,\r\nHva koster den?\r\n\r\nMvh\r\nKari\r\n", body: "Hva koster den?", greeting: "Hei,", sign: "Kari"},
	{name: "nothing", text: "", body: ""},
}

func TestClean(t *testing.T) {
	for _, c := range cleanCases {
		t.Run(c.name, func(t *testing.T) {
			got := message.Clean(c.text)
			require.Equal(t, c.body, got.Body, "%+v", got)
			require.Equal(t, c.greeting, got.Greeting)
			require.Equal(t, c.sign, got.Name)
			if c.quoted == "" {
				require.Empty(t, got.Quoted)
			} else {
				require.True(t, strings.HasPrefix(got.Quoted, c.quoted), got.Quoted)
			}
		})
	}
}

func FuzzClean(f *testing.F) {
	for _, c := range cleanCases {
		f.Add(c.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c := message.Clean(text)
		if strings.TrimSpace(text) != "" {
			require.NotEmpty(t, c.Body, "something is always left to answer")
		}
		// Nothing is made up: every word stood in the message.
		for _, part := range []string{c.Body, c.Greeting, c.Signature, c.Quoted, c.Name} {
			for word := range strings.FieldsSeq(part) {
				require.Contains(t, text, word)
			}
		}
		// Questions of lines nobody quoted are never lost.
		for line := range strings.Lines(text) {
			line = strings.TrimSpace(line)
			if line == "Når kommer den?" {
				require.Contains(t, c.Body+c.Quoted, line)
			}
		}
	})
}

func BenchmarkClean(b *testing.B) {
	const text = "Hei Ola,\n\nHva koster frakt til Tromsø?\n\nMed vennlig hilsen\nKari Nordmann\n\ntir. 5. mars 2024 kl. 10:15 skrev Ola <ola@sufflor.example>:\n> Den er på lager.\n"
	b.ReportAllocs()
	for b.Loop() {
		message.Clean(text)
	}
}
