package reply_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/ingest/reply"
)

func TestQuotedHistoryIsPartedFromTheReply(t *testing.T) {
	tests := []struct{ name, header string }{
		{"Gmail in English", "On Tue, 3 Mar 2026 at 14:05, Kari Nordmann <kari@fjell.example> wrote:"},
		{"Gmail in Norwegian", "tir. 3. mars 2026 kl. 14:05 skrev Kari Nordmann <kari@fjell.example>:"},
		{"Gmail in Norwegian, wrapped", "tir. 3. mars 2026 kl. 14:05 skrev Kari Nordmann <\nkari@fjell.example>:"},
		{"Gmail in Swedish", "Den tis 3 mars 2026 kl 14:05 skrev Kari Nordmann <kari@fjell.example>:"},
		{"Gmail in Danish", "Den tirs. 3. mar. 2026 kl. 14.05 skrev Kari Nordmann <kari@fjell.example>:"},
		{"Gmail in Finnish", "ti 3. maalisk. 2026 klo 14.05 Kari Nordmann (kari@fjell.example) kirjoitti:"},
		{"Gmail in German", "Am Di., 3. März 2026 um 14:05 Uhr schrieb Kari Nordmann <kari@fjell.example>:"},
		{"Thunderbird in German", "Am 03.03.26 um 14:05 schrieb Kari Nordmann:"},
		{"Apple in Norwegian", "3. mars 2026 kl. 14:05 skrev Kari Nordmann <kari@fjell.example>:"},
		{"Apple in Nynorsk", "Den 3. mars 2026 kl. 14:05 skreiv Kari Nordmann:"},
		{"Apple in Swedish", "3 mars 2026 kl. 14:05 skrev Kari Nordmann <kari@fjell.example>:"},
		{"Apple in Danish", "Den 3. mar. 2026 kl. 14.05 skrev Kari Nordmann\n<kari@fjell.example>:"},
		{"Apple in Finnish", "Kari Nordmann <kari@fjell.example> kirjoitti 3.3.2026 kello 14.05:"},
		{"in French, with a space before the colon", "Le 3 mars 2026 à 14:05, Kari Nordmann <kari@fjell.example> a écrit :"},
		{"in Spanish", "El mar, 3 mar 2026 a las 14:05, Kari (<kari@fjell.example>) escribió:"},
		{"in Dutch", "Op di 3 mrt 2026 om 14:05 schreef Kari Nordmann <kari@fjell.example>:"},
		{"in Italian, over two lines", "Il giorno mar 3 mar 2026 alle ore 14:05 Kari Nordmann\n<kari@fjell.example> ha scritto:"},
		{"in Polish", "wt., 3 mar 2026 o 14:05 Kari Nordmann <kari@fjell.example> napisał(a):"},
		{"with the date last, wrapped", "Kari Nordmann <kari@fjell.example> schrieb am Di., 3.\nMärz 2026, 14:05:"},
		{"without a verb", "03.03.2026, 14:05, \"Kari Nordmann\" <kari@fjell.example>:"},
		{"over three lines", "On Mar 3, 2026,\nat 14:05, Kari Nordmann\n<kari@fjell.example> wrote:"},
		{"Outlook in Norwegian", "Fra: Kari Nordmann <kari@fjell.example>\nSendt: tirsdag 3. mars 2026 14:05\nTil: Support\nEmne: Pumpe"},
		{"Outlook in Swedish", "Från: Kari Nordmann\nSkickat: den 3 mars 2026 14:05\nTill: Support\nÄmne: Pump"},
		{"Outlook in Danish, bold", "*Fra:* Kari Nordmann <kari@fjell.example>\n*Sendt:* 3. marts 2026 14:05\n*Til:* Support\n*Emne:* Pumpe"},
		{"Outlook in Finnish", "Lähettäjä: Kari Nordmann\nLähetetty: tiistai 3. maaliskuuta 2026 14.05\nVastaanottaja: Tuki\nAihe: Pumppu"},
		{"Outlook in German", "Von: Kari Nordmann <kari@fjell.example>\nGesendet: Dienstag, 3. März 2026 14:05\nAn: Support\nBetreff: Pumpe"},
		{"Outlook with a rule", "________________________________\nFrom: Kari Nordmann <kari@fjell.example>\nSent: Tuesday, March 3, 2026 2:05 PM\nTo: Support\nSubject: Pump"},
		{"Outlook on a Mac", "From: Kari Nordmann <kari@fjell.example>\nDate: Tuesday, 3 March 2026 at 14:05\nTo: Support <s@p.example>\nSubject: Pump"},
		{"the original message", "-----Original Message-----\nFrom: Kari\nTo: Support"},
		{"the original message in Norwegian", "-----Opprinnelig melding-----"},
		{"the original message in German", "-------- Ursprüngliche Nachricht --------"},
		{"a help desk's line", "##- Skriv svaret ditt over denne linjen. Svar over denne linjen -##"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			const answer = "Hei!\n\nDet virker på kontoret.\nOn the other hand: 12 av 30 pumper står."
			require.Equal(t, reply.Parts{Reply: answer, Quoted: tt.header + "\n\nHei, virker pumpen?\nKari"}, reply.Split(answer+"\n\n"+tt.header+"\n\nHei, virker pumpen?\nKari\n"))
			if strings.HasSuffix(tt.header, ":") {
				require.Equal(t, reply.Parts{Reply: answer, Quoted: tt.header + "\n> Hei, virker pumpen?"}, reply.Split(answer+"\n"+tt.header+"\r\n> Hei, virker pumpen?"), "with marks, and right under the reply")
			}
		})
	}
}

