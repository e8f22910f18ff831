package eml_test

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/eml"
)

// lines is an attachment reader that makes a paragraph of every line.
type lines struct{ err error }

func (l lines) Read(_ context.Context, in ingest.Input) (ingest.Document, error) {
	data, err := io.ReadAll(io.NewSectionReader(in.Data, 0, in.Size))
	if err != nil || l.err != nil {
		return ingest.Document{}, l.err
	}
	doc := ingest.Document{Blocks: []ingest.Block{{Kind: ingest.Heading, Level: 1, Text: "of " + in.Name}}}
	for line := range strings.SplitSeq(strings.TrimSpace(string(data)), "\n") {
		doc.Blocks = append(doc.Blocks, ingest.Block{Kind: ingest.Paragraph, Text: line})
	}
	return doc, nil
}

func read(tb testing.TB, r eml.Reader, mail string) (ingest.Document, error) {
	tb.Helper()
	return r.Read(context.Background(), ingest.Input{Name: "test.eml", Path: "test.eml", Data: strings.NewReader(mail), Size: int64(len(mail))})
}

// said is a document in short: a line a block, headings behind "#".
func said(doc ingest.Document) string {
	var out []string
	for _, b := range doc.Blocks {
		switch b.Kind {
		case ingest.Heading:
			out = append(out, strings.Repeat("#", b.Level)+" "+b.Text)
		case ingest.ListItem:
			out = append(out, b.Marker+" "+b.Text)
		case ingest.TableBody:
			out = append(out, fmt.Sprintf("%q %q", b.Table.Header, b.Table.Rows[0].Cells))
		default:
			out = append(out, b.Text)
		}
	}
	return strings.Join(out, "\n")
}

const head = "From: Kari Nordmann <kari@fjell.example>\nTo: support@pumpe.example\nDate: Tue, 3 Mar 2026 14:05:00 +0100\nMIME-Version: 1.0\n"

func latin1(s string) string {
	out, err := charmap.Windows1252.NewEncoder().String(s)
	if err != nil {
		panic(err)
	}
	return out
}

