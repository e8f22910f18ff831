package msg_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"maps"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/msg"
	"github.com/sufflor/sufflor/ingest/ole/oletest"
)

func wide(s string) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune(s)) {
		out = binary.LittleEndian.AppendUint16(out, u)
	}
	return out
}

// properties is a property stream with a head of the given size.
func properties(head int, values map[uint32]uint64) []byte {
	out := make([]byte, head)
	for tag, v := range values {
		out = binary.LittleEndian.AppendUint32(out, tag)
		out = binary.LittleEndian.AppendUint32(out, 6)
		out = binary.LittleEndian.AppendUint64(out, v)
	}
	return out
}

const march3 = 134_170_815_000_000_000 // 2026-03-03 13:05 UTC in units of 100 ns since 1601

func message(streams map[string][]byte) map[string][]byte {
	all := map[string][]byte{
		"__properties_version1.0": properties(32, map[uint32]uint64{0x00390040: march3, 0x3FFD0003: 1252, 0x3FDE0003: 1252}),
		"__substg1.0_0037001F":    wide("SV: Pumpe på Ærø"), "__substg1.0_0042001F": wide("Kari Nordmann"), "__substg1.0_001A001F": wide("IPM.Note"),
	}
	maps.Copy(all, streams)
	return all
}

// lines is an attachment reader that gives what it is handed.
type lines struct{}

func (lines) Read(_ context.Context, in ingest.Input) (ingest.Document, error) {
	data, err := io.ReadAll(io.NewSectionReader(in.Data, 0, in.Size))
	return ingest.Document{Blocks: []ingest.Block{{Kind: ingest.Paragraph, Text: string(data)}}}, err
}

func read(tb testing.TB, r msg.Reader, data []byte) (ingest.Document, error) {
	tb.Helper()
	return r.Read(context.Background(), ingest.Input{Name: "test.msg", Path: "test.msg", Data: bytes.NewReader(data), Size: int64(len(data))})
}

func said(doc ingest.Document) string {
	var out []string
	for _, b := range doc.Blocks {
		out = append(out, strings.TrimSpace(strings.Repeat("#", b.Level)+" "+b.Text))
	}
	return strings.Join(out, "\n")
}

// hello is the example of MS-OXRTFCP section 4.1.
var hello = []byte("\x2d\x00\x00\x00\x2b\x00\x00\x00LZFu\xf1\xc5\xc7\xa7\x03\x00\x0a\x00rcpg125B2\x0a\xf3 hel\x09\x00 bw\x05\xb0ld}\x0a\x80\x0f\xa0")

func TestBodies(t *testing.T) {
	tests := []struct {
		name    string
		streams map[string][]byte
		want    string
	}{
		{"in Unicode", map[string][]byte{"__substg1.0_1000001F": wide("Er den tett på Ærø?\r\n\r\nMvh\r\nKari\r\n\r\nFra: Ola <ola@b.example>\r\nSendt: 2. mars 2026\r\nEmne: Pumpe\r\n\r\nHer er den.")}, "Er den tett på Ærø?\nHer er den."},
		{"in a code page", map[string][]byte{"__substg1.0_1000001E": []byte("Er den tett p\xe5 \xc6r\xf8?\x00")}, "Er den tett på Ærø?"},
		{"in HTML", map[string][]byte{"__substg1.0_10130102": []byte("<html><body><p>Er den tett p\xe5 \xc6r\xf8?</p></body></html>")}, "Er den tett på Ærø?"},
		{"in compressed rich text", map[string][]byte{"__substg1.0_10090102": hello}, "hello world"},
		{"in rich text that is not compressed", map[string][]byte{"__substg1.0_10090102": append([]byte("\x1a\x00\x00\x00\x16\x00\x00\x00MELA\x00\x00\x00\x00"), `{\rtf1\ansi Er den tett?}`...)}, "Er den tett?"},
		{"nowhere", nil, "Pumpe på Ærø"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.name == "in rich text that is not compressed" {
				binary.LittleEndian.PutUint32(tt.streams["__substg1.0_10090102"][4:], uint32(len(tt.streams["__substg1.0_10090102"])-16))
			}
			doc, err := read(t, msg.Reader{}, oletest.Build(message(tt.streams)))
			require.NoError(t, err)
			require.Empty(t, doc.Warnings)
			require.Equal(t, "Pumpe på Ærø", doc.Title)
			require.Equal(t, tt.want, said(doc))
		})
	}
}

func TestRichTextThatNobodySeesIsReported(t *testing.T) {
	rich := `{\rtf1\ansi{\colortbl;\red255\green255\blue255;}Er den tett?{\cf1 ja}}`
	data := append([]byte("\x1a\x00\x00\x00\x00\x00\x00\x00MELA\x00\x00\x00\x00"), rich...)
	binary.LittleEndian.PutUint32(data[4:], uint32(len(rich)))
	doc, err := read(t, msg.Reader{}, oletest.Build(message(map[string][]byte{"__substg1.0_10090102": data})))
	require.NoError(t, err)
	require.Equal(t, "Er den tett?", said(doc))
	require.Len(t, doc.Warnings, 1)
	require.Contains(t, doc.Warnings[0], "the message's text: text that nobody sees on the page")
}

