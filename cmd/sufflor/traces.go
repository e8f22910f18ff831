package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/store"
)

// traces follow a webhook through its jobs to the desk. Attributes hold names
// from the configuration, kinds and counts, never what a customer wrote. Nil
// traces nothing.
type traces struct{ provider *sdktrace.TracerProvider }

// openTraces is nil when no address is configured.
func openTraces(ctx context.Context, cfg config.Telemetry, log *slog.Logger) (*traces, error) {
	if cfg.OTLP == "" {
		return nil, nil //nolint:nilnil // nil traces nothing
	}
	out, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(cfg.OTLP))
	if err != nil {
		return nil, fmt.Errorf("telemetry.otlp: %w", err)
	}
	// What goes wrong at sending has no other way out of the library.
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		log.WarnContext(ctx, "traces not sent; check telemetry.otlp", "err", err)
	}))
	return &traces{sdktrace.NewTracerProvider(
		sdktrace.WithBatcher(out),
		sdktrace.WithSampler(sdktrace.ParentBased(sdktrace.TraceIDRatioBased(cfg.Sample))),
		sdktrace.WithResource(resource.NewSchemaless(attribute.String("service.name", "sufflor"), attribute.String("service.version", version))),
	)}, nil
}

// tracedLog lets lines that belong to a trace name it.
func tracedLog(cfg config.Telemetry, log *slog.Logger) *slog.Logger {
	if cfg.OTLP == "" {
		return log
	}
	return slog.New(traceHandler{log.Handler()})
}

type traceHandler struct{ slog.Handler }

// Handle implements [slog.Handler].
func (h traceHandler) Handle(ctx context.Context, r slog.Record) error {
	if s := trace.SpanContextFromContext(ctx); s.IsSampled() {
		r = r.Clone()
		r.AddAttrs(slog.String("trace", s.TraceID().String()))
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements [slog.Handler].
func (h traceHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return traceHandler{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements [slog.Handler].
func (h traceHandler) WithGroup(name string) slog.Handler {
	return traceHandler{h.Handler.WithGroup(name)}
}

// close sends what is left.
func (t *traces) close(ctx context.Context, log *slog.Logger) {
	if t == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if err := t.provider.Shutdown(ctx); err != nil {
		log.WarnContext(ctx, "last traces not sent", "err", err)
	}
}

func (t *traces) start(ctx context.Context, name string, kind trace.SpanKind, attrs ...attribute.KeyValue) (context.Context, trace.Span) {
	ctx, span := t.provider.Tracer("github.com/sufflor/sufflor").Start(ctx, name, trace.WithSpanKind(kind), trace.WithAttributes(attrs...))
	carried := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carried)
	return store.WithTrace(ctx, carried.Get("traceparent")), span
}

// hooks begins a trace for each delivery. A sender's own trace is not joined:
// it would decide what we sample.
func (t *traces) hooks(next http.Handler) http.Handler {
	if t == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, span := t.start(r.Context(), "webhook", trace.SpanKindServer)
		defer span.End()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// jobs lets each job join the trace that queued it.
func (t *traces) jobs(handlers map[string]store.Handler) map[string]store.Handler {
	if t == nil {
		return handlers
	}
	traced := map[string]store.Handler{}
	for kind, handle := range handlers {
		traced[kind] = func(ctx context.Context, j store.Job) error {
			ctx = propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{"traceparent": j.Trace})
			ctx, span := t.start(ctx, kind, trace.SpanKindConsumer, attribute.String("desk", j.Desk), attribute.String("workspace", j.Workspace), attribute.Int("attempt", j.Attempt))
			defer span.End()
			err := handle(ctx, j)
			if err != nil { // its text may quote a customer
				span.SetStatus(codes.Error, "")
			}
			return err
		}
	}
	return traced
}
