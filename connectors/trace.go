package connectors

import (
	"context"

	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
)

// span begins a part of the trace that ctx is in. Outside of one it does
// nothing. The function it returns ends it; of an error the trace only learns
// that there was one, because its text may quote a delivery.
func span(ctx context.Context, name string) (context.Context, func(error)) {
	ctx, s := trace.SpanFromContext(ctx).TracerProvider().Tracer("github.com/sufflor/sufflor/connectors").Start(ctx, name)
	return ctx, func(err error) {
		if err != nil {
			s.SetStatus(codes.Error, "")
		}
		s.End()
	}
}
