package llm

import (
	"net/http"
	"regexp"
	"strings"
	"sync"
)

// jsonMode is how a schema is asked for, as far as the server knows it.
func (m *Model) jsonMode() string {
	mode := m.json
	if mode == JSONSchema && m.learnt(JSONSchema) {
		mode = JSONObject
		if m.o.Provider == Anthropic { // which has nothing in between
			mode = JSONNone
		}
	}
	if mode == JSONObject && (m.learnt(JSONObject) || m.o.Provider == Anthropic) {
		mode = JSONNone
	}
	return mode
}

// learnt reports whether the server refused a setting before.
func (m *Model) learnt(what string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.refused[what]
}

// pattern compiles a regular expression when it is first used: most processes
// ask no model.
func pattern(source string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(source) })
}

var speaksOfForm = pattern(`response_format|json_schema|structured output|tool_choice|tools|\bformat\b|grammar`)

// learn looks for a setting of ours in what a server said when it refused a
// request, and leaves that out from now on. It reports whether there was one,
// and adds its name to without.
func (m *Model) learn(e *Error, x *exchange, without *[]string) bool {
	if e.Cause != Refused || (e.Status != http.StatusBadRequest && e.Status != http.StatusUnprocessableEntity) {
		return false
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	put := func(what string) bool {
		if m.refused[what] {
			return false
		}
		m.refused[what] = true
		*without = append(*without, what)
		m.o.Log.Info("the model does not take a setting, which is left out from now on", "model", m.Name(), "setting", what)
		return true
	}
	said := x.refusal
	switch {
	case !m.newTokens && strings.Contains(said, "max_completion_tokens") && put("max_tokens"):
		return true
	case strings.Contains(said, "temperature") && put("temperature"),
		strings.Contains(said, "stream_options") && put("stream_options"),
		strings.Contains(said, "top_p") && m.o.TopP > 0 && put("top_p"),
		strings.Contains(said, "seed") && m.o.Seed != nil && put("seed"):
		return true
	case x.json != JSONNone && speaksOfForm().MatchString(said) && put(x.json):
		return true
	}
	return false
}

// forget takes settings up again.
func (m *Model) forget(settings []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, what := range settings {
		delete(m.refused, what)
	}
}

// widen is the context that Ollama is asked for. It loads the model anew for
// each size, so sizes are few and never shrink.
func (m *Model) widen(need int) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	size := 4096
	for size < need {
		size *= 2
	}
	m.window = max(m.window, min(size, m.o.Context))
	return m.window
}