func TestOwnWordsAreNoHeaders(t *testing.T) {
	for _, text := range []string{
		"On Monday I wrote:\nplease send 30 pieces.",
		"Den nye pumpen er installert 12.03.2026 og lekker:\n- fra pakningen\n- fra slangen",
		"Han skrev følgende til oss 3. mars 2026 om pumpen:\nvi bytter den.",
		"Fra: Oslo\nTil: Bergen\nKan dere levere dit?",
		"Sent from my desk, it is easier than from the phone.",
		"Best price for 30 pieces?",
		"I want to thank you with regards to the pump.\nKind of odd that it leaks.",
		"Here are the facts:\n----\n1. It leaks.\n====\nThat is all.",
		"See a -- b here.\n\nThe flag is\n--force\nand nothing else.",
		"```\nOn 3 Mar 2026, a <a@b.example> wrote:\n> x\n-- \nend\n```\nDoes the parser see this?",
		"Se lenken <https://docs.example/handbok/kapittel-4\n> og si fra.",
		"Hilsen fra Bergen kommune er vedlagt søknaden vår.",
		"Vi bruker dem, t.ex. pumpen.\nT. ex. Kari har en.\nDen er god. Best er den ny.",
		"Tlf 55 12 34 56 svarer ikke. Hvorfor?",
		"The message was confidential, I was told. Is it?",
		"Date: 3 March\nTime: 14:05\nPlace: Oslo",
	} {
		require.Equal(t, reply.Parts{Reply: text}, reply.Split(text))
	}
}

func TestAnswersBetweenQuotes(t *testing.T) {
	inline := "On 3 Mar 2026, Kari <kari@fjell.example> wrote:\n> Is it tight?\n\nYes.\n\n> And heavy?\n\nNo."
	require.Equal(t, inline, reply.Split(inline).Reply, "each quote is needed to understand its answer")
	require.Equal(t, reply.Parts{Reply: "> Is it tight?\nYes."}, reply.Split("> Is it tight?\nYes."), "somebody quoted by hand")
	require.Equal(t, reply.Parts{Reply: "Yes.", Quoted: "On 3 Mar 2026, Kari <kari@fjell.example> wrote:\n> Is it tight?"},
		reply.Split("On 3 Mar 2026, Kari <kari@fjell.example> wrote:\n> Is it tight?\n\nYes."), "below what a program quoted")
	require.Equal(t, "> Is it tight?\nYes.\n\n> And heavy?\nNo.", reply.Split("> Is it tight?\nYes.\n\n> And heavy?\nNo.\n\n> Kari\n> Fjell AS").Reply, "what nobody answered is history")
	long := strings.Repeat("word ", 14)
	require.Equal(t, reply.Parts{Reply: "Yes.", Quoted: "On 3 Mar 2026, Kari wrote:\n> " + long + "\nwrapped\n> end"}, reply.Split("Yes.\n\nOn 3 Mar 2026, Kari wrote:\n> "+long+"\nwrapped\n> end"))
}

