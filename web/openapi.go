package web

import (
	"cmp"
	"encoding/json"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/sufflor/sufflor/access"
)

// apiPrefix is the documented address of the API, and apiBase where its routes
// are registered, which goes on answering the same.
const (
	apiPrefix = "/api/v1"
	apiBase   = "/api"
)

// front answers below /api/v1/ what is registered below /api/: one table of
// routes, one table of rules. A second version of the API would be registered
// by itself.
type front struct{ *gin.Engine }

func (f front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	r = numbered(w, r)
	if path, ok := unversioned(r.URL.Path); ok {
		u := *r.URL
		u.Path = path
		if u.RawPath, ok = unversioned(u.RawPath); !ok {
			u.RawPath = ""
		}
		plain := *r
		plain.URL = &u
		r = &plain
	}
	f.Engine.ServeHTTP(w, r)
}

// unversioned is the path that stands for one below /api/v1.
func unversioned(path string) (string, bool) {
	rest, ok := strings.CutPrefix(path, apiPrefix)
	return apiBase + rest, ok && (rest == "" || rest[0] == '/')
}

// param is a query parameter.
type param struct {
	name, kind string // of JSON Schema: string, integer, number, boolean, or date-time
	text       string
}

// operation is what the description of the API says of a route, beside what
// the table of rules says.
type operation struct {
	text   string // what it does, in a line
	query  []param
	reads  any    // of the type of the body; nil: none
	raw    bool   // the body is bytes
	gives  any    // of the type of the answer
	status int    // 0: 200
	later  any    // of the type of an answer 202; nil: none
	clash  any    // of the type of an answer 409, when that is not as others
	media  string // of the answer; empty: JSON
	header bool   // with a token or a key only, no session
}

// describe is the OpenAPI document of routes, "METHOD /path" each. Answers are
// of the types that are not known here, see [Options.Answers].
func describe(routes []string, closed bool, answers map[string]any) schema {
	types := &schemas{named: schema{}, names: map[reflect.Type]string{}, closed: closed}
	wrong := types.of(problem{})
	paths := schema{}
	for _, route := range routes {
		method, path, _ := strings.Cut(route, " ")
		rest, ok := strings.CutPrefix(path, apiBase+"/")
		o, known := operations[route]
		if !ok || !known {
			continue
		}
		if o.gives == nil {
			o.gives = answers[route]
		}
		address, inPath := addressOfRoute(apiPrefix + "/" + rest)
		item, _ := paths[address].(schema)
		if item == nil {
			item = schema{}
			paths[address] = item
		}
		item[strings.ToLower(method)] = o.describe(route, inPath, types, wrong)
	}
	return schema{
		"openapi":           "3.1.0",
		"jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
		"info": schema{
			"title": "Sufflør", "version": "1",
			"description": "Drafts with citations, and what belongs to them. Send Authorization: Bearer with a key made at /keys, or the panel's token. " +
				"Pages of the panel send the session's cookie instead; then what changes something must come from the same origin. " +
				"Where several workspaces are configured, workspace names the one that is meant. Addresses below /api/ without the version answer the same.",
		},
		"servers":  []any{schema{"url": "/"}},
		"security": []any{schema{"key": []string{}}, schema{"session": []string{}}},
		"paths":    paths,
		"components": schema{
			"securitySchemes": schema{
				"key":     schema{"type": "http", "scheme": "bearer", "description": "A key, or the panel's token."},
				"session": schema{"type": "apiKey", "in": "cookie", "name": cookieName},
			},
			"schemas": types.named,
		},
	}
}

// addressOfRoute is a path as OpenAPI writes it, and the names in it.
func addressOfRoute(path string) (string, []string) {
	var names []string
	parts := strings.Split(path, "/")
	for i, p := range parts {
		if p != "" && (p[0] == ':' || p[0] == '*') {
			names = append(names, p[1:])
			parts[i] = "{" + p[1:] + "}"
		}
	}
	return strings.Join(parts, "/"), names
}

