package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"

	"github.com/gin-gonic/gin"
)

//go:embed static
var staticFS embed.FS

// assets are the files a page needs. Their addresses hold a hash of their
// content, so a browser can keep them for ever and never shows an old one.
type assets struct {
	urls  map[string]string // by name: "panel.css"
	files map[string]asset  // by the part of the address after /static
}

type asset struct {
	kind string
	data []byte
	gzip func() []byte // data compressed, once, when first asked for; nil when that is no smaller
}

func loadAssets() (assets, error) {
	a := assets{urls: map[string]string{}, files: map[string]asset{}}
	entries, err := fs.ReadDir(staticFS, "static")
	if err != nil {
		return a, fmt.Errorf("read static files: %w", err)
	}
	for _, e := range entries {
		data, err := staticFS.ReadFile(path.Join("static", e.Name()))
		if err != nil {
			return a, fmt.Errorf("read static files: %w", err)
		}
		sum := sha256.Sum256(data)
		ext := path.Ext(e.Name())
		name := "/" + strings.TrimSuffix(e.Name(), ext) + "." + hex.EncodeToString(sum[:6]) + ext
		a.urls[e.Name()] = "/static" + name
		a.files[name] = asset{kind: kindOf(ext), data: data, gzip: sync.OnceValue(func() []byte { return squeezed(data) })}
	}
	return a, nil
}

// kindOf does not ask the system's table for what we know: some systems call
// scripts plain text, and with nosniff they would not run.
func kindOf(ext string) string {
	switch ext {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	}
	return mime.TypeByExtension(ext)
}

// squeezed is data by gzip, or nil when little would be won.
func squeezed(data []byte) []byte {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil
	}
	if _, err := w.Write(data); err != nil || w.Close() != nil || out.Len() > len(data)*9/10 {
		return nil
	}
	return out.Bytes()
}

// takesGzip reports whether a browser says that it can read gzip. Weights
// other than 0 do not matter: we have nothing else to choose from.
func takesGzip(accept string) bool {
	for one := range strings.SplitSeq(accept, ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(one), ";")
		if name = strings.ToLower(strings.TrimSpace(name)); name != "gzip" && name != "*" {
			continue
		}
		q, found := strings.CutPrefix(strings.ReplaceAll(strings.ToLower(weight), " ", ""), "q=")
		v, err := strconv.ParseFloat(q, 64)
		return !found || err == nil && v > 0
	}
	return false
}

func (a assets) url(name string) (string, error) {
	u, ok := a.urls[name]
	if !ok {
		return "", fmt.Errorf("no static file %q", name)
	}
	return u, nil
}

func (s *server) static(c *gin.Context) error {
	f, ok := s.assets.files[c.Param("name")]
	if !ok {
		return &fault{status: http.StatusNotFound, text: "no such file", next: "reload the page"}
	}
	c.Header("Cache-Control", "public, max-age=31536000, immutable")
	c.Header("Vary", "Accept-Encoding")
	if takesGzip(c.GetHeader("Accept-Encoding")) {
		if data := f.gzip(); data != nil {
			c.Header("Content-Encoding", "gzip")
			c.Data(http.StatusOK, f.kind, data)
			return nil
		}
	}
	c.Data(http.StatusOK, f.kind, f.data)
	return nil
}
