package rtf

import (
	"strings"

	"github.com/sufflor/sufflor/ingest/codepage"
	"github.com/sufflor/sufflor/ingest/flow"
)

// symbols is the code page we give fonts of signs.
const symbols = -2

// charsetPage is the code page of a font's \fcharset, 0 for the document's.
func charsetPage(n int) int {
	if n == 2 {
		return symbols
	}
	return codepage.OfFont(n)
}

// decode is text in the code page of the current font.
func (p *parser) decode(b []byte) string {
	f := p.fonts[p.state.font]
	if f.page == symbols && p.state.into != intoFonts && p.state.into != intoStyles {
		var out strings.Builder
		for _, c := range b {
			if c <= ' ' {
				out.WriteByte(c)
			} else {
				out.WriteRune(flow.Symbol(rune(c), f.name))
			}
		}
		return out.String()
	}
	page := p.page
	if f.page > 0 && p.page != codepage.UTF8 {
		page = f.page
	}
	return codepage.Decode(page, b)
}
