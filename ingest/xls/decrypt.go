package xls

import (
	"fmt"

	"github.com/sufflor/sufflor/ingest"
)

// decrypt is the workbook's records without the encryption that pass
// describes.
func decrypt(_ []byte, _ int, _ []byte) ([]byte, error) {
	return nil, fmt.Errorf("it asks for a password; save it without one: %w", ingest.ErrEncrypted)
}
