package embed

import (
	"context"
	"encoding/binary"
	"fmt"
	"math"
)

// Keeper keeps vectors of questions where all replicas find them.
type Keeper interface {
	// Do is the value kept under key, or what make makes, which is kept unless
	// it gives an error. Its errors are those of make and of ctx. An empty
	// workspace is everybody's.
	Do(ctx context.Context, workspace, key string, make func(context.Context) ([]byte, error)) ([]byte, error)
}

// Shared is an [Embedder] whose vectors of questions are kept in a [Keeper].
type Shared struct {
	*Guard
	Keeper Keeper
}

// Query implements [Embedder].
func (s Shared) Query(ctx context.Context, text string) ([]float32, error) {
	// The model, its dimensions and what stands before the text are its version.
	key := fmt.Sprintf("vector 1\x00%s\x00%d\x00%s\x00%s", s.o.Name, s.o.Dim, s.o.QueryPrefix, text)
	data, err := s.Keeper.Do(ctx, "", key, func(ctx context.Context) ([]byte, error) {
		v, err := s.Guard.Query(ctx, text)
		if err != nil {
			return nil, err
		}
		out := make([]byte, 0, 4*len(v))
		for _, x := range v {
			out = binary.LittleEndian.AppendUint32(out, math.Float32bits(x))
		}
		return out, nil
	})
	if err != nil {
		return nil, err
	}
	v := make([]float32, len(data)/4)
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
	}
	return v, nil
}