func (o operation) describe(route string, inPath []string, types *schemas, wrong schema) schema {
	method, path, _ := strings.Cut(route, " ")
	out := schema{"summary": o.text, "operationId": identifier(method, path)}
	var params []any
	for _, name := range inPath {
		params = append(params, schema{"name": name, "in": "path", "required": true, "schema": schema{"type": "string"}})
	}
	for _, p := range o.query {
		kind := schema{"type": p.kind}
		if p.kind == "date-time" {
			kind = schema{"type": "string", "format": "date-time"}
		}
		params = append(params, schema{"name": p.name, "in": "query", "description": p.text, "schema": kind})
	}
	if params != nil {
		out["parameters"] = params
	}
	switch {
	case o.raw:
		out["requestBody"] = schema{"required": true, "content": schema{"application/octet-stream": schema{}}}
	case o.reads != nil:
		out["requestBody"] = schema{"required": true, "content": schema{"application/json": schema{"schema": types.read(o.reads)}}}
	}
	answer := schema{"description": http.StatusText(cmp.Or(o.status, http.StatusOK))}
	media := cmp.Or(o.media, "application/json")
	content := schema{}
	if o.media == "" {
		content["schema"] = types.of(o.gives)
	} else {
		content["schema"] = schema{"type": "string"}
	}
	if o.status != http.StatusNoContent {
		answer["content"] = schema{media: content}
	}
	out["responses"] = schema{
		statusText(o.status): answer,
		"default":            schema{"description": "What is wrong, and what to do next.", "content": schema{"application/json": schema{"schema": wrong}}},
	}
	if o.later != nil {
		out["responses"].(schema)["202"] = schema{"description": http.StatusText(http.StatusAccepted), "content": schema{media: schema{"schema": types.of(o.later)}}} //nolint:forcetypeassert // made above
	}
	if o.clash != nil {
		out["responses"].(schema)["409"] = schema{"description": http.StatusText(http.StatusConflict), "content": schema{media: schema{"schema": types.of(o.clash)}}} //nolint:forcetypeassert // made above
	}
	if r, ok := rules[route]; ok && !openRoute(route) {
		out["description"] = "Needs " + needed(r.needs) + "."
		out["x-role"] = r.needs.Role
		out["x-scope"] = cmp.Or(r.needs.Scope, access.ScopeAdmin)
		out["x-every-workspace"] = r.needs.Whole
	} else {
		out["security"] = []any{}
	}
	if o.header {
		out["security"] = []any{schema{"key": []string{}}}
	}
	return out
}

// needed says in words what a route needs.
func needed(n access.Needs) string {
	text := "the role " + n.Role
	if n.Whole {
		text += " in every workspace"
	}
	return text + ", or a key with the scope " + cmp.Or(n.Scope, access.ScopeAdmin)
}

// identifier is a name for a route, as generators of clients want one.
func identifier(method, path string) string {
	var name strings.Builder
	name.WriteString(strings.ToLower(method))
	for part := range strings.FieldsFuncSeq(strings.TrimPrefix(path, apiBase), func(r rune) bool { return strings.ContainsRune("/:*._-", r) }) {
		name.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return name.String()
}

func statusText(status int) string {
	return strconv.Itoa(cmp.Or(status, http.StatusOK))
}

// openRoute reports whether a route of the API is for everybody.
func openRoute(route string) bool {
	return route == "GET "+apiBase || route == "GET "+apiBase+"/openapi.json"
}

// apiRoutes adds the description of the API. It must be called last: it is
// about all routes.
func (s *server) apiRoutes(e *gin.Engine) error {
	e.GET(apiBase, s.do(s.apiPage, anyone))
	e.GET(apiBase+"/openapi.json", s.do(s.openapi, anyone))
	var routes []string
	for _, r := range e.Routes() {
		routes = append(routes, r.Method+" "+r.Path)
	}
	slices.Sort(routes)
	var err error
	s.api, err = json.MarshalIndent(describe(routes, false, s.o.Answers), "", " ")
	s.apiList = routes
	return err
}

func (s *server) openapi(c *gin.Context) error {
	c.Header("Cache-Control", "no-cache")
	c.Data(http.StatusOK, "application/json", s.api)
	return nil
}

type apiView struct {
	Rooms []roomView
	Parts []apiPart
}

type apiPart struct {
	Name   string
	Routes []apiRoute
}

type apiRoute struct {
	ID, Method, Path, Text, Needs string
	Query                         []param
}

// Name and Text are for templates.
func (p param) Name() string { return p.name }

// Text says what the parameter is for.
func (p param) Text() string { return p.text }

// apiPage lists the API for people.
func (s *server) apiPage(c *gin.Context) error {
	parts := map[string][]apiRoute{}
	for _, route := range s.apiList {
		method, path, _ := strings.Cut(route, " ")
		rest, ok := strings.CutPrefix(path, apiBase+"/")
		o, known := operations[route]
		if !ok || !known {
			continue
		}
		name, _, _ := strings.Cut(rest, "/")
		name, _, _ = strings.Cut(name, ".")
		address, _ := addressOfRoute(apiPrefix + "/" + rest)
		r := apiRoute{ID: identifier(method, path), Method: method, Path: address, Text: o.text, Query: o.query}
		if rule, ok := rules[route]; ok && !openRoute(route) {
			r.Needs = needed(rule.needs)
		}
		parts[name] = append(parts[name], r)
	}
	v := apiView{Rooms: s.rooms(c, s.o.Workspaces[0])}
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		slices.SortFunc(parts[name], func(a, b apiRoute) int { return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method)) })
		v.Parts = append(v.Parts, apiPart{name, parts[name]})
	}
	return s.page(c, http.StatusOK, s.o.Workspaces[0], "api", v)
}
