package ole

import (
	"encoding/binary"
	"strings"

	"github.com/sufflor/sufflor/ingest/codepage"
)

// Title is the title among the document's properties, "" when there is none
// that can be read: [MS-OLEPS] 2.21, 2.20 and 2.15.
func (f *File) Title() string {
	const (
		codePageID, titleID = 1, 2
		text, wideText      = 0x1E, 0x1F // VT_LPSTR, VT_LPWSTR
		first               = 44         // where the offset of the first set stands
		maxTitle            = 1000
	)
	b, _ := f.Stream("SummaryInformation")
	u32 := func(at int64) int64 {
		if at < 0 || at+4 > int64(len(b)) {
			return 0
		}
		return int64(binary.LittleEndian.Uint32(b[at:]))
	}
	set := u32(first)
	page, title := int64(0), int64(0)
	for i := range min(u32(set+4), 100) {
		switch at := set + u32(set+8+8*i+4); u32(set + 8 + 8*i) {
		case codePageID:
			page = u32(at+4) & 0xFFFF
		case titleID:
			title = at
		}
	}
	kind, n := u32(title), u32(title+4)
	if title == 0 || n <= 0 || n > maxTitle {
		return ""
	}
	from := title + 8
	switch {
	case kind == wideText && from+2*n <= int64(len(b)):
		return clean(codepage.Decode(codepage.UTF16, b[from:from+2*n]))
	case kind != text || from+n > int64(len(b)):
		return ""
	}
	return clean(codepage.Decode(int(page), b[from:from+n]))
}

func clean(s string) string {
	s, _, _ = strings.Cut(s, "\x00")
	return strings.Join(strings.Fields(strings.ToValidUTF8(s, "\uFFFD")), " ")
}
