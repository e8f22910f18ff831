package office

import (
	"strings"
	"unicode"
)

// Symbol fonts draw signs where others have letters; files put their codes
// into U+F020 to U+F0FF. The tables below start at code 0x20 and hold the
// Unicode signs that look like them, a space where there is none.
var symbolFonts = map[string][]rune{
	"symbol": []rune(" !∀#∃%&∋()∗+,−./0123456789:;<=>?" +
		"≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_" + "‾αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼ " +
		"                                " + "€ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…⏐⎯↵" +
		"ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓" + "◊〈®©™∑⎛⎜⎝⎡⎢⎣⎧⎨⎩⎪ 〉∫⌠⎮⌡⎞⎟⎠⎤⎥⎦⎫⎬⎭ "),
	"wingdings": []rune(" ✎✂✁👓🕭🕮🕯☎✆✉✉📪📫📬📭📁📂📄🗏🗐🗄⌛🖮🖰🖲🖳🖴🖫🖬✇✍" +
		"✎✌👌👍👎☜☞☝☟✋☺😐☹💣☠⚐⚑✈☼💧❄✝✞✠✠✡☪☯ॐ☸♈♉" + "♊♋♌♍♎♏♐♑♒♓&&●❍■□□❑❒⬧⧫◆❖⬥⌧⮹⌘❀✿“” " +
		"⓪①②③④⑤⑥⑦⑧⑨⑩⓿❶❷❸❹❺❻❼❽❾❿        ·•" + "▪○○○◉◎ ▪◻ ✦★✶✴✹✵ ⌖ ⌑ ✪✰🕐🕑🕒🕓🕔🕕🕖🕗🕘" +
		"🕙🕚🕛                  ⌫⌦ ➢  ➲    " + "→↑↓↖↗↙↘←➔↑↓↖↗↙↘⇦⇨⇧⇩⬄⇳⬁⬀⬃⬂▭▫✗✓☒☑ "),
	"wingdings 2": []rune("                                " + "               ✗✓☒☑☒☒"),
}

// Symbol is the sign of a symbol font's code, with or without its 0xF000; ""
// when the sign says nothing in a text. Codes of unknown fonts from 0xF000 are
// taken for those of Symbol, as they are in most files.
func Symbol(font string, code rune) string {
	font = strings.ToLower(strings.TrimSpace(font))
	table, known := symbolFonts[font]
	special := code >= 0xF000 && code <= 0xF0FF
	switch {
	case special:
		code -= 0xF000
	case !known && strings.Contains(font, "dings"):
		return ""
	case !known || code > 0xFF:
		if unicode.IsPrint(code) && !privateUse(code) {
			return string(code)
		}
		return ""
	}
	if !known {
		if strings.Contains(font, "dings") {
			return ""
		}
		table = symbolFonts["symbol"]
	}
	i := int(code) - 0x20
	if i < 0 || i >= len(table) || table[i] == ' ' {
		return ""
	}
	return string(table[i])
}

func privateUse(r rune) bool { return r >= 0xE000 && r <= 0xF8FF }

// Plain replaces the codes of symbol fonts in a text written in font, and
// leaves out what cannot be shown.
func Plain(text, font string) string {
	if !strings.ContainsFunc(text, func(r rune) bool { return privateUse(r) || r == softHyphen }) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		switch {
		case r == softHyphen:
		case r >= 0xF020 && r <= 0xF0FF:
			b.WriteString(Symbol(font, r))
		case privateUse(r):
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

const softHyphen = '\u00AD'

// IsSymbolFont reports whether letters in the font stand for signs.
func IsSymbolFont(font string) bool {
	_, ok := symbolFonts[strings.ToLower(strings.TrimSpace(font))]
	return ok
}
