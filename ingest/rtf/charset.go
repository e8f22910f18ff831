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
	switch n {
	case 0:
		return 1252
	case 2:
		return symbols
	case 77:
		return 10000
	case 128:
		return 932
	case 129, 130:
		return 949
	case 134:
		return 936
	case 136:
		return 950
	case 161:
		return 1253
	case 162:
		return 1254
	case 163:
		return 1258
	case 177:
		return 1255
	case 178, 179, 180:
		return 1256
	case 186:
		return 1257
	case 204:
		return 1251
	case 222:
		return 874
	case 238:
		return 1250
	case 254:
		return 437
	case 255:
		return 850
	}
	return 0
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