func TestAttachments(t *testing.T) {
	const one, two, three = "__attach_version1.0_#00000000/", "__attach_version1.0_#00000001/", "__attach_version1.0_#00000002/"
	const inner = two + "__substg1.0_3701000D/"
	data := oletest.Build(message(map[string][]byte{
		"__substg1.0_1000001F":          wide("Se håndboken."),
		one + "__properties_version1.0": properties(8, map[uint32]uint64{0x37050003: 1}), one + "__substg1.0_3707001F": wide(`c:\temp\håndbok.txt`), one + "__substg1.0_37010102": []byte("12 kg"),
		two + "__properties_version1.0": properties(8, map[uint32]uint64{0x37050003: 5}), inner + "__properties_version1.0": properties(24, nil), inner + "__substg1.0_0037001F": wide("Priser"), inner + "__substg1.0_1000001F": wide("Lokket koster 90."),
		three + "__properties_version1.0": properties(8, map[uint32]uint64{0x37050003: 1}), three + "__substg1.0_3707001F": wide("logo.png"), three + "__substg1.0_370E001F": wide("image/png"), three + "__substg1.0_3712001F": wide("1@x"), three + "__substg1.0_37010102": []byte("x"),
	}))
	doc, err := read(t, msg.Reader{Attachments: lines{}}, data)
	require.NoError(t, err)
	require.Empty(t, doc.Warnings)
	require.Equal(t, "Se håndboken.\n## håndbok.txt\n12 kg\n## Priser\nLokket koster 90.", said(doc))

	doc, err = read(t, msg.Reader{}, data)
	require.NoError(t, err)
	require.Equal(t, []string{"1 attachments were not read: håndbok.txt"}, doc.Warnings)
}

func TestHTMLInRichText(t *testing.T) {
	rich := `{\rtf1\ansi\ansicpg1252\fromhtml1 \deff0{\fonttbl{\f0\fswiss Arial;}{\f1\fcharset204 Arial;}}{\*\generator x;}` +
		`{\*\htmltag18 <html>}{\*\htmltag34 <head>}{\*\htmltag241 <style>p \{color:red\}</style>}{\*\htmltag41 </head>}{\*\htmltag50 <body>}` +
		`{\*\htmltag64 <p>}\htmlrtf {\htmlrtf0 Er den tett p\'e5 \u198?r\'f8, 3 {\*\htmltag84 &lt;}\htmlrtf <\htmlrtf0  4 & 5\endash 6?\htmlrtf\par}\htmlrtf0{\*\htmltag72 </p>}` +
		`{\*\mhtmltag64 <p class=x>}{\*\htmltag64 <p>}{\f1 \'cd\'e5\'f2}\par{\*\htmltag72 </p>}` +
		`{\*\htmltag64 <table><tr><th>Del<th>Pris<tr><td>Lokk<td>90</table>}{\*\htmltag64 <div style="border:none;border-top:solid #B5C4DF 1.0pt"><p><b>Fra:</b> Ola<br><b>Sendt:</b> 2. mars 2026<br><b>Emne:</b> Pumpe</p></div><p>}Her er den.{\*\htmltag72 </p>}}`
	data := append([]byte("\x1a\x00\x00\x00\x00\x00\x00\x00MELA\x00\x00\x00\x00"), rich...)
	binary.LittleEndian.PutUint32(data[4:], uint32(len(rich)))
	doc, err := read(t, msg.Reader{}, oletest.Build(message(map[string][]byte{"__substg1.0_10090102": data})))
	require.NoError(t, err)
	require.Empty(t, doc.Warnings)
	require.True(t, strings.HasPrefix(said(doc), "Er den tett på Ærø, 3 < 4 & 5–6?\nНет\n"), said(doc))
	require.Equal(t, []string{"Del", "Pris"}, doc.Blocks[2].Table.Header)
	require.Equal(t, "Her er den.", doc.Blocks[len(doc.Blocks)-1].Text)
}

