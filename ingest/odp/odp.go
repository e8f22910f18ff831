// Package odp reads OpenDocument presentations, zipped (.odp, .otp) or flat
// (.fodp): slides with their titles as headings, lists, tables and charts, and
// the speaker's notes after each. Hidden slides, footers and
// text that nobody sees are left out.
package odp

import (
	"context"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/odt"
)

// Reader reads odp, otp and fodp files. The zero value is ready for use, also
// by several goroutines.
type Reader struct{}

// Read returns the document's blocks; locators give the slide's number, from 1
// and hidden ones included, as Page.
func (Reader) Read(ctx context.Context, in ingest.Input) (ingest.Document, error) {
	return odt.ReadSlides(ctx, in) //nolint:wrapcheck // it names the file
}
