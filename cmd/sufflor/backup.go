package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/store"
)

// sumsFile lists the files of a backup with their SHA-256, in the form that
// sha256sum -c reads.
const sumsFile = "SHA256SUMS"

// backupReport is what was copied.
type backupReport struct {
	Dir   string `json:"dir"`
	Files int    `json:"files"`
	Bytes int64  `json:"bytes"`
}

func (c *cli) backupCmd() *cobra.Command {
	return &cobra.Command{
		Use: "backup DIR", Short: "Copy records, originals and index into a new folder, also while the server runs", Args: cobra.ExactArgs(1),
		Long: `Copies everything that cannot be made again, and the index, as they are at one moment,
into DIR, which must be new or empty. A running server does it itself and goes on
working. DIR has its name once it is complete, with checksums in SHA256SUMS.
The panel's key and the configuration are not in it.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := c.loadOrDemo()
			if err != nil {
				return err
			}
			dir, err := filepath.Abs(args[0]) // a running server has another working folder
			if err != nil {
				return err
			}
			var r backupReport
			err = c.either(cmd.Context(), cfg,
				func(a *app) error { r, err = a.backup(cmd.Context(), dir); return err },
				func(s *remote) error {
					return s.post(cmd.Context(), "/api/backup", map[string]string{"dir": dir}, func(body io.Reader) error { return json.NewDecoder(body).Decode(&r) })
				})
			if err != nil {
				return err
			}
			if c.json {
				return c.print(r)
			}
			_, err = fmt.Fprintf(c.stdout, "%s: %s, %.1f MB; check it with: cd %s && sha256sum -c %s\n", r.Dir, count(r.Files, "file"), float64(r.Bytes)/1e6, r.Dir, sumsFile)
			return err
		},
	}
}

// backup copies store and index into dir as they are at one moment: between
// the two copies nothing goes from one to the other. What the index has yet to
// learn is noted in the copied records, and learned when they are opened.
func (a *app) backup(ctx context.Context, dir string) (r backupReport, err error) {
	r.Dir = dir
	data, err := filepath.Abs(a.cfg.Data)
	if err != nil {
		return r, err
	}
	if ingest.Inside(dir, data) {
		return r, usage(fmt.Errorf("%s lies in the data folder; name a place outside of it, best on another disk", dir))
	}
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return r, usage(fmt.Errorf("%s is not empty; name a new folder for each backup", dir))
	}
	part := dir + ".part"
	if err := os.MkdirAll(filepath.Dir(part), 0o700); err != nil {
		return r, fmt.Errorf("backup: %w", err)
	}
	if err := os.Mkdir(part, 0o700); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return r, fmt.Errorf("%s is left of a backup that was cut off, or of one under way; remove it and try again", part)
		}
		return r, fmt.Errorf("backup: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(part))
		}
	}()
	if err := a.copyTo(ctx, part); err != nil {
		return r, fmt.Errorf("backup: %w", err)
	}
	if r.Files, r.Bytes, err = writeSums(ctx, part); err != nil {
		return r, fmt.Errorf("backup: %w", err)
	}
	_ = os.Remove(dir) // an empty one; what else there is makes Rename fail
	if err := os.Rename(part, dir); err != nil {
		return r, fmt.Errorf("backup: %w", err)
	}
	if err := a.store.SaveUpkeep(ctx, store.UpkeepBackup, "", r); err != nil {
		a.log.WarnContext(ctx, "the backup is complete, but not noted", "err", err)
	}
	return r, nil
}

func (a *app) copyTo(ctx context.Context, dir string) (err error) {
	done, err := a.turn.Take(ctx)
	if err != nil {
		return err
	}
	held, err := a.index.Hold()
	if err != nil {
		done()
		return err
	}
	defer func() { err = errors.Join(err, held.Close()) }()
	b, err := a.store.Backup(ctx, dir)
	done()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close(ctx)) }()
	if err := held.CopyTo(ctx, indexDir(config.Config{Data: dir})); err != nil {
		return err
	}
	return b.Originals(ctx)
}

// writeSums lists what is in dir.
func writeSums(ctx context.Context, dir string) (files int, bytes int64, err error) {
	var list strings.Builder
	err = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		sum, n, err := copyFile(ctx, path, "")
		if err != nil {
			return err
		}
		fmt.Fprintf(&list, "%s  %s\n", sum, filepath.ToSlash(name))
		files, bytes = files+1, bytes+n
		return nil
	})
	if err != nil {
		return files, bytes, err
	}
	f, err := os.OpenFile(filepath.Join(dir, sumsFile), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return files, bytes, err
	}
	_, err = f.WriteString(list.String())
	return files, bytes, errors.Join(err, f.Sync(), f.Close())
}

// copyFile reads a file, and writes it to another place unless that is "". It
// gives its SHA-256 and size.
func copyFile(ctx context.Context, from, to string) (sum string, n int64, err error) {
	in, err := os.Open(from)
	if err != nil {
		return "", 0, err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	h := sha256.New()
	var out io.Writer = h
	if to != "" {
		if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
			return "", 0, err
		}
		f, err := os.OpenFile(to, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
		if err != nil {
			return "", 0, err
		}
		out = io.MultiWriter(h, f)
		defer func() { err = errors.Join(err, f.Sync(), f.Close()) }()
	}
	for err == nil {
		if err = ctx.Err(); err != nil {
			break
		}
		var m int64
		m, err = io.CopyN(out, in, 8<<20)
		n += m
	}
	if !errors.Is(err, io.EOF) {
		return "", n, err
	}
	return hex.EncodeToString(h.Sum(nil)), n, nil
}

func (c *cli) restoreCmd() *cobra.Command {
	return &cobra.Command{
		Use: "restore DIR", Short: "Bring a backup into an empty data folder", Args: cobra.ExactArgs(1),
		Long: `Compares every file of a backup with its checksum and copies it into the data folder,
which must not hold records yet: move those away first. A restore that was cut off
can be begun again.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := c.loadOrDemo()
			if err != nil {
				return err
			}
			n, err := restore(cmd.Context(), args[0], cfg.Data)
			if err != nil {
				return fmt.Errorf("restore %s: %w", args[0], err)
			}
			if c.json {
				return c.print(map[string]any{"data": cfg.Data, "files": n})
			}
			_, err = fmt.Fprintf(c.stdout, "%s restored to %s\n", count(n, "file"), cfg.Data)
			return err
		},
	}
}

