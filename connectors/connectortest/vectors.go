// Package connectortest holds what every connector is tested with: the
// vectors of its vendor, and the promise never to write to a customer.
package connectortest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/connectors"
)

// ErrNotMine is what a build function returns for vectors of a scheme that is
// not verified by a connector.
var ErrNotMine = errors.New("verified elsewhere")

// Vector is one recorded delivery and what has to become of it.
type Vector struct {
	Name        string            `json:"name"`
	Scheme      string            `json:"scheme"`
	Secret      string            `json:"secret"`
	Method      string            `json:"method"`
	URL         string            `json:"url"`
	Headers     map[string]string `json:"headers"`
	BodyFile    string            `json:"body_file"`
	BodySHA256  string            `json:"body_sha256"`
	Now         int64             `json:"now_unix"`
	Valid       bool              `json:"valid"`
	Expect      string            `json:"expect"`
	Why         string            `json:"why"`
	DuplicateOf string            `json:"duplicate_of"`
	Status      int               `json:"expect_status"` // 0: what follows from Valid and Expect
	Answer      string            `json:"expect_body"`   // "": not looked at

	PublicKeyFile string `json:"public_key_file"`
	Audience      string `json:"audience"`
	Issuer        string `json:"issuer"`

	Body []byte `json:"-"`
}

// Path is below the desk's hook, as in [connectors.Delivery]. Addresses of the
// vectors name a tenant (t_…), which our hooks do not, and some stand beside
// /hooks: /canvas/intercom/submit is /canvas/submit below the hook.
func (v Vector) Path(tb testing.TB) string {
	tb.Helper()
	u, err := url.Parse(v.URL)
	require.NoError(tb, err)
	parts := strings.Split(strings.Trim(u.Path, "/"), "/")
	if len(parts) > 1 {
		if parts[0] == "hooks" || len(parts) == 2 { // /api/messages is a hook itself
			parts = parts[2:]
		} else {
			parts = append(parts[:1:1], parts[2:]...)
		}
	}
	var path strings.Builder
	for _, p := range parts {
		if !strings.HasPrefix(p, "t_") {
			path.WriteString("/" + p)
		}
	}
	return path.String()
}

// Delivery is what an intake makes of v.
func (v Vector) Delivery(tb testing.TB) connectors.Delivery {
	tb.Helper()
	u, err := url.Parse(v.URL)
	require.NoError(tb, err)
	return connectors.Delivery{Method: v.Method, Path: v.Path(tb), Target: u.RequestURI(), Header: v.Header(), Body: v.Body}
}

// Header is that of the delivery.
func (v Vector) Header() http.Header {
	h := http.Header{}
	for name, value := range v.Headers {
		h.Set(name, value)
	}
	return h
}

// Load reads testdata/signatures.json and the bodies it names, byte exact.
func Load(tb testing.TB) []Vector {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "signatures.json"))
	require.NoError(tb, err)
	var file struct {
		Vectors []Vector `json:"vectors"`
	}
	require.NoError(tb, json.Unmarshal(data, &file))
	require.NotEmpty(tb, file.Vectors)
	for i := range file.Vectors {
		v := &file.Vectors[i]
		if v.BodyFile == "" && v.BodySHA256 == "" {
			continue // a GET, which has no body
		}
		if v.BodyFile != "" {
			v.Body = Body(tb, v.BodyFile)
		}
		sum := sha256.Sum256(v.Body)
		require.Equal(tb, v.BodySHA256, hex.EncodeToString(sum[:]), "%s: %s is not what was signed; is .gitattributes in place?", v.Name, v.BodyFile)
	}
	return file.Vectors
}

// Body reads one file of testdata.
func Body(tb testing.TB, name string) []byte {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	require.NoError(tb, err)
	return data
}

// Golden compares got with a file of testdata. UPDATE_GOLDEN=1 writes it: then
// read the difference.
func Golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if os.Getenv("UPDATE_GOLDEN") != "" {
		require.NoError(t, os.WriteFile(file, got, 0o600))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got))
}

// Result is what an intake made of a vector.
type Result struct {
	Status int
	Type   string
	Body   string
	Events []connectors.Event
}

// Check asserts what is special to a desk, after the general assertions.
type Check func(t *testing.T, v Vector, got Result)

