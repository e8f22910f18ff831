package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/suggest"
)

const (
	// attachmentTime is how long one file of a customer may take to be read,
	// recognition of pictures included: an agent waits for it.
	attachmentTime = 80 * time.Second
	// attachmentMemory is for the process that reads it; a customer's file has
	// at most 20 MB.
	attachmentMemory = 512 << 20
	attachmentOutput = 32 << 20
)

// attachmentReader reads customers' files, each in a worker process as
// documents are. Its second result ends the workers. What a killed process
// left behind of a customer's file is removed first.
func (a *app) attachmentReader() (suggest.Reader, func() error, error) {
	files, err := a.isolated(false)
	if err != nil {
		return nil, nil, err
	}
	files.Limits.Wall, files.Limits.Memory, files.Limits.Output = attachmentTime, attachmentMemory, attachmentOutput
	folder := filepath.Join(a.cfg.Data, "reading")
	if err := os.RemoveAll(folder); err != nil {
		return nil, nil, fmt.Errorf("remove what is left of customers' files: %w", err)
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, nil, fmt.Errorf("make a folder for customers' files: %w", err)
	}
	read := func(ctx context.Context, name, _ string, data []byte) (passages []index.Passage, err error) {
		dir, err := os.MkdirTemp(folder, "file-")
		if err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
		path := filepath.Join(dir, plainName(name))
		if err := os.WriteFile(path, data, 0o600); err != nil {
			return nil, err
		}
		ctx, cancel := context.WithTimeoutCause(ctx, attachmentTime, errors.New("it takes too long to read"))
		defer cancel()
		doc, err := files.ReadFile(ctx, path)
		if err == nil {
			passages, err = ingest.Cut(ctx, doc, ingest.Origin{Audience: index.Internal, Source: name})
		}
		return passages, err
	}
	return read, files.Close, nil
}

// plainName is a file name that is safe on any disk and keeps the ending, by
// which some formats are known.
func plainName(name string) string {
	clean := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("-_. ", r) {
			return r
		}
		return '_'
	}, filepath.Base(name))
	ext := filepath.Ext(clean)
	stem := strings.Trim(strings.TrimSuffix(clean, ext), ". ")
	if len(ext) > 20 || ext == "." {
		ext = ""
	}
	if len(stem) > 100 {
		stem = strings.ToValidUTF8(stem[:100], "")
	}
	if stem == "" {
		stem = "file"
	}
	return stem + ext
}
