package office

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/sufflor/sufflor/ingest"
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

// Damage is the first of the arguments of a warning that is an error wrapping
// [ingest.ErrDamaged], nil without one.
func Damage(args []any) error {
	for _, a := range args {
		if err, ok := a.(error); ok && errors.Is(err, ingest.ErrDamaged) {
			return err
		}
	}
	return nil
}

// NoText is the error for a document of which nothing was read, with the
// warnings that may say why. Where there was damage it wraps
// [ingest.ErrDamaged], else [ingest.ErrNoText].
func (w Warnings) NoText(name string, damage error) error {
	cause, reasons := ingest.ErrNoText, ""
	if damage != nil {
		cause = ingest.ErrDamaged
	}
	if len(w) > 0 {
		reasons = " (" + strings.Join(w[:min(len(w), 3)], "; ") + ")"
	}
	return fmt.Errorf("%s holds no text%s: %w", name, reasons, cause)
}
