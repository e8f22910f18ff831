package flow

import (
	"fmt"
	"strconv"
	"strings"
)

// Bullet is the marker of list items without a number.
const Bullet = "•"

// Letters counts a … z, aa, bb …, as Word does.
func Letters(n int) string {
	if n < 1 {
		return ""
	}
	return strings.Repeat(string(rune('a'+(n-1)%26)), min((n-1)/26+1, 10))
}

// Roman is n in capital Roman numerals, from 4000 in Arabic ones.
func Roman(n int) string {
	if n < 1 || n > 3999 {
		return strconv.Itoa(n)
	}
	var b strings.Builder
	for _, d := range []struct {
		value int
		sign  string
	}{{1000, "M"}, {900, "CM"}, {500, "D"}, {400, "CD"}, {100, "C"}, {90, "XC"}, {50, "L"}, {40, "XL"}, {10, "X"}, {9, "IX"}, {5, "V"}, {4, "IV"}, {1, "I"}} {
		for n >= d.value {
			b.WriteString(d.sign)
			n -= d.value
		}
	}
	return b.String()
}

// Number is n in a number format of WordprocessingML (ISO/IEC 29500-1,
// 17.18.59). Formats that write numbers out in words, and those of scripts
// that count by other rules, come out in digits.
func Number(format string, n int) string {
	switch format {
	case "none":
		return ""
	case "lowerLetter":
		return Letters(n)
	case "upperLetter":
		return strings.ToUpper(Letters(n))
	case "lowerRoman":
		return strings.ToLower(Roman(n))
	case "upperRoman":
		return Roman(n)
	case "decimalZero":
		return fmt.Sprintf("%02d", n)
	case "ordinal":
		return strconv.Itoa(n) + "."
	case "hex":
		return strings.ToUpper(strconv.FormatInt(int64(n), 16))
	case "numberInDash":
		return "- " + strconv.Itoa(n) + " -"
	case "chicago":
		signs := []string{"*", "†", "‡", "§"}
		if n < 1 {
			return strconv.Itoa(n)
		}
		return strings.Repeat(signs[(n-1)%len(signs)], min((n-1)/len(signs)+1, 10))
	case "decimalEnclosedCircle", "decimalEnclosedCircleChinese":
		return enclosed(n, '①')
	case "decimalEnclosedParen":
		return enclosed(n, '⑴')
	case "decimalEnclosedFullstop":
		return enclosed(n, '⒈')
	case "russianLower":
		return alphabet(n, "абвгдежзиклмнопрстуфхцчшщэюя")
	case "russianUpper":
		return alphabet(n, "АБВГДЕЖЗИКЛМНОПРСТУФХЦЧШЩЭЮЯ")
	case "ganada":
		return alphabet(n, "가나다라마바사아자차카타파하")
	case "aiueo", "aiueoFullWidth":
		return alphabet(n, "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲン")
	case "iroha", "irohaFullWidth":
		return alphabet(n, "イロハニホヘトチリヌルヲワカヨタレソツネナラムウヰノオクヤマケフコエテアサキユメミシヱヒモセスン")
	case "chosung":
		return alphabet(n, "ㄱㄴㄷㄹㅁㅂㅅㅇㅈㅊㅋㅌㅍㅎ")
	case "ideographTraditional":
		return alphabet(n, "甲乙丙丁戊己庚辛壬癸")
	case "chineseCounting", "chineseCountingThousand", "japaneseCounting", "ideographDigital", "taiwaneseCounting", "taiwaneseCountingThousand", "koreanCounting":
		return chinese(n)
	case "thaiNumbers":
		return digits(n, '๐')
	case "hindiNumbers":
		return digits(n, '०')
	case "decimalFullWidth", "decimalFullWidth2":
		return digits(n, '0')
	}
	return strconv.Itoa(n)
}

// enclosed is one of the twenty signs that begin with first.
func enclosed(n int, first rune) string {
	if n < 1 || n > 20 {
		return strconv.Itoa(n)
	}
	return string(first + rune(n-1))
}

func alphabet(n int, letters string) string {
	all := []rune(letters)
	if n < 1 || n > len(all) {
		return strconv.Itoa(n)
	}
	return string(all[n-1])
}

// chinese counts up to 99 in ideographs.
func chinese(n int) string {
	signs := []rune("〇一二三四五六七八九")
	switch {
	case n < 0 || n > 99:
		return strconv.Itoa(n)
	case n < 10:
		return string(signs[n])
	}
	out := "十"
	if n >= 20 {
		out = string(signs[n/10]) + out
	}
	if n%10 > 0 {
		out += string(signs[n%10])
	}
	return out
}

func digits(n int, zero rune) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return zero + r - '0'
		}
		return r
	}, strconv.Itoa(n))
}