func TestBodies(t *testing.T) {
	const question = "Hei, pumpen på Ærø lekker.\nEr den tett?"
	tests := []struct{ name, mail, title, want string }{
		{name: "plain text", mail: head + "Subject: Lekkasje\n\n" + question, title: "Lekkasje", want: question},
		{name: "no header for MIME, Latin 1", mail: "Subject: Lekkasje\n\n" + latin1(question), title: "Lekkasje", want: question},
		{name: "Latin 1 that claims to be UTF-8", mail: head + "Subject: x\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n" + latin1(question), title: "x", want: question},
		{name: "UTF-8 that claims to be Latin 1", mail: head + "Subject: x\nContent-Type: text/plain; charset=iso-8859-1\n\n" + question, title: "x", want: question},
		{name: "an unknown charset", mail: head + "Subject: x\nContent-Type: text/plain; charset=x-unknown\n\n" + latin1(question), title: "x", want: question},
		{name: "quoted-printable", mail: head + "Subject: =?iso-8859-1?Q?L=F8s_deksel?=\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: Quoted-Printable\n\nHei, pumpen p=E5 =C6r=F8 =\nlekker.\nEr den tett? 1 =3D 1 =zz", title: "Løs deksel", want: "Hei, pumpen på Ærø lekker.\nEr den tett? 1 = 1 =zz"},
		{name: "base64 with spaces and a missing end", mail: head + "Subject: =?UTF-8?B?TMO4cyBkZQ==?= =?UTF-8?B?a3NlbCDD?=\n =?UTF-8?B?pg==?=\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n" + strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(question)), "="), title: "Løs deksel æ", want: question},
		{name: "text that claims to be base64", mail: head + "Subject: x\nContent-Transfer-Encoding: base64\n\nIs it tight? The pump, I mean: it (still) leaks!", title: "x", want: "Is it tight? The pump, I mean: it (still) leaks!"},
		{name: "an unknown transfer encoding", mail: head + "Subject: x\nContent-Transfer-Encoding: 8bits\n\n" + question, title: "x", want: question},
		{name: "lines that were wrapped", mail: head + "Subject: x\nContent-Type: text/plain; format=flowed\n\nThe pump leaks and nobody \nknows why.\nIs it tight?\n-- \nKari", title: "x", want: "The pump leaks and nobody knows why.\nIs it tight?"},
		{name: "a leading From line and an empty one", mail: "\n\nFrom kari@fjell.example Tue Mar  3 14:05:00 2026\n" + head + "Subject: x\n\n" + question, title: "x", want: question},
		{name: "reply prefixes", mail: head + "Subject: SV: Re: [2] Pumpe\n\n" + question, title: "[2] Pumpe", want: question},
		{
			name: "HTML alone", mail: head + "Subject: x\nContent-Type: text/html; charset=utf-8\n\n<html><body><p>Is it tight?</p><ul><li>pump</li></ul><table><tr><th>Part</th><th>Price</th></tr><tr><td>Lid</td><td>90</td></tr></table><p>Regards<br>Kari</p></body></html>", title: "x",
			want: "Is it tight?\n• pump\n[\"Part\" \"Price\"] [\"Lid\" \"90\"]",
		},
		{name: "plain text before HTML", mail: head + "Subject: x\nContent-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\nIs it tight?\n--b\nContent-Type: text/html\n\n<p>Is it <b>tight</b>?</p>\n--b--", title: "x", want: "Is it tight?"},
		{name: "HTML before nothing", mail: head + "Subject: x\nContent-Type: multipart/alternative; boundary=\"b\"\n\n--b\nContent-Type: text/plain\n\n \n--b\nContent-Type: multipart/related; boundary=c\n\n--c\nContent-Type: text/html\n\n<p>Is it <b>tight</b>?</p>\n--c\nContent-Type: image/png\nContent-ID: <1>\n\nxx\n--c--\n--b--", title: "x", want: "Is it tight?"},
		{name: "a part without an end", mail: head + "Subject: x\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nIs it tight?\n", title: "x", want: "Is it tight?"},
		{name: "a multipart without a boundary", mail: head + "Subject: x\nContent-Type: multipart/mixed\n\nIs it tight?", title: "x", want: "Is it tight?"},
		{name: "nothing but a subject", mail: head + "Subject: Please call me about order 7\n\n", title: "Please call me about order 7", want: "Please call me about order 7"},
		{name: "a signature alone", mail: head + "Subject: x\n\n-- \nKari\nFjell AS", title: "x", want: "--\nKari\nFjell AS"},
		{name: "the sender's name under it", mail: head + "Subject: x\n\nIs it tight?\n\nKari", title: "x", want: "Is it tight?"},
		{name: "an invitation", mail: head + "Subject: Service\nContent-Type: text/calendar; charset=utf-8\n\nBEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:Service of the \r\n pump\r\nDTSTART;TZID=Europe/Oslo:20260310T090000\r\nDTEND:20260310T100000Z\r\nLOCATION:Hall 3\\, north\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n", title: "Service", want: "Service of the pump\n2026-03-10 09:00 – 2026-03-10 10:00 UTC\nHall 3, north"},
		{name: "a delivery report", mail: head + "Subject: Undelivered\nContent-Type: multipart/report; boundary=b\n\n--b\n\nThe mailbox is full.\n--b\nContent-Type: message/delivery-status\n\nAction: failed\n--b--", title: "Undelivered", want: "The mailbox is full."},
		{name: "text that begins like a file", mail: head + "Subject: x\n\nbegin 6 weeks from now,\nwe need ten pumps.", title: "x", want: "begin 6 weeks from now,\nwe need ten pumps."},
		{name: "encoded for Unix, with a word after it", mail: head + "Subject: x\nContent-Transfer-Encoding: x-uuencode\n\nbegin 644 a.txt\n,27,@:70@=&EG:'0_\n`\nend\nSent by us\n", title: "x", want: "Is it tight?"},
		{name: "a signed message", mail: head + "Subject: x\nContent-Type: multipart/signed; boundary=b; protocol=\"application/pkcs7-signature\"\n\n--b\n\nIs it tight?\n--b\nContent-Type: application/pkcs7-signature; name=smime.p7s\nContent-Transfer-Encoding: base64\n\nAAAA\n--b--", title: "x", want: "Is it tight?"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, form := range []string{tt.mail, strings.ReplaceAll(tt.mail, "\n", "\r\n")} {
				form = strings.ReplaceAll(form, "\r\r", "\r")
				doc, err := read(t, eml.Reader{Attachments: lines{}}, form)
				require.NoError(t, err)
				require.Equal(t, tt.title, doc.Title)
				require.Equal(t, tt.want, said(doc))
				require.Empty(t, doc.Warnings)
			}
		})
	}
}

