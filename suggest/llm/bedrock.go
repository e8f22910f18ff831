//go:build bedrock

package llm

import (
	"context"
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/tmc/langchaingo/llms"
	"github.com/tmc/langchaingo/llms/bedrock"
)

// openBedrock takes its credentials from where Amazon's tools do: environment,
// files, role. It retries nothing; we do.
func openBedrock(o Options, client *http.Client) (llms.Model, error) {
	cfg, err := config.LoadDefaultConfig(context.Background(), config.WithRegion(o.Region), config.WithRetryMaxAttempts(1))
	if err != nil {
		return nil, fmt.Errorf("credentials of Amazon: %w", err)
	}
	return bedrock.New(bedrock.WithModel(o.Model), bedrock.WithClient(bedrockruntime.NewFromConfig(cfg, func(b *bedrockruntime.Options) {
		b.HTTPClient = client // of the model only: credentials are fetched by Amazon's own
		if o.URL != "" {
			b.BaseEndpoint = aws.String(o.URL)
		}
	})))
}
