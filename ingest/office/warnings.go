package office

import (
	"fmt"
	"slices"
)

// maxWarnings bounds the warnings of one document.
const maxWarnings = 20

// Warnings are those of one document, each once. The zero value is ready for
// use.
type Warnings []string

// Add takes a warning. After the twentieth there is one more, which says that
// the others are not listed.
func (w *Warnings) Add(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if len(*w) > maxWarnings || slices.Contains(*w, text) {
		return
	}
	if len(*w) == maxWarnings {
		text = "there is more to warn of than is listed here"
	}
	*w = append(*w, text)
}

// Report takes a warning that no number of others may push out.
func (w *Warnings) Report(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(*w, text) {
		*w = append(*w, text)
	}
}
