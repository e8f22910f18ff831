// Package llm asks language models for text.
//
// It is the one package that knows langchaingo, which decodes what servers say
// but loses much: that a stream was cut, that it held an error, how long to
// wait, what a status was. So a round tripper of ours reads every answer first
// and gives langchaingo only what is whole (see docs/adr/0016-models.md). What
// comes out is a whole reply, or an [Error] with one of few causes; never half
// of one. It knows nothing of drafts: what a reply says is judged elsewhere.
package llm

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"
	"github.com/tmc/langchaingo/llms"
	"github.com/tmc/langchaingo/llms/anthropic"
	"github.com/tmc/langchaingo/llms/ollama"
	"github.com/tmc/langchaingo/llms/openai"
)

// Provider is what a server speaks.
type Provider string

// The providers.
const (
	OpenAI    Provider = "openai" // also vLLM, LM Studio, llama.cpp, Azure, Ollama under /v1
	Anthropic Provider = "anthropic"
	Ollama    Provider = "ollama"
	Mistral   Provider = "mistral"
	GoogleAI  Provider = "googleai" // in builds with this tag
	Bedrock   Provider = "bedrock"  // in builds with this tag
)

// The ways to ask for a reply of a given form.
const (
	JSONSchema = "schema" // the server is given the schema
	JSONObject = "object" // the server promises any JSON object
	JSONNone   = "none"   // only the prompt asks
)

// Revealer is a key that prints as something else, such as config.Secret.
type Revealer interface{ Reveal() string }

// Turns are taken by all replicas together.
type Turns interface {
	// Turn is how long to wait for a turn when one is taken each interval. One
	// that is further away than most is not taken.
	Turn(ctx context.Context, name string, interval, most time.Duration) (wait time.Duration, err error)
}

// Options say whom to ask, and how long and how often. Zero durations and
// counts get the defaults that stand beside them.
type Options struct {
	Provider   Provider
	URL        string // "": the provider's own, where it has one
	Model      string
	Key        Revealer // sent to URL's host only; nil: none
	APIVersion string   // of Azure, whose dialect it chooses
	Region     string   // of Bedrock

	Deadline      time.Duration // of a reply, waiting and retries included; 12s
	FirstByte     time.Duration // until something comes; 10s
	BetweenChunks time.Duration // of silence within a reply; 5s
	Parallel      int           // calls at once for a workspace; 4
	Rate          float64       // requests a second; 0: no limit
	Turns         Turns         // keep to Rate with other replicas; nil: there are none

	MaxTokens   int // of a reply; 500
	Context     int // tokens of prompt and reply together; 16384
	Temperature float64
	TopP        float64 // 0: the server's own
	Seed        *int    // nil: none is sent
	JSON        string  // "": as the provider does it best

	Caps   Caps
	Ledger Ledger // nil: spending is not written down, and Caps must be zero

	// Observe is told how each call ended, of all attempts together; nil:
	// nobody is.
	Observe func(c Cause, t Tokens, took time.Duration)

	Log       *slog.Logger      // nil: silence
	Now       func() time.Time  // of months and Retry-After dates; nil: time.Now
	Transport http.RoundTripper // nil: a new one of net/http
}

// Prompt is what a model is asked.
type Prompt struct {
	Workspace string // whose budget and whose turn it is

	// System and User are the two messages. Either may be empty, not both.
	System, User string

	Schema      *Schema // nil: text
	MaxTokens   int     // 0: the configured
	Temperature float64 // 0: the configured
}

// Reply is a whole reply. Its text is as the model wrote it: with a schema too
// it may be anything, see [Schema.Check].
type Reply struct {
	Text   string
	Model  string // as the server names it
	Tokens Tokens // of all attempts
	Took   time.Duration
}

// retries is how often a request is made again.
const retries = 2

// Model is a configured model. It is safe for concurrent use.
type Model struct {
	o         Options
	json      string
	newTokens bool     // the server knows max_completion_tokens
	dialect   *dialect // nil: the library talks to its server by itself
	client    llms.Model
	breaker   *gobreaker.CircuitBreaker[call]
	pace      pace

	mu      sync.Mutex
	turns   map[string]chan struct{} // by workspace
	refused map[string]bool          // settings that the server did not accept
	rest    time.Time                // until when the server wants to be left alone
	window  int                      // of Ollama: the widest so far
}

