package pdf

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

// predefined is one of the CMaps that a composite font may name instead of
// bringing it (ISO 32000-1, table 118): how many bytes a code has and what it
// stands for. Identity-H and -V are not among them.
type predefined struct {
	length   func(s string) int // bytes of the code at the start of s
	text     func(code string) string
	ordering string // of the CIDs the codes are mapped to
	half     uint32 // CID of the half-width space, where ASCII is half-width
}

// predefinedCMap is the CMap of a name, nil when it is none that we know.
func predefinedCMap(name string) *predefined {
	base := strings.TrimSuffix(strings.TrimSuffix(name, "-H"), "-V")
	if name == "H" || name == "V" {
		base = "JIS"
	}
	p := &predefined{ordering: orderingOf(base)}
	switch {
	case strings.HasSuffix(base, "UTF8"):
		p.length, p.text = lengthUTF8, func(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }
	case strings.HasSuffix(base, "UTF32"):
		p.length, p.text = func(string) int { return 4 }, textUTF32
	case strings.Contains(base, "UCS2") || strings.HasSuffix(base, "UTF16"):
		p.length, p.text = lengthUTF16, decodeUTF16
	case strings.Contains(base, "RKSJ"):
		p.length, p.text = lengthSJIS, decoder(japanese.ShiftJIS)
		if strings.HasPrefix(base, "90ms-") || base == "RKSJ" || base == "Ext-RKSJ" || base == "Add-RKSJ" || base == "78-RKSJ" {
			p.half = 231
		}
	case p.ordering == "Japan1" && strings.Contains(base, "EUC"):
		p.length, p.text, p.half = lengthEUC, decoder(japanese.EUCJP), 231
	case p.ordering == "Japan1":
		p.length, p.text = func(string) int { return 2 }, sevenBit(decoder(japanese.EUCJP))
	case base == "GBK2K":
		p.length, p.text = lengthGB18030, decoder(simplifiedchinese.GB18030)
	case p.ordering == "GB1" && (base == "GB" || base == "GBT"):
		p.length, p.text = func(string) int { return 2 }, sevenBit(decoder(simplifiedchinese.GBK))
	case p.ordering == "GB1":
		p.length, p.text = lengthEUC, decoder(simplifiedchinese.GBK)
		if base == "GBK-EUC" || base == "GB-EUC" {
			p.half = 814
		}
	case strings.Contains(base, "B5"):
		p.length, p.text = lengthEUC, decoder(traditionalchinese.Big5)
		if base == "ETen-B5" {
			p.half = 13648
		}
	case base == "KSC":
		p.length, p.text = func(string) int { return 2 }, sevenBit(decoder(korean.EUCKR))
	case p.ordering == "Korea1" && base != "KSC-Johab":
		p.length, p.text = lengthEUC, decoder(korean.EUCKR)
		if strings.HasSuffix(base, "-HW") {
			p.half = 8094
		}
	default:
		return nil
	}
	return p
}

// orderingOf is the character collection that a predefined CMap maps to.
func orderingOf(base string) string {
	switch {
	case strings.HasPrefix(base, "GB"), strings.HasPrefix(base, "UniGB"):
		return "GB1"
	case strings.Contains(base, "B5"), strings.HasPrefix(base, "CNS"), strings.HasPrefix(base, "UniCNS"):
		return "CNS1"
	case strings.HasPrefix(base, "KSC"), strings.HasPrefix(base, "UniKS"):
		return "Korea1"
	case strings.Contains(base, "RKSJ"), strings.HasPrefix(base, "UniJIS"), base == "EUC", base == "JIS", base == "Ext", base == "Add", base == "78", base == "78-EUC":
		return "Japan1"
	}
	return ""
}

// cid is the glyph's number, for its width.
func (p *predefined) cid(code, text string) uint32 {
	if p.half > 0 && len(code) == 1 && code[0] >= ' ' {
		return p.half + uint32(code[0]-' ')
	}
	if c := collectionOf(p.ordering); c != nil {
		return c.cids[text]
	}
	return 0
}

// decoder decodes a code with one of the encodings of golang.org/x/text; what
// is not in it is "".
func decoder(e encoding.Encoding) func(string) string {
	return func(s string) string {
		text, err := e.NewDecoder().String(s)
		if err != nil || strings.ContainsRune(text, utf8.RuneError) {
			return ""
		}
		return text
	}
}

// sevenBit reads the codes of ISO 2022 as EUC.
func sevenBit(decode func(string) string) func(string) string {
	return func(s string) string {
		b := []byte(s)
		for i := range b {
			b[i] |= 0x80
		}
		return decode(string(b))
	}
}

func lengthSJIS(s string) int {
	if c := s[0]; c >= 0x81 && c <= 0x9F || c >= 0xE0 && c <= 0xFC {
		return 2
	}
	return 1
}

func lengthEUC(s string) int {
	switch c := s[0]; {
	case c == 0x8F && len(s) > 2 && s[1] >= 0xA1 && s[2] >= 0xA1:
		return 3
	case c >= 0x81 && c < 0xFF:
		return 2
	}
	return 1
}

func lengthGB18030(s string) int {
	if len(s) > 3 && s[0] >= 0x81 && s[1] >= '0' && s[1] <= '9' {
		return 4
	}
	return lengthEUC(s)
}

func lengthUTF16(s string) int {
	if s[0] >= 0xD8 && s[0] <= 0xDB {
		return 4
	}
	return 2
}

func lengthUTF8(s string) int {
	_, n := utf8.DecodeRuneInString(s)
	return n
}

func textUTF32(s string) string {
	if r := rune(code(s) & 0x7FFFFFFF); utf8.ValidRune(r) {
		return string(r)
	}
	return ""
}
