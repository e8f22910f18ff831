package markup_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/sheet/markup"
)

// show writes tokens back in a plain form; texts that follow each other are one.
func show(s *markup.Scanner) (string, error) {
	var b strings.Builder
	for {
		k, err := s.Next()
		if err != nil {
			if errors.Is(err, io.EOF) {
				err = nil
			}
			return b.String(), err
		}
		switch k {
		case markup.Start:
			b.WriteString("<" + string(s.Name()) + " " + s.String("a") + ">")
		case markup.End:
			b.WriteString("</" + string(s.Name()) + ">")
		case markup.Text:
			b.Write(s.AppendText(nil))
		}
	}
}

func TestTokens(t *testing.T) {
	latin, err := charmap.ISO8859_1.NewEncoder().String(`<?xml version="1.0" encoding="ISO-8859-1"?><a>ø</a>`)
	require.NoError(t, err)
	wide, err := unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder().String(`<a>ø</a>`)
	require.NoError(t, err)
	tests := []struct{ name, in, want string }{
		{"elements", `<x:a><b a="1"/>t</x:a>`, "<a ><b 1></b>t</a>"},
		{"attributes in any quotes", `<b x:z = '"' x:a = '>"&lt;' />`, `<b >"<></b>`},
		{"the first of its name wins", `<b a="1" x:a="2"/>`, "<b 1></b>"},
		{"entities and line ends", "<b>&amp;&#65;&#x42;&nbsp;&\r\n\r</b>", "<b >&AB&nbsp;&\n\n</b>"},
		{"what is no content", `<?xml version="1.0"?><!DOCTYPE a><!-- <x> --><b><![CDATA[<&amp;>]]></b>`, "<b ><&amp;></b>"},
		{"a mark of UTF-8", "\ufeff<b>ø</b>", "<b >ø</b>"},
		{"another encoding", latin, "<a >ø</a>"},
		{"UTF-16", wide, "<a >ø</a>"},
		{"a long text", "<b>" + strings.Repeat("ø&amp;", 50_000) + "</b>", "<b >" + strings.Repeat("ø&", 50_000) + "</b>"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := show(markup.New(strings.NewReader(tt.in)))
			require.NoError(t, err)
			require.Equal(t, tt.want, got)
			got, err = show(markup.New(iotest.OneByteReader(strings.NewReader(tt.in))))
			require.NoError(t, err)
			require.Equal(t, tt.want, got, "byte by byte")
		})
	}
}

func TestSkipTo(t *testing.T) {
	for _, in := range []string{
		`<w><d>` + strings.Repeat(`<r d="d">/d d></r>`, 20_000) + `</d><m a="1"/></w>`, `<w><d/><m a="1"/></w>`, `<x:w><x:d><d:r>d</d:r></x:d ><m a="1"/></x:w>`,
	} {
		for _, r := range []io.Reader{strings.NewReader(in), iotest.OneByteReader(strings.NewReader(in))} {
			s := markup.New(r)
			for range 2 {
				_, err := s.Next()
				require.NoError(t, err)
			}
			require.NoError(t, s.SkipTo("d", 2))
			require.Equal(t, 1, s.Depth())
			k, err := s.Next()
			require.NoError(t, err)
			require.Equal(t, markup.Start, k)
			require.Equal(t, "1", s.String("a"))
		}
	}
}

func TestFind(t *testing.T) {
	for in, want := range map[string]string{"<p><x:t> a<b>b</b>&amp;\xff </x:t><t>c</t></p>": "ab&\ufffd", "<p/>": "", "<p><t>cut": "", "": ""} {
		require.Equal(t, want, markup.Find(strings.NewReader(in), "t"), in)
	}
}

func TestFaults(t *testing.T) {
	for name, in := range map[string]string{
		"cut off": "<a><b>", "in a tag": `<a b="`, "in a comment": "<!-- ", "an end too many": "<a></a></a>", "too deep": strings.Repeat("<a>", 1000), "a huge tag": `<a b="` + strings.Repeat("x", 9<<20),
	} {
		_, err := show(markup.New(strings.NewReader(in)))
		require.ErrorIs(t, err, ingest.ErrDamaged, name)
		s := markup.New(strings.NewReader(in))
		if k, err := s.Next(); err == nil && k == markup.Start {
			require.Error(t, s.SkipTo("zz", 1), name)
		}
	}
	_, err := show(markup.New(iotest.ErrReader(ingest.ErrTooLarge)))
	require.ErrorIs(t, err, ingest.ErrTooLarge)
}

func FuzzTokens(f *testing.F) {
	for _, s := range []string{`<a b="1"><c/>t&amp;</a>`, "<![CDATA[", "<!--", "<?", "</", "<", "&#x;", "<a='\">"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, in string) {
		whole, err1 := show(markup.New(strings.NewReader(in)))
		bytewise, err2 := show(markup.New(iotest.OneByteReader(strings.NewReader(in))))
		if whole != bytewise || (err1 == nil) != (err2 == nil) {
			t.Fatalf("%q is %q (%v) at once and %q (%v) byte by byte", in, whole, err1, bytewise, err2)
		}
		s := markup.New(strings.NewReader(in))
		if _, err := s.Next(); err == nil {
			_ = s.SkipTo("a", 1)
		}
	})
}

func BenchmarkTokens(b *testing.B) {
	in := "<w>" + strings.Repeat(`<row r="12"><c r="A12" s="3" t="s"><v>1234</v></c></row>`, 100_000) + "</w>"
	b.SetBytes(int64(len(in)))
	for b.Loop() {
		s := markup.New(strings.NewReader(in))
		for {
			if _, err := s.Next(); err != nil {
				break
			}
		}
	}
}
