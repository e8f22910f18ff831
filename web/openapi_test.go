package web_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/web"
)

// described is the description of the API with no field beside those it names,
// so that a handler that says more than is described is found.
var described = sync.OnceValues(func() (routers.Router, error) {
	data, err := json.Marshal(web.Describe())
	if err != nil {
		return nil, err
	}
	doc, err := openapi3.NewLoader().LoadFromData(data)
	if err != nil {
		return nil, err
	}
	return gorillamux.NewRouter(doc)
})

// asDescribed reports what a call of the API says that its description does
// not. Every call of every test is looked at.
func asDescribed(r *http.Request, body string, w *httptest.ResponseRecorder) error {
	path := r.URL.EscapedPath()
	if !strings.HasPrefix(path, "/api/") || w.Code == http.StatusNotFound || w.Code == http.StatusMethodNotAllowed || w.Code == http.StatusSeeOther {
		return nil
	}
	router, err := described()
	if err != nil {
		return err
	}
	if !strings.HasPrefix(path, "/api/v1/") {
		path = "/api/v1/" + strings.TrimPrefix(path, "/api/")
	}
	q := httptest.NewRequest(r.Method, "http://localhost"+path+"?"+r.URL.RawQuery, strings.NewReader(body))
	q.URL.Scheme, q.URL.Host = "", ""
	q.Header = r.Header.Clone()
	route, params, err := router.FindRoute(q)
	if err != nil {
		return nil //nolint:nilerr // TestTheDescriptionOfTheAPIIsOpenAPI names the routes that are not described
	}
	in := &openapi3filter.RequestValidationInput{
		Request: q, PathParams: params, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true},
	}
	if w.Code < http.StatusMultipleChoices {
		if err := openapi3filter.ValidateRequest(r.Context(), in); err != nil {
			return fmt.Errorf("%s %s was let in, but its request is not as described: %w", r.Method, path, err)
		}
		for name := range q.URL.Query() {
			if !slices.ContainsFunc(route.Operation.Parameters, func(p *openapi3.ParameterRef) bool { return p.Value.Name == name }) && q.Method == http.MethodGet && !slices.Contains([]string{"workspace", "second", "x"}, name) { // which tests send to see that they change nothing
				return fmt.Errorf("%s %s: the parameter %s is not described", r.Method, path, name)
			}
		}
	}
	media, _, err := mime.ParseMediaType(w.Header().Get("Content-Type"))
	if err != nil || media != "application/json" { // of these the description knows the media type
		if w.Code == http.StatusNoContent && w.Body.Len() == 0 && route.Operation.Responses.Status(w.Code) != nil {
			return nil
		}
		want := route.Operation.Responses.Status(map[bool]int{true: http.StatusOK, false: w.Code}[w.Code == http.StatusPartialContent])
		if w.Code < 300 && (want == nil || want.Value.Content.Get(media) == nil && want.Value.Content.Get("application/octet-stream") == nil) {
			return fmt.Errorf("%s %s answers %d with %q, which is not described", r.Method, path, w.Code, media)
		}
		return nil
	}
	err = openapi3filter.ValidateResponse(r.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: w.Code, Header: w.Header(), Body: io.NopCloser(bytes.NewReader(w.Body.Bytes())), Options: in.Options,
	})
	if err != nil {
		return fmt.Errorf("%s %s: the answer is not as described: %w", r.Method, path, err)
	}
	return nil
}

func TestTheDescriptionOfTheAPIIsOpenAPI(t *testing.T) {
	t.Parallel()
	h := handler(t, options(openStore(t)))
	w := call(h, http.MethodGet, "/api/v1/openapi.json", "", anonymous)
	require.Equal(t, http.StatusOK, w.Code)
	doc, err := openapi3.NewLoader().LoadFromData(w.Body.Bytes())
	require.NoError(t, err)
	require.NoError(t, doc.Validate(t.Context(), openapi3.IsOpenAPI31OrLater()))
	require.Equal(t, "3.1.0", doc.OpenAPI)

	// Every route of the API is in it with what it needs, and nothing else is.
	said := map[string]bool{}
	names := map[string]bool{}
	for path, item := range doc.Paths.Map() {
		for method, o := range item.Operations() {
			said[method+" "+path] = true
			require.NotEmpty(t, o.Summary, path)
			require.False(t, names[o.OperationID], "%s: twice", o.OperationID)
			names[o.OperationID] = true
		}
	}
	rules := web.Rules()
	for _, route := range web.Routes(h) {
		method, path, _ := strings.Cut(route, " ")
		if !strings.HasPrefix(path, "/api/") {
			continue
		}
		require.False(t, strings.HasPrefix(path, "/api/v1"), "%s: register it below /api/, it answers below /api/v1/ too", route)
		parts := strings.Split(path, "/")
		for i, p := range parts {
			if p != "" && strings.ContainsAny(p[:1], ":*") {
				parts[i] = "{" + p[1:] + "}"
			}
		}
		key := method + " /api/v1" + strings.TrimPrefix(strings.Join(parts, "/"), "/api")
		require.True(t, said[key], "%s: has no line in the table of operations in operations.go", route)
		delete(said, key)
		if web.Open(route) {
			continue
		}
		o := doc.Paths.Find(strings.Join(append([]string{"", "api", "v1"}, parts[2:]...), "/")).GetOperation(method)
		n := rules[route]
		require.Equal(t, n.Role, o.Extensions["x-role"], route)
		if n.Scope == "" {
			n.Scope = "admin"
		}
		require.Equal(t, n.Scope, o.Extensions["x-scope"], route)
		require.Equal(t, n.Whole, o.Extensions["x-every-workspace"], route)
		require.Contains(t, o.Description, n.Role, route)
		sessions := o.Security == nil
		require.Equal(t, web.ByHeader(route), !sessions, "%s: whether a session opens it", route)
	}
	require.Empty(t, said, "described, but not there")
	for _, route := range web.Operations() {
		require.Contains(t, web.Routes(h), route, "described, but not there")
	}
}

func TestBothAddressesOfTheAPIAnswerTheSame(t *testing.T) {
	t.Parallel()
	s := seed(t)
	h := handler(t, options(s))
	for _, path := range []string{"/suggestions?workspace=" + ws, "/suggestions/sg_oil", "/passages/oil-2?around=1", "/passages/" + url.PathEscape("oil/2"), "/documents", "/nothing", "/people"} {
		old, now := call(h, http.MethodGet, "/api"+path, ""), call(h, http.MethodGet, "/api/v1"+path, "")
		require.Equal(t, old.Code, now.Code, path)
		require.Equal(t, old.Body.String(), now.Body.String(), path)
		require.Equal(t, call(h, http.MethodGet, "/api"+path, "", anonymous).Code, call(h, http.MethodGet, "/api/v1"+path, "", anonymous).Code, path)
	}
	w := call(h, http.MethodGet, "/api/v1/suggestions/none", "")
	var p map[string]string
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &p))
	require.Equal(t, "not_found", p["code"])
	require.NotEmpty(t, p["error"])
	require.NotEmpty(t, p["next"])
	require.Len(t, p, 3)
	page := call(h, http.MethodGet, "/api", "", anonymous)
	require.Equal(t, http.StatusOK, page.Code)
	require.Equal(t, page.Body.String(), call(h, http.MethodGet, "/api/v1", "", anonymous).Body.String())
	require.Contains(t, page.Body.String(), "GET /api/v1/suggestions/{id}")
	require.NotContains(t, page.Body.String(), "<script")
}
