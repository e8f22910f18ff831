package privacy

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxNumber bounds the number in a placeholder: six digits.
const maxNumber = 6

func writePlaceholder(out *strings.Builder, kind Kind, n int) {
	out.WriteByte('<')
	out.WriteString(string(kind))
	out.WriteByte('_')
	out.WriteString(strconv.Itoa(n))
	out.WriteByte('>')
}

// mark is a placeholder in a text, however it is written.
type mark struct {
	kind     Kind
	number   int
	from, to int
}

// kindOf reads a kind, in either case.
func kindOf(word string) (Kind, bool) {
	for _, k := range [...]Kind{Name, Email, Phone, Address, IBAN, Account, Card, ID, IP, MAC, URL, Wallet, Text} {
		if strings.EqualFold(word, string(k)) {
			return k, true
		}
	}
	return "", false
}

// placeholders are all placeholders in a text. It is the one reader of them:
// what it sees in a customer's text is masked, what it sees in an answer is
// restored.
func placeholders(text string) []mark {
	var found []mark
	for i := 0; i < len(text); {
		m, ok := mark{}, false
		switch c := text[i]; {
		case c == '<' || c == '[' || c == '{' || c == '&' || c == '\\':
			m, ok = bracketed(text, i)
		case 'A' <= c && c <= 'Z' && (i == 0 || !wordEndsAt(text, i)):
			m, ok = bare(text, i)
		}
		if !ok {
			i++
			continue
		}
		found = append(found, m)
		i = m.to
	}
	return found
}

// wordEndsAt reports whether a letter, digit or low line stands before i.
func wordEndsAt(text string, i int) bool {
	r, _ := utf8.DecodeLastRuneInString(text[:i])
	return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r)
}

// bracketed reads <EMAIL_1>, [EMAIL\_1], \<email 1\>, {Email-1}, &lt;EMAIL_1&gt;.
func bracketed(text string, i int) (mark, bool) {
	from, open := i, i+count(text, i, `\`, 1)
	i = open
	closing := ""
	switch {
	case strings.HasPrefix(text[i:], "&lt;"):
		i, closing = i+4, "&gt;"
	case i >= len(text):
		return mark{}, false
	case text[i] == '<':
		i, closing = i+1, ">"
	case text[i] == '[':
		i, closing = i+1, "]"
	case text[i] == '{':
		i, closing = i+1, "}"
	default:
		return mark{}, false
	}
	i += count(text, i, " *`", 2)
	end := i
	for end < len(text) && isLetter(text[end]) && end-i < 8 {
		end++
	}
	kind, ok := kindOf(text[i:end])
	if !ok {
		return mark{}, false
	}
	i = end + count(text, end, `\_- `, 3)
	n, i, ok := numberAt(text, i)
	if !ok {
		return mark{}, false
	}
	i += count(text, i, " *`\\", 2)
	if !strings.HasPrefix(text[i:], closing) {
		return mark{}, false
	}
	// A backslash in front is Markdown's when there is one inside as well;
	// otherwise somebody wrote it before what we put in.
	if strings.IndexByte(text[open:i], '\\') < 0 {
		from = open
	}
	return mark{kind: kind, number: n, from: from, to: i + len(closing)}, true
}

// bare reads EMAIL_1 and EMAIL\_1, and PERSON 1 of those words that do not
// stand before numbers otherwise ("IP 54", "ID 4411", "URL 2").
func bare(text string, i int) (mark, bool) {
	end := i
	for end < len(text) && 'A' <= text[end] && text[end] <= 'Z' && end-i < 8 {
		end++
	}
	kind, ok := kindOf(text[i:end])
	if !ok {
		return mark{}, false
	}
	j := end + count(text, end, `\`, 1)
	switch {
	case j < len(text) && text[j] == '_':
	case j == end && j < len(text) && text[j] == ' ' && (kind == Name || kind == Email || kind == Phone || kind == Address || kind == IBAN || kind == Card):
	default:
		return mark{}, false
	}
	n, k, ok := numberAt(text, j+1)
	if !ok || k < len(text) && text[k] == '_' {
		return mark{}, false
	}
	return mark{kind: kind, number: n, from: i, to: k}, true
}

// numberAt reads the number of a placeholder.
func numberAt(text string, i int) (n, end int, ok bool) {
	for end = i; end < len(text) && isDigit(text[end]); end++ {
		if end-i >= maxNumber {
			return 0, 0, false
		}
		n = n*10 + int(text[end]-'0')
	}
	return n, end, end > i
}

// count is how many of at most limit bytes at i are in set.
func count(text string, i int, set string, limit int) int {
	n := 0
	for n < limit && i+n < len(text) && strings.IndexByte(set, text[i+n]) >= 0 {
		n++
	}
	return n
}

func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
func isLetter(c byte) bool { c |= 0x20; return 'a' <= c && c <= 'z' }

// letters is the letters that s begins with, at most the longest ending.
func letters(s string) string {
	const longest = 12
	for i, r := range s {
		if !unicode.IsLetter(r) {
			return s[:i]
		}
		if i > longest {
			return ""
		}
	}
	if len(s) > longest {
		return ""
	}
	return s
}