func TestWholeFileInUTF16(t *testing.T) {
	for _, order := range []unicode.BOMPolicy{unicode.UseBOM, unicode.IgnoreBOM} {
		mail, err := unicode.UTF16(unicode.LittleEndian, order).NewEncoder().String(head + "Subject: Lekkasje på Ærø\nContent-Type: text/plain; charset=iso-8859-1\n\nEr den tett på Ærø?")
		require.NoError(t, err)
		doc, err := read(t, eml.Reader{}, mail)
		require.NoError(t, err)
		require.Equal(t, "Lekkasje på Ærø", doc.Title)
		require.Equal(t, "Er den tett på Ærø?", said(doc))
	}
}

func TestHistoryComesLastAndOnce(t *testing.T) {
	doc, err := read(t, eml.Reader{}, head+"Subject: Re: Pump\n\nYes, it is.\n\nRegards\nKari\n\nOn Mon, 2 Mar 2026, Ola <ola@b.example> wrote:\n> Is it tight?\n> -- \n> Ola\n>\n> On Sun, 1 Mar 2026, Kari <kari@fjell.example> wrote:\n> > Here is the pump.\n> > > Is it tight?\n")
	require.NoError(t, err)
	require.Equal(t, "Yes, it is.\nIs it tight?\nHere is the pump.", said(doc))
	require.Equal(t, 1, doc.Blocks[0].Locator.Paragraph)
	require.Equal(t, 3, doc.Blocks[2].Locator.Paragraph)

	doc, err = read(t, eml.Reader{}, head+"Subject: Fwd: Pump\nContent-Type: text/html\n\n<div><br></div><div class=gmail_quote><div class=gmail_attr>---------- Forwarded message ---------<br>From: Ola &lt;ola@b.example&gt;<br>Subject: Pump<br></div><p>Is it tight?</p></div>")
	require.NoError(t, err)
	require.Equal(t, "Is it tight?", said(doc), "a forward without a word says what it forwards")
}

func TestHTMLHistory(t *testing.T) {
	tests := []struct{ name, page string }{
		{"Gmail", `<div dir=ltr>Yes.</div><br><div class="gmail_quote"><div class="gmail_attr">On Mon, 2 Mar 2026, Ola wrote:<br></div><blockquote class="gmail_quote"><div>Is it tight?</div></blockquote></div>`},
		{"Thunderbird", `<p>Yes.</p><div class="moz-cite-prefix">Am 02.03.26 schrieb Ola:<br></div><blockquote type="cite"><p>Is it tight?</p></blockquote>`},
		{"Outlook", `<div class=WordSection1><p>Yes.</p><div><div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm'><p><b>Fra:</b> Ola &lt;ola@b.example&gt; <br><b>Sendt:</b> mandag 2. mars 2026 10:00<br><b>Emne:</b> Pump</p></div></div><p>Is it tight?</p></div>`},
		{"Outlook on the web", `<div>Yes.</div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>From:</b> Ola &lt;ola@b.example&gt;<br><b>Sent:</b> Monday<br><b>Subject:</b> Pump</div><div>Is it tight?</div>`},
		{"an unmarked quote", `<div>Yes.</div><div>On Mon, 2 Mar 2026, Ola &lt;ola@b.example&gt; wrote:</div><blockquote><div>Is it tight?</div></blockquote>`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc, err := read(t, eml.Reader{}, head+"Subject: x\nContent-Type: text/html; charset=utf-8\n\n<html><body>"+tt.page+"</body></html>")
			require.NoError(t, err)
			require.Equal(t, "Yes.\nIs it tight?", said(doc))
		})
	}
}

