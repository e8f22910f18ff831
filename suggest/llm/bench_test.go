package llm_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/sufflor/sufflor/suggest/llm"
)

// BenchmarkOverhead is a reply of 300 pieces from a server that has it ready,
// through Generate and through net/http alone.
func BenchmarkOverhead(b *testing.B) {
	for _, p := range providers {
		parts := make([]string, 300)
		for i := range parts {
			parts[i] = "ord "
		}
		body := reply(p, parts...)
		url := serve(b, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			for s := range strings.SplitAfterSeq(body, "\n\n") {
				_, _ = io.WriteString(w, s)
				w.(http.Flusher).Flush()
			}
		})
		b.Run(string(p)+"/generate", func(b *testing.B) {
			m := model(b, p, url, func(o *llm.Options) { o.Context = 64 << 10 })
			q := prompt
			q.User = strings.Repeat("Pakken er på vei. ", 1000)
			for b.Loop() {
				if _, err := m.Generate(b.Context(), q, func(string) {}); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(string(p)+"/net-http", func(b *testing.B) {
			for b.Loop() {
				resp, err := http.Post(url, "application/json", strings.NewReader(strings.Repeat("x", 20000)))
				if err != nil {
					b.Fatal(err)
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				_ = resp.Body.Close()
			}
		})
	}
}
