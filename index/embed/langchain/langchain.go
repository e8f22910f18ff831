// Package langchain asks a server for vectors: one that speaks like OpenAI's
// (also vLLM, llama.cpp, LM Studio, TEI, Ollama under /v1), or Ollama.
//
// It is the one package below index that knows langchaingo. That decodes what
// a server says, but loses its status and how long it wants to be left alone,
// panics at an answer "null", and takes vectors in the order they come; the
// round tripper here sees to these.
package langchain

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/tmc/langchaingo/embeddings"
	"github.com/tmc/langchaingo/llms/ollama"
	"github.com/tmc/langchaingo/llms/openai"

	"github.com/sufflor/sufflor/index/embed"
)

// Provider is what a server speaks.
type Provider string

// The providers.
const (
	OpenAI Provider = "openai"
	Ollama Provider = "ollama" // one request a text; under /v1 it also speaks [OpenAI]
)

// Revealer is a key that prints as something else, such as config.Secret.
type Revealer interface{ Reveal() string }

// Options say whom to ask for what.
type Options struct {
	Provider   Provider
	URL        string // https://api.openai.com/v1, http://127.0.0.1:11434
	Model      string
	Key        Revealer          // sent to URL's host only; nil: none
	Dimensions int               // asked for, where the model has a choice; 0: the model's own
	Transport  http.RoundTripper // nil: a new one of net/http
}

// Client is an [embed.Maker]. It is safe for concurrent use.
type Client struct {
	embedder embeddings.Embedder
}

// New makes a client. It asks nothing yet.
func New(o Options) (*Client, error) {
	u, err := url.Parse(o.URL)
	switch {
	case err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https"):
		return nil, errors.New("embedder: url: an address such as http://127.0.0.1:11434 is required")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("embedder: url: no user, password or query; keys belong into key")
	case o.Model == "":
		return nil, errors.New("embedder: model: required")
	}
	base := o.Transport
	if base == nil {
		base = http.DefaultTransport.(*http.Transport).Clone()
	}
	client := &http.Client{
		Transport: &tripper{base: base, key: o.Key, ordered: o.Provider == OpenAI},
		// A key must not follow a redirect to somewhere else.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	var maker embeddings.EmbedderClient
	switch o.Provider {
	case OpenAI:
		// Everything is set here, since langchaingo looks into the environment
		// for the rest. The key is not: the round tripper has it.
		maker, err = openai.New(
			openai.WithToken("none"), openai.WithBaseURL(strings.TrimSuffix(o.URL, "/")), openai.WithOrganization(""), openai.WithModel(o.Model),
			openai.WithEmbeddingModel(o.Model), openai.WithEmbeddingDimensions(o.Dimensions), openai.WithHTTPClient(client),
		)
	case Ollama:
		maker, err = ollama.New(ollama.WithServerURL(o.URL), ollama.WithModel(o.Model), ollama.WithHTTPClient(client))
	default:
		return nil, fmt.Errorf("embedder: provider: %q; one of %s, %s", o.Provider, OpenAI, Ollama)
	}
	if err != nil {
		return nil, fmt.Errorf("embedder: %w", err)
	}
	e, err := embeddings.NewEmbedder(maker, embeddings.WithBatchSize(1<<20), embeddings.WithStripNewLines(false))
	if err != nil {
		return nil, fmt.Errorf("embedder: %w", err)
	}
	return &Client{embedder: e}, nil
}

// Make implements [embed.Maker].
func (c *Client) Make(ctx context.Context, texts []string) ([][]float32, error) {
	var seen exchange
	out, err := c.embedder.EmbedDocuments(context.WithValue(ctx, exchangeKey{}, &seen), texts)
	switch {
	case err == nil:
		return out, nil
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case seen.failure != nil:
		return nil, seen.failure
	}
	// langchaingo had an answer of status 200, and could not use it. Its words
	// are not passed on: they may quote the answer.
	return nil, &embed.MakeError{Kind: embed.ErrAnswer, Reason: "it is no list of vectors, one a text; is url the embedder's, and model one that makes vectors?"}
}
