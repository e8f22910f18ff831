package llm

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/tmc/langchaingo/llms"
)

// hear takes langchaingo's word for providers whose servers it asks by itself.
func (x *exchange) hear(resp *llms.ContentResponse, err error) {
	if err != nil {
		if x.failure == nil {
			x.failure = foreign(err, x.asked)
		}
		return
	}
	if resp == nil || len(resp.Choices) == 0 {
		x.failure = failf(Empty, "the model wrote nothing")
		return
	}
	c := resp.Choices[0]
	x.text.WriteString(c.Content)
	for _, name := range []string{"input_tokens", "InputTokens", "PromptTokens"} {
		x.in = max(x.in, number(c.GenerationInfo[name]))
	}
	for _, name := range []string{"output_tokens", "OutputTokens", "CompletionTokens"} {
		x.out = max(x.out, number(c.GenerationInfo[name]))
	}
	stop := strings.ToLower(strings.TrimPrefix(c.StopReason, "FinishReason"))
	cause, known := ends[stop]
	switch {
	case strings.TrimSpace(c.Content) == "":
		x.failure = failf(Empty, "the model wrote nothing")
	case cause == Truncated:
		x.failure = failf(Truncated, "the reply was cut after %d tokens; raise model.max_tokens", x.maxTokens)
	case !known || cause != OK:
		x.failure = failf(Broken, "the reply ended in no proper way")
		if cause == Filtered {
			x.failure = failf(Filtered, "the provider's filter cut the reply")
		}
	default:
		x.whole = true
	}
}

func number(v any) int {
	switch n := v.(type) {
	case int:
		return n
	case int32:
		return int(n)
	case int64:
		return int(n)
	}
	return 0
}

// foreign is what an error of a provider's own library means, when the round
// tripper saw none. Its words are not passed on: they may quote the answer.
func foreign(err error, asked bool) *Error {
	switch said := strings.ToLower(err.Error()); {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return nil // the context says which
	case asked && strings.Contains(said, "blocked"):
		return failf(Filtered, "the provider's filter withheld the reply")
	case asked && strings.Contains(said, "max tokens"), asked && strings.Contains(said, "length"):
		return failf(Truncated, "the reply was cut at its length; raise model.max_tokens")
	case asked:
		return failf(Broken, "the provider's library does not understand the answer")
	}
	return failf(Unreachable, "the provider's library made no request; check model.key, model.region and the credentials")
}

// foreignBody is an answer that a provider's own library reads: within time
// and size, but as it is.
type foreignBody struct{ *body }

func (f foreignBody) Read(p []byte) (int, error) {
	n, err := timed(f).Read(p)
	if n > 0 {
		f.first.Stop()
		f.begun = true
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = f.x.lost(f.parent, err)
	}
	return n, err
}
