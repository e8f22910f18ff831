package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/ingest"
	panel "github.com/sufflor/sufflor/web"
)

// inbox is the folder of a source that takes uploads.
func inbox(w config.Workspace, source string) (string, error) {
	s, ok := w.Source(source)
	if !ok {
		return "", fmt.Errorf("source %q is not configured; sufflor ingest status lists those of workspace %s", source, w.ID)
	}
	if !s.Uploads || len(s.Paths) != 1 {
		return "", fmt.Errorf("source %s takes no uploads; set uploads: true for it", source)
	}
	return filepath.Abs(s.Paths[0])
}

// upload keeps a file that was sent to us in the folder of a source that takes
// uploads, whole or not at all, and reads it.
func (a *app) upload(ctx context.Context, w config.Workspace, source, name string, body io.Reader) (ingest.Summary, error) {
	root, err := inbox(w, source)
	if err != nil {
		return ingest.Summary{}, err
	}
	if err := keepUpload(root, name, time.Time{}, body); err != nil {
		return ingest.Summary{}, err
	}
	return a.ingest(ctx, w, panel.IngestRequest{Workspace: w.ID, Paths: []string{filepath.Join(root, filepath.FromSlash(name))}}, func(ingest.Event) {})
}

// uploadName checks the name of an uploaded file, which is whatever a stranger
// says: it cannot lead out of the folder, nor name what a run passes over.
func uploadName(name string) error {
	blank := func(part string) bool { return strings.TrimSpace(part) == "" }
	if !filepath.IsLocal(filepath.FromSlash(name)) || strings.ContainsAny(name, "\\\x00") || slices.ContainsFunc(strings.Split(name, "/"), blank) {
		return fmt.Errorf("%q cannot be the name of an uploaded file; use letters, digits and folders", name)
	}
	if ingest.PassedOver(name) {
		return fmt.Errorf("%q is the name of a hidden or temporary file, which is never read; give the file another name", name)
	}
	return nil
}

// partOf begins the name of an upload that is not whole yet. It is hidden: a
// run that looks meanwhile passes it over.
const partOf = ".upload-"

// keepUpload writes body to name below folder, dated as its sender says when
// modified is not zero.
func keepUpload(folder, name string, modified time.Time, body io.Reader) (err error) {
	if err := uploadName(name); err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return fmt.Errorf("upload: %w", err)
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return fmt.Errorf("upload: %w", err)
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	// Beside the folders that name needs: one that is cut off makes none.
	part := partOf + rand.Text()
	f, err := root.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o640)
	if err != nil {
		return fmt.Errorf("upload %s: %w", name, err)
	}
	_, err = io.Copy(f, body)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil && !modified.IsZero() {
		err = root.Chtimes(part, modified, modified)
	}
	local := filepath.FromSlash(name)
	if err == nil {
		err = root.MkdirAll(filepath.Dir(local), 0o750)
	}
	if err == nil {
		err = root.Rename(part, local)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("upload %s: %w", name, err), root.Remove(part))
	}
	return nil
}

// sweepUploads removes the halves that a killed process left in folder.
func sweepUploads(folder string) error {
	root, err := os.OpenRoot(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	list, err := fs.Glob(root.FS(), partOf+"*")
	for _, name := range list {
		err = errors.Join(err, root.Remove(name))
	}
	return errors.Join(err, root.Close())
}
