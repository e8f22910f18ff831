//go:build !amd64

package vector

// product is [plain] of a probe and a stored vector.
func product(a []int16, b []byte) int32 { return plain[int16, int16](a, b) }

// bytesProduct is [plain] of two stored vectors.
func bytesProduct(a, b []byte) int32 { return plain[byte, int8](a, b) }
