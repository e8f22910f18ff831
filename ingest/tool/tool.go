// Package tool runs programs that are not ours, such as Tesseract and
// LibreOffice, on files from outside.
//
// None of them is required: what is not installed is not used. Each runs in a
// private folder that is removed afterwards, with an environment of its own and
// limits on time, memory, processor, file size and output.
package tool

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// ErrMissing means that a program is not installed.
var ErrMissing = errors.New("not installed")

// Limits of one run. Zero fields take the default.
type Limits struct {
	Wall   time.Duration // default 1 minute
	CPU    time.Duration // of each of its processes; default as Wall
	Memory int64         // bytes of data of each of its processes; default 1 GB
	File   int64         // bytes of a file it writes; default 512 MB
	Output int64         // bytes of standard output; default 64 MB
}

func (l Limits) withDefaults() Limits {
	if l.Wall <= 0 {
		l.Wall = time.Minute
	}
	if l.CPU <= 0 {
		l.CPU = l.Wall
	}
	if l.Memory <= 0 {
		l.Memory = 1 << 30
	}
	if l.File <= 0 {
		l.File = 512 << 20
	}
	if l.Output <= 0 {
		l.Output = 64 << 20
	}
	return l
}

// Kit finds and runs programs. The zero value looks in the usual folders and
// is safe for concurrent use.
type Kit struct {
	// Folders are where programs are looked for, first match first. Nil means
	// /usr/local/bin, /usr/bin and /bin: PATH is not asked, for whoever sets
	// it could choose what reads our files.
	Folders []string
	// Temp is where private folders are made; empty means the system's.
	Temp string
}

var usual = []string{"/usr/local/bin", "/usr/bin", "/bin"}

// Find is the path of the first of names that is installed, or an error
// wrapping [ErrMissing] that names them.
func (k Kit) Find(names ...string) (string, error) {
	folders := k.Folders
	if folders == nil {
		folders = usual
	}
	for _, name := range names {
		for _, dir := range folders {
			path := filepath.Join(dir, name)
			if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
				return path, nil
			}
		}
	}
	return "", fmt.Errorf("%s is %w", strings.Join(names, " or "), ErrMissing)
}

// Folder is a private folder for one piece of work. Close removes it with all
// that is in it.
type Folder struct{ Path string }

// Folder makes a private folder.
func (k Kit) Folder() (*Folder, error) {
	path, err := os.MkdirTemp(k.Temp, "sufflor-tool-")
	if err != nil {
		return nil, fmt.Errorf("make a private folder: %w", err)
	}
	return &Folder{path}, nil
}

// Close removes the folder.
func (f *Folder) Close() error {
	if err := os.RemoveAll(f.Path); err != nil {
		return fmt.Errorf("remove a private folder: %w", err)
	}
	return nil
}

// Put writes at most limit bytes of r into the folder under name and returns
// the path. Names are ours: a file's own name could be an option.
func (f *Folder) Put(name string, r io.Reader, limit int64) (path string, err error) {
	path = filepath.Join(f.Path, filepath.Base(name))
	out, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return "", fmt.Errorf("copy for a tool: %w", err)
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	n, err := io.Copy(out, io.LimitReader(r, limit+1))
	if err != nil {
		return "", fmt.Errorf("copy for a tool: %w", err)
	}
	if n > limit {
		return "", fmt.Errorf("copy for a tool: more than %d MB", limit>>20)
	}
	return path, nil
}

// Run runs the program at path in the folder and returns its standard output.
// A failure names the program and the last line it complained with. Whatever
// the program started ends with it.
func (f *Folder) Run(ctx context.Context, l Limits, path string, args ...string) ([]byte, error) {
	l = l.withDefaults()
	name := filepath.Base(path)
	ctx, cancel := context.WithTimeoutCause(ctx, l.Wall, errTooSlow)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...) //nolint:gosec // found in a system folder, with arguments of ours
	cmd.Dir = f.Path
	cmd.Env = []string{
		"PATH=" + strings.Join(usual, ":"), "HOME=" + f.Path, "TMPDIR=" + f.Path, "XDG_RUNTIME_DIR=" + f.Path, "LANG=C.UTF-8", "LC_ALL=C.UTF-8",
		"OMP_THREAD_LIMIT=1", // Tesseract's threads cost more than they bring
	}
	out, complaint := &bounded{limit: l.Output}, &bounded{limit: 64 << 10, drop: true}
	out.over = cancel
	cmd.Stdout, cmd.Stderr = out, complaint
	cmd.WaitDelay = 5 * time.Second
	private(cmd)
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	if err := limit(cmd.Process.Pid, l); err != nil {
		endGroup(cmd)
		_ = cmd.Wait() // killed
		return nil, fmt.Errorf("limit %s: %w", name, err)
	}
	err := cmd.Wait()
	endGroup(cmd) // what it left behind
	switch {
	case out.full:
		return nil, fmt.Errorf("%s wrote more than %d MB", name, l.Output>>20)
	case errors.Is(context.Cause(ctx), errTooSlow):
		return nil, fmt.Errorf("%s did not end within %v", name, l.Wall)
	case ctx.Err() != nil:
		return nil, fmt.Errorf("%s: %w", name, ctx.Err())
	case err != nil:
		if line := lastLine(complaint.buf.Bytes()); line != "" {
			return nil, fmt.Errorf("%s: %w: %s", name, err, line)
		}
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return out.buf.Bytes(), nil
}

var errTooSlow = errors.New("over the time limit")

// bounded keeps what is written up to a limit; beyond, it fails, or drops what
// comes.
type bounded struct {
	buf   bytes.Buffer // not embedded: its ReadFrom would go round Write
	limit int64
	drop  bool
	full  bool
	over  func()
}

func (b *bounded) Write(p []byte) (int, error) {
	room := b.limit - int64(b.buf.Len())
	if int64(len(p)) <= room {
		return b.buf.Write(p)
	}
	b.buf.Write(p[:max(room, 0)])
	if b.drop {
		return len(p), nil
	}
	b.full = true
	b.over()
	return 0, errors.New("too much output")
}

func lastLine(text []byte) string {
	lines := strings.Split(strings.TrimSpace(strings.ToValidUTF8(string(text), "\uFFFD")), "\n")
	line := strings.TrimSpace(lines[len(lines)-1])
	return line[:min(len(line), 300)]
}