func TestWhatIsAttachedAndCannotBeReadIsSaid(t *testing.T) {
	const one, two, three, four = "__attach_version1.0_#00000000/", "__attach_version1.0_#00000001/", "__attach_version1.0_#00000002/", "__attach_version1.0_#00000003/"
	const inner = four + "__substg1.0_3701000D/"
	doc, err := read(t, msg.Reader{Attachments: lines{}}, oletest.Build(message(map[string][]byte{
		"__substg1.0_1000001F":          wide("Se avtalen."),
		one + "__properties_version1.0": properties(8, map[uint32]uint64{0x37050003: 7}), one + "__substg1.0_3707001F": wide("avtale.docx"), one + "__substg1.0_370D001F": wide("https://files.example/avtale.docx"),
		two + "__properties_version1.0": properties(8, map[uint32]uint64{0x37050003: 6}), two + "__substg1.0_3001001F": wide("Regneark"),
		three + "__properties_version1.0": properties(8, map[uint32]uint64{0x37050003: 1, 0x37140003: 4}), three + "__substg1.0_3707001F": wide("logo.png"), three + "__substg1.0_370E001F": wide("image/png"), three + "__substg1.0_37010102": []byte("x"),
		four + "__properties_version1.0": properties(8, map[uint32]uint64{0x37050003: 5}), inner + "__properties_version1.0": properties(24, nil), inner + "__substg1.0_0037001F": wide("Priser"),
		inner + "__substg1.0_001A001F": wide("IPM.Note.SMIME.MultipartSigned"), inner + one + "__properties_version1.0": properties(8, nil), inner + one + "__substg1.0_3707001F": wide("smime.p7m"), inner + one + "__substg1.0_37010102": []byte("Lokket koster 90."),
	})))
	require.NoError(t, err)
	require.Equal(t, []string{
		"attachment https://files.example/avtale.docx is a link to a file that is not in the message: add that file",
		"attachment Regneark is an object of another program within the text and was left out",
	}, doc.Warnings)
	require.Equal(t, "Se avtalen.\n## Priser\nLokket koster 90.", said(doc))
}

func TestSignedAndEncrypted(t *testing.T) {
	const file = "__attach_version1.0_#00000000/"
	data := message(map[string][]byte{
		"__substg1.0_001A001F": wide("IPM.Note.SMIME.MultipartSigned"), file + "__properties_version1.0": properties(8, nil), file + "__substg1.0_3707001F": wide("smime.p7m"),
		file + "__substg1.0_37010102": []byte("Subject: Pumpe\nContent-Type: multipart/signed; boundary=b\n\n--b\n\nEr den tett?\n--b--"),
	})
	doc, err := read(t, msg.Reader{}, oletest.Build(data))
	require.NoError(t, err)
	require.Equal(t, "Er den tett?", said(doc))

	data["__substg1.0_001A001F"] = wide("IPM.Note.SMIME")
	_, err = read(t, msg.Reader{}, oletest.Build(data))
	require.ErrorIs(t, err, ingest.ErrEncrypted)
	require.ErrorContains(t, err, "test.msg")

	_, err = read(t, msg.Reader{}, oletest.Build(map[string][]byte{"WordDocument": []byte("x")}))
	require.ErrorIs(t, err, ingest.ErrUnsupported)
	_, err = read(t, msg.Reader{}, []byte("Subject: x"))
	require.ErrorIs(t, err, ingest.ErrDamaged)
}

func TestNestedMessagesEnd(t *testing.T) {
	streams := message(map[string][]byte{"__substg1.0_1000001F": wide("outer")})
	path := ""
	for range 8 {
		path += "__attach_version1.0_#00000000/"
		streams[path+"__properties_version1.0"] = properties(8, map[uint32]uint64{0x37050003: 5})
		path += "__substg1.0_3701000D/"
		streams[path+"__properties_version1.0"] = properties(24, nil)
		streams[path+"__substg1.0_1000001F"] = wide("inner")
	}
	doc, err := read(t, msg.Reader{}, oletest.Build(streams))
	require.NoError(t, err)
	require.Contains(t, strings.Join(doc.Warnings, "\n"), "nested more than 3 deep")
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("body"), hello, []byte("<p>x</p>"), properties(32, map[uint32]uint64{0x00390040: march3}))
	f.Add([]byte{}, []byte("\x1a\x00\x00\x00\x60\x00\x00\x00MELA\x00\x00\x00\x00{\\rtf1\\fromhtml1{\\*\\htmltag <p>}\\'e5\\u55357?\\u56832?{\\fonttbl{\\f1\\fcharset204 A;}}\\f1\\'e5}"), []byte{}, []byte{})
	f.Add([]byte{}, []byte("\xff\xff\xff\x00\xff\xff\xff\x00LZFu\x00\x00\x00\x00\xff\xff\xff"), []byte{}, []byte{1, 2})
	f.Fuzz(func(t *testing.T, body, rich, page, props []byte) {
		data := oletest.Build(map[string][]byte{"__substg1.0_1000001E": body, "__substg1.0_10090102": rich, "__substg1.0_10130102": page, "__properties_version1.0": props, "__attach_version1.0_#00000000/__substg1.0_37010102": body, "__attach_version1.0_#00000000/__properties_version1.0": props})
		doc, err := read(t, msg.Reader{Attachments: lines{}}, data)
		if err == nil && len(doc.Blocks) == 0 {
			t.Fatal("neither text nor an error")
		}
	})
}