func TestLinksThatBreakAQuote(t *testing.T) {
	for _, quote := range []string{"> See the ticket (http://desk.example/7\nnonce=3)\n> today", "> See\n(http://desk.example/7) >\n> today"} {
		require.Equal(t, reply.Parts{Reply: "Yes.", Quoted: "On 3 Mar 2026, Kari wrote:\n" + quote}, reply.Split("Yes.\n\nOn 3 Mar 2026, Kari wrote:\n"+quote))
	}
	require.Equal(t, "Yes.", reply.Split("Yes.\n\nOn Mar 3, 2026, at 12:47 PM, Kari <\n416ffd3258d4@fjell.example>\nwrote:\n\nIs it tight?").Reply, "an address may begin with figures")
}

func TestSignaturesAndNotices(t *testing.T) {
	tests := []struct{ name, text, body, signature, notice string }{
		{name: "the delimiter", text: "Virker den?\n-- \nKari\nFjell AS", body: "Virker den?", signature: "-- \nKari\nFjell AS"},
		{name: "closing words", text: "Virker den?\n\nMed vennlig hilsen\nKari Nordmann\nFjell AS\nTlf. 55 12 34 56", body: "Virker den?", signature: "Med vennlig hilsen\nKari Nordmann\nFjell AS\nTlf. 55 12 34 56"},
		{name: "closing words and name on a line", text: "Fungerar den?\n\nMvh Kari", body: "Fungerar den?", signature: "Mvh Kari"},
		{name: "in German", text: "Ist sie dicht?\n\nMit freundlichen Grüßen\n\ni. A. Kari Nordmann", body: "Ist sie dicht?", signature: "Mit freundlichen Grüßen\n\ni. A. Kari Nordmann"},
		{name: "in Finnish", text: "Onko se tiivis?\n\nYstävällisin terveisin,\nKari", body: "Onko se tiivis?", signature: "Ystävällisin terveisin,\nKari"},
		{name: "a card without closing words", text: "Is it tight?\n\nKari Nordmann\nSenior Engineer, Fjell AS\n+47 55 12 34 56\nwww.fjell.example", body: "Is it tight?", signature: "Kari Nordmann\nSenior Engineer, Fjell AS\n+47 55 12 34 56\nwww.fjell.example"},
		{name: "a card of name and title", text: "Is it tight?\n\nKari Nordmann | Head of Sales\nFjell AS", body: "Is it tight?", signature: "Kari Nordmann | Head of Sales\nFjell AS"},
		{name: "closing words that end the last line", text: "Hei,\ndet hjalp ikke. Beste hilsen Kari", body: "Hei,\ndet hjalp ikke.", signature: "Beste hilsen Kari"},
		{name: "closing words of a firm", text: "Er den tett?\n\nVennlig hilsen for Fjell AS\nOla Hansen", body: "Er den tett?", signature: "Vennlig hilsen for Fjell AS\nOla Hansen"},
		{name: "a department in lower case", text: "Hei Kari,\nden er tett.\nHilsen kundestøtte", body: "Hei Kari,\nden er tett.", signature: "Hilsen kundestøtte"},
		{name: "Finnish habits", text: "Onko se tiivis?\n\nT. Matti", body: "Onko se tiivis?", signature: "T. Matti"},
		{name: "a name behind a dash", text: "Is it tight?\n\n-Kari", body: "Is it tight?", signature: "-Kari"},
		{name: "thanks with a name", text: "Is it tight?\n\nTakk!\nKari", body: "Is it tight?", signature: "Takk!\nKari"},
		{name: "thanks alone", text: "Is it tight?\n\nThanks!", body: "Is it tight?\n\nThanks!"},
		{name: "a telephone", text: "Er den tett?\n\nSendt fra min iPhone", body: "Er den tett?", signature: "Sendt fra min iPhone"},
		{name: "a telephone in Finnish", text: "Onko se tiivis?\n\nLähetetty iPhonesta", body: "Onko se tiivis?", signature: "Lähetetty iPhonesta"},
		{name: "Outlook on a telephone", text: "Er den tett?\n\nFå Outlook for Android<https://aka.example/x>", body: "Er den tett?", signature: "Få Outlook for Android<https://aka.example/x>"},
		{name: "a notice", text: "It is tight.\n\nThis e-mail and any attachments are confidential and\nintended solely for the addressee.", body: "It is tight.", notice: "This e-mail and any attachments are confidential and\nintended solely for the addressee."},
		{name: "a gateway's warning", text: "CAUTION: This email originated from outside of the organization. Do not click links.\n\nIs it tight?", body: "Is it tight?", notice: "CAUTION: This email originated from outside of the organization. Do not click links."},
		{name: "a notice under a signature", text: "Den är tät.\n\nHälsningar\nKari\n\nDetta meddelande är avsett för mottagaren och kan innehålla konfidentiell information.", body: "Den är tät.", signature: "Hälsningar\nKari", notice: "Detta meddelande är avsett för mottagaren och kan innehålla konfidentiell information."},
		{name: "a postscript stays", text: "Er den tett?\n\nHilsen\nKari\n\nPS: Hvor mye veier den?", body: "Er den tett?\n\nPS: Hvor mye veier den?", signature: "Hilsen\nKari"},
		{name: "closing words in the middle close nothing", text: "Regards\nare what I send. The pump leaks since Monday and we cannot work.\nPlease send a new one to our office as soon as possible.\nWe wait.", body: "Regards\nare what I send. The pump leaks since Monday and we cannot work.\nPlease send a new one to our office as soon as possible.\nWe wait."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := reply.Split(tt.text)
			got.Signature = strings.TrimSpace(got.Signature)
			want := reply.Parts{Reply: tt.body, Signature: strings.TrimSpace(tt.signature), Disclaimer: tt.notice}
			require.Equal(t, want, got)
		})
	}
}

