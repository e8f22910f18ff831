package web

import (
	"maps"
	"net/http"
	"slices"

	"github.com/sufflor/sufflor/access"
	"github.com/sufflor/sufflor/index"
)

// What the tests of this package look at from outside.
var (
	Segments = func(text string, spans [][2]int) (texts []string, marks []bool) {
		for _, s := range segments(text, spans) {
			texts, marks = append(texts, s.Text), append(marks, s.Mark)
		}
		return texts, marks
	}
	FileName   = fileName
	CitedCells = citedCells
	TableOf    = func(at index.Passage, list []index.Passage) (header []string, rows [][]string) {
		t := table(place{passage: at}, list)
		for _, r := range t.Rows {
			var row []string
			for _, c := range r.Cells {
				row = append(row, c.Text)
			}
			rows = append(rows, row)
		}
		return t.Header, rows
	}
	Clip     = clip
	ClipLeft = clipLeft
	Texts    = texts
	Compare  = compare
)

// Routes are those of a handler of ours, and what the table says of them.
func Routes(h http.Handler) []string {
	var list []string
	for _, r := range h.(front).Routes() { //nolint:forcetypeassert // it is ours
		list = append(list, r.Method+" "+r.Path)
	}
	return list
}

// Rules are what routes need.
func Rules() map[string]access.Needs {
	out := map[string]access.Needs{}
	for route, r := range rules {
		out[route] = r.needs
	}
	return out
}

// Open are the routes that need nobody to have signed in.
func Open(route string) bool {
	return slices.Contains([]string{
		"GET /", "GET /signin", "POST /signin", "GET /setup", "POST /setup", "GET /reset", "POST /reset", "GET /static/*name", "GET /healthz", "GET /readyz", "GET /livez",
		"GET " + embedded, "POST " + embedded, "GET " + embedded + "/open", "POST " + embedded + "/enter",
		"GET /signin/oidc", "GET /signin/oidc/done", "GET /api", "GET /api/openapi.json",
	}, route)
}

// ByHeader are the routes that no session opens.
func ByHeader(route string) bool {
	return slices.Contains([]string{
		"POST /api/ingest", "POST /api/reindex", "POST /api/guidelines", "POST /api/backup", "GET /api/ingest/status",
		"GET /api/ingest/failures", "GET /api/ingest/history", "POST /api/ingest/pause", "POST /api/ingest/resume", "POST /api/ingest/remove",
	}, route)
}

// Describe is the description of all routes that have one, with no field
// beside those it names.
func Describe() any { return describe(Operations(), true, nil) }

// Operations are the routes that the description knows.
func Operations() []string { return slices.Sorted(maps.Keys(operations)) }
