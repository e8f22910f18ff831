package flow

import (
	"regexp"
	"strings"
)

// headingName matches the names that Word gives its heading styles in the
// languages it speaks.
var headingName = regexp.MustCompile(`^(?i:heading|überschrift|overskrift|rubrik|otsikko|titre|kop|título|titolo|nagłówek|pealkiri)\s*([1-9])$`)

// HeadingLevel is the level of headings in the style of this name, 0 for a
// style of other paragraphs.
func HeadingLevel(style string) int {
	m := headingName.FindStringSubmatch(style)
	if m == nil {
		return 0
	}
	return int(m[1][0] - '0')
}

// IsContents reports whether a style of this name is that of a table of
// contents: "toc 1", "TOC Heading".
func IsContents(style string) bool {
	return len(style) > 4 && strings.EqualFold(style[:4], "toc ")
}
