//go:build !googleai

package llm

import (
	"errors"
	"net/http"

	"github.com/tmc/langchaingo/llms"
)

func openGoogle(Options, *http.Client) (llms.Model, error) {
	return nil, errors.New("provider: this build has no googleai; build with -tags googleai, or use openai with Google's compatible address")
}
