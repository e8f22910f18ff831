//go:build ignore

// Gencids writes cids.zip: for each of Adobe's CJK character collections a text
// with the character of CID n on line n, taken from the CMaps Adobe-Japan1-UCS2
// and so on of Adobe's mapping-resources-pdf (BSD-3-Clause).
//
//	go run gencids.go FOLDER
//
// FOLDER is where the CMaps lie, each in a folder named after its collection.
package main

import (
	"archive/zip"
	"compress/flate"
	"encoding/hex"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/sufflor/sufflor/ingest/pattern"
)

var (
	section = pattern.Lazy(`(?s)beginbf(char|range)(.*?)endbf`)
	code    = pattern.Lazy(`<([0-9A-Fa-f]+)>`)
)

func main() {
	if err := run(os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

func run(folder string) error {
	out, err := os.Create("cids.zip")
	if err != nil {
		return err
	}
	defer out.Close()
	z := zip.NewWriter(out)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })
	for _, name := range []string{"Japan1", "GB1", "CNS1", "Korea1"} {
		data, err := os.ReadFile(filepath.Join(folder, "Adobe-"+name, "Adobe-"+name+"-UCS2"))
		if err != nil {
			return err
		}
		w, err := z.Create(name)
		if err != nil {
			return err
		}
		if _, err := io.WriteString(w, strings.Join(table(string(data)), "\n")); err != nil {
			return err
		}
	}
	return z.Close()
}

func table(cmap string) []string {
	var texts []string
	set := func(cid int, text string) {
		for len(texts) <= cid {
			texts = append(texts, "")
		}
		texts[cid] = text
	}
	for _, s := range section().FindAllStringSubmatch(cmap, -1) {
		codes := code().FindAllStringSubmatch(s[2], -1)
		switch s[1] {
		case "char":
			for i := 0; i+1 < len(codes); i += 2 {
				set(number(codes[i][1]), string(utf16.Decode(units(codes[i+1][1]))))
			}
		case "range":
			for i := 0; i+2 < len(codes); i += 3 {
				lo, hi, to := number(codes[i][1]), number(codes[i+1][1]), units(codes[i+2][1])
				for cid := lo; cid <= hi; cid++ {
					set(cid, string(utf16.Decode(to)))
					to[len(to)-1]++
				}
			}
		}
	}
	return texts
}

func number(digits string) int {
	n, err := strconv.ParseInt(digits, 16, 32)
	if err != nil {
		log.Fatal(err)
	}
	return int(n)
}

func units(digits string) []uint16 {
	b, err := hex.DecodeString(digits)
	if err != nil {
		log.Fatal(fmt.Errorf("%s: %w", digits, err))
	}
	var u []uint16
	for i := 0; i+1 < len(b); i += 2 {
		u = append(u, uint16(b[i])<<8|uint16(b[i+1]))
	}
	return u
}
