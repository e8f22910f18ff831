//go:build !linux

package tool

import "os/exec"

func private(*exec.Cmd) {}

func endGroup(cmd *exec.Cmd) { _ = cmd.Process.Kill() }

// limit does nothing here: only the wall clock and the output are bounded.
func limit(int, Limits) error { return nil }
