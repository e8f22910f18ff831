package pdf

import (
	_ "embed" // for glyphs.txt
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

//go:embed glyphs.txt
var glyphList string

// glyphNames maps the names of glyphs to characters.
var glyphNames = sync.OnceValue(func() map[string]string {
	names := make(map[string]string, 4500)
	for line := range strings.Lines(glyphList) {
		code, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		var text []rune
		for part := range strings.SplitSeq(code, "+") {
			if r, ok := hexRune(part); ok {
				text = append(text, r)
			}
		}
		if len(text) == 0 {
			continue // a comment
		}
		for name := range strings.FieldsSeq(rest) {
			names[name] = string(text)
		}
	}
	return names
})

// glyphText is what the glyph of a name stands for, by the rules of the Adobe
// Glyph List: "f_i" is two letters, "A.sc" is an A, "uni00C5" is an Å.
func glyphText(name string) string {
	base, _, _ := strings.Cut(name, ".")
	if base == "" {
		return "" // .notdef
	}
	var out strings.Builder
	for part := range strings.SplitSeq(base, "_") {
		out.WriteString(glyphPart(part))
	}
	return out.String()
}

func glyphPart(name string) string {
	if s, ok := glyphNames()[name]; ok {
		return s
	}
	if digits, ok := strings.CutPrefix(name, "uni"); ok && len(digits) >= 4 && len(digits)%4 == 0 && len(digits) <= 32 {
		var out strings.Builder
		for ; digits != ""; digits = digits[4:] {
			r, ok := hexRune(digits[:4])
			if !ok {
				return ""
			}
			out.WriteRune(r)
		}
		return out.String()
	}
	if digits, ok := strings.CutPrefix(name, "u"); ok && len(digits) >= 4 && len(digits) <= 6 {
		if r, ok := hexRune(digits); ok {
			return string(r)
		}
	}
	for _, suffix := range []string{"oldstyle", "small", "superior", "inferior", "bigg", "Bigg", "big", "Big", "text", "display"} {
		if base, ok := strings.CutSuffix(name, suffix); ok {
			return glyphNames()[strings.ToLower(base)]
		}
	}
	return ""
}

// hexRune is the character of a hexadecimal code point.
func hexRune(digits string) (rune, bool) {
	n, err := strconv.ParseInt(digits, 16, 32)
	if err != nil || !utf8.ValidRune(rune(n)) {
		return 0, false
	}
	return rune(n), true
}

// isBaseEncoding reports whether a name is that of an encoding of the standard.
func isBaseEncoding(name string) bool {
	switch name {
	case "WinAnsiEncoding", "MacRomanEncoding", "MacExpertEncoding", "StandardEncoding":
		return true
	}
	return false
}

// baseEncoding is one of the encodings of ISO 32000-1, annex D; 0 stands for a
// code without a character.
func baseEncoding(name string) *[256]rune {
	switch name {
	case "WinAnsiEncoding":
		return winAnsi()
	case "MacRomanEncoding", "MacExpertEncoding":
		return macRoman()
	default:
		return standard()
	}
}

var winAnsi = sync.OnceValue(func() *[256]rune {
	e := fromCharmap(charmap.Windows1252)
	for _, unused := range []int{0x7F, 0x81, 0x8D, 0x8F, 0x90, 0x9D} {
		e[unused] = '•' // so it says, and so writers use it
	}
	return e
})

var macRoman = sync.OnceValue(func() *[256]rune { return fromCharmap(charmap.Macintosh) })

func fromCharmap(m *charmap.Charmap) *[256]rune {
	var e [256]rune
	for c := 0x20; c < 0x100; c++ {
		if r := m.DecodeByte(byte(c)); validRune(r) {
			e[c] = r
		}
	}
	return &e
}

var standard = sync.OnceValue(func() *[256]rune {
	return fromRows(map[int]string{
		0x20: " !\"#$%&’()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_‘abcdefghijklmnopqrstuvwxyz{|}~",
		0xA1: "¡¢£⁄¥ƒ§¤'“«‹›ﬁﬂ", 0xB1: "–†‡·", 0xB6: "¶•‚„”»…‰", 0xBF: "¿",
		0xC1: "`´ˆ˜¯˘˙¨", 0xCA: "˚¸", 0xCD: "˝˛ˇ—", 0xE1: "Æ", 0xE3: "ª",
		0xE8: "ŁØŒº", 0xF1: "æ", 0xF5: "ı", 0xF8: "łøœß",
	})
})

// symbol is the built-in encoding of the font Symbol.
var symbol = sync.OnceValue(func() *[256]rune {
	return fromRows(map[int]string{
		0x20: " !∀#∃%&∋()∗+,−./0123456789:;<=>?≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_‾αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼",
		0xA0: "€ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…", 0xBF: "↵ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊〈®©™∑",
		0xF1: "〉∫⌠",
	})
})

// dingbats is the built-in encoding of the font ZapfDingbats.
var dingbats = sync.OnceValue(func() *[256]rune {
	return fromRows(map[int]string{
		0x20: " ✁✂✃✄☎✆✇✈✉☛☞✌✍✎✏✐✑✒✓✔✕✖✗✘✙✚✛✜✝✞✟✠✡✢✣✤✥✦✧★✩✪✫✬✭✮✯✰✱✲✳✴✵✶✷✸✹✺✻✼✽✾✿❀❁❂❃❄❅❆❇❈❉❊❋●❍■❏❐❑❒▲▼◆❖◗❘❙❚❛❜❝❞",
		0x80: "❨❩❪❫❬❭❮❯❰❱❲❳❴❵",
		0xA1: "❡❢❣❤❥❦❧♣♦♥♠①②③④⑤⑥⑦⑧⑨⑩❶❷❸❹❺❻❼❽❾❿➀➁➂➃➄➅➆➇➈➉➊➋➌➍➎➏➐➑➒➓➔→↔↕➘➙➚➛➜➝➞➟➠➡➢➣➤➥➦➧➨➩➪➫➬➭➮➯",
		0xF1: "➱➲➳➴➵➶➷➸➹➺➻➼➽➾",
	})
})

// dingbatNames are the glyphs of ZapfDingbats by the number in their names,
// "a1" to "a206"; a space stands for a number without a glyph.
var dingbatNames = []rune(" ✁✂✄☎✆✝✞✟✠✡☛☞✌✍✎✏✑✒✓✔✕✖✗✘✙✚✛✜✢✣✤✥✦✧★✩✪✫✬✭✮✯✰✱✲✳✴✵✶✷✸✹✺✻✼✽✾✿❀❁❂❃❄❅❆❇❈❉❊❋●❍■❏❑▲▼◆❖ ◗❘❙❚❯❱❲❳❨❩❬❭❪❫❴❵❛❜❝❞" +
	"❡❢❣❤✐❥❦❧♠♥♦♣    ✉✈✇①②③④⑤⑥⑦⑧⑨⑩❶❷❸❹❺❻❼❽❾❿➀➁➂➃➄➅➆➇➈➉➊➋➌➍➎➏➐➑➒➓➔→➣↔↕➙➛➜➝➞➟➠➡➢➤➥➦➧➨➩➫➭➯➲➳➵➸➺➻➼➽➾➚➪➶➹➘➴➷➬➮➱✃❐❒❮❰")

// dingbatText is the character of a name of ZapfDingbats.
func dingbatText(name string) string {
	digits, ok := strings.CutPrefix(name, "a")
	n, err := strconv.Atoi(digits)
	if !ok || err != nil || n < 1 || n >= len(dingbatNames) || dingbatNames[n] == ' ' {
		return ""
	}
	return string(dingbatNames[n])
}

// wingdings is what lists and tables use of Wingdings.
var wingdings = map[byte]rune{
	0x6C: '●', 0x6E: '■', 0x71: '❑', 0x75: '◆', 0x76: '❖', 0x77: '◆', 0x9F: '•', 0xA7: '▪', 0xA8: '◻',
	0xD8: '➢', 0xE0: '→', 0xE8: '➔', 0xFB: '✗', 0xFC: '✓', 0xFE: '☑',
}

func fromMap(m map[byte]rune) *[256]rune {
	var e [256]rune
	for c, r := range m {
		e[c] = r
	}
	e[' '] = ' '
	return &e
}

func fromRows(rows map[int]string) *[256]rune {
	var e [256]rune
	for start, row := range rows {
		for i, r := range []rune(row) {
			e[start+i] = r
		}
	}
	return &e
}

// bare is a letter without its marks, for the width of a letter that a table
// does not list.
func bare(r rune) rune {
	if d := decompose(r); d != r {
		return d
	}
	switch r {
	case 'Æ', 'Œ', 'æ', 'œ', '—', '…', '™', '‰':
		return 'M'
	case 'Ø':
		return 'O'
	case 'ø', 'ð', 'þ', 'ß', '–', '€':
		return 'o'
	case 'Ð':
		return 'D'
	case 'Þ':
		return 'P'
	case '‘', '’', '‚':
		return '\''
	case '“', '”', '„':
		return '"'
	case '•', '°':
		return '*'
	case '\u00A0':
		return ' '
	}
	return r
}
