package connectortest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/connectors"
)

// Fake plays the API of a desk as it is documented, and is strict: a path that
// nobody registered, a field the desk does not know, or a wrong token fails
// the test. Register with [Get] and [Take]; read what came with Calls.
type Fake struct {
	URL string

	tb    testing.TB
	auth  func(*http.Request) bool
	mux   *http.ServeMux
	turn  sync.Mutex // held while an answer is given
	mu    sync.Mutex
	calls []Call
	fault *Fault
}

// Call is a request that came to a [Fake].
type Call struct {
	Line   string // "POST /api/v1/tickets/1"
	Query  string
	Header http.Header
	Body   []byte
	Path   func(name string) string // what stands for {name} in the pattern
}

// Headed is an answer that comes with headers, where those matter.
type Headed struct {
	Header map[string]string
	Body   any
}

// Fault is what goes wrong.
type Fault struct {
	Times  int    // how many calls it meets; 0: all
	Only   string // lines it meets begin with this; empty: all
	Status int    // answered instead of what the desk would; 0: that
	Header map[string]string
	Body   string        // with Status
	Done   bool          // the desk does what it was asked before the fault
	Cut    bool          // the connection breaks within the answer
	Drop   bool          // the connection breaks before the answer
	Wait   time.Duration // before the answer
}

// NewFake starts a desk. auth says whether a request carries the token it
// should.
func NewFake(tb testing.TB, auth func(*http.Request) bool) *Fake {
	tb.Helper()
	f := &Fake{tb: tb, auth: auth, mux: http.NewServeMux()}
	f.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		tb.Errorf("the desk has no %s %s", r.Method, r.URL.Path)
		w.WriteHeader(http.StatusNotFound)
	})
	s := httptest.NewServer(f)
	tb.Cleanup(s.Close)
	f.URL = s.URL
	return f
}

// Bearer is an auth for tokens in the usual header.
func Bearer(token string) func(*http.Request) bool {
	return func(r *http.Request) bool { return r.Header.Get("Authorization") == "Bearer "+token }
}

// Fail lets calls go wrong from now on; nil ends it.
func (f *Fake) Fail(fault *Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fault = fault
}

// Calls are the requests so far.
func (f *Fake) Calls() []Call {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.calls)
}

// Lines are the requests so far, without query.
func (f *Fake) Lines() []string {
	var out []string
	for _, c := range f.Calls() {
		out = append(out, c.Line)
	}
	return out
}

// meet is the fault that a call meets, if any.
func (f *Fake) meet(line string) (Fault, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.fault == nil || !strings.HasPrefix(line, f.fault.Only) {
		return Fault{}, false
	}
	now := *f.fault
	if f.fault.Times > 0 {
		if f.fault.Times--; f.fault.Times == 0 {
			f.fault = nil
		}
	}
	return now, true
}

// ServeHTTP implements [http.Handler].
func (f *Fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	fault, broken := f.meet(r.Method + " " + r.URL.Path)
	if broken {
		select {
		case <-time.After(fault.Wait):
		case <-r.Context().Done():
			return
		}
	}
	out := httptest.NewRecorder()
	switch {
	case !broken || fault.Done || fault.Status == 0:
		f.mux.ServeHTTP(out, r)
	default:
		f.note(r)
	}
	if broken && fault.Status != 0 {
		out = httptest.NewRecorder()
		for k, v := range fault.Header {
			out.Header().Set(k, v)
		}
		out.WriteHeader(fault.Status)
		_, _ = io.WriteString(out, fault.Body)
	}
	if broken && fault.Drop {
		panic(http.ErrAbortHandler)
	}
	maps.Copy(w.Header(), out.Header())
	if broken && fault.Cut {
		w.Header().Set("Content-Length", fmt.Sprint(out.Body.Len()+1))
		w.WriteHeader(out.Code)
		_, _ = w.Write(out.Body.Bytes()[:out.Body.Len()/2])
		_ = http.NewResponseController(w).Flush() // or nothing at all is sent
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(out.Code)
	_, _ = w.Write(out.Body.Bytes())
}

// note keeps a call and is its body.
func (f *Fake) note(r *http.Request) Call {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		f.tb.Errorf("%s %s: %v", r.Method, r.URL.Path, err)
	}
	c := Call{Line: r.Method + " " + r.URL.Path, Query: r.URL.RawQuery, Header: r.Header.Clone(), Body: body, Path: r.PathValue}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, c)
	return c
}

// Get registers an answer to requests without a body at pattern, as
// [http.ServeMux] has them: "GET /tickets/{id}". answer is written as JSON
// unless it is a string or bytes.
func (f *Fake) Get(pattern string, answer func(Call) (status int, answer any)) {
	f.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		c := f.note(r)
		f.expect(r)
		if len(c.Body) > 0 {
			f.tb.Errorf("%s: no body is expected here, not %q", c.Line, c.Body)
		}
		f.answer(w, r, c, answer)
	})
}

