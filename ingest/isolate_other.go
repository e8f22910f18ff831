//go:build !linux

package ingest

import "io"

// watchCPU and limit do nothing here: only the wall clock bounds a worker.
func watchCPU(io.Writer) {}

func limit(request) error { return nil }
