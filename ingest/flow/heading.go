package flow

import (
	"strings"

	"github.com/sufflor/sufflor/ingest/pattern"
)

// headingName matches the names that Word gives its heading styles in the
// languages it speaks.
var headingName = pattern.Lazy(`^(?i:heading|überschrift|overskrift|rubrik|otsikko|titre|kop|título|titolo|nagłówek|pealkiri)\s*([1-9])$`)

// HeadingLevel is the level of headings in the style of this name, 0 for a
// style of other paragraphs.
func HeadingLevel(style string) int {
	style, _, _ = strings.Cut(style, ",") // other names of the same style follow
	m := headingName().FindStringSubmatch(style)
	if m == nil {
		return 0
	}
	return int(m[1][0] - '0')
}

var (
	contentsName = pattern.Lazy(`^(?i:toc ?(?:[1-9]|heading))$`)
	contentsLine = pattern.Lazy(`(?:(?:\t|\.{3}|…)[\s.…]*(?:[\pL\d]{0,4}[-–.])?(?:\d+|[ivxlcdmIVXLCDM]+)|\s\d{1,4})\s*$`)
)

// IsContents reports whether a style of this name is that of a table of
// contents: "toc 1", "TOC Heading".
func IsContents(style string) bool {
	style, _, _ = strings.Cut(style, ",")
	return contentsName().MatchString(style)
}

// isContentsLine reports whether a text ends in a page number. Writers use the
// styles of a table of contents for headings, too, which have none.
func isContentsLine(text string) bool { return contentsLine().MatchString(text) }