// Raw registers an answer to requests with a body of any kind, which answer
// itself checks.
func (f *Fake) Raw(pattern string, answer func(Call) (status int, answer any)) {
	f.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		c := f.note(r)
		f.expect(r)
		f.answer(w, r, c, answer)
	})
}

// Take registers an answer to requests whose body is a T in JSON, with no
// field that T does not have.
func Take[T any](f *Fake, pattern string, answer func(in T, c Call) (status int, answer any)) {
	f.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		c := f.note(r)
		f.expect(r)
		if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
			f.tb.Errorf("%s: content type %q", c.Line, r.Header.Get("Content-Type"))
		}
		var in T
		dec := json.NewDecoder(bytes.NewReader(c.Body))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&in); err != nil {
			f.tb.Errorf("%s: %v in %s", c.Line, err, c.Body)
			w.WriteHeader(http.StatusUnprocessableEntity)
			return
		}
		f.answer(w, r, c, func(c Call) (int, any) { return answer(in, c) })
	})
}

func (f *Fake) expect(r *http.Request) {
	if !f.auth(r) {
		f.tb.Errorf("%s %s: wrong credentials", r.Method, r.URL.Path)
	}
}

// answer writes what answer says. Answers are given one at a time, so they
// may share what they know of the desk: a client that gave up on one request
// and makes the next must not meet the first still being answered.
func (f *Fake) answer(w http.ResponseWriter, _ *http.Request, c Call, answer func(Call) (int, any)) {
	f.turn.Lock()
	defer f.turn.Unlock()
	status, out := answer(c)
	if h, ok := out.(Headed); ok {
		for k, v := range h.Header {
			w.Header().Set(k, v)
		}
		out = h.Body
	}
	var data []byte
	switch out := out.(type) {
	case nil:
	case string:
		data = []byte(out)
	case []byte:
		data = out
	default:
		var err error
		if data, err = json.Marshal(out); err != nil {
			f.tb.Errorf("%s: answer: %v", c.Line, err)
		}
		w.Header().Set("Content-Type", "application/json")
	}
	w.WriteHeader(status)
	_, _ = w.Write(data)
}

// NoteFaults asserts how the errors of a noter are classified when its desk
// does not do as it should. start makes a fake and a connector that calls it
// through client.
func NoteFaults(t *testing.T, note connectors.Note, start func(t *testing.T, client *connectors.Client) (*Fake, connectors.Noter)) {
	t.Helper()
	for name, tt := range map[string]struct {
		fault Fault
		again bool // a queue may try again
		gone  bool
		after time.Duration
	}{
		"rate limited": {fault: Fault{Status: 429, Header: map[string]string{"Retry-After": "7"}, Body: `{}`}, again: true, after: 7 * time.Second},
		"overloaded":   {fault: Fault{Status: 503, Body: "busy"}, again: true},
		"broken":       {fault: Fault{Status: 500, Body: `{"error":"x"}`}, again: true},
		"token gone":   {fault: Fault{Status: 401, Body: `{"error":"x"}`}, gone: true},
		"forbidden":    {fault: Fault{Status: 403, Body: `{"error":"x"}`}},
		"redirected":   {fault: Fault{Status: 302, Header: map[string]string{"Location": "https://elsewhere.example/"}}},
		"half":         {fault: Fault{Cut: true}, again: true},
		"dropped":      {fault: Fault{Drop: true}, again: true},
		"not JSON":     {fault: Fault{Status: 200, Body: "<html>maintenance</html>"}, again: true},
		"slow":         {fault: Fault{Wait: 5 * time.Second}, again: true},
	} {
		t.Run(name, func(t *testing.T) {
			timeout := time.Duration(0)
			if tt.fault.Wait > 0 {
				timeout = 50 * time.Millisecond
			}
			f, n := start(t, connectors.NewClient(timeout, nil, nil))
			f.Fail(&tt.fault)
			id, err := connectors.Deliver(t.Context(), n, note)
			require.Error(t, err)
			require.Empty(t, id)
			require.Equal(t, !tt.again, connectors.IsPermanent(err), "may be tried again: %v", err)
			require.Equal(t, tt.gone, errors.Is(err, connectors.ErrGone), "%v", err)
			if tt.gone { // it is shown to an administrator as it is
				require.Regexp(t, `renew|enter|install|issue|make|check`, err.Error(), "names the step that repairs it")
			}
			if tt.after > 0 {
				call, ok := errors.AsType[*connectors.CallError](err)
				require.True(t, ok)
				require.Equal(t, tt.after, call.After)
			}
			require.LessOrEqual(t, len(f.Calls()), 3, "one attempt is a few calls")
		})
	}
}
