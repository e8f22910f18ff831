package llm_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/sufflor/sufflor/suggest/llm"
)

// canned answers without a network.
type canned struct {
	body []byte
}

func (c canned) RoundTrip(r *http.Request) (*http.Response, error) {
	_, _ = io.Copy(io.Discard, r.Body)
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(c.body)), Request: r}, nil
}

// FuzzStream gives any body for an answer: a whole reply whose pieces are its
// text, or an error with a cause; no panic.
func FuzzStream(f *testing.F) {
	for i, p := range providers {
		f.Add(byte(i), []byte(reply(p, "Pakken ", "er på vei.")))
		f.Add(byte(i), []byte(starting(p, 3)+piece(p, "half a")))
		f.Add(byte(i), []byte(piece(p, "half a")+line(p, obj{"error": "x"})+ending(p, cut[p], 1, 1)))
	}
	f.Add(byte(0), []byte(`{"choices":[{"message":{"content":[{"text":"ja"}]},"finish_reason":"stop"}]}`))
	f.Add(byte(2), []byte(`{"content":[{"type":"text","text":"ja"}],"stop_reason":"end_turn"}`))
	f.Add(byte(0), []byte("data: {\"choices\":[{\"delta\":{\"content\":\"\\ud800\"}}]}\n\n: x\nerror: 1"))
	f.Fuzz(func(t *testing.T, which byte, body []byte) {
		p := providers[int(which)%len(providers)]
		m, err := llm.New(llm.Options{Provider: p, URL: "http://h", Model: "m", Transport: canned{body}, Deadline: 150 * time.Millisecond}) // too short to ask again
		if err != nil {
			t.Fatal(err)
		}
		var pieces strings.Builder
		got, err := m.Generate(t.Context(), prompt, func(s string) { pieces.WriteString(s) })
		if err != nil {
			if c := llm.CauseOf(err); got != (llm.Reply{}) || c == llm.OK || c == llm.Cancelled {
				t.Fatalf("%v with %q", err, got.Text)
			}
			return
		}
		if got.Text != pieces.String() || strings.TrimSpace(got.Text) == "" || !utf8.ValidString(got.Text) {
			t.Fatalf("reply %q, pieces %q", got.Text, pieces.String())
		}
	})
}
