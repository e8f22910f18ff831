package fill_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"

	"github.com/sufflor/sufflor/index/embed"
	"github.com/sufflor/sufflor/index/embed/langchain"
	"github.com/sufflor/sufflor/index/fill"
	"github.com/sufflor/sufflor/index/vector"
)

// pretendServer speaks like OpenAI's; its model knows three topics.
func pretendServer() *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var req struct{ Input []string }
		if err := json.NewDecoder(r.Body).Decode(&req); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		type vector struct {
			Index     int       `json:"index"`
			Embedding []float32 `json:"embedding"`
		}
		var data []vector
		for i, text := range req.Input {
			v := []float32{0.1, 0.1, 0.1}
			for topic, words := range [][]string{{"invoice", "bill", "pay"}, {"password", "log in"}, {"parcel", "deliver"}} {
				for _, word := range words {
					if strings.Contains(strings.ToLower(text), word) {
						v[topic]++
					}
				}
			}
			data = append(data, vector{i, v})
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"data": data})
	}))
}

// How the parts go together: a server's model behind the guard, a store, and
// the filler between them and the passages.
func Example() {
	ctx := context.Background()
	server := pretendServer()
	defer server.Close()
	client, err := langchain.New(langchain.Options{Provider: langchain.OpenAI, URL: server.URL, Model: "topics"})
	if err != nil {
		panic(err)
	}
	embedder, err := embed.New(client, embed.Options{Name: "topics", Limits: embed.Limits{Batch: 32}})
	if err != nil {
		panic(err)
	}
	dir, err := os.MkdirTemp("", "vectors")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	store, opened, err := vector.Open(ctx, dir, vector.Options{Model: "topics"})
	if err != nil {
		panic(err)
	}
	defer func() { _ = store.Close() }()
	fmt.Println("begins empty:", opened.Fresh)

	passages := &library{texts: map[string]string{
		"p1": "Invoices are due after 14 days.", "p2": "Choose a new password under Settings.", "p3": "Parcels are delivered within two days.",
	}}
	filler := fill.New(embedder, store, passages, fill.Options{Log: slog.New(slog.DiscardHandler)})
	if err := filler.Pass(ctx); err != nil { // a server calls Run
		panic(err)
	}
	fmt.Println(filler.Progress().Done, "of", filler.Progress().Total)

	question, err := embedder.Query(ctx, "When do I have to pay my bill?")
	if err != nil {
		panic(err)
	}
	hits, err := store.Search(ctx, question, 1, func(id string) bool { return id != "p2" })
	if err != nil {
		panic(err)
	}
	fmt.Printf("%s %.1f\n", hits[0].ID, hits[0].Cosine)
	// Output:
	// begins empty: there were none yet
	// 3 of 3
	// p1 1.0
}
