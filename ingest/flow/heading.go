package flow

import "regexp"

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
