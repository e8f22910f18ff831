package llmtest_test

import (
	"bytes"
	"crypto/sha256"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/suggest/llm/llmtest"
)

func TestTheSameSeedGivesTheSameModel(t *testing.T) {
	make1 := func(seed uint64) []byte {
		var b bytes.Buffer
		require.NoError(t, llmtest.Tiny(&b, seed))
		return b.Bytes()
	}
	one := make1(1)
	require.Equal(t, sha256.Sum256(one), sha256.Sum256(make1(1)))
	require.NotEqual(t, sha256.Sum256(one), sha256.Sum256(make1(2)))
	require.Equal(t, "GGUF\x03\x00\x00\x00", string(one[:8]))
	require.Less(t, len(one), 4<<20)
	t.Logf("%d bytes", len(one))
	require.Zero(t, len(one)%32)
}
