//go:build !bedrock

package llm

import (
	"errors"

	"github.com/tmc/langchaingo/llms"
)

func openBedrock(Options) (llms.Model, error) {
	return nil, errors.New("provider: this build has no bedrock; build with -tags bedrock")
}
