package connectors_test

import (
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/connectors"
)

func TestPlainText(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ in, want string }{
		"no markup":       {"Hei, når kommer pakken?", "Hei, når kommer pakken?"},
		"paragraphs":      {"<p>Hei,</p><p>når kommer <b>pakken</b>?</p>", "Hei,\n\nnår kommer pakken?"},
		"breaks":          {"a<br>b<br/><br>c", "a\nb\n\nc"},
		"divs of mail":    {"<div>Hallo</div><div><br></div><div>Gruß</div>", "Hallo\n\nGruß"},
		"a list":          {"<ul><li>ein <i>Teil</i></li><li>zwei</li></ul>", "- ein Teil\n- zwei"},
		"a quotation":     {"Ja.<blockquote>Was?<blockquote>Wie?</blockquote></blockquote>Ende", "Ja.\n> Was?\n>> Wie?\nEnde"},
		"entities":        {"5&nbsp;kg &lt; 6&#160;kg &amp; mehr", "5 kg < 6 kg & mehr"},
		"spaces":          {"<p>  viel \n Platz </p>", "viel Platz"},
		"words run on":    {"Ver<b>sand</b> <i>heute</i>", "Versand heute"},
		"nothing hidden":  {"<style>p{}</style><script>alert(1)</script>Hei<title>x</title>", "Hei"},
		"cells":           {"<table><tr><td>Pris</td><td>3&nbsp;240 kr</td></tr></table>", "Pris 3 240 kr"},
		"preformatted":    {"<pre>a  b\n  c</pre>", "a  b\n  c"},
		"less than":       {"wenn a < b dann", "wenn a < b dann"},
		"never closed":    {"<p>Hei <b>der", "Hei der"},
		"a hidden corner": {"<noscript>x</noscript>y", "y"},
		"nothing":         {"<div></div>", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, connectors.PlainText(tt.in))
		})
	}
}

func FuzzPlainText(f *testing.F) {
	f.Add("<p>Hei<blockquote><li><pre>a\r\nb</pre>")
	f.Add("\u00a0<br>\u00a0")
	f.Fuzz(func(t *testing.T, markup string) {
		out := connectors.PlainText(markup)
		if utf8.ValidString(markup) && !utf8.ValidString(out) {
			t.Fatalf("not UTF-8: %q", out)
		}
	})
}
