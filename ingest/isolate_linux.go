package ingest

import (
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"
	"time"
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

// backstop bounds the data of this process until it is lifted, or not where a
// lower bound holds already.
func backstop(memory int64) (lift func()) {
	var before syscall.Rlimit
	most := uint64(max(memory, 0))
	err := syscall.Getrlimit(syscall.RLIMIT_DATA, &before)
	if err != nil || before.Cur <= most {
		return func() {}
	}
	_ = syscall.Setrlimit(syscall.RLIMIT_DATA, &syscall.Rlimit{Cur: most, Max: before.Max}) // the first bound holds without it
	return func() { _ = syscall.Setrlimit(syscall.RLIMIT_DATA, &before) }
}

// hold marks a worker's folder as in use. The lock is of the open file, not of
// a process: it lasts until the last one that has it open, by inheritance, too,
// is gone. A worker without a mark works as well; nil is none.
func hold(dir string) *os.File {
	f, err := openFolder(dir)
	if err != nil {
		return nil
	}
	_ = syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB)
	return f
}

// openFolder opens a folder and nothing that took its place meanwhile: all may
// write where temporary files are.
func openFolder(dir string) (*os.File, error) {
	return os.OpenFile(dir, os.O_RDONLY|syscall.O_DIRECTORY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
}

// youngFolder is how old a folder must be to be swept: it is marked a moment
// after it was made.
const youngFolder = time.Minute

// sweep removes the folders of workers that were killed together with whoever
// started them.
func sweep() {
	temp := os.TempDir()
	entries, err := os.ReadDir(temp)
	if err != nil {
		return // where there is no folder, making one will say so
	}
	for _, e := range entries {
		if !e.IsDir() || !strings.HasPrefix(e.Name(), workerTemp) {
			continue
		}
		info, err := e.Info()
		if err != nil || time.Since(info.ModTime()) < youngFolder {
			continue
		}
		dir := filepath.Join(temp, e.Name())
		f, err := openFolder(dir)
		if err != nil { // somebody else's
			continue
		}
		if syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			_ = os.RemoveAll(dir)
		}
		_ = f.Close()
	}
}
