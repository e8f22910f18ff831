package store

import "context"

type traceKey struct{}

// WithTrace returns a context whose jobs belong to a trace: trace is the value
// of a traceparent header (W3C Trace Context), or "" for none.
func WithTrace(ctx context.Context, trace string) context.Context {
	return context.WithValue(ctx, traceKey{}, trace)
}

func traceOf(ctx context.Context) string {
	t, _ := ctx.Value(traceKey{}).(string)
	return t
}
