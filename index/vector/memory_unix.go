//go:build unix

package vector

import "golang.org/x/sys/unix"

// allocate is n zero bytes that the garbage collector does not count: it would
// let the heap grow to twice the vectors before it looks.
func allocate(n int) []byte {
	b, err := unix.Mmap(-1, 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return make([]byte, n) // release then reports an error that nobody needs
	}
	return b
}

// release ends the use of what allocate gave.
func release(b []byte) { _ = unix.Munmap(b) }
