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

func TestNoWordsAtAll(t *testing.T) {
	_, err := mail.Read(t.Context(), ingest.Input{Name: "a.eml"}, []mail.Message{{Attachments: []mail.Attachment{{Name: "a.pdf", Data: []byte("x")}}}}, nil)
	require.ErrorIs(t, err, ingest.ErrNoText)
	require.ErrorContains(t, err, "a.eml holds no text (1 attachments were not read: a.pdf)")
}
