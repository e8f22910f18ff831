// Package convert reads with programs of others what our own readers cannot:
// formats we have no reader for, and files that ours find damaged.
//
// LibreOffice converts to a format of today, which our readers then read; the
// catdoc programs give plain text. Neither is required.
package convert

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/tool"
)

const (
	maxFile = 256 << 20 // bytes that are copied for a tool
	wall    = 50 * time.Second
)

// Reader tries Own, where there is one, and then the programs. Errors of
// readers that say more than [ingest.ErrDamaged] or [ingest.ErrUnsupported]
// are final: a password stays a password.
type Reader struct {
	Own ingest.Reader // may be nil
	Kit tool.Kit

	Ext  string        // what the file is, as its extension: ".doc"
	To   string        // what LibreOffice is to make of it: "docx"
	Then ingest.Reader // reads that
	Text string        // a program that prints plain UTF-8 text ("catdoc"), empty for none
	Next string        // what to do where nothing helps: "save it as .docx"
}

// Read implements [ingest.Reader].
func (r Reader) Read(ctx context.Context, in ingest.Input) (ingest.Document, error) {
	var err error
	if r.Own != nil {
		var doc ingest.Document
		if doc, err = r.Own.Read(ctx, in); !errors.Is(err, ingest.ErrDamaged) && !errors.Is(err, ingest.ErrUnsupported) {
			return doc, err //nolint:wrapcheck // names the file
		}
	}
	doc, how, toolErr := r.convert(ctx, in)
	missing := errors.Is(toolErr, tool.ErrMissing)
	switch {
	case ctx.Err() != nil:
		return ingest.Document{}, fmt.Errorf("%s: %w", in.Name, ctx.Err())
	case missing && r.Own == nil:
		return ingest.Document{}, fmt.Errorf("%s is a %s file; install LibreOffice (apt-get install libreoffice-nogui) on the machine that runs sufflor, or %s: %w",
			in.Name, r.Ext, r.Next, ingest.ErrUnsupported)
	case missing:
		return ingest.Document{}, err
	case toolErr != nil && r.Own == nil:
		return ingest.Document{}, fmt.Errorf("%s is a %s file, and %s could not read it (%w); %s: %w", in.Name, r.Ext, how, toolErr, r.Next, ingest.ErrUnsupported)
	case toolErr != nil:
		return ingest.Document{}, fmt.Errorf("%w (and by way of %s: %w)", err, how, toolErr)
	}
	doc.Warnings = append(doc.Warnings, "read by way of "+how+"; places in it may be off")
	return doc, nil
}

// convert reads in with the first program that is installed, and says which.
func (r Reader) convert(ctx context.Context, in ingest.Input) (ingest.Document, string, error) {
	if soffice, err := r.Kit.Find("soffice", "libreoffice"); err == nil && r.Then != nil {
		doc, err := r.libreOffice(ctx, soffice, in)
		return doc, "LibreOffice", err
	}
	if r.Text == "" {
		return ingest.Document{}, "", tool.ErrMissing
	}
	path, err := r.Kit.Find(r.Text)
	if err != nil {
		return ingest.Document{}, r.Text, err //nolint:wrapcheck // names the program
	}
	doc, err := r.text(ctx, path, in)
	return doc, r.Text, err
}

func (r Reader) libreOffice(ctx context.Context, soffice string, in ingest.Input) (doc ingest.Document, err error) {
	folder, source, err := r.folder(in)
	if err != nil {
		return doc, err
	}
	defer func() { err = errors.Join(err, folder.Close()) }()
	// A profile of its own: it must neither meet a running LibreOffice nor
	// obey anybody's settings. Macros are not run in a conversion.
	_, err = folder.Run(ctx, tool.Limits{Wall: wall, Memory: 2 << 30}, soffice, "--headless", "--norestore", "--nolockcheck", "--nodefault", "--nofirststartwizard",
		"-env:UserInstallation=file://"+filepath.Join(folder.Path, "profile"), "--convert-to", r.To, "--outdir", "out", filepath.Base(source))
	if err != nil {
		return doc, err //nolint:wrapcheck // names the program
	}
	made := filepath.Join(folder.Path, "out", strings.TrimSuffix(filepath.Base(source), r.Ext)+"."+r.To)
	f, err := os.Open(made)
	if err != nil {
		return doc, errors.New("it made nothing of it")
	}
	defer f.Close() //nolint:errcheck // only read
	info, err := f.Stat()
	if err != nil {
		return doc, fmt.Errorf("look at what it made: %w", err)
	}
	in.Data, in.Size = f, info.Size()
	return r.Then.Read(ctx, in) //nolint:wrapcheck // names the file
}

func (r Reader) text(ctx context.Context, path string, in ingest.Input) (doc ingest.Document, err error) {
	folder, source, err := r.folder(in)
	if err != nil {
		return doc, err
	}
	defer func() { err = errors.Join(err, folder.Close()) }()
	out, err := folder.Run(ctx, tool.Limits{Wall: wall}, path, "-d", "utf-8", filepath.Base(source))
	if err != nil {
		return doc, err //nolint:wrapcheck // names the program
	}
	n := 0
	for part := range strings.SplitSeq(strings.ToValidUTF8(string(out), "\uFFFD"), "\n\n") {
		if part = strings.TrimSpace(strings.Trim(part, "\f")); part != "" {
			n++
			b := ingest.Block{Kind: ingest.Paragraph, Text: part}
			b.Locator.Paragraph = n
			doc.Blocks = append(doc.Blocks, b)
		}
	}
	if n == 0 {
		return doc, errors.New("it found no text")
	}
	return doc, nil
}

// folder is a private folder with a copy of the file under a name of ours.
func (r Reader) folder(in ingest.Input) (*tool.Folder, string, error) {
	folder, err := r.Kit.Folder()
	if err != nil {
		return nil, "", err //nolint:wrapcheck // says what it did
	}
	path, err := folder.Put("document"+r.Ext, io.NewSectionReader(in.Data, 0, in.Size), maxFile)
	if err != nil {
		return nil, "", errors.Join(err, folder.Close())
	}
	return folder, path, nil
}
