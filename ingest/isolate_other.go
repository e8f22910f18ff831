//go:build !linux

package ingest

import (
	"io"
	"os"
)

// watchCPU and limit do nothing here: only the wall clock bounds a worker.
func watchCPU(io.Writer) {}

func limit(request) error { return nil }

func backstop(int64) (lift func()) { return func() {} }

// hold and sweep do nothing here: what a killed worker left stays until the
// system clears its folder for temporary files.
func hold(string) *os.File { return nil }

func sweep() {}
