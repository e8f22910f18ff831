package pdf_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/ingest/pdf"
)

// sfnt is a TrueType program of these tables.
func sfnt(tables map[string][]byte) string {
	tags := []string{"cmap", "post"}
	var head, body bytes.Buffer
	head.WriteString("\x00\x01\x00\x00")
	n := 0
	for _, t := range tags {
		if tables[t] != nil {
			n++
		}
	}
	binary.Write(&head, binary.BigEndian, [4]uint16{uint16(n)})
	for _, t := range tags {
		if tables[t] == nil {
			continue
		}
		head.WriteString(t)
		binary.Write(&head, binary.BigEndian, [3]uint32{0, uint32(12 + 16*n + body.Len()), uint32(len(tables[t]))})
		body.Write(tables[t])
	}
	return head.String() + body.String()
}

// cmapTable has one sub-table of format 6: codes from first on are the glyphs
// 1, 2, 3 and so on.
func cmapTable(platform, encoding, first uint16, n int) []byte {
	var out bytes.Buffer
	binary.Write(&out, binary.BigEndian, [4]uint16{0, 1, platform, encoding})
	binary.Write(&out, binary.BigEndian, uint32(12))
	binary.Write(&out, binary.BigEndian, [5]uint16{6, uint16(10 + 2*n), 0, first, uint16(n)})
	for g := range n {
		binary.Write(&out, binary.BigEndian, uint16(g+1))
	}
	return out.Bytes()
}

// postTable names the glyphs from 1 on.
func postTable(names ...string) []byte {
	var out bytes.Buffer
	out.Write(append([]byte{0, 2, 0, 0}, make([]byte, 28)...))
	binary.Write(&out, binary.BigEndian, [2]uint16{uint16(len(names) + 1), 0})
	for i := range names {
		binary.Write(&out, binary.BigEndian, uint16(258+i))
	}
	for _, n := range names {
		out.WriteByte(byte(len(n)))
		out.WriteString(n)
	}
	return out.Bytes()
}

// cff is a Compact Font Format program with an own encoding: glyph 1 is "A"
// (standard string 34) at code 1, glyph 2 is "alpha" (own string 391) at code 2.
func cff() string {
	index := func(items ...string) string {
		if len(items) == 0 {
			return "\x00\x00"
		}
		out := fmt.Sprintf("\x00%c\x01\x01", len(items))
		at := 1
		for _, s := range items {
			at += len(s)
			out += string(rune(at))
		}
		return out + strings.Join(items, "")
	}
	number := func(n int) string { return "\x1c" + string([]byte{byte(n >> 8), byte(n)}) }
	header, names, texts, subrs := "\x01\x00\x04\x01", index("F"), index("alpha"), index()
	top := func(charset, encoding, glyphs int) string {
		return index(number(charset) + "\x0f" + number(encoding) + "\x10" + number(glyphs) + "\x11")
	}
	at := len(header + names + top(0, 0, 0) + texts + subrs)
	charset, encoding := "\x00\x00\x22\x01\x87", "\x00\x02\x01\x02"
	return header + names + top(at, at+len(charset), at+len(charset+encoding)) + texts + subrs + charset + encoding + index("\x0e", "\x0e", "\x0e")
}

