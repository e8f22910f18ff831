package rtf

import (
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"

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

// encodingOf is what decodes a code page.
func encodingOf(page int) encoding.Encoding {
	switch page {
	case 437:
		return charmap.CodePage437
	case 850:
		return charmap.CodePage850
	case 852:
		return charmap.CodePage852
	case 855:
		return charmap.CodePage855
	case 866:
		return charmap.CodePage866
	case 874:
		return charmap.Windows874
	case 932:
		return japanese.ShiftJIS
	case 936, 54936:
		return simplifiedchinese.GB18030
	case 949:
		return korean.EUCKR
	case 950:
		return traditionalchinese.Big5
	case 1250:
		return charmap.Windows1250
	case 1251:
		return charmap.Windows1251
	case 1253:
		return charmap.Windows1253
	case 1254:
		return charmap.Windows1254
	case 1255:
		return charmap.Windows1255
	case 1256:
		return charmap.Windows1256
	case 1257:
		return charmap.Windows1257
	case 1258:
		return charmap.Windows1258
	case 10000:
		return charmap.Macintosh
	case 10007:
		return charmap.MacintoshCyrillic
	case 20866:
		return charmap.KOI8R
	case 28605:
		return charmap.ISO8859_15
	case 65001:
		return encoding.Nop
	}
	return charmap.Windows1252
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
	ascii := true
	for _, c := range b {
		ascii = ascii && c < 0x80
	}
	if ascii {
		return string(b)
	}
	page := p.page
	if f.page > 0 && p.page != 65001 {
		page = f.page
	}
	out, err := encodingOf(page).NewDecoder().Bytes(b)
	if err != nil {
		out = b
	}
	return strings.ToValidUTF8(string(out), "\uFFFD")
}
