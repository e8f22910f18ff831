package ingest

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// JoinHeader makes one text a column from the lines of a header: levels are
// joined by " / ", a level that repeats the one above is left out.
func JoinHeader(lines [][]string) []string {
	width := 0
	for _, l := range lines {
		width = max(width, len(l))
	}
	header := make([]string, width)
	for col := range header {
		var levels []string
		for _, l := range lines {
			if col >= len(l) {
				continue
			}
			if text := oneLine(l[col]); text != "" && !slices.Contains(levels, text) {
				levels = append(levels, text)
			}
		}
		header[col] = strings.Join(levels, " / ")
	}
	return header
}

// IsHeader guesses whether the first row names the columns: short texts, all
// different and none a value, above rows that look otherwise. With two columns
// and nothing but words it cannot be told from a list of terms, and is not.
func IsHeader(rows [][]string) bool {
	if len(rows) < 2 || len(rows[0]) < 2 {
		return false
	}
	seen := map[string]bool{}
	for _, c := range rows[0] {
		c = oneLine(c)
		if c == "" || utf8.RuneCountInString(c) > 60 || IsValue(c) || seen[c] || strings.HasSuffix(c, ".") && strings.Count(c, " ") > 3 {
			return false
		}
		seen[c] = true
	}
	if len(rows[0]) > 2 {
		return true
	}
	for _, r := range rows[1:] {
		for _, c := range r {
			if IsValue(oneLine(c)) || utf8.RuneCountInString(c) > 80 {
				return true
			}
		}
	}
	return false
}

// IsValue reports whether a cell holds a figure rather than words: at least
// half of its letters and digits are digits ("38 900 kr", "2026-01-01",
// "12 %"). A year counts for nothing: it stands in headers, too.
func IsValue(cell string) bool {
	digits, others := 0, 0
	for word := range strings.FieldsSeq(cell) {
		if len(word) == 4 && word >= "1900" && word <= "2100" && strings.Trim(word, "0123456789") == "" {
			continue
		}
		for _, r := range word {
			switch {
			case unicode.IsDigit(r):
				digits++
			case unicode.IsLetter(r):
				others++
			}
		}
	}
	return digits > 0 && digits >= others
}
