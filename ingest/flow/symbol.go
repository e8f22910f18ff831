package flow

// greek are the letters of the Symbol font where ASCII has others.
var greek = map[rune]rune{
	'a': 'α', 'b': 'β', 'c': 'χ', 'd': 'δ', 'e': 'ε', 'f': 'φ', 'g': 'γ', 'h': 'η', 'i': 'ι', 'k': 'κ', 'l': 'λ', 'm': 'μ', 'n': 'ν', 'o': 'ο', 'p': 'π', 'q': 'θ', 'r': 'ρ', 's': 'σ', 't': 'τ', 'u': 'υ', 'w': 'ω', 'x': 'ξ', 'y': 'ψ', 'z': 'ζ', 'j': 'ϕ', 'v': 'ϖ',
	'D': 'Δ', 'F': 'Φ', 'G': 'Γ', 'L': 'Λ', 'P': 'Π', 'Q': 'Θ', 'S': 'Σ', 'W': 'Ω', 'X': 'Ξ', 'Y': 'Ψ', 'C': 'Χ', 'J': 'ϑ', 'R': 'Ρ', 'U': 'Υ', 'V': 'ς',
	0xA3: '≤', 0xA5: '∞', 0xAB: '↔', 0xAC: '←', 0xAD: '↑', 0xAE: '→', 0xAF: '↓', 0xB0: '°', 0xB1: '±', 0xB3: '≥', 0xB4: '×', 0xB7: '•', 0xB8: '÷', 0xB9: '≠', 0xBB: '≈', 0xD2: '®', 0xD3: '©', 0xD4: '™', 0xD6: '√', 0xE5: '∑',
}

// Symbol is a character of a font of signs: of the font Symbol its Greek
// letters and mathematical signs, of others, whose signs have no common
// meaning, a bullet. Fonts store them from U+F000.
func Symbol(r rune, font string) rune {
	if r >= 0xF000 && r <= 0xF0FF {
		r -= 0xF000
	}
	if r > 0xFF {
		return r
	}
	if font != "Symbol" {
		return '•'
	}
	if g, ok := greek[r]; ok {
		return g
	}
	return r
}