func TestMailbox(t *testing.T) {
	one := "From ola@b.example Mon Mar  2 10:00:00 2026\nFrom: Ola <ola@b.example>\nDate: Mon, 2 Mar 2026 10:00:00 +0100\nSubject: Pump\n\nIs it tight?\n>From the start it leaked.\n\n"
	two := "From kari@fjell.example Tue Mar  3 14:05:00 2026\n" + head + "Subject: Re: Pump\n\nYes.\n\nOn Mon, 2 Mar 2026, Ola <ola@b.example> wrote:\n> Is it tight?\n> From the start it leaked.\n"
	doc, err := read(t, eml.Reader{}, one+two)
	require.NoError(t, err)
	require.Equal(t, "# Pump\nOla, 2026-03-02\nIs it tight?\nFrom the start it leaked.\n# Pump\nKari Nordmann, 2026-03-03\nYes.", said(doc), "what was read already is not repeated")
}

func TestPagesAmongMailsAreMails(t *testing.T) {
	page := "Subject: Draft\nContent-Type: text/html\n\n<p>The lid is 90.</p>\n\n"
	doc, err := read(t, eml.Reader{}, "From a@b.example Mon Mar  2 10:00:00 2026\n"+head+"Subject: Pump\n\nIs it tight?\n\nFrom a@b.example Mon Mar  2 10:00:00 2026\n"+page)
	require.NoError(t, err)
	require.Contains(t, said(doc), "The lid is 90.")

	doc, err = read(t, eml.Reader{}, head+"Subject: Pump\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nIs it tight?\n--b\nContent-Type: message/rfc822\n\n"+page+"--b--")
	require.NoError(t, err)
	require.Contains(t, said(doc), "The lid is 90.")
	require.Empty(t, doc.Warnings)
}

func TestFilesBesideTheText(t *testing.T) {
	doc, err := read(t, eml.Reader{Attachments: lines{}}, head+"Subject: x\nContent-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: application/pdf; name=a.pdf\n\n12 kg\n--b\nContent-Type: multipart/related; boundary=c\n\n--c\nContent-Type: text/html\n\n<p>Is it tight?</p>\n--c--\n--b--")
	require.NoError(t, err)
	require.Contains(t, said(doc), "Is it tight?")
	require.Contains(t, said(doc), "12 kg")
}

func TestCalendarsAreCutAloud(t *testing.T) {
	doc, err := read(t, eml.Reader{}, head+"Subject: x\nContent-Type: text/calendar\n\nBEGIN:VCALENDAR\n"+strings.Repeat("BEGIN:VEVENT\nSUMMARY:Service\nEND:VEVENT\n", 120)+"END:VCALENDAR\n")
	require.NoError(t, err)
	require.Equal(t, []string{"only the first 100 of 120 events of a calendar were read"}, doc.Warnings)
}

// A flowed paragraph of many lines once took time by the square of its length.
func TestLongFlowedText(t *testing.T) {
	doc, err := read(t, eml.Reader{}, head+"Subject: x\nContent-Type: text/plain; format=flowed\n\n"+strings.Repeat("a ) \n", 200_000)+"end")
	require.NoError(t, err)
	require.Contains(t, said(doc), "a ) a ) ")
}

func TestAttachments(t *testing.T) {
	mail := head + "Subject: Pump\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nSee the manual.\n\nOn Mon, 2 Mar 2026, Ola <ola@b.example> wrote:\n> Is it tight?\n--b\nContent-Type: application/pdf; name=\"=?utf-8?Q?h=C3=A5ndbok.pdf?=\"\nContent-Disposition: attachment\nContent-Transfer-Encoding: base64\n\nMTIga2cKMyBtCg==\n" +
		"--b\nContent-Type: message/rfc822\n\nSubject: Prices\n\nThe lid is 90.\n--b\nContent-Type: image/png; name=logo.png\nContent-ID: <1>\n\nx\n--b--"
	doc, err := read(t, eml.Reader{Attachments: lines{}}, mail)
	require.NoError(t, err)
	require.Equal(t, "See the manual.\n## håndbok.pdf\n### of håndbok.pdf\n12 kg\n3 m\n## Prices\nThe lid is 90.\n## \nIs it tight?", said(doc))
	require.Empty(t, doc.Warnings)

	doc, err = read(t, eml.Reader{}, mail)
	require.NoError(t, err)
	require.Equal(t, []string{"1 attachments were not read: håndbok.pdf"}, doc.Warnings)

	doc, err = read(t, eml.Reader{Attachments: lines{fmt.Errorf("x: %w", ingest.ErrDamaged)}}, mail)
	require.NoError(t, err)
	require.Equal(t, []string{"attachment håndbok.pdf was left out: x: damaged"}, doc.Warnings)
	require.Equal(t, "See the manual.\n## Prices\nThe lid is 90.\n## \nIs it tight?", said(doc))
}

