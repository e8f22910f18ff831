package ingest

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html/charset"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	xunicode "golang.org/x/text/encoding/unicode"
)

// DecodeText is data as UTF-8 with "\n" line ends, and the name of the charset
// it was in. A byte order mark decides; then zero bytes in every second place
// (UTF-16); then the escapes of ISO-2022-JP; then whether data is valid UTF-8,
// or nearly, with a few bytes of Windows-1252 among it; then whether it is written in East Asian signs of two bytes; else the code
// page in which most Nordic and German letters stand where letters stand. It
// never fails: what no charset explains comes out as U+FFFD.
func DecodeText(data []byte) (text, charset string) {
	text, charset = decode(data)
	return lineEnds.Replace(text), charset
}

// DecodeAs is [DecodeText] for data that says what charset it is in. Content
// goes first: what is UTF-8 or UTF-16 is read as that, and a declaration that
// does not fit the bytes is not believed.
func DecodeAs(data []byte, declared string) (text, name string) {
	text, name = DecodeText(data)
	if strings.HasPrefix(name, "utf-") && !shifts(data) || declared == "" {
		return text, name
	}
	enc, known := charset.Lookup(strings.Trim(declared, " \t\"';"))
	if enc == nil || known == "utf-8" || known == "replacement" || strings.HasPrefix(known, "utf-16") {
		return text, name
	}
	out, err := enc.NewDecoder().Bytes(data)
	if err != nil {
		return text, name
	}
	// A broken letter or two in a long text does not make it another charset.
	if wrong := bytes.Count(out, []byte("\uFFFD")); wrong*200 > len(out) {
		return text, name
	}
	return lineEnds.Replace(string(out)), known
}

// shifts reports whether data uses the escapes of seven-bit charsets.
func shifts(data []byte) bool {
	return bytes.Contains(data, []byte("\x1b$")) || bytes.Contains(data, []byte("\x1b(")) || bytes.Contains(data, []byte("~{"))
}

var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\x00", "")

// Garbled reports whether decoded text is none: more than a tenth of its
// characters, and not just a few, are control characters, U+FFFD, private or
// unassigned. Random bytes read as UTF-8 or UTF-16 are. What terminals, old
// printers and symbol fonts put into text (escapes, backspaces, form feeds,
// U+F000 to U+F0FF) does not count.
func Garbled(text string) bool {
	wrong, n := 0, 0
	for _, r := range text {
		switch {
		case unicode.IsSpace(r), r == '\x1b', r == '\b', r >= 0xF000 && r <= 0xF0FF:
			continue
		case r == utf8.RuneError, !unicode.IsGraphic(r) && !unicode.Is(unicode.Cf, r):
			wrong++
		}
		n++
	}
	return wrong > few && wrong*10 > n
}

// few characters may be wrong in any text, however short.
const few = 8

func decode(data []byte) (text, charset string) {
	switch {
	case bytes.HasPrefix(data, []byte{0xEF, 0xBB, 0xBF}):
		return strings.ToValidUTF8(string(data[3:]), "\uFFFD"), "utf-8"
	case bytes.HasPrefix(data, []byte{0xFF, 0xFE}):
		return utf16(data[2:], xunicode.LittleEndian), "utf-16le"
	case bytes.HasPrefix(data, []byte{0xFE, 0xFF}):
		return utf16(data[2:], xunicode.BigEndian), "utf-16be"
	}
	if order, ok := zeroPlaces(data); ok {
		if order == xunicode.LittleEndian {
			return utf16(data, order), "utf-16le"
		}
		return utf16(data, order), "utf-16be"
	}
	if bytes.Contains(data, []byte("\x1b$")) {
		if out, err := japanese.ISO2022JP.NewDecoder().Bytes(data); err == nil && !bytes.ContainsRune(out, utf8.RuneError) {
			return string(out), "iso-2022-jp"
		}
	}
	if utf8.Valid(data) {
		return string(data), "utf-8"
	}
	if text, ok := nearly(data); ok {
		return text, "utf-8"
	}
	if enc, name := wide(data[:min(len(data), 4096)]); enc != nil {
		if out, err := enc.NewDecoder().Bytes(data); err == nil {
			return string(out), name
		}
	}
	page, name := codePage(data)
	out, err := page.NewDecoder().Bytes(data)
	if err != nil {
		return strings.ToValidUTF8(string(data), "\uFFFD"), "unknown"
	}
	return string(out), name
}

// nearly reads UTF-8 into which a program of another charset wrote, or that was
// cut within a letter: at least four letters above ASCII are right for each
// byte that is not, which is taken for Windows-1252.
func nearly(data []byte) (text string, ok bool) {
	right, wrong := 0, 0
	var out strings.Builder
	for i := 0; i < len(data); {
		r, n := utf8.DecodeRune(data[i:])
		switch {
		case r != utf8.RuneError || n > 1:
			if n > 1 {
				right++
			}
			out.Write(data[i : i+n])
		case !utf8.FullRune(data[i:]):
			wrong++
			out.WriteRune(utf8.RuneError)
			n = len(data) - i
		default:
			wrong++
			out.WriteRune(charmap.Windows1252.DecodeByte(data[i]))
		}
		i += n
	}
	return out.String(), right >= 4*wrong
}

func utf16(data []byte, order xunicode.Endianness) string {
	if len(data)%2 == 1 {
		data = data[:len(data)-1]
	}
	out, err := xunicode.UTF16(order, xunicode.IgnoreBOM).NewDecoder().Bytes(data)
	if err != nil {
		return strings.ToValidUTF8(string(data), "\uFFFD")
	}
	return string(out)
}

