//go:build googleai

package llm

import (
	"context"
	"net/http"

	"github.com/tmc/langchaingo/llms"
	"github.com/tmc/langchaingo/llms/googleai"
	"google.golang.org/api/option"
)

// openGoogle speaks REST through our client, which has the key.
func openGoogle(o Options, client *http.Client) (llms.Model, error) {
	return googleai.New(context.Background(), googleai.WithDefaultModel(o.Model), googleai.WithRest(), googleai.WithAPIKey("none"), googleai.WithHTTPClient(client),
		func(g *googleai.Options) {
			if o.URL != "" {
				g.ClientOptions = append(g.ClientOptions, option.WithEndpoint(o.URL))
			}
		})
}