// again reads attachments with the reader it is part of.
type again struct{ depth *int }

func (a again) Read(ctx context.Context, in ingest.Input) (ingest.Document, error) {
	*a.depth++
	return eml.Reader{Attachments: a}.Read(ctx, in) //nolint:wrapcheck // a test
}

func TestNestingEnds(t *testing.T) {
	mail := "Subject: innermost\n\nthe end"
	for range 12 {
		mail = "Subject: x\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nlevel\n--b\nContent-Type: application/octet-stream; name=a.eml\nContent-Transfer-Encoding: base64\n\n" + base64.StdEncoding.EncodeToString([]byte(mail)) + "\n--b--"
	}
	depth := 0
	doc, err := read(t, eml.Reader{Attachments: again{&depth}}, mail)
	require.NoError(t, err)
	require.Equal(t, 3, depth)
	require.Contains(t, strings.Join(doc.Warnings, "\n"), "nested too deeply")

	mail = "Subject: innermost\n\nthe end"
	for range 12 {
		mail = "Subject: x\nContent-Type: message/rfc822\n\n" + mail
	}
	doc, err = read(t, eml.Reader{}, mail)
	require.NoError(t, err)
	require.Contains(t, strings.Join(doc.Warnings, "\n"), "deep")
}

func TestWhatCannotBeRead(t *testing.T) {
	tests := []struct {
		name, mail string
		want       error
	}{
		{"S/MIME", head + "Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\nContent-Transfer-Encoding: base64\n\nAAAA", ingest.ErrEncrypted},
		{"PGP", head + "Content-Type: multipart/encrypted; boundary=b; protocol=\"application/pgp-encrypted\"\n\n--b\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n--b--", ingest.ErrEncrypted},
		{"PGP in the text", head + "\n-----BEGIN PGP MESSAGE-----\n\nhQEM\n-----END PGP MESSAGE-----\n", ingest.ErrEncrypted},
		{"nothing", " \n", ingest.ErrNoText},
		{"no words", head + "\n\n", ingest.ErrNoText},
		{"thousands of parts", head + "Content-Type: multipart/mixed; boundary=b\n\n" + strings.Repeat("--b\n\nx\n", 3000), ingest.ErrTooLarge},
		{"thousands of levels", head + strings.Repeat("Content-Type: multipart/mixed; boundary=b\n\n--b\n", 3000), ingest.ErrTooLarge},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := read(t, eml.Reader{}, tt.mail)
			require.ErrorIs(t, err, tt.want)
			require.ErrorContains(t, err, "test.eml")
		})
	}
}

