//go:build !amd64

package vector

func product(a []int16, b []byte) int32 { return plainProduct(a, b) }
