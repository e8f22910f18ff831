package rtf

import (
	"strings"

	"github.com/sufflor/sufflor/ingest/codepage"
	"github.com/sufflor/sufflor/ingest/flow"
)

// decode is text in the code page of the current font.
func (p *parser) decode(b []byte) string {
	f := p.fonts[p.state.font]
	if f.page == codepage.Symbols && p.state.into != intoFonts && p.state.into != intoStyles {
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
	return codepage.Decode(p.codePage(), b)
}

// codePage is that of the current font, else of the document.
func (p *parser) codePage() int {
	if f := p.fonts[p.state.font]; f.page > 0 && p.page != codepage.UTF8 {
		return f.page
	}
	return p.page
}

// isLead reports whether a byte of text is the first of a character's two in a
// code page.
func isLead(page int, b byte) bool {
	switch page {
	case 932: // the others that are not ASCII are characters of one byte
		return b >= 0x81 && b <= 0x9F || b >= 0xE0 && b <= 0xFC
	case 936, 949, 950:
		return b >= 0x81 && b <= 0xFE
	}
	return false
}

// isTrail reports whether what follows the first byte of a character begins with
// its second, although it looks like a brace or a backslash. One that begins the
// hexadecimal form of a byte is none.
func isTrail(rest []byte) bool {
	switch rest[0] {
	case '{', '}':
		return true
	case '\\':
		return len(rest) < 2 || rest[1] != '\''
	}
	return false
}
