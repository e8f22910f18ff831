package convert_test

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/convert"
	"github.com/sufflor/sufflor/ingest/tool"
)

// answer is a reader that always says the same.
type answer struct {
	doc ingest.Document
	err error
}

func (a answer) Read(context.Context, ingest.Input) (ingest.Document, error) { return a.doc, a.err }

// whole is a reader that gives the file as one paragraph.
type whole struct{}

func (whole) Read(_ context.Context, in ingest.Input) (ingest.Document, error) {
	data, err := io.ReadAll(io.NewSectionReader(in.Data, 0, in.Size))
	return ingest.Document{Blocks: []ingest.Block{{Kind: ingest.Paragraph, Text: string(data)}}}, err
}

func kit(t *testing.T, programs map[string]string) tool.Kit {
	t.Helper()
	dir := t.TempDir()
	for name, body := range programs {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+body+"\n"), 0o755))
	}
	return tool.Kit{Folders: []string{dir}, Temp: t.TempDir()}
}

// converter stands for LibreOffice: it finds its input last, as ours does.
const converter = `for last; do :; done; mkdir out && { printf 'converted '; cat "$last"; } > out/document.docx`

func TestReadsByWayOfWhatIsThere(t *testing.T) {
	mine := answer{doc: ingest.Document{Title: "own"}}
	damaged := answer{err: ingest.ErrDamaged}
	tests := []struct {
		name     string
		own      ingest.Reader
		programs map[string]string
		text     string
		title    string
		err      error
		says     string
	}{
		{name: "our own reader is enough", own: mine, programs: map[string]string{"soffice": converter}, title: "own"},
		{name: "LibreOffice helps where ours finds damage", own: damaged, programs: map[string]string{"soffice": converter}, text: "converted some bytes"},
		{name: "LibreOffice reads what we do not", programs: map[string]string{"libreoffice": converter}, text: "converted some bytes"},
		{name: "catdoc helps where LibreOffice is not", own: damaged, programs: map[string]string{"catdoc": "echo plain text"}, text: "plain text"},
		{name: "a password is final", own: answer{err: ingest.ErrEncrypted}, programs: map[string]string{"soffice": converter}, err: ingest.ErrEncrypted},
		{name: "nothing is installed, our own error stays", own: damaged, err: ingest.ErrDamaged},
		{name: "nothing is installed and we have no reader", err: ingest.ErrUnsupported, says: "old.doc is a .doc file; install LibreOffice"},
		{name: "LibreOffice fails and we have no reader", programs: map[string]string{"soffice": "exit 0"}, err: ingest.ErrUnsupported, says: "old.doc is a .doc file, and LibreOffice could not read it (it made nothing of it); save it as .docx"},
		{name: "a converter that makes nothing", own: damaged, programs: map[string]string{"soffice": "exit 0"}, err: ingest.ErrDamaged, says: "made nothing"},
		{name: "a converter that fails", own: damaged, programs: map[string]string{"soffice": "echo 'source file could not be loaded' >&2; exit 1"}, err: ingest.ErrDamaged, says: "could not be loaded"},
		{name: "a program that finds no text", own: damaged, programs: map[string]string{"catdoc": "true"}, err: ingest.ErrDamaged, says: "no text"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := convert.Reader{Own: tt.own, Kit: kit(t, tt.programs), Ext: ".doc", To: "docx", Then: whole{}, Text: "catdoc", Next: "save it as .docx"}
			data := []byte("some bytes")
			doc, err := r.Read(t.Context(), ingest.Input{Name: "old.doc", Data: bytes.NewReader(data), Size: int64(len(data))})
			if tt.err != nil {
				require.ErrorIs(t, err, tt.err)
				require.ErrorContains(t, err, tt.says)
				if len(tt.programs) > 0 {
					require.NotContains(t, err.Error(), "install")
				}
				return
			}
			require.NoError(t, err)
			if tt.title != "" {
				require.Equal(t, tt.title, doc.Title)
				require.Empty(t, doc.Warnings)
				return
			}
			require.Equal(t, tt.text, doc.Blocks[0].Text)
			require.Len(t, doc.Warnings, 1, "says how it was read")
		})
	}
}

func TestACancelledConversionIsNoDamage(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := convert.Reader{Own: answer{err: ingest.ErrDamaged}, Kit: kit(t, map[string]string{"soffice": converter}), Ext: ".doc", To: "docx", Then: whole{}, Next: "save it as .docx"}
	_, err := r.Read(ctx, ingest.Input{Name: "old.doc", Data: bytes.NewReader(nil)})
	require.ErrorIs(t, err, context.Canceled)
	require.NotErrorIs(t, err, ingest.ErrDamaged)
}
