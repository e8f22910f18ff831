package office

import (
	"strings"

	"github.com/sufflor/sufflor/ingest/pattern"
)

// fileName matches what programs put in for a description when a picture is
// inserted, clipArt the names that Office gave its own pictures ("MCj04244720000"),
// and generated matches the line that says a machine wrote it.
var (
	fileName  = pattern.Lazy(`(?i)^[^\n]{1,120}\.(png|jpe?g|gif|bmp|tiff?|emf|wmf|svg|webp|eps)$`)
	clipArt   = pattern.Lazy(`(?i)^(m[a-z])?j\d{7,}(\[\d+\])?$`)
	generated = pattern.Lazy(`(?i)(generated|generert|genererad|genereret|generiert|généré|generado|gegenereerd|luotu|wygenerowany)[^\n]*$`)
)

// AltText is the description of a picture as text, "" when it describes
// nothing: a file name, or the note that a machine wrote it.
func AltText(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	if n := len(lines); n > 1 && generated().MatchString(lines[n-1]) && len(strings.Fields(lines[n-1])) < 6 {
		lines = lines[:n-1]
	}
	s = oneLine(strings.Join(lines, " "))
	if fileName().MatchString(s) || clipArt().MatchString(s) {
		return ""
	}
	return s
}