func TestPagesReadsFontPrograms(t *testing.T) {
	tests := []struct {
		name    string
		font    string // after /Type/Font; %d is the program
		program string
		shown   string
		want    string
	}{
		{
			name: "Type 1 with an encoding of its own", font: "/Subtype/Type1/BaseFont/X/FontDescriptor<</FontFile %d 0 R/Flags 4>>",
			program: "%!PS-AdobeFont-1.0\n/Encoding 256 array\ndup 1 /A put\ndup 2 /oslash put\nreadonly def\ncurrentfile eexec\x80\x01",
			shown:   "<0102>", want: "Aø",
		},
		{
			name: "Compact Font Format with an encoding of its own", font: "/Subtype/Type1/BaseFont/X/FontDescriptor<</FontFile3 %d 0 R/Flags 4>>",
			program: cff(), shown: "<0102>", want: "Aα",
		},
		{
			name: "Compact Font Format by glyph", font: "/Subtype/Type0/BaseFont/X/Encoding/Identity-H/DescendantFonts[<</Subtype/CIDFontType0/FontDescriptor<</FontFile3 %d 0 R>>>>]",
			program: cff(), shown: "<00010002>", want: "Aα",
		},
		{
			name: "TrueType by glyph, with a Unicode table", font: "/Subtype/Type0/BaseFont/X/Encoding/Identity-H/DescendantFonts[<</Subtype/CIDFontType2/FontDescriptor<</FontFile2 %d 0 R>>>>]",
			program: sfnt(map[string][]byte{"cmap": cmapTable(3, 1, 'K', 3)}), shown: "<000100020003>", want: "KLM",
		},
		{
			name: "TrueType by glyph, with names only", font: "/Subtype/Type0/BaseFont/X/Encoding/Identity-H/DescendantFonts[<</Subtype/CIDFontType2/FontDescriptor<</FontFile2 %d 0 R>>>>]",
			program: sfnt(map[string][]byte{"post": postTable("K", "oe", "uni00E5")}), shown: "<000100020003>", want: "Kœå",
		},
		{
			name: "symbolic TrueType by code, with names", font: "/Subtype/TrueType/BaseFont/X/FontDescriptor<</FontFile2 %d 0 R/Flags 4>>",
			program: sfnt(map[string][]byte{"cmap": cmapTable(3, 0, 0xF021, 3), "post": postTable("K", "oe", "uni00E5")}),
			shown:   "(!\"#)", want: "Kœå",
		},
		{
			name: "Differences that name the glyphs of the program", font: "/Subtype/TrueType/BaseFont/X/Encoding<</Differences[65/glyph1/glyph2]>>/FontDescriptor<</FontFile2 %d 0 R/Flags 4>>",
			program: sfnt(map[string][]byte{"cmap": cmapTable(3, 1, 'K', 3)}), shown: "(AB)", want: "KL",
		},
		{
			name: "a program that is no font", font: "/Subtype/TrueType/BaseFont/X/FontDescriptor<</FontFile2 %d 0 R/Flags 4>>",
			program: "\x01\x00\x04\x01\x00\x01", shown: "(still text)", want: "still text",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := &writer{}
			font := fmt.Sprintf(tt.font, w.stream("", tt.program))
			require.Equal(t, []string{tt.want}, showIn(t, w, font, tt.shown))
		})
	}
}

// showIn is the text of a page with a string in a font.
func showIn(t *testing.T, w *writer, font, shown string) []string {
	t.Helper()
	form := w.stream("/Type/XObject/Subtype/Form/BBox[0 0 600 800]/Resources<</Font<</G<</Type/Font"+font+">>>>>>",
		"BT /G 12 Tf 50 700 Td "+shown+" Tj ET")
	w.pages(fmt.Sprintf("/XObject<</X %d 0 R>>", form), "", "/X Do")
	got, err := pdf.Pages(t.Context(), input("a.pdf", w.bytes()))
	require.NoError(t, err)
	return got
}

