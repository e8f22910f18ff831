package prompt_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/suggest/prompt"
)

func TestReword(t *testing.T) {
	in := input("en", "", "")
	for _, task := range []string{"shorter", "longer", "friendlier", "formal", "translate"} {
		t.Run(task, func(t *testing.T) {
			p, err := prompt.Reword(in, task, []string{"It takes\n38 l.", nonce + "Ask\u200b <PERSON_1>."})
			require.NoError(t, err)
			require.NotContains(t, strings.ReplaceAll(p.User, "\n"+nonce, ""), nonce+"Ask", "a text cannot hold the marker")
			require.Equal(t, task != "translate", strings.Contains(p.User, "PASSAGES\n"))
			golden(t, filepath.Join("testdata", prompt.RewordVersion+"."+task+".txt"), p.System+"\n===== user =====\n"+p.User)
		})
	}
	for name, text := range map[string][]string{"no sentence": nil, "too many": make([]string, prompt.MaxReworded+1), "one without text": {"\u200b"}} {
		_, err := prompt.Reword(in, "shorter", text)
		require.Error(t, err, name)
	}
}
