package rtf_test

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/flow/flowtest"
	"github.com/sufflor/sufflor/ingest/rtf"
)

func input(data string) ingest.Input {
	return ingest.Input{Name: "test.rtf", Path: "test.rtf", Data: strings.NewReader(data), Size: int64(len(data))}
}

func TestText(t *testing.T) {
	const fonts = `{\fonttbl{\f0\fcharset0 Arial;}{\f1\fcharset238 Arial CE;}{\f2\fcharset2 Symbol;}{\f3\fcharset204{\*\falt Times}Arial Cyr;}{\f4\fcharset128 MS Mincho;}{\f5\fcharset2 Wingdings;}}`
	tests := []struct {
		name, body string
		want       []string
	}{
		{name: "paragraphs, tabs and lines", body: "a\\tab b\\line c\\par\r\nd", want: []string{"paragraph| a\tb\nc", "paragraph| d"}},
		{name: "characters of the document's code page", body: `bl\'e5b\'e6r`, want: []string{"paragraph| blåbær"}},
		{name: "characters of the font's code page", body: `{\f1 \'b3\'f3d\'9f} {\f3 \'d6\'e5\'ed\'e0} {\f4 \'93\'fa\'96\'7b}\f0 \'e5`, want: []string{"paragraph| łódź Цена 日本å"}},
		{name: "Greek letters of the Symbol font", body: `{\f2 a\'b1}{\f5 \'fc}`, want: []string{"paragraph| α±•"}},
		{name: "Unicode with what stands for it", body: `\uc1\u248\'f8l {\uc2\u8364 EU}{\uc0\u-4052}x{\u229 ?}\u55357 ?\u56832 ?`, want: []string{"paragraph| øl €•xå😀"}},
		{name: "what stands for Unicode may be a word", body: `a\u8211\endash b`, want: []string{"paragraph| a–b"}},
		{name: "a text in two forms", body: `{\upr{\'3f}{\*\ud{\u321?}}}x`, want: []string{"paragraph| Łx"}},
		{name: "escaped and special characters", body: `\{a\}\\ b\~c X\_1 so\-lo \lquote d\rquote\endash\bullet`, want: []string{"paragraph| {a}\\ b\u00a0c X-1 solo ‘d’–•"}},
		{name: "hidden and deleted text goes", body: `a{\v hidden}\v\'41\v0 b{\deleted gone\par}c`, want: []string{"paragraph| abc"}},
		{name: "plain ends hiding", body: `a\v b\plain c`, want: []string{"paragraph| ac"}},
		{name: "field codes go, results stay", body: `{\field{\*\fldinst HYPERLINK "https://example.com"}{\fldrslt {\ul portalen}}} n\'e5`, want: []string{"paragraph| portalen nå"}},
		{name: "ignorable and unknown destinations go", body: `{\*\unknown x}{\*\bkmkstart m}a{\pict\wmetafile8 0102{}ff}{\object{\*\objdata 0105}{\result b}}`, want: []string{"paragraph| ab"}},
		{name: "binary data is passed over", body: "a{\\pict\\bin5 }}}{\\}\\bin2 {{b", want: []string{"paragraph| ab"}},
		{name: "footnotes follow their paragraph", body: `a{\super\chftn}{\footnote\pard\plain{\super\chftn} note one\par two} b\par c`, want: []string{"paragraph| a b", "paragraph| note one\ntwo", "paragraph| c"}},
		{name: "headers and footers come last and once", body: `{\header Brisk Support\par}{\headerf Brisk Support\par}{\footer\chpgn\par}a\par\sectd{\headerr Brisk Support}b`, want: []string{"paragraph| a", "paragraph| b", "heading1| ", "paragraph| Brisk Support"}},
		{name: "a table in a footer", body: `{\footer\trowd\cellx200\pard\intbl Viktig melding\cell\row\trowd\cellx100\cellx200\pard\intbl Per\cell Pris per\cell\row}a\par`, want: []string{"paragraph| a", "heading1| ", "paragraph| Viktig melding\nPer Pris per"}},
		{name: "text boxes follow their paragraph", body: `{\shp{\*\shpinst\shpleft1{\sp{\sn x}{\sv y}}{\shptxt\pard box\par}}{\shprslt{\*\do\dptxbx{\dptxbxtext box}}}}anchor\par`, want: []string{"paragraph| anchor", "paragraph| box"}},
		{name: "markers of lists", body: `{\listtext\pard\plain 1.\tab}\ls1\ilvl0 one\par{\listtext\f2\'b7\tab}\ilvl1 two\par\pard{\pntext a)\tab}{\*\pn\pnlvlbody}three\par plain`, want: []string{"item1 1.| one", "item2 •| two", "item1 a)| three", "paragraph| plain"}},
		{name: "headings by outline level and style", body: `{\pard\outlinelevel0 A\par}{\pard\s1 B\par}{\pard\s2 C\par}{\pard\s2\outlinelevel9 D\par}{\pard\s3 E\tab 12\par}`, want: []string{"heading1| A", "heading2| B", "heading2| C", "paragraph| D"}},
		{
			name: "formulas in one line", body: `f={\mmath{\*\moMath{\*\mctrlPr x}{\mf{\mfPr{\mctrlPr y}}{\mnum{\mr\mscr0 a+1}}{\mden b}}{\msSup{\me{\mr x}}{\msup{\mr 2}}}{\md{\mdPr{\mbegChr [}{\mendChr ]}}{\me{\mr\u945 ?}}}}{\mmathPict{\pict 00}}}!{\moMathPara{\moMathParaPr{\mjc left}}{\*\moMath{\mnary{\mnaryPr{\mchr\u8721 ?}}{\msub{\mr i}}{\msup{\mr n}}{\me{\mr i}}}}}`,
			want: []string{"paragraph| f=(a+1)/bx^2[α]!∑_i^n i"},
		},
		{name: "a hidden formula", body: `a{\v{\*\moMath{\mr x}}}b`, want: []string{"paragraph| ab"}},
		{name: "formulas of fields", body: `10 {\field{\*\fldinst EQ \\f(1;{\b 2})}{\fldrslt}} tomme {\field{\*\fldinst IF {\field{\*\fldinst EQ \\f(3;4)}{\fldrslt 5}} }{\fldrslt x}}`, want: []string{"paragraph| 10 1/2 tomme x"}},
		{
			name: "numbers of lists that only a table gives", body: `{\*\listtable{\list{\listlevel\levelnfc0\levelstartat3{\leveltext\leveltemplateid9\'02\'00.;}{\levelnumbers\'01;}}{\listlevel\levelnfc4{\leveltext\'03\'00.\'01;}{\levelnumbers\'01\'03;}}{\listlevel\levelnfc23{\leveltext\'01\u8226 ?;}{\levelnumbers;}}{\listname navn;}\listid-7}}` +
				`{\*\listoverridetable{\listoverride\listid-7\listoverridecount0\ls1}{\listoverride\listid-7\listoverridecount2{\lfolevel\listoverridestartat\levelstartat9}{\lfolevel\listoverrideformat{\listlevel\levelnfc2\levelstartat1{\leveltext\'03(\'01);}{\levelnumbers;}}}\ls2}}` +
				`\pard\ls1 a\par\ilvl1 b\par\ilvl2 c\par\ilvl0{\listtext 4.\tab}d\par\pard e\par\pard\ls1{\listtext\tab}f\par g\par\pard\ls2 h\par\ilvl1 i\par\pard\ls9 j`,
			want: []string{"item1 3.| a", "item2 3.a| b", "item3 •| c", "item1 4.| d", "paragraph| e", "paragraph| f", "item1 6.| g", "item1 9.| h", "item2 (i)| i", "paragraph| j"},
		},
		{
			name: "numbers that the document says beside a list, older than it", body: `{\*\listtable{\list{\listlevel\levelnfc4\levelstartat1{\leveltext\'02\'00);}{\levelnumbers\'01;}}{\listlevel\levelnfc40\levelstartat1{\leveltext\'01\'01;}{\levelnumbers\'01;}}{\listlevel\levelnfc0\levelstartat1{\leveltext\'02\'a7\'02;}{\levelnumbers\'02;}}\listid7}}` +
				`{\*\listoverridetable{\listoverride\listid7\listoverridecount0\ls1}}\pard\ls1{\listtext 1.\tab}a\par{\listtext 2.\tab}b\par\ilvl1{\listtext zwei\tab}in a format that we do not write\par\ilvl2{\listtext \'a7 1\tab}with a sign`,
			want: []string{"item1 a)| a", "item1 b)| b", "item2 zwei| in a format that we do not write", "item3 § 1| with a sign"},
		},
		{name: "characters whose second byte looks like a brace or a backslash", body: "\\f4 \x84\x7b\x84\x70\x84\x5c {\\b \x84\x7d\x84\\'7b}\\par \x84\\'5c\\'84\\'7d\\f1\\'84{\\b x}\x84{\\b y}", want: []string{"paragraph| каЫ мк", "paragraph| Ым„x„y"}},
		{name: "a closing brace too many ends the document", body: `a}}} b`, want: []string{"paragraph| a"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			styles := `{\stylesheet{\s0 Normal;}{\s1 heading 2;}{\s2\sbasedon1 Firma;}{\s3 toc 1;}{\*\cs10 Default;}}`
			doc, err := rtf.Reader{}.Read(t.Context(), input(`{\rtf1\ansi\ansicpg1252\deff0`+fonts+styles+`{\info{\title T}}`+tt.body+`}`))
			require.NoError(t, err)
			require.Equal(t, tt.want, flowtest.Lines(doc))
		})
	}
}

