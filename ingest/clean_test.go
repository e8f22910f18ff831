package ingest_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/ingest"
)

func TestWhatNobodySeesIsRemovedAndReported(t *testing.T) {
	tags := "" // "ignore" in Unicode's tag characters, which no font shows
	for _, r := range "ignore" {
		tags += string(0xE0000 + r)
	}
	tests := []struct {
		name, text, want string
		reported         bool
	}{
		{name: "zero width inside a word", text: "pass\u200bword", want: "password", reported: true},
		{name: "tag characters", text: "Price: 5 EUR" + tags, want: "Price: 5 EUR", reported: true},
		{name: "text that is turned round", text: "code \u202etxt.exe\u202c", want: "code txt.exe", reported: true},
		{name: "a soft hyphen is typography", text: "Donau\u00addampf", want: "Donaudampf"},
		{name: "a byte order mark at the beginning is a habit", text: "\ufeffHei", want: "Hei"},
		{name: "an emoji of several parts stays whole", text: "ok 👩\u200d💻", want: "ok 👩\u200d💻"},
		{name: "controls go, line ends stay", text: "a\x07b\nc", want: "ab\nc"},
		{name: "letters of our languages are left alone", text: "æøåäöüß – «ja»\u00a0!", want: "æøåäöüß – «ja»\u00a0!"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := ingest.Document{Blocks: []ingest.Block{
				{Kind: ingest.Paragraph, Text: tt.text},
				{Kind: ingest.TableBody, Table: &ingest.Table{Header: []string{tt.text}, Rows: []ingest.Row{{Cells: []string{tt.text}}}}},
				{Kind: ingest.CaseBlock, Case: &ingest.Case{Question: tt.text, Answer: tt.text}},
			}}
			doc := ingest.Clean(in)
			require.Equal(t, tt.want, doc.Blocks[0].Text)
			require.Equal(t, tt.want, doc.Blocks[1].Table.Header[0])
			require.Equal(t, tt.want, doc.Blocks[1].Table.Rows[0].Cells[0])
			require.Equal(t, tt.want, doc.Blocks[2].Case.Answer)
			require.Equal(t, tt.text, in.Blocks[1].Table.Rows[0].Cells[0], "the document that came in is not changed")
			require.Equal(t, tt.reported, strings.Contains(strings.Join(doc.Warnings, "\n"), "invisible characters"), "%q", doc.Warnings)
		})
	}
}

func TestBoilerplateIsLeftOutAndCounted(t *testing.T) {
	gone := []string{
		"Side 3 av 12", "Page 4", "Sida 2 (10)", "Seite 3 von 7", "– Sivu 4 –", "© 2024 Fjordvik Maskin AS", "Copyright 2019–2024 Example Oy. All rights reserved.",
		"Alle Rechte vorbehalten.", "Tilbake til toppen", "Skip to main content",
		"Vi bruker informasjonskapsler for å gi deg en bedre opplevelse. Ved å fortsette godtar du dette.",
		"We use cookies to improve our site. Accept all cookies",
	}
	kept := []string{
		"Page 4 describes how the filter is changed.", "Copyright law protects manuals.", "The guarantee covers 3 years.", "Side 3 av kassen skal vende opp.",
		"Slett informasjonskapsler i nettleseren hvis innloggingen feiler.", "Teile", "P. 4 bolts are needed",
	}
	var doc ingest.Document
	for _, s := range append(slices.Clip(gone), kept...) {
		doc.Blocks = append(doc.Blocks, ingest.Block{Kind: ingest.Paragraph, Text: s})
	}
	var got []string
	for _, b := range ingest.Clean(doc).Blocks {
		got = append(got, b.Text)
	}
	require.ElementsMatch(t, kept, withoutCookies(got), "cookie notices aside")
}

// withoutCookies drops the notices: with three mentions the document counts as
// being about cookies.
func withoutCookies(texts []string) []string {
	var out []string
	for _, s := range texts {
		if !strings.Contains(s, "bruker informasjonskapsler") && !strings.Contains(s, "We use cookies") {
			out = append(out, s)
		}
	}
	return out
}

func TestACookieNoticeGoesUnlessTheDocumentIsAboutCookies(t *testing.T) {
	notice := ingest.Block{Kind: ingest.Paragraph, Text: "Vi använder kakor (cookies) för att förbättra webbplatsen. Godkänn alla"}
	other := ingest.Block{Kind: ingest.Paragraph, Text: "Filtret byts varje år."}
	doc := ingest.Clean(ingest.Document{Blocks: []ingest.Block{notice, other}})
	require.Equal(t, []ingest.Block{other}, doc.Blocks)
	require.Contains(t, strings.Join(doc.Warnings, "\n"), "1 page numbers, copyright lines or cookie notices were left out")

	about := ingest.Block{Kind: ingest.Paragraph, Text: "Kakor sparas i sju dagar. Cookies från andra parter sparas inte."}
	doc = ingest.Clean(ingest.Document{Blocks: []ingest.Block{notice, about, about}})
	require.Len(t, doc.Blocks, 3)
}