var sumLine = regexp.MustCompile(`^([0-9a-f]{64})  (.+)$`)

// restore copies the backup in dir to data. The records come last and appear
// all at once: without them the folder counts as empty.
func restore(ctx context.Context, dir, data string) (int, error) {
	sums, err := readSums(dir)
	if err != nil {
		return 0, err
	}
	records := filepath.Join(data, store.FileName)
	if _, err := os.Stat(records); !errors.Is(err, fs.ErrNotExist) {
		return 0, errors.Join(err, usage(fmt.Errorf("%s is there already; stop the server and move the data folder away, or name another (data: or SUFFLOR_DATA)", records)))
	}
	if err := index.Remove(indexDir(config.Config{Data: data})); err != nil {
		return 0, err
	}
	for i, s := range sums {
		to := filepath.Join(data, s.name)
		if s.name == store.FileName {
			to += ".part"
		}
		got, _, err := copyFile(ctx, filepath.Join(dir, s.name), to)
		if err != nil {
			return i, err
		}
		if got != s.sum {
			return i, errors.Join(fmt.Errorf("%s: is not what was backed up (checksum); use another backup", s.name), os.Remove(to))
		}
	}
	if err := os.Rename(records+".part", records); err != nil {
		return 0, err
	}
	return len(sums), nil
}

type sum struct{ sum, name string }

// readSums is the list of a backup, the records last.
func readSums(dir string) ([]sum, error) {
	f, err := os.Open(filepath.Join(dir, sumsFile))
	if err != nil {
		return nil, fmt.Errorf("%w; a backup that was not cut off has this file", err)
	}
	defer f.Close() //nolint:errcheck // only read
	var list []sum
	for lines := bufio.NewScanner(f); lines.Scan(); {
		m := sumLine.FindStringSubmatch(lines.Text())
		if m == nil || !filepath.IsLocal(filepath.FromSlash(m[2])) {
			return nil, fmt.Errorf("%s: line %d is not a checksum and a name in the folder", sumsFile, len(list)+1)
		}
		list = append(list, sum{m[1], filepath.FromSlash(m[2])})
	}
	at := slices.IndexFunc(list, func(s sum) bool { return s.name == store.FileName })
	if at < 0 {
		return nil, fmt.Errorf("%s does not list %s", sumsFile, store.FileName)
	}
	last := list[at]
	return append(slices.Delete(list, at, at+1), last), nil
}
