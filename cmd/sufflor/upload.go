package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/ingest"
	panel "github.com/sufflor/sufflor/web"
)

// upload keeps a file that was sent to us in the folder of a source that takes
// uploads, whole or not at all, and reads it.
func (a *app) upload(ctx context.Context, w config.Workspace, source, name string, body io.Reader) (ingest.Summary, error) {
	sources := w.NamedSources()
	i := slices.IndexFunc(sources, func(s config.Source) bool { return s.Name == source })
	if i < 0 {
		return ingest.Summary{}, fmt.Errorf("source %q is not configured; sufflor ingest status lists those of workspace %s", source, w.ID)
	}
	s := sources[i]
	if !s.Uploads || len(s.Paths) != 1 {
		return ingest.Summary{}, fmt.Errorf("source %s takes no uploads; set uploads: true for it", source)
	}
	root, err := filepath.Abs(s.Paths[0])
	if err != nil {
		return ingest.Summary{}, err
	}
	if err := keepUpload(root, name, body); err != nil {
		return ingest.Summary{}, err
	}
	return a.ingest(ctx, w, panel.IngestRequest{Workspace: w.ID, Paths: []string{filepath.Join(root, filepath.FromSlash(name))}}, func(ingest.Event) {})
}

// keepUpload writes body to name below folder. name is whatever a stranger
// says: it cannot lead out of the folder, nor name what a run passes over.
func keepUpload(folder, name string, body io.Reader) (err error) {
	local := filepath.FromSlash(name)
	blank := func(part string) bool { return strings.TrimSpace(part) == "" }
	if !filepath.IsLocal(local) || strings.ContainsAny(name, "\\\x00") || slices.ContainsFunc(strings.Split(name, "/"), blank) {
		return fmt.Errorf("%q cannot be the name of an uploaded file; use letters, digits and folders", name)
	}
	if ingest.PassedOver(name) {
		return fmt.Errorf("%q is the name of a hidden or temporary file, which is never read; give the file another name", name)
	}
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return fmt.Errorf("upload: %w", err)
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return fmt.Errorf("upload: %w", err)
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	if err := root.MkdirAll(filepath.Dir(local), 0o750); err != nil {
		return fmt.Errorf("upload %s: %w", name, err)
	}
	// Hidden until it is whole: a run that looks meanwhile passes it over.
	part := filepath.Join(filepath.Dir(local), ".upload-"+rand.Text())
	f, err := root.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o640)
	if err != nil {
		return fmt.Errorf("upload %s: %w", name, err)
	}
	_, err = io.Copy(f, body)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = root.Rename(part, local)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("upload %s: %w", name, err), root.Remove(part))
	}
	return nil
}
