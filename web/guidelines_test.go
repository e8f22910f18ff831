package web_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/web"
)

func TestGuidelines(t *testing.T) {
	o := options(openStore(t))
	require.Equal(t, 501, call(handler(t, o), "POST", "/api/guidelines", `{"body":"tone: formal"}`).Code)
	o.Guidelines = func(_ context.Context, q web.GuidelinesRequest) (any, error) {
		if q.Body == "tone: rude" {
			return nil, errors.New("tone: rude; one of formal, friendly")
		}
		return q, nil
	}
	h := handler(t, o)
	w := call(h, "POST", "/api/guidelines", `{"workspace":"`+ws+`","body":"tone: formal","author":"kari"}`)
	require.Equal(t, 200, w.Code)
	require.Contains(t, w.Body.String(), `"author":"kari"`)
	w = call(h, "POST", "/api/guidelines", `{"workspace":"`+ws+`","body":"tone: rude"}`)
	require.Equal(t, 422, w.Code)
	require.Contains(t, w.Body.String(), "one of formal, friendly")
	require.Equal(t, 404, call(h, "POST", "/api/guidelines", `{"workspace":"rival","body":""}`).Code)
	require.Equal(t, 401, call(h, "POST", "/api/guidelines", `{"body":""}`, anonymous).Code)
}
