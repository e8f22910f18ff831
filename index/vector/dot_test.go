package vector

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// Products is in this package, since the two ways must agree to the bit.
func TestProducts(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for n := range 200 {
		a, b := make([]int16, n), make([]byte, n)
		var want int64
		for i := range a {
			a[i], b[i] = int16(rnd.IntN(4095)-2047), byte(rnd.IntN(256))
			want += int64(a[i]) * int64(int8(b[i]))
		}
		require.EqualValues(t, want, plain[int16, int16](a, b), "%d numbers", n)
		require.EqualValues(t, want, product(a, b), "%d numbers", n)
		c := make([]byte, n)
		want = 0
		for i := range c {
			c[i] = byte(rnd.IntN(256))
			want += int64(int8(c[i])) * int64(int8(b[i]))
		}
		require.EqualValues(t, want, plain[byte, int8](c, b), "%d bytes", n)
		require.EqualValues(t, want, bytesProduct(c, b), "%d bytes", n)
	}
	a, b := make([]int16, MaxDim), make([]byte, MaxDim)
	for i := range a {
		a[i], b[i] = -2047, 0x80
	}
	require.EqualValues(t, 2047*128*MaxDim, product(a, b), "the greatest does not overflow")
	require.EqualValues(t, 2047*128*MaxDim, plain[int16, int16](a, b))
}

func BenchmarkProduct(b *testing.B) {
	x, y := make([]int16, 384), make([]byte, 384)
	b.Run("plain", func(b *testing.B) {
		for b.Loop() {
			plain[int16, int16](x, y)
		}
	})
	b.Run("in use", func(b *testing.B) {
		for b.Loop() {
			product(x, y)
		}
	})
}
