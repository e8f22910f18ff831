package doc

import (
	"cmp"
	"slices"
	"strings"

	"github.com/sufflor/sufflor/ingest/codepage"
	"github.com/sufflor/sufflor/ingest/ole"
)

const (
	pageSize = 512 // of a page of properties
	maxFonts = 4096
	maxRuns  = 2 << 20 // of characters with the same properties, and of paragraphs
)

// charRun is a run of bytes of the main stream whose characters look alike.
type charRun struct {
	from, to int64
	char     char
}

// paraRun is the bytes of a paragraph.
type paraRun struct {
	from, to int64
	style    int
	list     []byte // changes to the style
}

// readProperties reads the pages of character and paragraph properties,
// [MS-DOC] 2.9.33 and 2.9.174.
func (d *document) readProperties() {
	d.fonts()
	d.pages(plcChars, func(page []byte, n int) {
		for i := range n {
			c := plain()
			if at := 2 * int(page[4*(n+1)+i]); at > 0 && at < pageSize-1 {
				c.apply(d, page[at+1:min(at+1+int(page[at]), pageSize-1)])
			}
			if c != plain() && len(d.chars) < maxRuns {
				d.chars = append(d.chars, charRun{int64(ole.U32(page, 4*i)), int64(ole.U32(page, 4*i+4)), c})
			}
		}
	}, 1)
	slices.SortStableFunc(d.chars, func(a, b charRun) int { return cmp.Compare(a.from, b.from) })
	entry := 13 // of a BxPap
	if d.old {
		entry = 7
	}
	d.pages(plcParagraphs, func(page []byte, n int) {
		for i := range n {
			p := paraRun{from: int64(ole.U32(page, 4*i)), to: int64(ole.U32(page, 4*i+4))}
			if at := 2 * int(page[4*(n+1)+entry*i]); at > 0 && at < pageSize-4 {
				size := 2*int(page[at]) - 1
				if d.old {
					size = 2 * int(page[at])
				}
				if size < 0 {
					at++
					size = 2 * int(page[at])
				}
				p.style = int(ole.U16(page, at+1))
				if d.old {
					p.style &= 0xFF
				}
				if end := min(at+1+size, pageSize-1); at+3 < end {
					p.list = page[at+3 : end]
				}
			}
			if len(d.paras) < maxRuns {
				d.paras = append(d.paras, p)
			}
		}
	}, entry)
	slices.SortStableFunc(d.paras, func(a, b paraRun) int { return cmp.Compare(a.from, b.from) })
}

// pages calls see for each page that a list names, with its number of runs;
// entry is the size of what a page says about a run.
func (d *document) pages(index int, see func(page []byte, n int), entry int) {
	size := 4
	if d.old {
		size = 2
	}
	_, numbers := d.plc(index, size)
	numbers = numbers[:min(len(numbers), len(d.main)/pageSize)]
	for _, number := range numbers {
		at := int64(ole.U16(number, 0)) * pageSize
		if size == 4 {
			at = int64(ole.U32(number, 0)&0x3FFFFF) * pageSize
		}
		if at+pageSize > int64(len(d.main)) {
			continue
		}
		page := d.main[at : at+pageSize]
		n := int(page[pageSize-1])
		if 4*(n+1)+n*entry < pageSize {
			see(page, n)
		}
	}
}

// paraAt is how the paragraph looks whose end is stored at a byte of the main
// stream, in the piece p.
func (d *document) paraAt(at int64, change []byte) para {
	i, found := slices.BinarySearchFunc(d.paras, at, func(p paraRun, at int64) int { return cmp.Compare(p.from, at) })
	if !found {
		i--
	}
	var p para
	if i >= 0 && at < d.paras[i].to {
		p.style = d.paras[i].style
		p.apply(d, d.paras[i].list, 0)
	}
	p.apply(d, change, 0)
	return p
}

// fonts finds the fonts whose characters are symbols by their names and, of
// Word 6 and 95, the code pages of all.
func (d *document) fonts() {
	d.symbols, d.fontPage, d.asian = map[int]string{}, map[int]int{}, 936
	if isAsian(d.page) {
		d.asian = d.page
	}
	b, head, name := d.list(plcFonts), 4, 40 // where the name stands in an FFN
	if d.old {
		head, name = 2, 6
	}
	if len(b) < head {
		return
	}
	n := int(ole.U16(b, 0))
	if d.old {
		n = maxFonts // they are not counted
	}
	b = b[head:]
	for i := 0; i < n && len(b) > name; i++ {
		size := 1 + int(b[0])
		if size > len(b) {
			return
		}
		switch {
		case d.old && size > name:
			const charset = 4
			if page := codepage.OfCharset(int(b[charset])); page > 0 {
				d.fontPage[i] = page
				if isAsian(page) && !isAsian(d.page) {
					d.asian = page
				}
			}
			if strings.HasPrefix(string(b[name:size]), "Symbol\x00") {
				d.symbols[i] = "Symbol"
			}
		case size >= name+14 && utf16Text(b[name:name+14]) == "Symbol\x00":
			d.symbols[i] = "Symbol"
		}
		b = b[size:]
	}
}

// isAsian reports whether some characters of a code page have two bytes.
func isAsian(page int) bool { return page == 932 || page == 936 || page == 949 || page == 950 }
