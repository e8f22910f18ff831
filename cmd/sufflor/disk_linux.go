package main

import (
	"fmt"
	"syscall"
)

// disk is the space of the disk that dir is on, in bytes; free is what is left
// for us.
func disk(dir string) (free, total uint64, err error) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return 0, 0, fmt.Errorf("look at the disk of %s: %w", dir, err)
	}
	size := uint64(st.Bsize) //nolint:gosec // never negative
	return st.Bavail * size, st.Blocks * size, nil
}

// openFiles is how many files we may have open.
func openFiles() (uint64, error) {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return 0, fmt.Errorf("look up the limit of open files: %w", err)
	}
	return l.Cur, nil
}