func TestSavedWebPage(t *testing.T) {
	doc, err := read(t, eml.Reader{}, "From: <Saved by Blink>\nSnapshot-Content-Location: https://p.example/faq\nSubject: =?utf-8?Q?Pumper?=\nMIME-Version: 1.0\nContent-Type: multipart/related; type=\"text/html\"; boundary=b\n\n--b\nContent-Type: text/html\nContent-Transfer-Encoding: quoted-printable\nContent-Location: https://p.example/faq\n\n<html lang=3D\"nb\"><head><title>Pumper</title></head><body><h1>Pumper</h1><p>Den er =\ntett.</p><p>Hilsen oss</p></body></html>\n--b\nContent-Type: image/png\n\nx\n--b--")
	require.NoError(t, err)
	require.Equal(t, "Pumper", doc.Title)
	require.Equal(t, "nb", doc.Language)
	require.Equal(t, "# Pumper\nDen er tett.\nHilsen oss", said(doc))
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{
		"", "Subject: a\n\nb", head + "Content-Type: multipart/mixed; boundary=b\n\n--b\n\nx\n--b--", "From a\nSubject: x\n\ny\n\nFrom b\nSubject: z\n\nw", head + "Content-Type: text/html\n\n<blockquote type=cite>x", "Content-Type: text/plain; charset=iso-2022-jp\n\n\x1b$B!!",
		"Content-Transfer-Encoding: x-uuencode\n\nbegin 644 a\n#0V%T\n`\nend\n", "Subject: =?utf-8?B?=?= =?x?Q?=C3=?=\n\nx", "Content-Type: message/rfc822\n\nContent-Type: message/rfc822\n\nx", "\xff\xfeS\x00:\x00\n\x00\n\x00", "Content-Type: text/calendar\n\nBEGIN:VEVENT\nSUMMARY:a\nEND:VEVENT",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		doc, err := read(t, eml.Reader{Attachments: lines{}}, s)
		if err == nil && len(doc.Blocks) == 0 {
			t.Fatal("neither text nor an error")
		}
		for _, b := range doc.Blocks {
			if b.Kind == ingest.Paragraph && !utf8.ValidString(b.Text) && utf8.ValidString(s) {
				t.Fatalf("%q", b.Text)
			}
		}
	})
}

// winmail is a message in Outlook's own format with a text and a file.
func winmail(text, name, data string) string {
	attribute := func(level byte, id uint32, data string) []byte {
		out := binary.LittleEndian.AppendUint32([]byte{level}, id)
		out = binary.LittleEndian.AppendUint32(out, uint32(len(data)))
		return append(append(out, data...), 0, 0)
	}
	out := []byte("\x78\x9f\x3e\x22\x01\x00")
	out = append(out, attribute(1, 0x0002800C, text)...)
	out = append(out, attribute(2, 0x00069002, "")...)
	out = append(out, attribute(2, 0x00018010, name)...)
	out = append(out, attribute(2, 0x0006800F, data)...)
	return base64.StdEncoding.EncodeToString(out)
}

func TestOutlooksOwnFormat(t *testing.T) {
	const head = "Subject: Pumpe\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n"
	const part = "\r\n--b\r\nContent-Type: application/ms-tnef; name=winmail.dat\r\nContent-Transfer-Encoding: base64\r\n\r\n"
	file := winmail("Er den tett? Den skal veie tolv kilo.\x00", "vekt.txt\x00", "12 kg")
	whole, err := base64.StdEncoding.DecodeString(file)
	require.NoError(t, err)
	tests := []struct{ name, mail, want string }{
		{"is the message when there is no other text", head + part + file + "\r\n--b--", "Er den tett? Den skal veie tolv kilo.\n## vekt.txt\n### of vekt.txt\n12 kg"},
		{"repeats the text of the mail", head + "Er den tett? Den skal veie tolv kilo." + part + file + "\r\n--b--", "Er den tett? Den skal veie tolv kilo.\n## vekt.txt\n### of vekt.txt\n12 kg"},
		{"says more than a line of a gateway", head + "Sent to pumps" + part + file + "\r\n--b--", "Sent to pumps\nEr den tett? Den skal veie tolv kilo.\n## vekt.txt\n### of vekt.txt\n12 kg"},
		{"is the whole file", string(whole), "Er den tett? Den skal veie tolv kilo.\n## vekt.txt\n### of vekt.txt\n12 kg"},
		{"is the whole mail", "Content-Type: application/octet-stream; name=ATT1.dat\r\nContent-Transfer-Encoding: base64\r\n\r\n" + file, "Er den tett? Den skal veie tolv kilo.\n## vekt.txt\n### of vekt.txt\n12 kg"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc, err := read(t, eml.Reader{Attachments: lines{}}, tt.mail)
			require.NoError(t, err)
			require.Empty(t, doc.Warnings)
			require.Equal(t, tt.want, said(doc))
		})
	}
	doc, err := read(t, eml.Reader{}, head+"Se vedlegg."+part+base64.StdEncoding.EncodeToString([]byte("something else"))+"\r\n--b--")
	require.NoError(t, err)
	require.Contains(t, doc.Warnings[0], "holds something else")
}
