//go:build !unix

package vector

func allocate(n int) []byte { return make([]byte, n) }

func release([]byte) {}
