package web

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/sufflor/sufflor/ingest"
)

// Limits of the sitemap protocol (sitemaps.org).
const (
	maxSitemap  = 50 << 20 // bytes, unpacked
	maxEntries  = 50_000
	maxNesting  = 3
	maxSitemaps = 1000 // in a run
)

var errNoSitemap = errors.New("it is not a sitemap; name the address of a sitemap, or put the address under start")

// readSitemap gives the addresses of a sitemap and those of the sitemaps it
// names, in their order. Names of elements count, not their namespaces, which
// sites often get wrong.
func readSitemap(base *url.URL, r io.Reader) (pages, sitemaps []string, err error) {
	br := bufio.NewReader(r)
	if magic, err := br.Peek(2); err == nil && magic[0] == 0x1f && magic[1] == 0x8b {
		zr, err := gzip.NewReader(br)
		if err != nil {
			return nil, nil, fmt.Errorf("unpack the sitemap: %w", err)
		}
		br = bufio.NewReader(zr)
	}
	data, err := io.ReadAll(io.LimitReader(br, maxSitemap+1))
	if err != nil {
		return nil, nil, fmt.Errorf("unpack the sitemap: %w", err)
	}
	if len(data) > maxSitemap {
		return nil, nil, fmt.Errorf("the sitemap unpacks to more than %d MB: %w", maxSitemap>>20, ingest.ErrTooLarge)
	}
	data = bytes.TrimSpace(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")))
	if !bytes.HasPrefix(data, []byte("<")) {
		pages, err = plainSitemap(base, data)
		return pages, nil, err
	}
	x := ingest.NewXMLReader(bytes.NewReader(data))
	var open []string
	var loc strings.Builder
	for {
		tok, err := x.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, nil, fmt.Errorf("read the sitemap: %w", err)
		}
		switch t := tok.(type) {
		case xml.StartElement:
			if len(open) == 0 && t.Name.Local != "urlset" && t.Name.Local != "sitemapindex" {
				return nil, nil, errNoSitemap
			}
			open = append(open, t.Name.Local)
			loc.Reset()
		case xml.CharData:
			if len(open) > 1 && open[len(open)-1] == "loc" {
				loc.Write(t)
			}
		case xml.EndElement:
			if len(open) == 3 && open[2] == "loc" {
				if u := resolve(base, loc.String()); u != nil && len(pages)+len(sitemaps) < maxEntries {
					if open[0] == "sitemapindex" {
						sitemaps = append(sitemaps, u.String())
					} else {
						pages = append(pages, u.String())
					}
				}
			}
			if len(open) > 0 {
				open = open[:len(open)-1]
			}
		}
	}
	return pages, sitemaps, nil
}

// plainSitemap is a text file with one address a line.
func plainSitemap(base *url.URL, data []byte) ([]string, error) {
	var pages []string
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		if line == "" {
			continue
		}
		if !strings.HasPrefix(line, "http://") && !strings.HasPrefix(line, "https://") {
			return nil, errNoSitemap
		}
		if u := resolve(base, line); u != nil && len(pages) < maxEntries {
			pages = append(pages, u.String())
		}
	}
	return pages, nil
}
