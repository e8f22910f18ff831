package config

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Embedder is what turns texts into vectors, so that passages are found by
// meaning too. Without a provider search goes by words alone.
type Embedder struct {
	Provider   string `yaml:"provider"`   // one of the Embed constants
	URL        string `yaml:"url"`        // of the server
	Model      string `yaml:"model"`      // as the server calls it
	Key        Secret `yaml:"key"`        // sent to the server
	Folder     string `yaml:"folder"`     // of the model's files
	Dimensions int    `yaml:"dimensions"` // asked for where the model has a choice; 0: the model's own
	// QueryPrefix and PassagePrefix are put before texts.
	QueryPrefix   string        `yaml:"query_prefix"`
	PassagePrefix string        `yaml:"passage_prefix"`
	Batch         int           `yaml:"batch"`   // passages in one request, 1 to 256
	Timeout       time.Duration `yaml:"timeout"` // of one request, 1s to 5m
	Rate          float64       `yaml:"rate"`    // passages a second in the background; 0: as fast as they come
}

// The providers of vectors.
const (
	EmbedNone   = ""
	EmbedOpenAI = "openai"
	EmbedOllama = "ollama"
	EmbedONNX   = "onnx"
)

const maxDimensions = 8192

func (e Embedder) validate() (errs []error) {
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf("embedder."+format, args...)) }
	switch e.Provider {
	case EmbedNone:
		for _, k := range []struct{ key, value string }{{"url", e.URL}, {"model", e.Model}, {"folder", e.Folder}} {
			if k.value != "" {
				bad("provider: required with %s; one of openai, ollama, onnx", k.key)
			}
		}
	case EmbedOpenAI, EmbedOllama:
		errs = append(errs, e.validateServer()...)
	case EmbedONNX:
		if e.Folder == "" {
			bad("folder: required; the folder with the model's .onnx file and its tokenizer.json")
		}
		if e.URL != "" || e.Model != "" || !e.Key.IsZero() || e.Dimensions != 0 {
			bad("url, model, key and dimensions: for servers only; onnx has a folder")
		}
	default:
		bad("provider: %q; one of openai, ollama, onnx, or left out", e.Provider)
	}
	if e.Dimensions < 0 || e.Dimensions > maxDimensions {
		bad("dimensions: %d; 1 to %d, or 0 for the model's own", e.Dimensions, maxDimensions)
	}
	if len(e.QueryPrefix) > 500 || len(e.PassagePrefix) > 500 {
		bad("query_prefix and passage_prefix: at most 500 bytes each")
	}
	if e.Batch < 1 || e.Batch > 256 {
		bad("batch: %d; between 1 and 256", e.Batch)
	}
	if e.Timeout < time.Second || e.Timeout > 5*time.Minute {
		bad("timeout: %v; between 1s and 5m", e.Timeout)
	}
	if !(e.Rate >= 0) || e.Rate > 1e6 {
		bad("rate: %v; passages a second, or 0 for as fast as they come", e.Rate)
	}
	return errs
}

func (e Embedder) validateServer() (errs []error) {
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf("embedder."+format, args...)) }
	example := map[string]string{EmbedOpenAI: "https://api.openai.com/v1", EmbedOllama: "http://127.0.0.1:11434"}[e.Provider]
	u, err := url.Parse(e.URL)
	switch {
	case err != nil || u.Host == "" || !slices.Contains([]string{"http", "https"}, u.Scheme):
		bad("url: an address such as %s is required", example) // what stands there may hold a key
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		bad("url: no user, password or query in it; a key belongs into embedder.key")
	}
	if strings.TrimSpace(e.Model) == "" {
		bad("model: required; as the server calls it")
	}
	if e.Folder != "" {
		bad("folder: for onnx only")
	}
	if e.Dimensions != 0 && e.Provider != EmbedOpenAI {
		bad("dimensions: for openai only; another model has other dimensions")
	}
	return errs
}
