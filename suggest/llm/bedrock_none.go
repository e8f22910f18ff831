//go:build !bedrock

package llm

import (
	"errors"
	"net/http"

	"github.com/tmc/langchaingo/llms"
)

func openBedrock(Options, *http.Client) (llms.Model, error) {
	return nil, errors.New("provider: this build has no bedrock; build with -tags bedrock")
}
