package pdf_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/pdf"
)

// The files in testdata/encrypted are one file of ours that qpdf encrypted:
// qpdf --static-id --static-aes-iv plain.pdf --encrypt USER OWNER BITS … -- out.pdf
// USER is empty but in owner-empty-* and password-*.
func encryptedFile(tb testing.TB, name string) []byte {
	tb.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "encrypted", name))
	require.NoError(tb, err)
	return data
}

// patch replaces bytes by as many others, so that offsets stay right.
func patch(t *testing.T, data []byte, from, to string) []byte {
	t.Helper()
	require.Contains(t, string(data), from)
	require.LessOrEqual(t, len(to), len(from))
	return bytes.Replace(data, []byte(from), []byte(to+strings.Repeat(" ", len(from)-len(to))), 1)
}

func TestReadDecryptsWhatOpensWithoutAPassword(t *testing.T) {
	file := func(name string) []byte { return encryptedFile(t, name) }
	withoutTable := func(data []byte) []byte {
		return bytes.ReplaceAll(data, []byte("startxref"), []byte("startxxxx"))
	}
	tests := []struct {
		name string
		file []byte
	}{
		{"RC4 of 40 bits", file("rc4-40.pdf")},
		{"RC4 of 128 bits", file("rc4-128.pdf")},
		{"RC4 by crypt filters, with object streams", file("rc4-v4.pdf")},
		{"AES of 128 bits", file("aes-128.pdf")},
		{"AES of 128 bits, with object streams", file("aes-128-objects.pdf")},
		{"AES of 256 bits, revision 5", file("aes-256-r5.pdf")},
		{"AES of 256 bits, revision 6, with object streams", file("aes-256.pdf")},
		{"an empty owner password, 256 bits", file("owner-empty-256.pdf")},
		{"no key length", patch(t, file("aes-128.pdf"), "/Length 128", "")},
		{"no key length in the crypt filter", patch(t, file("aes-128.pdf"), "/Length 16 ", "")},
		{"a crypt filter's key length in bits", patch(t, file("rc4-v4.pdf"), "/Length 16 ", "/Length 128")[:]},
		{"a wrong key length", patch(t, file("rc4-128.pdf"), "/Length 128", "/Length 40")},
		{"a key length without a meaning", patch(t, file("rc4-128.pdf"), "/Length 128", "/Length -1")},
		{"a damaged table", withoutTable(file("aes-128.pdf"))},
		{"a damaged table and object streams", withoutTable(file("aes-256.pdf"))},
		{"a damaged table and RC4", withoutTable(file("rc4-40.pdf"))},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc, err := pdf.Reader{}.Read(t.Context(), input("a.pdf", tt.file))
			require.NoError(t, err)
			require.Equal(t, "Hood manual", doc.Title)
			require.Empty(t, doc.Warnings)
			require.Equal(t, 2, doc.Pages)
			require.Len(t, doc.Blocks, 2)
			require.Equal(t, helloText, doc.Blocks[0].Text)
			require.Equal(t, "Page two.", doc.Blocks[1].Text)
		})
	}
}

func TestReadLeavesAloneWhatCryptFiltersExempt(t *testing.T) {
	// Strings and streams by the filter Identity are not encrypted.
	w := new(writer).pages("", "", hello)
	w.info = w.add("<</Title(Hood manual)>>")
	w.trailer = "/ID[<00><00>]/Encrypt<</Filter/Standard/V 4/R 4/StmF/Identity/StrF/Identity/CF<</StdCF<</CFM/AESV2/Length 16>>>>" +
		"/P -4/Length 128/O<566fa873ee33c797cd3b904fdadf814afa34df9a38f6ed41b984e2c6da2aa6f5>" +
		"/U<e21cc3d13b0faa9934db7d20f11e333e0122456a91bae5134273a6db134c87c4>>>"
	id := "<31415926535897932384626433832795>"
	data := bytes.Replace(w.bytes(), []byte("[<00><00>]"), []byte("["+id+id+"]"), 1)
	doc, err := pdf.Reader{}.Read(t.Context(), input("a.pdf", data))
	require.NoError(t, err)
	require.Equal(t, "Hood manual", doc.Title)
	require.Equal(t, helloText, doc.Blocks[0].Text)
	t.Run("attachments that need a password leave the text alone", func(t *testing.T) {
		locked := patch(t, data, "/U<e2", "/U<00")
		doc, err := pdf.Reader{}.Read(t.Context(), input("a.pdf", locked))
		require.NoError(t, err)
		require.Equal(t, "Hood manual", doc.Title)
		require.Equal(t, helloText, doc.Blocks[0].Text)
		_, err = pdf.Reader{}.Read(t.Context(), input("a.pdf", patch(t, locked, "/StmF/Identity", "/StmF/StdCF")))
		require.ErrorIs(t, err, ingest.ErrEncrypted)
	})
}

func TestReadSaysThatAPasswordIsNeeded(t *testing.T) {
	for _, name := range []string{"password-128.pdf", "password-256.pdf", "password-rc4.pdf"} {
		_, err := pdf.Reader{}.Read(t.Context(), input("manual.pdf", encryptedFile(t, name)))
		require.ErrorIs(t, err, ingest.ErrEncrypted)
		require.ErrorContains(t, err, "manual.pdf: it needs a password to open; save it without a password and try again")

		damaged := bytes.ReplaceAll(encryptedFile(t, name), []byte("startxref"), []byte("startxxxx"))
		_, err = pdf.Reader{}.Read(t.Context(), input("manual.pdf", damaged))
		require.ErrorIs(t, err, ingest.ErrEncrypted, "also when its table is damaged")
	}
}