// New makes a model. It asks nothing yet.
func New(o Options) (*Model, error) {
	o.Deadline, o.FirstByte = cmp.Or(o.Deadline, 12*time.Second), cmp.Or(o.FirstByte, 10*time.Second)
	o.BetweenChunks, o.Parallel = cmp.Or(o.BetweenChunks, 5*time.Second), cmp.Or(o.Parallel, 4)
	o.MaxTokens, o.Context = cmp.Or(o.MaxTokens, 500), cmp.Or(o.Context, 16384)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if strings.TrimSpace(o.Model) == "" {
		return nil, errors.New("model: model: required; as the server calls it")
	}
	if o.Ledger == nil && !o.Caps.none() {
		return nil, errors.New("model: a budget needs a ledger")
	}
	m := &Model{o: o, turns: map[string]chan struct{}{}, refused: map[string]bool{}, pace: pace{rate: o.Rate}}
	m.breaker = gobreaker.NewCircuitBreaker[call](gobreaker.Settings{
		Name: m.Name(), Interval: 30 * time.Second, BucketPeriod: 5 * time.Second, Timeout: 30 * time.Second,
		ReadyToTrip: func(c gobreaker.Counts) bool { return c.TotalFailures >= 5 },
		IsExcluded: func(err error) bool {
			e, ok := errors.AsType[*Error](err)
			return ok && !e.sick()
		},
		OnStateChange: func(_ string, from, to gobreaker.State) {
			o.Log.Warn("model is left alone or asked again", "model", m.Name(), "was", from.String(), "is", to.String())
		},
	})
	if err := m.connect(); err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	return m, nil
}

