package config

import (
	"fmt"
	"math"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Model is the language model that writes drafts. Without a provider drafts
// are quotations.
type Model struct {
	Provider   string `yaml:"provider"`    // one of the Model constants
	URL        string `yaml:"url"`         // of the server; "": the provider's own, where it has one
	Model      string `yaml:"model"`       // as the server calls it
	Key        Secret `yaml:"key"`         // sent to the server
	APIVersion string `yaml:"api_version"` // Azure's; it makes openai speak Azure's dialect
	Region     string `yaml:"region"`      // bedrock's
	// Local says that texts do not leave the company's own machines, so that
	// personal data need not be masked.
	Local bool `yaml:"local"`

	// Translate puts questions into the other languages of a workspace's
	// documents; Rerank lets the model order the best passages.
	Translate bool `yaml:"translate"`
	Rerank    bool `yaml:"rerank"`

	Deadline      time.Duration `yaml:"deadline"`       // of a reply, retries included; 1s to 2m
	FirstByte     time.Duration `yaml:"first_byte"`     // until the model begins, 100ms to 2m
	BetweenChunks time.Duration `yaml:"between_chunks"` // of silence within a reply, 100ms to 2m
	Parallel      int           `yaml:"parallel"`       // replies at once for a workspace, 1 to 8
	Rate          float64       `yaml:"rate"`           // requests a second, of all workspaces; 0: no limit

	MaxTokens   int     `yaml:"max_tokens"` // of a reply, 16 to 8192
	Context     int     `yaml:"context"`    // tokens of prompt and reply together, 512 to 2,000,000
	Temperature float64 `yaml:"temperature"`
	TopP        float64 `yaml:"top_p"` // 0: the server's own
	Seed        *int    `yaml:"seed"`  // nil: none is sent
	// JSON is how a reply of a given form is asked for: schema, object or
	// none; "": as the provider does it best.
	JSON string `yaml:"json"`

	PriceIn      float64 `yaml:"price_in"`      // of a million tokens of prompts, in any currency
	PriceOut     float64 `yaml:"price_out"`     // of a million tokens of replies, in the same
	Currency     string  `yaml:"currency"`      // of prices and cap; for people only
	MonthlySpend float64 `yaml:"monthly_spend"` // of a workspace; 0: no cap
	// MonthlyTokens caps prompts and replies of a workspace; 0: no cap.
	MonthlyTokens int64 `yaml:"monthly_tokens"`
}

// The providers of models.
const (
	ModelNone      = ""
	ModelOpenAI    = "openai" // and whatever speaks like it
	ModelAnthropic = "anthropic"
	ModelOllama    = "ollama"
	ModelMistral   = "mistral"
	ModelGoogle    = "googleai" // in builds with the tag googleai
	ModelBedrock   = "bedrock"  // in builds with the tag bedrock
)

// The ways to ask for a reply of a given form.
const (
	JSONSchema = "schema" // the server is given the schema
	JSONObject = "object" // the server promises any JSON object
	JSONNone   = "none"   // the prompt asks
)

// modelProviders are the providers, with an address where one must be given.
var modelProviders = map[string]string{
	ModelOpenAI: "https://api.openai.com/v1", ModelOllama: "http://127.0.0.1:11434", ModelAnthropic: "", ModelMistral: "", ModelGoogle: "", ModelBedrock: "",
}

const (
	maxModelTokens = 8192
	maxContext     = 2_000_000
	providerList   = "openai, anthropic, ollama, mistral, googleai, bedrock"
)

func (m Model) validate() (errs []error) {
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf("model."+format, args...)) }
	_, known := modelProviders[m.Provider]
	switch {
	case known:
		errs = append(errs, m.validateServer()...)
	case m.Provider != ModelNone:
		bad("provider: %q; one of %s, or left out", m.Provider, providerList)
	default:
		for _, k := range []struct{ key, value string }{{"url", m.URL}, {"model", m.Model}, {"api_version", m.APIVersion}, {"region", m.Region}} {
			if k.value != "" {
				bad("provider: required with %s; one of %s", k.key, providerList)
			}
		}
	}
	for _, d := range []struct {
		key   string
		value time.Duration
		least time.Duration
	}{{"deadline", m.Deadline, time.Second}, {"first_byte", m.FirstByte, 100 * time.Millisecond}, {"between_chunks", m.BetweenChunks, 100 * time.Millisecond}} {
		if d.value < d.least || d.value > 2*time.Minute {
			bad("%s: %v; between %v and 2m", d.key, d.value, d.least)
		}
	}
	if m.Parallel < 1 || m.Parallel > 8 {
		bad("parallel: %d; between 1 and 8", m.Parallel)
	}
	if !(m.Rate >= 0) || m.Rate > 1e6 {
		bad("rate: %v; requests a second, or 0 for no limit", m.Rate)
	}
	if m.MaxTokens < 16 || m.MaxTokens > maxModelTokens {
		bad("max_tokens: %d; between 16 and %d", m.MaxTokens, maxModelTokens)
	}
	if m.Context < 512 || m.Context > maxContext {
		bad("context: %d; between 512 and %d tokens", m.Context, maxContext)
	} else if m.MaxTokens >= m.Context {
		bad("max_tokens: %d; the context of %d tokens must hold the prompt too", m.MaxTokens, m.Context)
	}
	if !(m.Temperature >= 0) || m.Temperature > 2 {
		bad("temperature: %v; between 0 and 2", m.Temperature)
	}
	if !(m.TopP >= 0) || m.TopP > 1 {
		bad("top_p: %v; above 0 and up to 1, or 0 for the server's own", m.TopP)
	}
	if !slices.Contains([]string{"", JSONSchema, JSONObject, JSONNone}, m.JSON) {
		bad("json: %q; one of schema, object, none, or left out for what suits the provider", m.JSON)
	}
	return append(errs, m.validateBudget()...)
}

