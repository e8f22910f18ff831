package teams_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/connectors/teams"
)

func TestRecentForgetsTheOldest(t *testing.T) {
	t.Parallel()
	var r teams.Recent
	for i := range teams.Remembered {
		r.Put(strconv.Itoa(i), i)
	}
	r.Put("0", -1) // known: nothing has to go
	v, ok := r.Get("0")
	require.True(t, ok)
	require.Equal(t, -1, v)
	r.Put("new", 1)
	_, ok = r.Get("0")
	require.False(t, ok)
	_, ok = r.Get("1")
	require.True(t, ok)
	r.Drop("1")
	r.Drop("never there")
	r.Put("newer", 2)
	_, ok = r.Get("1")
	require.False(t, ok)
	_, ok = r.Get("2")
	require.True(t, ok, "the dropped one made room")
	_, ok = r.Get("newer")
	require.True(t, ok)
}