// Vectors sends each vector through an intake with the pretended clock, to the
// connector that build makes for it, and asserts the status, what was stored,
// and the action the vector expects. It returns how many it sent. A nil check
// asserts nothing further.
func Vectors(t *testing.T, build func(Vector) (connectors.Connector, error), check Check) int {
	t.Helper()
	keys := map[string][]string{}
	sent := 0
	for _, v := range Load(t) {
		c, err := build(v)
		if errors.Is(err, ErrNotMine) {
			continue
		}
		sent++
		t.Run(v.Name, func(t *testing.T) {
			if v.Expect == "config_error" {
				require.Error(t, err, v.Why)
				return
			}
			require.NoError(t, err)
			got := Send(t, c, v)
			keys[v.Name] = keysOf(got.Events)
			verified(t, c, v)
			acted(t, v, got)
			if v.DuplicateOf != "" {
				require.Contains(t, keys, v.DuplicateOf)
				require.NotEmpty(t, keys[v.Name])
				require.Equal(t, keys[v.DuplicateOf], keys[v.Name], "a duplicate is known by its keys")
			}
			if check != nil {
				check(t, v, got)
			}
		})
	}
	return sent
}

// Send delivers v to an intake in front of c.
func Send(t *testing.T, c connectors.Connector, v Vector) Result {
	t.Helper()
	var got Result
	in := &connectors.Intake{
		Desks: map[string]connectors.Desk{"desk": {Name: "desk", Workspace: "w", Connector: c}},
		Now:   func() time.Time { return time.Unix(v.Now, 0) },
		Accept: func(_ context.Context, _ connectors.Desk, events []connectors.Event) error {
			got.Events = append(got.Events, events...)
			return nil
		},
	}
	u, err := url.Parse(v.URL)
	require.NoError(t, err)
	r := httptest.NewRequestWithContext(t.Context(), v.Method, "/hooks/desk"+v.Path(t), strings.NewReader(string(v.Body)))
	r.Header, r.RequestURI = v.Header(), u.RequestURI() // as the vendor called it
	r.URL.RawQuery = u.RawQuery
	w := httptest.NewRecorder()
	in.ServeHTTP(w, r)
	got.Status, got.Type, got.Body = w.Code, w.Header().Get("Content-Type"), w.Body.String()
	return got
}

func verified(t *testing.T, c connectors.Connector, v Vector) {
	t.Helper()
	err := c.Verify(t.Context(), v.Delivery(t), time.Unix(v.Now, 0))
	if v.Valid {
		require.NoError(t, err, v.Why)
	} else {
		require.ErrorIs(t, err, connectors.ErrUnverified, v.Why)
	}
}

// acted asserts what the vector expects, in words all vendors share.
func acted(t *testing.T, v Vector, got Result) {
	t.Helper()
	status, events := http.StatusOK, 0
	switch v.Expect {
	case "reject_400":
		status = http.StatusBadRequest
	case "reject_401":
		status = http.StatusUnauthorized
	case "reject_403":
		status = http.StatusForbidden
	case "ignore", "ignore_own", "ignore_bot", "ignore_private", "ignore_unknown_tenant", "challenge", "canvas", "ok_200_no_side_effect":
	case "": // vendors without it assert the action in their check
		if !v.Valid {
			status = http.StatusUnauthorized
		}
		events = len(got.Events)
		if strings.HasSuffix(v.Name, "malformed_but_signed") {
			status, events = http.StatusBadRequest, 0
		}
	default:
		events = max(1, len(got.Events))
	}
	if v.Status != 0 {
		status = v.Status
	}
	require.Equal(t, status, got.Status, v.Why)
	if v.Answer != "" {
		require.Equal(t, v.Answer, got.Body, v.Why)
	}
	require.Len(t, got.Events, events, v.Why)
	if status != http.StatusOK {
		require.Empty(t, got.Events, "nothing refused is stored")
		require.Empty(t, got.Body)
	}
	seen := map[string]bool{}
	for _, e := range got.Events {
		require.NotEmpty(t, e.Key)
		require.False(t, seen[e.Key], "key %s twice in one delivery", e.Key)
		seen[e.Key] = true
	}
	if events == 0 {
		return
	}
	first := got.Events[0]
	switch v.Expect {
	case "process":
		require.Equal(t, connectors.Customer, first.Role, v.Why)
	case "agent_reply":
		require.Equal(t, connectors.Agent, first.Role, v.Why)
	case "attachment":
		require.Equal(t, connectors.Attached, first.Kind, v.Why)
		require.NotEmpty(t, first.Attachments)
	case "delete": // what is not signed has to be asked for first
		require.Contains(t, []connectors.Kind{connectors.Deleted, connectors.Erased, connectors.Fetch}, first.Kind, v.Why)
	case "edit":
		require.Equal(t, connectors.Edited, first.Kind, v.Why)
	case "fetch":
		require.Equal(t, connectors.Fetch, first.Kind, v.Why)
	case "state":
		require.Contains(t, []connectors.Kind{connectors.Closed, connectors.Assigned}, first.Kind, v.Why)
	case "process_command":
		require.Equal(t, connectors.Command, first.Kind, v.Why)
	case "ops_alert", "disconnect":
		require.Equal(t, connectors.Ops, first.Kind, v.Why)
		require.NotEmpty(t, first.Detail)
	case "feedback_use", "feedback_edit", "feedback_down":
		require.Equal(t, connectors.Feedback, first.Kind, v.Why)
		want := map[string]string{"feedback_use": "used", "feedback_edit": "edited", "feedback_down": "down"}
		require.Equal(t, want[v.Expect], first.Rating.Verdict, v.Why)
	}
	if first.Kind == connectors.Edited || first.Kind == connectors.Deleted {
		require.NotEmpty(t, first.Message, "an edit that overtook its original is matched by id")
		require.False(t, first.At.IsZero(), "and ordered by time")
	}
}