func TestRandomBytesAreNoText(t *testing.T) {
	random := make([]byte, 20_000)
	rand.NewChaCha8([32]byte{}).Read(random)
	_, err := rtf.Reader{}.Read(t.Context(), input(`{\rtf1`+string(random)))
	require.ErrorIs(t, err, ingest.ErrDamaged)
	require.ErrorContains(t, err, "test.rtf: it begins as RTF")
}

func TestTables(t *testing.T) {
	const def = `\trowd\cellx1000\cellx2000`
	tests := []struct {
		name, body string
		want       []string
	}{
		{name: "rows", body: `x\par` + def + `\intbl a\cell b\cell\row` + def + `\intbl c\par d\cell e\cell\row\pard y`, want: []string{"paragraph| x", "table| <> [] a;b [] c\nd;e", "paragraph| y"}},
		{name: "cells that do not say they are in a table", body: def + ` a\par b\cell c\cell\row` + def + ` d\cell e\cell\row y`, want: []string{"table| <> [] a\nb;c [] d;e", "paragraph| y"}},
		{name: "the definition repeated before the row's end", body: def + `\pard\intbl a\cell b\cell` + def + `\row` + def + `\pard\intbl c\cell d\cell` + def + `\row\pard y`, want: []string{"table| <> [] a;b [] c;d", "paragraph| y"}},
		{name: "merged cells", body: `\trowd\clvmgf\cellx1000\cellx2000\intbl a\cell 1\cell\row\trowd\clvmrg\cellx1000\cellx2000\intbl\cell 2\cell\row\trowd\clmgf\cellx1000\clmrg\cellx2000\intbl w\cell\cell\row`, want: []string{"table| <> [] a;1 [] a;2 [] w;w"}},
		{name: "header rows", body: `\trowd\trhdr\cellx1000\cellx2000\intbl 1\cell 2\cell\row` + def + `\intbl a\cell b\cell\row`, want: []string{"table| <1;2> [] a;b"}},
		{name: "a table in a cell", body: def + `\pard\intbl\itap2 x\nestcell{\nonesttables\par}y\nestcell{\*\nesttableprops\trowd\cellx500\cellx900\nestrow}{\nonesttables\par}\pard\intbl after\cell b\cell\row` + def + `\intbl c\cell d\cell\row`, want: []string{"table| <> [] x y\nafter;b [] c;d"}},
		{name: "a row without an end", body: def + `\intbl a\cell b\cell\row` + def + `\intbl c\cell d`, want: []string{"table| <> [] a;b [] c;d"}},
		{name: "a definition without a row", body: `a\par\trowd\cellx1 b\par c\par`, want: []string{"paragraph| a", "paragraph| b", "paragraph| c"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			doc, err := rtf.Reader{}.Read(t.Context(), input(`{\rtf1\ansi `+tt.body+`}`))
			require.NoError(t, err)
			require.Equal(t, tt.want, flowtest.Lines(doc))
		})
	}
}

