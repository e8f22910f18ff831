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
	kind   string
	data   []byte
	packed func() []byte // data by gzip, made when it is first asked for; nil: not worth it
}

// leastPacked is the size in bytes from which a text is sent packed.
const leastPacked = 1 << 10

func pack(data []byte) func() []byte {
	return sync.OnceValue(func() []byte {
		var b bytes.Buffer
		z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression) // a level there is
		_, _ = z.Write(data)                                  // a buffer takes everything
		_ = z.Close()
		return b.Bytes()
	})
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
		f := asset{kind: kindOf(ext), data: data}
		if (ext == ".js" || ext == ".css") && len(data) >= leastPacked {
			f.packed = pack(data)
		}
		a.files[name] = f
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
	data := f.data
	if f.packed != nil {
		c.Header("Vary", "Accept-Encoding")
		if strings.Contains(c.GetHeader("Accept-Encoding"), "gzip") {
			c.Header("Content-Encoding", "gzip")
			data = f.packed()
		}
	}
	c.Data(http.StatusOK, f.kind, data)
	return nil
}