func keysOf(events []connectors.Event) []string {
	var keys []string
	for _, e := range events {
		keys = append(keys, e.Key)
	}
	return keys
}

// Sound asserts what holds for every receipt whatever was sent, for fuzzing:
// errors of the known kinds, events that can be stored, and the same again for
// the same delivery.
func Sound(t *testing.T, c connectors.Connector, d connectors.Delivery) {
	t.Helper()
	got, err := c.Read(d)
	again, err2 := c.Read(d)
	require.Equal(t, got, again)
	require.Equal(t, err == nil, err2 == nil)
	if err != nil {
		require.True(t, errors.Is(err, connectors.ErrMalformed) || errors.Is(err, connectors.ErrForeign), "unclassified: %v", err)
		require.Empty(t, got.Events)
		return
	}
	for _, e := range got.Events {
		require.NotEmpty(t, e.Key)
		require.NotEmpty(t, e.Kind)
		require.NotEqual(t, connectors.Bot, e.Role)
		if e.Kind == connectors.Message || e.Kind == connectors.Edited || e.Kind == connectors.Deleted {
			require.NotEmpty(t, e.Message)
			require.NotEmpty(t, e.Conversation)
		}
		if e.Kind == connectors.Erased {
			require.NotEmpty(t, e.Conversation)
			require.Empty(t, e.Subject+e.Text+e.AuthorName+e.Customer)
		}
	}
}

// Never asserts that no text in the Go sources of the current folder, tests
// aside, contains one of the forbidden ones, not even put together from
// constants with "+". One that begins with "=" forbids that text alone.
// Comments may say what is forbidden.
func Never(t *testing.T, forbidden ...string) {
	t.Helper()
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	checked := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		checked++
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		require.NoError(t, err)
		for _, text := range texts(parsed) {
			for _, f := range forbidden {
				if whole, exact := strings.CutPrefix(f, "="); exact {
					require.NotEqual(t, strings.ToLower(whole), strings.ToLower(text), "%s: a customer could see it", file)
					continue
				}
				require.NotContains(t, strings.ToLower(text), strings.ToLower(f), "%s: a customer could see it", file)
			}
		}
	}
	require.NotZero(t, checked)
}

// texts are the string literals and selected names (http.MethodPost) of a file,
// sums of literals included.
func texts(file *ast.File) []string {
	var out []string
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit, *ast.BinaryExpr:
			if s, ok := fold(n.(ast.Expr)); ok {
				out = append(out, s)
			}
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok {
				out = append(out, x.Name+"."+n.Sel.Name)
			}
		}
		return true
	})
	return out
}

func fold(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind != token.STRING {
			return "", false
		}
		s, err := strconv.Unquote(e.Value)
		return s, err == nil
	case *ast.BinaryExpr:
		x, ok := fold(e.X)
		y, ok2 := fold(e.Y)
		return x + y, ok && ok2 && e.Op == token.ADD
	case *ast.ParenExpr:
		return fold(e.X)
	}
	return "", false
}