// connect builds langchaingo's client. All its options are set here, since it
// looks into the environment for the rest; the key is not, the round tripper
// has it.
func (m *Model) connect() (err error) {
	o := &m.o
	if o.URL == "" {
		o.URL = map[Provider]string{Anthropic: "https://api.anthropic.com/v1", Mistral: "https://api.mistral.ai/v1"}[o.Provider]
	}
	u, err := url.Parse(o.URL)
	ours := o.Provider != GoogleAI && o.Provider != Bedrock
	switch {
	case ours && (err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https")):
		return errors.New("url: an address such as http://127.0.0.1:11434 is required") // what stands there may hold a key
	case ours && (u.User != nil || u.RawQuery != "" || u.Fragment != ""):
		return errors.New("url: no user, password or query; keys belong into key")
	}
	base := o.Transport
	if base == nil {
		base = http.DefaultTransport.(*http.Transport).Clone()
	}
	client := &http.Client{
		Transport: &tripper{m: m, base: base},
		// A key must not follow a redirect to somewhere else.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	address := strings.TrimSuffix(o.URL, "/")
	m.json = cmp.Or(o.JSON, JSONSchema)
	switch o.Provider {
	case OpenAI, Mistral:
		// langchaingo's own client for Mistral takes neither a context nor an
		// HTTP client; its server speaks like OpenAI's.
		m.dialect = openAI(o.Provider)
		m.newTokens = o.APIVersion != "" || ownTokens().MatchString(u.Hostname())
		opts := []openai.Option{
			openai.WithToken("none"), openai.WithBaseURL(address), openai.WithOrganization(""), openai.WithModel(o.Model), openai.WithHTTPClient(client),
		}
		if o.APIVersion != "" {
			opts = append(opts, openai.WithAPIType(openai.APITypeAzure), openai.WithAPIVersion(url.QueryEscape(o.APIVersion)))
		}
		m.client, err = openai.New(opts...)
	case Anthropic:
		m.dialect = anthropicDialect()
		m.client, err = anthropic.New(anthropic.WithToken("none"), anthropic.WithBaseURL(address), anthropic.WithModel(o.Model), anthropic.WithHTTPClient(client))
	case Ollama:
		m.dialect = ollamaDialect()
		m.client, err = ollama.New(ollama.WithServerURL(address), ollama.WithModel(o.Model), ollama.WithHTTPClient(client))
	case GoogleAI:
		m.client, err = openGoogle(m.o, client)
		m.json = JSONNone
	case Bedrock:
		m.client, err = openBedrock(m.o, client)
		m.json = JSONNone
	default:
		err = fmt.Errorf("provider: %q; one of openai, anthropic, ollama, mistral, googleai, bedrock", o.Provider)
	}
	return err
}

// Name is the provider and the model, such as openai/gpt-4.1-mini. It is part
// of cache keys and of the versions of suggestions.
func (m *Model) Name() string { return string(m.o.Provider) + "/" + m.o.Model }

// Resting reports whether the model has failed so often that it is left alone.
func (m *Model) Resting() bool { return m.breaker.State() == gobreaker.StateOpen }

func (m *Model) key() string {
	if m.o.Key == nil {
		return ""
	}
	return m.o.Key.Reveal()
}

// Estimate is about how many tokens a text has, from its bytes and rather too
// many than too few: a token is 3.8 bytes of English and 3.2 of the Nordic
// languages and German, and 15 percent are added. A real tokenizer would have
// to be each model's own.
func Estimate(text string) int {
	foreign := 0
	for i := range len(text) {
		if text[i] >= 0x80 {
			foreign++
		}
	}
	perToken := 3.8
	if foreign*200 > len(text) { // more than one byte in two hundred
		perToken = 3.2
	}
	return int(float64(len(text))/perToken*1.15 + 0.999)
}

// Generate returns the whole reply, or an [Error]: one that was cut, withheld
// or empty is never a reply. When watch is not nil it is called with each
// piece of text as it comes, in order and in the caller's goroutine. The
// pieces of a reply that fails were not the reply.
func (m *Model) Generate(ctx context.Context, p Prompt, watch func(piece string)) (Reply, error) {
	began := time.Now()
	inner, cancel := context.WithTimeoutCause(ctx, m.o.Deadline, errLate)
	defer cancel()
	out, err := m.generate(inner, p, watch)
	took := time.Since(began)
	if m.o.Observe != nil {
		cause := OK
		if err != nil {
			cause = err.Cause
		}
		m.o.Observe(cause, out.tokens, took)
	}
	if err != nil {
		m.failed(ctx, p.Workspace, err, took)
		return Reply{}, err
	}
	return Reply{Text: out.text, Model: cmp.Or(out.model, m.o.Model), Tokens: out.tokens, Took: took}, nil
}

// failed writes the one line of a call without a reply.
func (m *Model) failed(ctx context.Context, workspace string, e *Error, took time.Duration) {
	level := slog.LevelWarn
	if e.Cause == Cancelled {
		level = slog.LevelDebug
	}
	m.o.Log.Log(ctx, level, "model gave no reply", "cause", string(e.Cause), "status", e.Status, "model", m.Name(), "workspace", workspace,
		"took", took.Round(time.Millisecond), "err", e.err)
}

// call is what came of a request, or of several.
type call struct {
	text, model string
	tokens      Tokens
}

// errLate marks the end of our own time.
var errLate = errors.New("deadline of the model")

// late is why a context ended.
func (m *Model) late(ctx context.Context) *Error {
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return failf(Cancelled, "the caller left")
	case !errors.Is(context.Cause(ctx), errLate):
		e := failf(Deadline, "no whole reply in the time that the caller had, which is less than model.deadline")
		e.hasty = true
		return e
	}
	return failf(Deadline, "no whole reply within %v; raise model.deadline, or choose a faster model", m.o.Deadline)
}

func (m *Model) generate(ctx context.Context, p Prompt, watch func(string)) (total call, err *Error) {
	p.MaxTokens = cmp.Or(p.MaxTokens, m.o.MaxTokens)
	if p.Temperature == 0 {
		p.Temperature = m.o.Temperature
	}
	if p.System == "" && p.User == "" || p.Workspace == "" {
		return total, failf(Broken, "a prompt needs a text and a workspace")
	}
	if p.Schema != nil {
		if err := p.Schema.validate(); err != nil {
			return total, failf(Broken, "%w", err)
		}
	}
	need := Estimate(p.System) + Estimate(p.User) + p.MaxTokens + 64 // of the server's own words around it
	if need > m.o.Context {
		return total, failf(TooLong, "prompt and reply need about %d tokens, the model takes %d; send fewer passages, or set model.context to what it does take", need, m.o.Context)
	}
	leave, err := m.enter(ctx, p.Workspace)
	if err != nil {
		return total, err
	}
	defer leave()
	// Whoever waited for a place may find the month used up by then.
	if err := m.afford(ctx, p.Workspace); err != nil {
		return total, err
	}
	pieces := 0
	counting := func(piece string) {
		pieces++
		if watch != nil {
			watch(piece)
		}
	}
	var without []string // settings left out for the first time
	defer func() {
		if err != nil && err.Cause == Refused {
			m.forget(without) // they were not to blame
		}
	}()
	for tries := 0; ; {
		if err := m.wait(ctx); err != nil {
			return total, err
		}
		var x *exchange
		out, err := m.guarded(func() (call, error) {
			var out call
			var err *Error
			out, x, err = m.attempt(ctx, p, need, counting)
			if err != nil {
				return out, err
			}
			return out, nil
		})
		m.charge(ctx, p.Workspace, out.tokens)
		m.obey(err)
		out.tokens.In, out.tokens.Out = out.tokens.In+total.tokens.In, out.tokens.Out+total.tokens.Out
		out.tokens.Estimated = out.tokens.Estimated || total.tokens.Estimated
		total = out
		switch {
		case err == nil:
			if pieces == 0 { // a provider that does not stream
				counting(total.text)
			}
			return total, nil
		case x != nil && len(without) < 4 && m.learn(err, x, &without): // asked again at once
		case !err.retried() || tries == retries || pieces > 0 && watch != nil:
			return total, err
		default:
			tries++
			if err := m.backOff(ctx, err, tries); err != nil {
				return total, err
			}
		}
	}
}

// guarded runs a request unless the breaker is open.
func (m *Model) guarded(request func() (call, error)) (call, *Error) {
	out, err := m.breaker.Execute(request)
	if err == nil {
		return out, nil
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return out, e
	}
	return out, failf(Open, "the model failed 5 times within 30s and is left alone for 30s; the log says why")
}

// attempt makes one request. What it cost is returned with an error too.
func (m *Model) attempt(ctx context.Context, p Prompt, need int, watch func(string)) (call, *exchange, *Error) {
	x := &exchange{m: m, began: time.Now(), schema: p.Schema, json: JSONNone, maxTokens: p.MaxTokens, temperature: p.Temperature}
	if p.Schema != nil {
		x.json = m.jsonMode()
	}
	if m.o.Provider == Ollama {
		x.window = m.widen(need)
	}
	ctx, cancel := context.WithCancel(context.WithValue(ctx, exchangeKey{}, x))
	defer cancel()
	pieces, done := make(chan string), make(chan error, 1)
	var resp *llms.ContentResponse
	go func() {
		var err error
		defer func() {
			if r := recover(); r != nil { // langchaingo at an answer it did not expect
				err = failf(Broken, "the answer is none that is understood")
			}
			done <- err
		}()
		resp, err = m.client.GenerateContent(ctx, p.messages(), m.callOptions(p, func(ctx context.Context, chunk []byte) error {
			if len(chunk) == 0 {
				return nil
			}
			select {
			case pieces <- string(chunk):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})...)
	}()
	for {
		select {
		case piece := <-pieces:
			watch(piece)
		case err := <-done:
			out, failure := m.judge(ctx, x, p, resp, err)
			return out, x, failure
		}
	}
}

func (p Prompt) messages() []llms.MessageContent {
	switch {
	case p.System == "":
		return []llms.MessageContent{llms.TextParts(llms.ChatMessageTypeHuman, p.User)}
	case p.User == "": // servers refuse a conversation that nobody began
		return []llms.MessageContent{llms.TextParts(llms.ChatMessageTypeHuman, p.System)}
	}
	return []llms.MessageContent{llms.TextParts(llms.ChatMessageTypeSystem, p.System), llms.TextParts(llms.ChatMessageTypeHuman, p.User)}
}

func (m *Model) callOptions(p Prompt, stream func(context.Context, []byte) error) []llms.CallOption {
	return []llms.CallOption{
		llms.WithStreamingFunc(stream), llms.WithMaxTokens(p.MaxTokens), llms.WithTemperature(p.Temperature), llms.WithModel(m.o.Model),
	}
}

// judge decides whether a request gave a reply. langchaingo's word is not
// enough: it has no error for a stream that a deadline cut.
func (m *Model) judge(ctx context.Context, x *exchange, p Prompt, resp *llms.ContentResponse, err error) (call, *Error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if m.dialect == nil {
		x.hear(resp, err)
	}
	out := call{text: x.text.String(), model: x.model}
	if x.asked {
		out.tokens = Tokens{In: x.in, Out: x.out}
		if x.in == 0 || x.out == 0 && out.text != "" {
			out.tokens.Estimated = true
			out.tokens.In = cmp.Or(x.in, Estimate(p.System)+Estimate(p.User))
			out.tokens.Out = cmp.Or(x.out, Estimate(out.text))
		}
	}
	switch {
	case x.failure != nil:
		return out, x.failure
	case ctx.Err() != nil:
		e := m.late(ctx)
		// A server that says nothing for so long is sick, however little
		// time callers have.
		e.hasty = e.hasty && (x.pieces > 0 || time.Since(x.began) < time.Second)
		return out, e
	case err != nil:
		if e, ok := errors.AsType[*Error](err); ok {
			return out, e
		}
		return out, failf(Broken, "the answer is none that is understood; is model.url the API's?")
	case !x.whole || resp == nil || len(resp.Choices) == 0 || resp.Choices[0].Content != out.text:
		return out, failf(Broken, "the reply is not whole")
	}
	return out, nil
}