func TestNothingButAForward(t *testing.T) {
	got := reply.Split("---------- Forwarded message ---------\nFrom: Kari <kari@fjell.example>\nSubject: Pump\n\nIt leaks.")
	require.Empty(t, got.Reply)
	require.Contains(t, got.Quoted, "It leaks.")
}

func TestUnquote(t *testing.T) {
	for name, quoted := range map[string]string{
		"a header and marks":  "On 3 Mar 2026, Kari <kari@fjell.example> wrote:\n> Is it tight?\n> > No.",
		"a head":              "Fra: Kari\nSendt: 3. mars 2026\nEmne: Pumpe\n\nIs it tight?\n> No.",
		"a rule and a head":   "____________\nFrom: Kari <kari@fjell.example>\nSubject: Pump\nIs it tight?\n> No.",
		"an original message": "-----Original Message-----\nFrom: Kari <k@f.example>\nSubject: x\n\nIs it tight?\n> No.",
		"nothing but marks":   "> Is it tight?\n> > No.",
	} {
		require.Equal(t, "Is it tight?\n> No.", reply.Unquote(quoted), name)
	}
}

func BenchmarkSplit(b *testing.B) {
	text := strings.Repeat("On 3 Mar 2026, a <a@b.example>\nHilsen\nKari\n\nDet er en fin pumpe, men den lekker.\n> ja\n", 5000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		reply.Split(text)
	}
}

// FuzzSplit checks that no line is lost or changed.
func FuzzSplit(f *testing.F) {
	for _, s := range []string{"", "a\n> b\nc\n> d\ne", "On 1 Jan 2026, a <a@b.c> wrote:\n\nx", "a\n-- \nb", "yes On 1 Jan 2026, a <a@b.c> wrote:\n> x", strings.Repeat("On 1\n", 50), strings.Repeat(">", 1000), "Hilsen\nK\nPS: x", "De : a@b\nÀ : c\n", "```\n>\n", "Mvh\u00a0K\xff\n—"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := reply.Split(s)
		reply.Unquote(got.Quoted)
		n := 0
		for _, part := range []string{got.Reply, got.Quoted, got.Signature, got.Disclaimer} {
			n += len(strings.Join(strings.Fields(part), ""))
		}
		if all := len(strings.Join(strings.Fields(s), "")); n > all || n < all-200 {
			t.Fatalf("%d bytes of %d: %+v", n, all, got)
		}
		if kinds := reply.Lines(strings.Split(s, "\n")); len(kinds) != strings.Count(s, "\n")+1 {
			t.Fatal("a kind for each line")
		}
	})
}
