package ingest

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// tidy trims each line and runs of spaces, drops control characters and soft
// hyphens, and keeps at most one empty line between paragraphs. Words, signs
// and no-break spaces stay as the document has them.
func tidy(s string) string {
	lines := strings.Split(s, "\n")
	out := make([]string, 0, len(lines))
	for _, line := range lines {
		line = squeeze(line)
		if line == "" && (len(out) == 0 || out[len(out)-1] == "") {
			continue
		}
		out = append(out, line)
	}
	return strings.TrimSpace(strings.Join(out, "\n"))
}

// oneLine is tidy without line ends.
func oneLine(s string) string { return squeeze(strings.ReplaceAll(s, "\n", " ")) }

func squeeze(line string) string {
	var b strings.Builder
	b.Grow(len(line))
	space := false
	for _, r := range line {
		switch {
		case r == ' ' || r == '\t' || r == '\v' || r == '\f' || r == '\u2028' || r == '\u2029':
			space = b.Len() > 0
			continue
		case unicode.IsControl(r) || r == '\u00ad' || r == '\ufeff' || r == '\u200b' || r == utf8.RuneError:
			continue
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(r)
	}
	return strings.Trim(b.String(), "\u00a0")
}

// isOpening reports whether a word begins questions and hardly anything else.
// "When" and "if" begin conditions just as often and are not among them.
func isOpening(word string) bool {
	switch word {
	case "hvordan", "hva", "hvor", "hvorfor", "hvilken", "hvilket", "hvilke", "hvem", // nb
		"korleis", "kva", "kvar", "kvifor", "kven", // nn
		"hur", "vad", "varför", "vilken", "vilket", "vilka", "vem", // sv
		"hvad", "hvornår", // da
		"miten", "kuinka", "mikä", "mitä", "miksi", "missä", "milloin", "mitkä", "paljonko", "montako", // fi
		"wie", "was", "warum", "weshalb", "welche", "welcher", "welches", "wo", "wann", "wer", // de
		"how", "what", "why", "where", "which", "who": // en
		return true
	}
	return false
}

// isQuestion reports whether a heading asks something.
func isQuestion(text string) bool {
	text = strings.TrimRight(text, " \u00a0")
	if strings.HasSuffix(text, "?") {
		return true
	}
	words := strings.Fields(strings.ToLower(text))
	return len(words) >= 3 && isOpening(words[0]) && !strings.HasSuffix(text, ":")
}

// split cuts text at sentence ends into parts of at most size characters; a
// sentence that is longer is cut between words, a word between characters.
func split(text string, size int) []string {
	if text == "" {
		return nil
	}
	if !longer(text, size) {
		return []string{text}
	}
	var parts []string
	var cur strings.Builder
	n := 0
	add := func(piece string) {
		k := utf8.RuneCountInString(piece)
		if n > 0 && n+k > size {
			parts = append(parts, strings.TrimSpace(cur.String()))
			cur.Reset()
			n = 0
		}
		cur.WriteString(piece)
		n += k
	}
	for _, s := range sentences(text) {
		if !longer(s, size) {
			add(s)
			continue
		}
		for _, w := range strings.SplitAfter(s, " ") {
			for longer(w, size) {
				at := 0
				for range size {
					_, k := utf8.DecodeRuneInString(w[at:])
					at += k
				}
				add(w[:at])
				w = w[at:]
			}
			add(w)
		}
	}
	if rest := strings.TrimSpace(cur.String()); rest != "" {
		parts = append(parts, rest)
	}
	return parts
}

// longer reports whether text has more than n characters. It does not count
// them all: a file may be one word of many megabytes.
func longer(text string, n int) bool {
	return len(text) > n*utf8.UTFMax || utf8.RuneCountInString(text) > n
}

// sentences cuts text after sentence ends and line ends; joined again the
// parts are text. It is careful rather than complete: a missed end only makes
// a part longer.
func sentences(text string) []string {
	var out []string
	start := 0
	for i := 0; i < len(text); {
		r, k := utf8.DecodeRuneInString(text[i:])
		i += k
		if r == '\n' {
			out = append(out, text[start:i])
			start = i
			continue
		}
		if r != '.' && r != '!' && r != '?' && r != '…' {
			continue
		}
		end := i
		for end < len(text) && strings.ContainsRune(`"'”“»«)]’`, first(text[end:])) {
			_, k := utf8.DecodeRuneInString(text[end:])
			end += k
		}
		next := end
		for next < len(text) && (text[next] == ' ' || strings.HasPrefix(text[next:], "\u00a0")) {
			_, k := utf8.DecodeRuneInString(text[next:])
			next += k
		}
		if next == end || next == len(text) || text[next] == '\n' {
			continue
		}
		if after := first(text[next:]); !unicode.IsUpper(after) && !unicode.IsDigit(after) && !strings.ContainsRune("–-•«»\"“„", after) {
			continue
		}
		if r == '.' && abbreviated(text[start:i-1]) {
			continue
		}
		out = append(out, text[start:next])
		start, i = next, next
	}
	if start < len(text) {
		out = append(out, text[start:])
	}
	return out
}

func first(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

// abbreviated reports whether a full stop after s hardly ends a sentence: after
// a number ("1. januar"), one letter, or a common abbreviation.
func abbreviated(s string) bool {
	word := strings.ToLower(s[strings.LastIndexAny(s, " \u00a0\n(")+1:])
	if word == "" || utf8.RuneCountInString(word) == 1 {
		return true
	}
	if strings.Trim(word, "0123456789") == "" && len(word) <= 2 {
		return true
	}
	switch word {
	case "art.nr", "artikkelnr", "bl.a", "ca", "d.v.s", "dvs", "e.g", "ekskl", "eks", "etc", "evt", "f.eks", "fig", "i.e", "inkl", "jf", "kl", "maks", "max", "min", "mva", "no", "nos", "nr",
		"o.l", "osv", "pkt", "pos", "resp", "s.k", "serienr", "stk", "t.ex", "tel", "tlf", "t.o.m", "vs", // Nordic and English
		"esim", "huom", "ks", "mm", "ns", "puh", "sis", "tms", "yms", "z.b", "d.h", "u.a", "bzw", "dr", "evtl", "ggf", "std", "str", "usw", "vgl", "zzgl": // fi, de
		return true
	}
	return false
}
