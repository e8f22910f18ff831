package connectors_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/connectors"
)

func TestActionsAreSealed(t *testing.T) {
	t.Parallel()
	s := connectors.NewSealer("intercom", "a secret")
	a := connectors.Action{Suggestion: "sg_1", Conversation: "42", Agent: "7", Verdict: "used"}
	text := s.Seal(a)
	require.Regexp(t, `^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{22}$`, text)
	got, err := s.Open(text, "7")
	require.NoError(t, err)
	require.Equal(t, a, got)

	anyone := s.Seal(connectors.Action{Suggestion: "sg_1"})
	_, err = s.Open(anyone, "8")
	require.NoError(t, err, "a note that all agents see")

	body, sig, _ := strings.Cut(text, ".")
	other, _, _ := strings.Cut(anyone, ".")
	for name, bad := range map[string]struct{ text, agent string }{
		"another agent":   {text, "8"},
		"nobody":          {text, ""},
		"another's text":  {other + "." + sig, "7"},
		"no signature":    {body, "7"},
		"cut":             {text[:len(text)-1], "7"},
		"nothing":         {"", "7"},
		"another's key":   {connectors.NewSealer("intercom", "else").Seal(a), "7"},
		"another kind":    {connectors.NewSealer("livechat", "a secret").Seal(a), "7"},
		"too long":        {strings.Repeat("x", 5000) + "." + sig, "7"},
		"another desk's ": {connectors.NewSealer("", "").Seal(a), "7"},
	} {
		_, err := s.Open(bad.text, bad.agent)
		require.ErrorIs(t, err, connectors.ErrUnverified, name)
	}
	_, err = connectors.Sealer{}.Open(text, "7")
	require.ErrorIs(t, err, connectors.ErrUnverified, "a sealer without a key opens nothing")
}
