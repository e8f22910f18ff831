package ingest_test

import (
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"github.com/sufflor/sufflor/ingest"
)

func TestNearlyUTF8(t *testing.T) {
	tests := []struct{ name, data, want, charset string }{
		{"with a line of another program", "Blåbær, rød grøt, sjø\nS\xf8knad\nog på Ærø", "Blåbær, rød grøt, sjø\nSøknad\nog på Ærø", "utf-8"},
		{"cut within a letter", "Blåbær, rød grøt p\xc3", "Blåbær, rød grøt p\uFFFD", "utf-8"},
		{"not, with a pair that could be", "caf\xe9, \xabCAF\xc9\xbb, f\xeate", "café, «CAFÉ», fête", "windows-1252"},
		{"not, with a line of UTF-8", "Bl\xe5b\xe6r, r\xf8d gr\xf8t\nSøknad", "Blåbær, rød grøt\nSÃ¸knad", "windows-1252"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text, name := ingest.DecodeText([]byte(tt.data))
			require.Equal(t, []string{tt.want, tt.charset}, []string{text, name})
		})
	}
}

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

func TestDecodeTextInEastAsia(t *testing.T) {
	tests := []struct {
		name, want, text string
		enc              encoding.Encoding
	}{
		{"Japanese Windows", "shift_jis", "製品名,重量\n粉砕機,五百四十\n", japanese.ShiftJIS},
		{"Japanese Windows with kana", "shift_jis", "この製品はどこで買えますか？", japanese.ShiftJIS},
		{"Japanese Unix", "euc-jp", "この製品はどこで買えますか？", japanese.EUCJP},
		{"Japanese mail", "iso-2022-jp", "件名: この製品", japanese.ISO2022JP},
		{"Chinese", "gbk", "这个产品在哪里可以买到？请告诉我价格。", simplifiedchinese.GBK},
		{"Korean", "euc-kr", "이 제품은 어디에서 살 수 있습니까?", korean.EUCKR},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			data, err := tt.enc.NewEncoder().Bytes([]byte(tt.text))
			require.NoError(t, err)
			got, name := ingest.DecodeText(data)
			require.Equal(t, tt.text, got)
			require.Equal(t, tt.want, name)
		})
	}
}

func TestDecodeAs(t *testing.T) {
	tests := []struct{ name, data, declared, want, charset string }{
		{"a declaration that fits", "\xcf\xf0\xe8\xe2\xe5\xf2", "windows-1251", "Привет", "windows-1251"},
		{"UTF-8 that claims to be Latin 1", "Må jeg?", "iso-8859-1", "Må jeg?", "utf-8"},
		{"Latin 1 that claims to be UTF-8", "M\xe5 jeg?", "utf-8", "Må jeg?", "windows-1252"},
		{"an unknown charset", "M\xe5 jeg?", "x-unknown", "Må jeg?", "windows-1252"},
		{"seven bits", "\x1b$B2q5D\x1b(B", "ISO-2022-JP", "会議", "iso-2022-jp"},
		{"Japanese", "\x82\xb1\x82\xcc\x90\xbb\x95i\x82\xcd\x82\xc7\x82\xb1\x82\xc5", "\"Shift_JIS\"", "この製品はどこで", "shift_jis"},
		{"none", "M\xe5 jeg?", "", "Må jeg?", "windows-1252"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, name := ingest.DecodeAs([]byte(tt.data), tt.declared)
			require.Equal(t, tt.want, got)
			require.Equal(t, tt.charset, name)
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
		if text, _ := ingest.DecodeAs(data, "shift_jis"); !utf8.ValidString(text) {
			t.Fatalf("%q gives invalid UTF-8: %q", data, text)
		}
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