// zeroPlaces tells UTF-16 without a byte order mark by where its zero bytes
// are: Latin text has them in every second place and nowhere else.
func zeroPlaces(data []byte) (xunicode.Endianness, bool) {
	sample := data[:min(len(data), 4096)]
	if len(sample) < 4 {
		return xunicode.LittleEndian, false
	}
	var zeros [2]int
	for i, b := range sample {
		if b == 0 {
			zeros[i%2]++
		}
	}
	half := len(sample) / 2
	switch {
	case zeros[1]*10 >= half*7 && zeros[0]*10 <= half:
		return xunicode.LittleEndian, true
	case zeros[0]*10 >= half*7 && zeros[1]*10 <= half:
		return xunicode.BigEndian, true
	}
	return xunicode.LittleEndian, false
}

// wide tells East Asian charsets: nearly all of the sample must read as signs
// of two bytes that stand beside each other, as letters above ASCII never do in
// our languages. The end of the sample may cut a sign.
func wide(sample []byte) (encoding.Encoding, string) {
	high := 0
	for _, b := range sample {
		if b >= 0x80 {
			high++
		}
	}
	if high < 4 || high*10 < len(sample)*2 {
		return nil, ""
	}
	euc := paired(sample)
	for _, c := range []struct {
		name string
		enc  encoding.Encoding
		fits func(kana, hangul, all int) bool
	}{
		{"euc-kr", korean.EUCKR, func(_, hangul, all int) bool { return euc && hangul*10 >= all*8 }},
		{"euc-jp", japanese.EUCJP, func(kana, _, all int) bool { return euc && kana*5 >= all }},
		{"shift_jis", japanese.ShiftJIS, func(_, _, _ int) bool { return !euc }},
		{"gbk", simplifiedchinese.GBK, func(kana, _, all int) bool { return euc && kana*20 <= all }},
	} {
		out, err := c.enc.NewDecoder().Bytes(sample)
		if err != nil {
			continue
		}
		var kana, hangul, all, beside, other int
		before := false
		for _, r := range strings.TrimSuffix(string(out), "\uFFFD") {
			signs := r >= 0x3000 && r < 0xA000 || r >= 0xAC00 && r < 0xD7A4 || r >= 0xFF01 && r <= 0xFF5E
			switch {
			case r == utf8.RuneError:
				other += all + 10
			case signs:
				all++
				if before {
					beside++
				}
				if r >= 0x3040 && r < 0x3100 {
					kana++
				}
				if r >= 0xAC00 {
					hangul++
				}
			case r >= 0x80:
				other++
			}
			before = signs
		}
		if all >= 4 && beside*2 >= all && other*10 <= all && all*4 >= len(sample)-bytes.Count(sample, []byte(" ")) && c.fits(kana, hangul, all) {
			return c.enc, c.name
		}
	}
	return nil, ""
}

// paired reports whether all bytes above ASCII stand in pairs of 0xA1 and
// above, as EUC writes signs.
func paired(sample []byte) bool {
	for i := 0; i < len(sample); i++ {
		if sample[i] < 0x80 {
			continue
		}
		if sample[i] < 0xA1 || i+1 < len(sample) && sample[i+1] < 0xA1 {
			return false
		}
		i++
	}
	return true
}

// pages are the code pages office programs of our languages wrote in, the
// likeliest first: a tie goes to the earlier one.
var pages = [...]struct {
	name string
	page *charmap.Charmap
}{
	{"windows-1252", charmap.Windows1252},
	{"cp850", charmap.CodePage850},
	{"macintosh", charmap.Macintosh},
	{"windows-1250", charmap.Windows1250},
}

const (
	homeLetters  = "æøåäöüßéÆØÅÄÖÜÉ"      // of our six languages
	otherLetters = "áàâèêëíîóôòúûñçðþšžő" // in names and loan words
	polish       = "ąćęłńóśźżĄĆĘŁŃÓŚŹŻ"
	marks        = "–—«»„“”‘’°§·•€£½²³±×©®…´\u00a0"
)

func codePage(data []byte) (encoding.Encoding, string) {
	sample := data[:min(len(data), 64<<10)]
	best, most := 0, 0
	for i, p := range pages {
		n := fit(sample, p.page)
		if i == 0 || n > most {
			best, most = i, n
		}
	}
	return pages[best].page, pages[best].name
}

// fit counts how well the bytes above ASCII read in a code page.
func fit(data []byte, page *charmap.Charmap) int {
	score := 0
	at := func(i int) rune {
		if i < 0 || i >= len(data) {
			return ' '
		}
		return page.DecodeByte(data[i])
	}
	for i, b := range data {
		if b < 0x80 {
			continue
		}
		r, before, after := at(i), at(i-1), at(i+1)
		switch {
		case strings.ContainsRune(homeLetters, r):
			switch {
			case unicode.IsUpper(r) && unicode.IsLower(before):
				score -= 3 // a capital inside a word
			case unicode.IsUpper(r) && !unicode.IsLetter(after):
				score-- // "Å" alone
			case unicode.IsLetter(before) || unicode.IsLetter(after):
				score += 4
			default:
				score++ // "å", "ø" and "ö" are words
			}
		case strings.ContainsRune(otherLetters, r) || strings.ContainsRune(polish, r):
			switch {
			case unicode.IsUpper(r) && unicode.IsLower(before):
				score -= 3
			case unicode.IsLetter(before) || unicode.IsLetter(after):
				score += 2
			default:
				score -= 2
			}
		case strings.ContainsRune(marks, r):
			if unicode.IsLetter(before) && unicode.IsLetter(after) && r != '’' && r != '–' && r != '·' {
				score -= 3 // a sign inside a word
			} else {
				score++
			}
		case r == utf8.RuneError || unicode.IsControl(r):
			score -= 6
		case unicode.IsLetter(r):
			score--
		default:
			score -= 2 // box drawing, rare symbols
		}
	}
	return score
}
