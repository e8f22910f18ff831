package message_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/suggest/message"
)

// historyCases are replies as mail programs of the Nordic countries, Germany
// and the English-speaking world send them. Each ends in the same question.
var historyCases = []struct{ name, text, body string }{
	// Headers above what is answered.
	{"Gmail, Norwegian", "Hva koster den?\n\nDen tir. 3. mars 2026 kl. 10:12 skrev Sufflør Support <\nsupport@sufflor.example>:\n\n> Hei Kari\n> Den er på lager.", "Hva koster den?"},
	{"Gmail, Norwegian, with a date first", "Hva koster den?\n\n3. mars 2026 kl. 10.12 skrev Ola <ola@sufflor.example>:\n\nDen er på lager.", "Hva koster den?"},
	{"Apple Mail, Norwegian", "Hva koster den?\n\n> 3. mars 2026 kl. 10:12 skrev Ola Hansen <ola@sufflor.example>:\n> \n> Den er på lager.", "Hva koster den?"},
	{"Thunderbird, Norwegian", "Hva koster den?\n\nDen 03.03.2026 10:12, skrev Ola Hansen:\n> Den er på lager.", "Hva koster den?"},
	{"Outlook, Norwegian, bold", "Hva koster den?\n\n*Fra:* Ola Hansen <ola@sufflor.example>\n*Sendt:* tirsdag 3. mars 2026 10:12\n*Til:* Kari\n*Emne:* SV: Filter\n\nDen er på lager.", "Hva koster den?"},
	{"Outlook, nynorsk", "Kva kostar han?\n\nFrå: Ola Hansen\nSendt: tysdag 3. mars 2026\nTil: Kari\nEmne: SV: Filter\n\nHan er på lager.", "Kva kostar han?"},
	{"Outlook, Norwegian, date before sender", "Hva koster den?\n\nDato: tirsdag 3. mars 2026\nFra: Ola Hansen\nTil: Kari\nEmne: Filter\n\nDen er på lager.", "Hva koster den?"},
	{"original message, Norwegian", "Hva koster den?\n\n-----Opprinnelig melding-----\nFra: Ola\nSendt: 3. mars 2026\n\nDen er på lager.", "Hva koster den?"},
	{"Gmail, Swedish", "Vad kostar den?\n\nDen tis 3 mars 2026 kl 10:12 skrev Ola <ola@sufflor.example>:\n\n> Den finns i lager.", "Vad kostar den?"},
	{"Apple Mail, Swedish", "Vad kostar den?\n\n> 3 mars 2026 kl. 10:12 skrev Ola Hansen <ola@sufflor.example>:\n>\n> Den finns i lager.", "Vad kostar den?"},
	{"Outlook, Swedish", "Vad kostar den?\n\n________________________________________\nFrån: Ola Hansen\nSkickat: den 3 mars 2026 10:12\nTill: Åsa\nÄmne: Sv: Filter\n\nI lager.", "Vad kostar den?"},
	{"original message, Swedish", "Vad kostar den?\n\n-------- Ursprungligt meddelande --------\nFrån: Ola\nDatum: 2026-03-03 10:12 (GMT+01:00)\nTill: Åsa\n\nI lager.", "Vad kostar den?"},
	{"Gmail, Danish", "Hvad koster den?\n\nDen tirs. 3. mar. 2026 kl. 10.12 skrev Ola <ola@sufflor.example>:\n\n> Den er på lager.", "Hvad koster den?"},
	{"Apple Mail, Danish", "Hvad koster den?\n\nDen 3. mar. 2026 kl. 10.12 skrev Ola Hansen <ola@sufflor.example>:\n\nDen er på lager.", "Hvad koster den?"},
	{"Outlook, Danish", "Hvad koster den?\n\nFra: Ola Hansen <ola@sufflor.example>\nSendt: 3. marts 2026 10:12\nTil: Søren\nEmne: SV: Filter\n\nPå lager.", "Hvad koster den?"},
	{"original message, Danish", "Hvad koster den?\n\n-----Oprindelig meddelelse-----\nFra: Ola\nSendt: 3. marts 2026\n\nPå lager.", "Hvad koster den?"},
	{"Gmail, Finnish", "Mitä se maksaa?\n\nti 3. maalisk. 2026 klo 10.12 Ola Hansen (ola@sufflor.example)\nkirjoitti:\n\n> Varastossa.", "Mitä se maksaa?"},
	{"Apple Mail, Finnish", "Mitä se maksaa?\n\n> Ola Hansen <ola@sufflor.example> kirjoitti 3.3.2026 kello 10.12:\n> \n> Varastossa.", "Mitä se maksaa?"},
	{"Apple Mail, Finnish, without marks", "Mitä se maksaa?\n\nOla Hansen <ola@sufflor.example> kirjoitti 3.3.2026 kello 10.12:\n\nVarastossa.", "Mitä se maksaa?"},
	{"Outlook, Finnish", "Mitä se maksaa?\n\nLähettäjä: Ola Hansen <ola@sufflor.example>\nLähetetty: tiistai 3. maaliskuuta 2026 10.12\nVastaanottaja: Liisa\nAihe: VS: Suodatin\n\nVarastossa.", "Mitä se maksaa?"},
	{"original message, Finnish", "Mitä se maksaa?\n\n-------- Alkuperäinen viesti --------\nLähettäjä: Ola\nPäivämäärä: 3.3.2026\n\nVarastossa.", "Mitä se maksaa?"},
	{"Gmail, German", "Was kostet er?\n\nAm Di., 3. März 2026 um 10:12 Uhr schrieb Ola Hansen <\nola@sufflor.example>:\n\n> Auf Lager.", "Was kostet er?"},
	{"Apple Mail, German", "Was kostet er?\n\n> Am 03.03.2026 um 10:12 schrieb Ola Hansen <ola@sufflor.example>:\n> \n> Auf Lager.", "Was kostet er?"},
	{"Thunderbird, German", "Was kostet er?\n\nAm 03.03.26 um 10:12 schrieb Ola Hansen:\n> Auf Lager.", "Was kostet er?"},
	{"Outlook, German", "Was kostet er?\n\nVon: Ola Hansen [mailto:ola@sufflor.example]\nGesendet: Dienstag, 3. März 2026 10:12\nAn: Jürgen\nBetreff: AW: Filter\n\nAuf Lager.", "Was kostet er?"},
	{"original message, German", "Was kostet er?\n\n-----Ursprüngliche Nachricht-----\nVon: Ola\nGesendet: Dienstag\n\nAuf Lager.", "Was kostet er?"},
	{"web mail, German", "Was kostet er?\n\nGesendet: Dienstag, 03. März 2026 um 10:12 Uhr\nVon: \"Ola Hansen\" <ola@sufflor.example>\nAn: j@example.com\nBetreff: Filter\n\nAuf Lager.", "Was kostet er?"},
	{"Gmail, English", "What does it cost?\n\nOn Tue, Mar 3, 2026 at 10:12 AM Ola Hansen <ola@sufflor.example> wrote:\n\n> In stock.", "What does it cost?"},
	{"Outlook, English, bold", "What does it cost?\n\n*From:* Ola Hansen <ola@sufflor.example>\n*Sent:* Tuesday, March 3, 2026 10:12 AM\n*To:* Jane\n*Subject:* RE: Filter\n\nIn stock.", "What does it cost?"},
	{"Yahoo, English", "What does it cost?\n\n    On Tuesday, March 3, 2026 at 10:12:33 AM GMT+1, Ola <ola@sufflor.example> wrote:  \n \n In stock.", "What does it cost?"},
	{"an answer over a help desk's line", "Hva koster den?\n\n## Skriv svaret ditt over denne linjen ##\n\nHei Kari, den er på lager.", "Hva koster den?"},
	{"an answer over a help desk's line, English", "What does it cost?\n\n##- Please type your reply above this line -##\n\nIn stock.", "What does it cost?"},
	{"an answer over a help desk's line, German", "Was kostet er?\n\n##- Bitte geben Sie Ihre Antwort oberhalb dieser Zeile ein. -##\n\nAuf Lager.", "Was kostet er?"},
	{"quotes that a program wrapped", "Mitä se maksaa?\n\nti 3. maalisk. 2026 klo 10.12 Ola (ola@sufflor.example) kirjoitti:\n> Suodatin on varastossa ja lähtee samana päivänä, jos tilaus tehdään\nennen kello kahtatoista, kuten edellisessä viestissä sanottiin\n> Ola", "Mitä se maksaa?"},

	// Telephones and programs.
	{"an iPhone, Norwegian", "Hva koster den?\n\nSendt fra min iPhone", "Hva koster den?"},
	{"a Samsung, Norwegian", "Hva koster den?\n\nSendt fra min Samsung Galaxy-smarttelefon.", "Hva koster den?"},
	{"Outlook, Norwegian telephone", "Hva koster den?\n\nLast ned Outlook for iOS<https://aka.example/o0ukef>", "Hva koster den?"},
	{"a program for Windows, Norwegian", "Hva koster den?\n\nSendt fra E-post for Windows", "Hva koster den?"},
	{"an iPad, Swedish", "Vad kostar den?\n\nSkickat från min iPad", "Vad kostar den?"},
	{"Outlook, Swedish telephone", "Vad kostar den?\n\nHämta Outlook för Android", "Vad kostar den?"},
	{"a Samsung, Danish", "Hvad koster den?\n\nSendt fra min Samsung Galaxy-smartphone.", "Hvad koster den?"},
	{"Outlook, Danish telephone", "Hvad koster den?\n\nHent Outlook til iOS", "Hvad koster den?"},
	{"a Samsung, Finnish", "Mitä se maksaa?\n\nLähetetty Samsung Galaxy -älypuhelimesta.", "Mitä se maksaa?"},
	{"an iPad, Finnish", "Mitä se maksaa?\n\nLähetetty iPadista", "Mitä se maksaa?"},
	{"Outlook, Finnish telephone", "Mitä se maksaa?\n\nHae Outlook for iOS", "Mitä se maksaa?"},
	{"a telephone, German", "Was kostet er?\n\nVon meinem Samsung Galaxy Smartphone gesendet.", "Was kostet er?"},
	{"a web mail's note, German", "Was kostet er?\n\nDiese Nachricht wurde von meinem Android Mobiltelefon gesendet.", "Was kostet er?"},
	{"Outlook, German telephone", "Was kostet er?\n\nOutlook für Android herunterladen", "Was kostet er?"},
	{"Outlook, English telephone", "What does it cost?\n\nGet Outlook for iOS<https://aka.example/o0ukef>", "What does it cost?"},
	{"a note with a history under it", "What does it cost?\n\nSent from my iPhone\n\nWe have it in stock.\nIt is sent today.", "What does it cost?"},
	{"a question under a note stays", "It is red.\n\nSent from my iPhone\n\nWhat does it cost?", "It is red.\n\nWhat does it cost?"},

	// Signatures.
	{"a card, Norwegian", "Hva koster den?\n\nKari Nordmann\nDaglig leder\nFjell AS\nTlf. 55 12 34 56 | kari@fjell.example", "Hva koster den?"},
	{"a card of two columns, Swedish", "Vad kostar den?\n\nÅsa Berg | Inköpare\nBerg & Dal AB\n+46 70 123 45 67\nwww.berg.example", "Vad kostar den?"},
	{"closing words in two lines, Danish", "Hvad koster den?\n\nMed venlig hilsen / Best regards\n\nSøren Holm\nIndkøb\nDirekte: +45 12 34 56 78", "Hvad koster den?"},
	{"closing words, Finnish firm", "Mitä se maksaa?\n\nYstävällisin terveisin,\n\nLiisa Virtanen\nOstopäällikkö\nTunturi Oy\nPuh. 050 123 4567", "Mitä se maksaa?"},
	{"closing words, German firm", "Was kostet er?\n\nMit freundlichen Grüßen\n\ni. V. Jürgen Müller\nEinkauf\n\nBerg GmbH\nGeschäftsführer: Hans Berg\nAmtsgericht Kiel HRB 1234", "Was kostet er?"},
	{"best greetings, German", "Was kostet er?\n\nBeste Grüße aus Kiel\nJürgen", "Was kostet er?"},
	{"greetings, Swedish", "Vad kostar den?\n\nMed vänlig hälsning,\nÅsa", "Vad kostar den?"},
	{"greetings, nynorsk", "Kva kostar han?\n\nMed venleg helsing\nKari", "Kva kostar han?"},
	{"greetings with a place, Norwegian", "Hva koster den?\n\nHilsen Kari i Bergen", "Hva koster den?"},

	// Notices.
	{"a notice, Norwegian", "Hva koster den?\n\nDenne e-posten og eventuelle vedlegg er konfidensielle og kun ment for mottakeren. Har du fått den ved en feil, slett den.", "Hva koster den?"},
	{"a notice, Swedish", "Vad kostar den?\n\nDetta meddelande kan innehålla konfidentiell information och är endast avsett för mottagaren.", "Vad kostar den?"},
	{"a notice, Danish", "Hvad koster den?\n\nDenne e-mail kan indeholde fortrolige oplysninger og er kun tiltænkt modtageren.", "Hvad koster den?"},
	{"a notice, Finnish", "Mitä se maksaa?\n\nTämä viesti on luottamuksellinen ja tarkoitettu vain vastaanottajalle.", "Mitä se maksaa?"},
	{"a notice, German", "Was kostet er?\n\nDer Inhalt dieser E-Mail ist vertraulich und nur für den Empfänger bestimmt.", "Was kostet er?"},
	{"a notice, English", "What does it cost?\n\nThis message is confidential and intended solely for the addressee. If you are not the intended recipient, delete it.", "What does it cost?"},
	{"a gateway's warning above, English", "CAUTION: This email originated from outside of the organization. Do not click links.\n\nWhat does it cost?", "What does it cost?"},
	{"a gateway's warning above, German", "ACHTUNG: Diese E-Mail stammt von außerhalb der Organisation. Klicken Sie nicht auf Links.\n\nWas kostet er?", "Was kostet er?"},
	{"a gateway's warning above, Norwegian", "ADVARSEL: Denne e-posten kommer fra en ekstern avsender utenfor organisasjonen.\n\nHva koster den?", "Hva koster den?"},
	{"the environment, Swedish", "Vad kostar den?\n\nTänk på miljön innan du skriver ut detta mejl.", "Vad kostar den?"},
	{"the environment, Norwegian", "Hva koster den?\n\nTenk på miljøet før du skriver ut denne e-posten.", "Hva koster den?"},
	{"a virus scanner", "What does it cost?\n\nThis email has been checked for viruses by Example antivirus software.\nwww.example.com", "What does it cost?"},

	// What customers write themselves.
	{"a customer's own date stays", "Den 3. mars skrev jeg til dere.\nHva koster den?", "Den 3. mars skrev jeg til dere.\nHva koster den?"},
	{"a warning that the customer describes stays", "Advarsel: filter mangler, står det på skjermen.\nHva koster den?", "Advarsel: filter mangler, står det på skjermen.\nHva koster den?"},
	{"a list with a telephone in it stays", "Vi trenger:\n- filter\n- slange\nRing 55 12 34 56.\nHva koster den?", "Vi trenger:\n- filter\n- slange\nRing 55 12 34 56.\nHva koster den?"},
	{"from and to of a journey stay", "Fra: Oslo\nHva koster den?", "Fra: Oslo\nHva koster den?"},
	{"an address for delivery stays", "Send den til\nKari Nordmann\nStorgata 1\n0155 Oslo\nTakk", "Send den til\nKari Nordmann\nStorgata 1\n0155 Oslo\nTakk"},
}

func TestHistorySignaturesAndNoticesAreCut(t *testing.T) {
	for _, c := range historyCases {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.body, message.Clean(c.text).Body)
		})
	}
}
