package vector

import "golang.org/x/sys/cpu"

// productAVX2 and bytesAVX2 are inner products of n numbers; n is a multiple
// of 16. At 384 they are fifteen times as fast as [plain].
//
//go:noescape
func productAVX2(a *int16, b *byte, n int) int32

//go:noescape
func bytesAVX2(a, b *byte, n int) int32

// product is [plain] of a probe and a stored vector.
func product(a []int16, b []byte) int32 {
	n := len(a) &^ 15
	if n == 0 || !cpu.X86.HasAVX2 {
		return plain[int16, int16](a, b)
	}
	b = b[:len(a)]
	return productAVX2(&a[0], &b[0], n) + plain[int16, int16](a[n:], b[n:])
}

// bytesProduct is [plain] of two stored vectors.
func bytesProduct(a, b []byte) int32 {
	n := len(a) &^ 15
	if n == 0 || !cpu.X86.HasAVX2 {
		return plain[byte, int8](a, b)
	}
	b = b[:len(a)]
	return bytesAVX2(&a[0], &b[0], n) + plain[byte, int8](a[n:], b[n:])
}
