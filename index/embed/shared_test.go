package embed_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index/embed"
)

// shelf keeps values as another replica's would be.
type shelf map[string][]byte

func (s shelf) Do(ctx context.Context, _, key string, make func(context.Context) ([]byte, error)) ([]byte, error) {
	if v, ok := s[key]; ok {
		return v, nil
	}
	v, err := make(ctx)
	if err == nil {
		s[key] = v
	}
	return v, err
}

type makes func() ([][]float32, error)

func (m makes) Make(context.Context, []string) ([][]float32, error) { return m() }

func TestVectorsOfQuestionsAreShared(t *testing.T) {
	kept, made := shelf{}, 0
	replica := func(o embed.Options, err error) embed.Shared {
		g, errNew := embed.New(makes(func() ([][]float32, error) { made++; return [][]float32{{0.5, -1}}, err }), o)
		require.NoError(t, errNew)
		return embed.Shared{Guard: g, Keeper: kept}
	}
	a, b := replica(embed.Options{Name: "m"}, nil), replica(embed.Options{Name: "m"}, nil)
	for _, s := range []embed.Shared{a, b} {
		v, err := s.Query(t.Context(), "noisy pump")
		require.NoError(t, err)
		require.Equal(t, []float32{0.5, -1}, v)
	}
	require.Equal(t, 1, made)

	_, err := replica(embed.Options{Name: "m", QueryPrefix: "query: "}, nil).Query(t.Context(), "noisy pump")
	require.NoError(t, err)
	_, err = replica(embed.Options{Name: "other"}, nil).Query(t.Context(), "noisy pump")
	require.NoError(t, err)
	require.Equal(t, 3, made, "another model's vectors, or with other words before, do not compare")

	_, err = replica(embed.Options{Name: "m"}, errors.New("down")).Query(t.Context(), "leak")
	require.ErrorIs(t, err, embed.ErrDown)
	require.Len(t, kept, 3, "what failed is not kept")
}