func (m Model) validateServer() (errs []error) {
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf("model."+format, args...)) }
	example := modelProviders[m.Provider]
	if m.URL != "" || example != "" {
		u, err := url.Parse(m.URL)
		switch {
		case err != nil || u.Host == "" || !slices.Contains([]string{"http", "https"}, u.Scheme):
			if example == "" {
				bad("url: no address such as https://proxy.example.com/v1; left out, it is the provider's own")
			} else {
				bad("url: an address such as %s is required", example) // what stands there may hold a key
			}
		case u.User != nil || u.RawQuery != "" || u.Fragment != "":
			bad("url: no user, password or query in it; a key belongs into model.key, Azure's version into model.api_version")
		}
	}
	if strings.TrimSpace(m.Model) == "" {
		bad("model: required; as the server calls it")
	}
	if m.Key.IsZero() && slices.Contains([]string{ModelAnthropic, ModelMistral, ModelGoogle}, m.Provider) {
		bad("key: required; for example ${SUFFLOR_MODEL_KEY}")
	}
	if strings.ContainsFunc(m.Key.Reveal(), func(r rune) bool { return r <= ' ' || r > '~' }) {
		bad("key: it holds spaces or characters that no key has; copy it again")
	}
	if m.APIVersion != "" && m.Provider != ModelOpenAI {
		bad("api_version: for openai on Azure only")
	}
	if strings.ContainsFunc(m.APIVersion, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && r != '-'
	}) {
		bad("api_version: %q; such as 2024-10-21", m.APIVersion)
	}
	if (m.Region != "") != (m.Provider == ModelBedrock) {
		bad("region: required with bedrock, such as eu-north-1, and for it only")
	}
	return errs
}

func (m Model) validateBudget() (errs []error) {
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf("model."+format, args...)) }
	for _, p := range []struct {
		key   string
		value float64
		most  float64
	}{{"price_in", m.PriceIn, 1e6}, {"price_out", m.PriceOut, 1e6}, {"monthly_spend", m.MonthlySpend, 1e9}} {
		if !(p.value >= 0) || p.value > p.most {
			bad("%s: %v; between 0 and %.0f", p.key, p.value, p.most)
		}
	}
	if m.MonthlySpend > 0 && m.PriceIn == 0 && m.PriceOut == 0 {
		bad("monthly_spend: without price_in and price_out nothing is ever spent; set these, or monthly_tokens")
	}
	if m.MonthlyTokens < 0 || m.MonthlyTokens > math.MaxInt64/2 {
		bad("monthly_tokens: %d; 0 for no cap, or more", m.MonthlyTokens)
	}
	if len(m.Currency) > 8 || strings.ContainsFunc(m.Currency, func(r rune) bool { return r <= ' ' }) {
		bad("currency: %q; such as EUR", m.Currency)
	}
	return errs
}