func TestPagesReadsNamedCodes(t *testing.T) {
	const composite = "/Subtype/Type0/BaseFont/X/Encoding/%s/DescendantFonts[<</Subtype/CIDFontType0/CIDSystemInfo<</Registry(Adobe)/Ordering(%s)>>>>]"
	tests := []struct{ name, font, shown, want string }{
		{"Shift JIS", fmt.Sprintf(composite, "90ms-RKSJ-H", "Japan1"), "<93FA967B8CEA4142>", "日本語AB"},
		{"EUC-JP", fmt.Sprintf(composite, "EUC-H", "Japan1"), "<C6FCCBDC>", "日本"},
		{"JIS", fmt.Sprintf(composite, "H", "Japan1"), "<467C4B5C>", "日本"},
		{"GBK", fmt.Sprintf(composite, "GBK-EUC-H", "GB1"), "<D6D0B9FA41>", "中国A"},
		{"GB 18030", fmt.Sprintf(composite, "GBK2K-H", "GB1"), "<D6D0B9FA>", "中国"},
		{"Big5", fmt.Sprintf(composite, "ETen-B5-H", "CNS1"), "<A4A4B0EA>", "中國"},
		{"Korean", fmt.Sprintf(composite, "KSCms-UHC-H", "Korea1"), "<C7D1B1B9>", "한국"},
		{"UTF-16 with surrogates", fmt.Sprintf(composite, "UniJIS-UTF16-H", "Japan1"), "<65E5D840DC0B>", "日𠀋"},
		{"UTF-8", fmt.Sprintf(composite, "UniJIS-UTF8-H", "Japan1"), "<E697A541>", "日A"},
		{"UTF-32", fmt.Sprintf(composite, "UniGB-UTF32-H", "GB1"), "<00004E2D>", "中"},
		{"CIDs of Japan", fmt.Sprintf(composite, "Identity-H", "Japan1"), "<00220E8A>", "A本"},
		{"CIDs of Korea", fmt.Sprintf(composite, "Identity-H", "Korea1"), "<0022>", "A"},
		{"vertical writing is read downwards", fmt.Sprintf(composite, "UniJIS-UCS2-V", "Japan1"), "<65E5672C8A9E>", "日本語"},
		{"names that are codes", "/Subtype/Type1/BaseFont/X/Encoding<</Differences[65/c72/c105]>>/FontDescriptor<</FontFile 1 0 R>>", "(AB)", "Hi"},
		{"names that are codes in hexadecimal", "/Subtype/Type1/BaseFont/X/Encoding<</Differences[65/g48/g6A]>>/FontDescriptor<</FontFile 1 0 R>>", "(AB)", "Hj"},
		{"names that were numbered as they came up", "/Subtype/Type3/Encoding<</Differences[1/A0/A1/A2/A3/A4/A5/A6/A7]>>/FirstChar 1/Widths[500 500]", "<0102>", "\uFFFD\uFFFD"},
		{"the codes of TeX's bitmap fonts", "/Subtype/Type3/Encoding<</Differences[12/a12 65/a65/a66]>>/FirstChar 12/Widths[500]", "<41420C>", "ABfi"},
		{"a space without a glyph", "/Subtype/Type1/BaseFont/X/Encoding<</Differences[32/.notdef]>>", "(mind the gap)", "mind the gap"},
		{"names of TeX's fonts", "/Subtype/Type1/BaseFont/X/Encoding<</Differences[13/circlecopyrt/unheardof/parenleftbigg/summationtext]>>", "<0D0E0F10>", "©\uFFFD(∑"},
		{"ZapfDingbats", "/Subtype/Type1/BaseFont/ZapfDingbats", "(\xd54l)", "→✔●"},
		{"ZapfDingbats by name", "/Subtype/Type1/BaseFont/ZapfDingbats/Encoding<</Differences[65/a20/a71]>>", "(AB)", "✔●"},
		{"Greek, Hebrew and multiplied names", "/Subtype/Type1/BaseFont/X/Encoding<</Differences[65/afii10017/alpha/f_f_i]>>", "(ABC)", "Аαffi"},
		{"letters with accents over them", "/Subtype/Type1/BaseFont/X/Encoding<</BaseEncoding/WinAnsiEncoding>>/FirstChar 65/Widths[500]", "(\xa8) Tj 0.5 0 Td (o) Tj 60 0 Td (\x8a)", "ö Š"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := &writer{}
			w.stream("", "%!PS-AdobeFont-1.0")
			require.Equal(t, []string{tt.want}, showIn(t, w, tt.font, tt.shown))
		})
	}
}

func TestPagesPartsWordsOfType3Fonts(t *testing.T) {
	for _, box := range []string{"[0 0 0 0]", "[0 0 10000 10000]", "[0 0 80 100]"} {
		font := "/Subtype/Type3/FontMatrix[.1 0 0 .1 0 0]/FontBBox" + box +
			"/CharProcs<<>>/Encoding<</Differences[97/a/b/c]>>/FirstChar 97/Widths[5 5 5]"
		got := showIn(t, &writer{}, font, "(ab) Tj 15 0 Td (ca)")
		require.Equal(t, []string{"ab ca"}, got, box)
	}
}

