package ocr

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	_ "image/gif"  // sizes of pictures
	_ "image/jpeg" // "
	_ "image/png"  // "
	"io"

	_ "golang.org/x/image/bmp"  // sizes of pictures
	_ "golang.org/x/image/tiff" // "
	_ "golang.org/x/image/webp" // "

	"github.com/sufflor/sufflor/ingest"
)

// maxPixels is what a picture may have; 50 million are an A3 page at 400 dots
// per inch, and each takes Tesseract several bytes.
const maxPixels = 100_000_000

// check is the number of a picture's pages. It refuses what would unpack to
// more than memory holds.
func check(in ingest.Input) (pages int, err error) {
	data := io.NewSectionReader(in.Data, 0, in.Size)
	defer func() {
		if p := recover(); p != nil { // an image decoder's fault
			err = fmt.Errorf("%s: its header cannot be read: %w", in.Name, ingest.ErrDamaged)
		}
	}()
	c, format, err := image.DecodeConfig(bufio.NewReader(data))
	switch {
	case errors.Is(err, image.ErrFormat):
		return 0, fmt.Errorf("%s is a kind of picture that is not read; save it as PNG or JPEG: %w", in.Name, ingest.ErrUnsupported)
	case err != nil:
		return 0, fmt.Errorf("%s: its header cannot be read (%w): %w", in.Name, err, ingest.ErrDamaged)
	case int64(c.Width)*int64(c.Height) > maxPixels:
		return 0, fmt.Errorf("%s has %d × %d pixels, at most %d million are read; save it smaller: %w", in.Name, c.Width, c.Height, maxPixels/1_000_000, ingest.ErrTooLarge)
	}
	if format == "tiff" {
		return tiffPages(data), nil
	}
	return 1, nil
}

// tiffPages counts the image file directories of a TIFF file (TIFF 6.0,
// section 2), at least one.
func tiffPages(r io.ReaderAt) int {
	var head [8]byte
	if _, err := r.ReadAt(head[:], 0); err != nil {
		return 1
	}
	var order binary.ByteOrder = binary.LittleEndian
	if head[0] == 'M' {
		order = binary.BigEndian
	}
	pages := 0
	seen := map[uint32]bool{}
	for at := order.Uint32(head[4:]); at != 0 && !seen[at] && pages < maxPages; {
		seen[at] = true
		var b [4]byte
		if _, err := r.ReadAt(b[:2], int64(at)); err != nil {
			break
		}
		entries := order.Uint16(b[:2])
		pages++
		if _, err := r.ReadAt(b[:], int64(at)+2+12*int64(entries)); err != nil {
			break
		}
		at = order.Uint32(b[:])
	}
	return max(pages, 1)
}
