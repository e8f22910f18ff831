//go:build !linux

package main

import "errors"

// disk is not known here.
func disk(string) (free, total uint64, err error) { return 0, 0, errors.ErrUnsupported }

func openFiles() (uint64, error) { return 0, errors.ErrUnsupported }
