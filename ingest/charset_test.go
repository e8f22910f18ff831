package ingest_test

import (
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/sufflor/sufflor/ingest"
)

func TestDecodeText(t *testing.T) {
	lines := []string{
		"Må jeg bygge om maskinen?", "Støysett til flishogger, 38 900 kr", "Æresgjest på Røros", "Frågor om återköp av däck", "Kysymyksiä ja vastauksia: käyttöohje",
		"Größe und Gewicht: 540 kg", "Übergabe später möglich", "Tømrer søger værktøj på Ærø", "blåbärssoppa", "Å, for en dag – «fin», sa hun",
	}
	tests := []struct {
		name string
		enc  encoding.Encoding
		want string
	}{
		{name: "UTF-8", enc: encoding.Nop, want: "utf-8"},
		{name: "Windows", enc: charmap.Windows1252, want: "windows-1252"},
		{name: "DOS", enc: charmap.CodePage850, want: "cp850"},
		{name: "old Macs", enc: charmap.Macintosh, want: "macintosh"},
		{name: "UTF-16 without a mark", enc: unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), want: "utf-16le"},
		{name: "UTF-16 with a mark", enc: unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), want: "utf-16le"},
		{name: "big-endian UTF-16 with a mark", enc: unicode.UTF16(unicode.BigEndian, unicode.UseBOM), want: "utf-16be"},
		{name: "big-endian UTF-16 without", enc: unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), want: "utf-16be"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, line := range lines {
				data, err := encoding.ReplaceUnsupported(tt.enc.NewEncoder()).Bytes([]byte(line))
				require.NoError(t, err)
				want, err := tt.enc.NewDecoder().Bytes(data) // what the charset cannot hold is lost before us
				require.NoError(t, err)
				got, name := ingest.DecodeText(data)
				require.Equal(t, string(want), got)
				require.Equal(t, tt.want, name, line)
			}
		})
	}
}

func TestDecodeTextUnifiesLineEnds(t *testing.T) {
	got, _ := ingest.DecodeText([]byte("\xef\xbb\xbfa\r\nb\rc\nd"))
	require.Equal(t, "a\nb\nc\nd", got)
}

func FuzzDecodeText(f *testing.F) {
	for _, s := range []string{"", "a", "\xff\xfe", "\xfe\xff\xd8", "\x86\x91\x9b", "a\x00b\x00c\x00", "\xef\xbb\xbf\xff", "M\xe5 jeg"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if text, _ := ingest.DecodeText(data); !utf8.ValidString(text) {
			t.Fatalf("%q gives invalid UTF-8: %q", data, text)
		}
	})
}

func BenchmarkDecodeText(b *testing.B) {
	data, err := charmap.Windows1252.NewEncoder().Bytes([]byte("Støysett til flishogger, 38 900 kr"))
	require.NoError(b, err)
	for b.Loop() {
		ingest.DecodeText(data)
	}
}
