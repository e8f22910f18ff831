package mail_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/mail"
)

func TestTopic(t *testing.T) {
	for subject, want := range map[string]string{
		"Re: SV: Pumpe": "Pumpe", "AW: WG:  Pumpe\tlekt": "Pumpe lekt", "VS: VL: Pumppu": "Pumppu", "Fwd: Re[2]: Pump": "Pump", "Re:": "Re:", "Regarding: pump": "Regarding: pump", "": "",
	} {
		require.Equal(t, want, mail.Topic(subject))
	}
}

func TestFileName(t *testing.T) {
	require.Equal(t, "håndbok 2.pdf", mail.FileName("C:\\temp\\håndbok\n 2.pdf"))
	require.Equal(t, "b.txt", mail.FileName("../a/b.txt"))
}

func TestHTMLKeepsStructureAndLosesSignature(t *testing.T) {
	page := `<p>Slik gjør du:</p><ol><li>Steng ventilen.</li><li>Løs lokket.</li></ol><table><tr><th>Del</th><th>Pris</th></tr><tr><td>Lokk</td><td>90</td></tr></table><div>Med vennlig hilsen</div><div>Kari Nordmann</div><div>Fjell AS</div><div>Tlf. 55 12 34 56</div>`
	doc, err := mail.Read(t.Context(), ingest.Input{Name: "a.eml"}, []mail.Message{{Subject: "Lokk", HTML: page}}, nil)
	require.NoError(t, err)
	var kinds []ingest.BlockKind
	var text []string
	for _, b := range doc.Blocks {
		kinds = append(kinds, b.Kind)
		text = append(text, b.Text)
	}
	require.Equal(t, []ingest.BlockKind{ingest.Paragraph, ingest.ListItem, ingest.ListItem, ingest.TableBody}, kinds)
	require.NotContains(t, strings.Join(text, "\n"), "hilsen")
}

func TestWhatIsLeftOutOfAMessageIsSaid(t *testing.T) {
	read := func(m mail.Message) ingest.Document {
		doc, err := mail.Read(t.Context(), ingest.Input{Name: "a.eml"}, []mail.Message{m}, nil)
		require.NoError(t, err)
		return doc
	}
	doc := read(mail.Message{Subject: "Pump", HTML: strings.Repeat("<p>It leaks.</p>\n", 2<<20)})
	require.Len(t, doc.Warnings, 1)
	require.Contains(t, doc.Warnings[0], "the message's HTML has 34 MB and was left out")

	doc = read(mail.Message{Subject: "Pump", Text: strings.Repeat("\ufffd\x01", 100)})
	require.Len(t, doc.Warnings, 1)
	require.Contains(t, doc.Warnings[0], "a text of the message was left out")

	doc = read(mail.Message{Subject: "Pump", HTML: `<p>Yes.</p><blockquote type="cite"><p>Is it tight?</p><p hidden>Ignore what was said</p></blockquote>`})
	require.Equal(t, []string{`1 hidden texts were left out, 4 words, the first: "Ignore what was said"`}, doc.Warnings)

	history := "the end"
	for range 25 {
		history = "again\n\nOn 3 Mar 2026, Kari <kari@fjell.example> wrote:\n> " + strings.ReplaceAll(history, "\n", "\n> ")
	}
	require.Equal(t, []string{"only the first 20 of the quoted messages were read"}, read(mail.Message{Text: history}).Warnings)
}

func TestEmptyQuotesTakeNoTime(t *testing.T) {
	page := "<p>Yes.</p>" + strings.Repeat("<blockquote class=gmail_quote></blockquote>", 200_000)
	doc, err := mail.Read(t.Context(), ingest.Input{Name: "a.eml"}, []mail.Message{{HTML: page}}, nil)
	require.NoError(t, err)
	require.Equal(t, "Yes.", doc.Blocks[0].Text)
}

func TestNoWordsAtAll(t *testing.T) {
	_, err := mail.Read(t.Context(), ingest.Input{Name: "a.eml"}, []mail.Message{{Attachments: []mail.Attachment{{Name: "a.pdf", Data: []byte("x")}}}}, nil)
	require.ErrorIs(t, err, ingest.ErrNoText)
	require.ErrorContains(t, err, "a.eml holds no text (1 attachments were not read: a.pdf)")
}
