package numfmt

import (
	"strings"

	patterns "github.com/sufflor/sufflor/ingest/pattern"
)

// inkOf matches a colour in a number format.
var inkOf = patterns.Lazy(`(?i)\[(?:black|blue|cyan|green|magenta|red|white|yellow|colou?r ?\d+)\]`)

// Inked reports whether a format code has a colour, which goes before that of a
// cell's font.
func Inked(code string) bool { return inkOf().MatchString(code) }

// Blank reports whether a format such as ";;;" shows no number and no text.
func (f *Format) Blank() bool {
	for _, v := range []float64{1, -1, 0} {
		if t, _ := f.Number(v, Place{}); strings.TrimSpace(t) != "" {
			return false
		}
	}
	return strings.TrimSpace(f.Text("x")) == ""
}
