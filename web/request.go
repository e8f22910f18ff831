package web

import (
	"context"
	"net/http"

	"github.com/oklog/ulid/v2"
)

type requestKey struct{}

// RequestID is the number of the request that ctx belongs to, or "". It stands
// in X-Request-Id of the answer, so that its reader can name it.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestKey{}).(string)
	return id
}

// numbered gives a request a number of ours. One that comes from outside is
// not taken over: it would stand in the log as it is.
func numbered(w http.ResponseWriter, r *http.Request) *http.Request {
	id := ulid.Make().String()
	w.Header().Set("X-Request-Id", id)
	return r.WithContext(context.WithValue(r.Context(), requestKey{}, id))
}
