package ingest

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
)

// watchCPU makes the soft CPU limit end the process; by itself Go ignores the
// signal.
func watchCPU(stderr io.Writer) {
	signal.Ignore(syscall.SIGPIPE) // a worker whose parent is gone tidies up first
	over := make(chan os.Signal, 1)
	signal.Notify(over, syscall.SIGXCPU)
	go func() {
		<-over
		fmt.Fprintln(stderr, "it takes more processor time than a file may")
		if p, err := os.FindProcess(os.Getpid()); err == nil {
			_ = p.Kill()
		}
	}()
}

// limit bounds what the process may use for the file to come. RLIMIT_AS is of
// no use to a Go program, which reserves more than it takes.
func limit(q request) error {
	if q.Memory > 0 {
		debug.SetMemoryLimit(q.Memory / 4 * 3)
		if err := syscall.Setrlimit(syscall.RLIMIT_DATA, &syscall.Rlimit{Cur: uint64(q.Memory), Max: uint64(q.Memory)}); err != nil {
			return fmt.Errorf("memory: %w", err)
		}
	}
	if q.CPU <= 0 {
		return nil
	}
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return fmt.Errorf("processor time: %w", err)
	}
	var now syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_CPU, &now); err != nil {
		return fmt.Errorf("processor time: %w", err)
	}
	now.Cur = min(uint64(max(used.Utime.Sec+used.Stime.Sec+q.CPU, 1)), now.Max)
	if err := syscall.Setrlimit(syscall.RLIMIT_CPU, &now); err != nil {
		return fmt.Errorf("processor time: %w", err)
	}
	return nil
}
