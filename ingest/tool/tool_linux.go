package tool

import (
	"fmt"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// private puts the program in a process group of its own that dies with us.
func private(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.Cancel = func() error { endGroup(cmd); return nil }
}

// endGroup kills the program and whatever it started.
func endGroup(cmd *exec.Cmd) { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }

func positive(n int64) uint64 { return uint64(max(n, 0)) }

// limit bounds a program that has just begun; what it starts inherits it. A
// limit that is already lower stays.
func limit(pid int, l Limits) error {
	for _, r := range []struct {
		name     string
		resource int
		value    uint64
	}{
		{"memory", unix.RLIMIT_DATA, positive(l.Memory)},
		{"processor time", unix.RLIMIT_CPU, uint64(max(l.CPU.Seconds(), 1))},
		{"file size", unix.RLIMIT_FSIZE, positive(l.File)},
		{"core dumps", unix.RLIMIT_CORE, 0},
	} {
		var now unix.Rlimit
		if err := unix.Prlimit(pid, r.resource, nil, &now); err != nil {
			if err == unix.ESRCH {
				return nil
			}
			return fmt.Errorf("%s: %w", r.name, err)
		}
		value := min(r.value, now.Max)
		if err := unix.Prlimit(pid, r.resource, &unix.Rlimit{Cur: value, Max: value}, nil); err != nil && err != unix.ESRCH {
			return fmt.Errorf("%s: %w", r.name, err)
		}
	}
	return nil
}