func TestPagesReadsToUnicode(t *testing.T) {
	tests := []struct{ name, cmap, font, shown, want string }{
		{
			"codes of one byte written as two", "1 begincodespacerange <0000> <FFFF> endcodespacerange 1 beginbfrange <0041> <0042> <0058> endbfrange",
			"/Subtype/TrueType/BaseFont/X", "(AB)", "XY",
		},
		{"a range that begins with no character", "1 beginbfrange <0000> <00FF> <0000> endbfrange", "", "<00480069>", "Hi"},
		{"a code of a range that is no character", "1 beginbfrange <0000> <00FF> <0000> endbfrange", "", "<004800010069>", "H\uFFFDi"},
		{"a code that stands for nothing", "2 beginbfchar <0001> <00410042> <0002> <> endbfchar", "", "<00010002>", "AB"},
		{"goes on from the CIDs of Japan", "/Adobe-Japan1-UCS2 usecmap", "", "<00220E8A>", "A本"},
		{"private use gives way to the encoding", "1 beginbfchar <41> <E041> endbfchar", "/Subtype/Type1/BaseFont/X/Encoding/WinAnsiEncoding", "(A)", "A"},
		{"Arabic forms are letters", "2 beginbfchar <0001> <FEF3> <0002> <FE8E> endbfchar", "", "<00020001>", "يا"},
		{"ligatures of letters from right to left", "2 beginbfchar <0001> <06440627> <0002> <0633> endbfchar", "", "<00010002>", "سلا"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := &writer{}
			font := tt.font
			if font == "" {
				font = "/Subtype/Type0/BaseFont/X/Encoding/Identity-H/DescendantFonts[<</Subtype/CIDFontType2/DW 500>>]"
			}
			font += fmt.Sprintf("/ToUnicode %d 0 R", w.stream("", tt.cmap))
			require.Equal(t, []string{tt.want}, showIn(t, w, font, tt.shown))
		})
	}
}

func TestPagesReadsGlyphsInTheOrderOfTheStandard(t *testing.T) {
	const (
		font  = "/Subtype/Type0/BaseFont/%s/Encoding/Identity-H%s/DescendantFonts[<</Subtype/CIDFontType2/CIDSystemInfo<</Ordering(Identity)>>/W[%s]/FontDescriptor<<%s>>>>]"
		times = "3[250 333 408 500 500 833 778 180 333 333 500 564]"
		own   = "3[500 722 444 278 500 250 500 333 722 556 444 389]"
	)
	program := "/FontFile2 1 0 R" // with neither codes nor names
	tests := []struct{ name, font, want string }{
		{"a font of Microsoft that is not embedded", fmt.Sprintf(font, "Verdana,Bold", "", "", ""), "Hi"},
		{"another font that is not embedded", fmt.Sprintf(font, "Frutiger", "", "", ""), "\uFFFD\uFFFD"},
		{"an embedded font with the widths of the standard", fmt.Sprintf(font, "ABCDEF+TimesNewRoman", "", times, program), "Hi"},
		{"an embedded font with other widths", fmt.Sprintf(font, "ABCDEF+TimesNewRoman", "", own, program), "\uFFFD\uFFFD"},
		{"an embedded font with too few widths to tell", fmt.Sprintf(font, "ABCDEF+TimesNewRoman", "", "3[250 333 408]", program), "\uFFFD\uFFFD"},
		{"codes that are Unicode", fmt.Sprintf(font, "Frutiger", "/ToUnicode/Identity-H", "", ""), "+L"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := &writer{}
			w.stream("", sfnt(map[string][]byte{"glyf": {0}}))
			require.Equal(t, []string{tt.want}, showIn(t, w, tt.font, "<002B004C>"))
		})
	}
}

func TestPagesTurnsRightToLeftLines(t *testing.T) {
	const hebrew = "/Subtype/Type0/BaseFont/X/Encoding/UniJIS-UTF16-H/DescendantFonts[<</Subtype/CIDFontType2/DW 500>>]"
	utf16 := func(s string) string {
		out := "<"
		for _, r := range s {
			out += fmt.Sprintf("%04X", r)
		}
		return out + ">"
	}
	tests := []struct{ name, page, want string }{
		{"a line", "םולש םלוע", "עולם שלום"},
		{"a number in it", "ח״ש 1,250.50 ריחמ", "מחיר 1,250.50 ש״ח"},
		{"a Latin name in it", "תנוכמ BP-500 לש", "של BP-500 מכונת"},
		{"brackets", "(םולש) םלוע", "עולם (שלום)"},
		{"a word in a Latin line", "the word םולש means peace", "the word שלום means peace"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := showIn(t, &writer{}, hebrew, utf16(tt.page))
			require.Equal(t, []string{tt.want}, got)
		})
	}
}
