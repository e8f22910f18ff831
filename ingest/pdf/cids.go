package pdf

import (
	"archive/zip"
	"bytes"
	_ "embed" // for cids.zip
	"io"
	"strings"
	"sync"
)

// cidData is the characters of Adobe's CJK character collections by CID.
//
// Made of Adobe's mapping-resources-pdf, copyright 1990-2023 Adobe,
// BSD-3-Clause, https://github.com/adobe-type-tools/mapping-resources-pdf
//
//go:generate go run gencids.go /usr/share/poppler/cMap
//go:embed cids.zip
var cidData []byte

// collection is one of Adobe's CJK character collections: fonts that follow it
// need no Unicode table of their own.
type collection struct {
	texts []string          // by CID, "" where there is none
	cids  map[string]uint32 // the first CID of a text
}

// collections are read when a font asks for them.
var collections = map[string]func() *collection{
	"Japan1": sync.OnceValue(func() *collection { return readCollection("Japan1") }),
	"GB1":    sync.OnceValue(func() *collection { return readCollection("GB1") }),
	"CNS1":   sync.OnceValue(func() *collection { return readCollection("CNS1") }),
	"Korea1": sync.OnceValue(func() *collection { return readCollection("Korea1") }),
}

func readCollection(name string) *collection {
	c := &collection{cids: map[string]uint32{}}
	z, err := zip.NewReader(bytes.NewReader(cidData), int64(len(cidData)))
	if err != nil {
		return c
	}
	f, err := z.Open(name)
	if err != nil {
		return c
	}
	defer f.Close() //nolint:errcheck // it is in memory
	data, err := io.ReadAll(f)
	if err != nil {
		return c
	}
	c.texts = strings.Split(string(data), "\n")
	for cid, text := range c.texts {
		if _, ok := c.cids[text]; !ok && text != "" {
			c.cids[text] = uint32(cid & 0xFFFF)
		}
	}
	return c
}

// collectionOf is the collection of an ordering ("Japan1"), nil when it is
// none of the four.
func collectionOf(ordering string) *collection {
	if read, ok := collections[ordering]; ok {
		return read()
	}
	return nil
}

// text is what a CID stands for, "" when the collection does not say.
func (c *collection) text(cid uint32) string {
	if c == nil || int(cid) >= len(c.texts) {
		return ""
	}
	return c.texts[cid]
}