// TestGuide reads what LibreOffice made of a document of ours.
func TestGuide(t *testing.T) {
	data, err := os.ReadFile("../flow/testdata/guide.rtf")
	require.NoError(t, err)
	doc, err := rtf.Reader{}.Read(t.Context(), ingest.Input{Name: "guide.rtf", Data: bytes.NewReader(data), Size: int64(len(data))})
	require.NoError(t, err)
	flowtest.Golden(t, "../flow/testdata/guide.golden", doc)
	require.Empty(t, doc.Warnings)
}

func TestTitle(t *testing.T) {
	doc, err := rtf.Reader{}.Read(t.Context(), input(`{\rtf1{\info{\author K}{\title Bruk av \'e5l}{\subject s}}a}`))
	require.NoError(t, err)
	require.Equal(t, "Bruk av ål", doc.Title)
	require.Equal(t, []string{"paragraph| a"}, flowtest.Lines(doc))
}

func TestOtherCodePages(t *testing.T) {
	for head, want := range map[string]string{`\mac`: "paragraph| blåb", `\pc`: "paragraph| blîb", `\ansicpg1251`: "paragraph| blЊb", `\ansicpg65001`: "paragraph| bl\uFFFDb"} {
		doc, err := rtf.Reader{}.Read(t.Context(), input(`{\rtf1`+head+` bl\'8cb}`))
		require.NoError(t, err)
		require.Equal(t, []string{want}, flowtest.Lines(doc), head)
	}
}

