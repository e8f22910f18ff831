package codepage_test

import (
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/ingest/codepage"
)

func TestDecode(t *testing.T) {
	tests := []struct {
		name, in, want string
		page           int
	}{
		{name: "Western Europe", page: 1252, in: "bl\xe5b\xe6r \x80 5", want: "blåbær € 5"},
		{name: "Central Europe", page: 1250, in: "\xb3\xf3d\x9f", want: "łódź"},
		{name: "Cyrillic", page: 1251, in: "\xd6\xe5\xed\xe0", want: "Цена"},
		{name: "Japanese", page: 932, in: "\x93\xfa\x96\x7b", want: "日本"},
		{name: "Macintosh", page: codepage.Macintosh, in: "\x8c\xbf", want: "åø"},
		{name: "DOS", page: 850, in: "\x91\x9b\x86", want: "æøå"},
		{name: "UTF-16", page: codepage.UTF16, in: "a\x00\xe5\x00", want: "aå"},
		{name: "UTF-8", page: codepage.UTF8, in: "på", want: "på"},
		{name: "UTF-8 that is none", page: codepage.UTF8, in: "p\xe5", want: "p\uFFFD"},
		{name: "a page that is not known", page: 4711, in: "p\xe5", want: "på"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { require.Equal(t, tt.want, codepage.Decode(tt.page, []byte(tt.in))) })
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(932, []byte("\x93"))
	f.Fuzz(func(t *testing.T, page int, b []byte) {
		if s := codepage.Decode(page, b); !utf8.ValidString(s) {
			t.Fatalf("page %d makes invalid text of %q", page, b)
		}
	})
}