func TestBadFiles(t *testing.T) {
	tests := []struct {
		name, data string
		want       error
	}{
		{name: "no RTF", data: "hello", want: ingest.ErrDamaged},
		{name: "nothing inside", data: `{\rtf1\ansi{\fonttbl{\f0 Arial;}}}`, want: ingest.ErrNoText},
		{name: "a picture alone", data: `{\rtf1{\pict 00ff}}`, want: ingest.ErrNoText},
		{name: "too many paragraphs", data: `{\rtf1 ` + strings.Repeat(`\par`, 300_000) + `}`, want: ingest.ErrTooLarge},
		{name: "too many rows", data: `{\rtf1\trowd` + strings.Repeat(`\cellx9`, 200) + strings.Repeat(`\row`, 300_000) + `}`, want: ingest.ErrTooLarge},
		{name: "groups without end", data: `{\rtf1` + strings.Repeat("{", 100_000), want: ingest.ErrDamaged},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := rtf.Reader{}.Read(t.Context(), input(tt.data))
			require.ErrorIs(t, err, tt.want)
			require.ErrorContains(t, err, "test.rtf")
		})
	}
}

func TestCutFileIsReadAndSaidSo(t *testing.T) {
	doc, err := rtf.Reader{}.Read(t.Context(), input(`{\rtf1 a\par{\b half`))
	require.NoError(t, err)
	require.Equal(t, []string{"paragraph| a", "paragraph| half"}, flowtest.Lines(doc))
	require.Contains(t, strings.Join(doc.Warnings, "\n"), "ends early")
}

func TestCancelledReadStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := rtf.Reader{}.Read(ctx, input(`{\rtf1 a}`))
	require.ErrorIs(t, err, context.Canceled)
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{
		`{\rtf1 a}`, `{\rtf1{\upr{a}{\*\ud b}}\u-1 ?\'e`, `{\rtf1\trowd\cellx1\cell\row\nestrow{\*\nesttableprops\trowd\nestrow}`, `{\rtf1{\fonttbl\f0\fcharset128 x;}\f0\'93}`,
		`{\rtf1{\stylesheet{\s1\sbasedon1 a;}}\s1 a{\footnote b{\footnote c}}{\header{\shptxt\trowd\cell}}`, `{\rtf1\bin99999999999 `, `{\rtf1{\*\listtable{\list{\listlevel\levelnfc4{\leveltext\'03\'00.;}}\listid1}}{\*\listoverridetable{\listoverride\listid1{\lfolevel\listoverridestartat\levelstartat9}\ls1}}\ls1\ilvl8 a\par}`, `{\rtf1{\*\moMath{\mf{\mfPr{\mtype x}}{\mnum a}{\mden{\footnote b}}}}{\field{\*\fldinst EQ \\o(\\s\\up 3(a),b)}}}`, "{\\rtf1\\itap99999\\nestcell\\u99999999999",
		`{\rtf1` + palette + `{\cf1 a}{\fs1 b}\trowd\clcbpat2\clshdng1\cellx9\intbl\itap2{\cf2\cb1 c}\nestcell{\*\nesttableprops\trowd\cellx1\nestrow}\cell\row`, `{\rtf1{\colortbl\red1;}{\stylesheet{\s1\cf0\sbasedon1 a;}{\*\cs2\cf0 b;}}{\*\background{\shp{\*\shpinst{\sp{\sn fillColor}{\sv 1}}}}}\s1{\cs2 c}\cf0 d}`,
		`{\rtf1` + palette + `{\header{\shp{\*\shpinst\shpbottom9{\sp{\sn fFilled{\shp{\sp}}}{\sv 0}}{\shptxt\cf1 a\par{\shp\shpfblwtxt1}}}}}{\*\do{\dptxbxtext\cf1 b}\dpfillbgcr1}\cf1 c\par}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		doc, err := rtf.Reader{}.Read(context.Background(), ingest.Input{Name: "f.rtf", Data: bytes.NewReader(data), Size: int64(len(data))})
		if err != nil {
			return
		}
		for _, b := range doc.Blocks {
			if !utf8.ValidString(b.Text) {
				t.Fatalf("invalid text %q", b.Text)
			}
		}
	})
}
