package odp_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/odp"
	"github.com/sufflor/sufflor/ingest/office/officetest"
)

const lookNamespaces = namespaces + ` xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0" xmlns:anim="urn:oasis:names:tc:opendocument:xmlns:animation:1.0" xmlns:smil="urn:oasis:names:tc:opendocument:xmlns:smil-compatible:1.0"`

// style is a style with properties, and what else its start says.
func style(family, name, more, properties string) string {
	return `<style:style style:family="` + family + `" style:name="` + name + `"` + more + `>` + properties + `</style:style>`
}

func ink(attributes string) string { return `<style:text-properties ` + attributes + `/>` }

func filled(color string) string {
	return `<style:graphic-properties draw:fill="solid" draw:fill-color="` + color + `"/>`
}

// at is a place in units of a centimetre; slides of [slides] have 28 by 21.
func at(x, y, wide, high string) string {
	return ` svg:x="` + x + `cm" svg:y="` + y + `cm" svg:width="` + wide + `cm" svg:height="` + high + `cm"`
}

// text is a paragraph in characters of a style.
func text(style string) string {
	return `<text:p><text:span text:style-name="` + style + `">skriften</text:span></text:p>`
}

func shape(kind, style, place, content string) string {
	return `<draw:` + kind + ` draw:style-name="` + style + `"` + place + `>` + content + `</draw:` + kind + `>`
}

func boxed(style, place, content string) string {
	return shape("frame", style, place, `<draw:text-box>`+content+`</draw:text-box>`)
}

// slides are a presentation, zipped and flat; common and master stand in its
// styles, own styles and the shapes of its slide in its content.
func slides(tb testing.TB, common, master, own, page, shapes string) []ingest.Input {
	tb.Helper()
	layout := `<style:page-layout style:name="PM1"><style:page-layout-properties fo:page-width="28cm" fo:page-height="21cm"/></style:page-layout>`
	masters := `<style:master-page style:name="M" style:page-layout-name="PM1" draw:style-name="Mdp1">` + master + `</style:master-page>`
	own += style("text", "Synlig", "", ink(`fo:color="#112233" fo:font-size="12pt"`)) + style("text", "Hvit", "", ink(`fo:color="#ffffff"`)) + style("text", "Sort", "", ink(`fo:color="#000000"`))
	body := `<draw:page draw:master-page-name="M"` + page + `>` + shapes + `</draw:page>`
	return []ingest.Input{
		officetest.Pack(tb, "test.odp", map[string]string{
			"styles.xml":  `<office:document-styles ` + lookNamespaces + `><office:styles>` + common + `</office:styles><office:automatic-styles>` + layout + `</office:automatic-styles><office:master-styles>` + masters + `</office:master-styles></office:document-styles>`,
			"content.xml": `<office:document-content ` + lookNamespaces + `><office:automatic-styles>` + own + `</office:automatic-styles><office:body><office:presentation>` + body + `</office:presentation></office:body></office:document-content>`,
		}),
		officetest.Input("test.fodp", []byte(`<office:document `+lookNamespaces+`><office:styles>`+common+`</office:styles><office:automatic-styles>`+layout+own+`</office:automatic-styles><office:master-styles>`+masters+`</office:master-styles><office:body><office:presentation>`+body+`</office:presentation></office:body></office:document>`)),
	}
}

const (
	outside  = "text outside the slide, which nobody sees, was left out"
	small    = "text of at most 2 points, which nobody sees, was left out"
	pale     = "transparent text or text in the colour of what it stands on, which nobody sees, was left out"
	doubtful = "text that may not be seen, as it stands on a picture or moves, was read"
)

var looks = func() []struct{ name, common, master, own, page, shapes, want string } {
	const navy = "#1f3864"
	mid := at("5", "5", "10", "5")
	dark, plain := style("graphic", "gr1", "", filled(navy)), style("graphic", "gr2", "", `<style:graphic-properties draw:fill="none"/>`)
	light := style("graphic", "gr3", "", filled("#ffffff"))
	paged := func(properties string) string {
		return style("drawing-page", "dp1", "", `<style:drawing-page-properties `+properties+`/>`)
	}
	mastered := func(properties string) string {
		return style("drawing-page", "Mdp1", "", `<style:drawing-page-properties `+properties+`/>`)
	}
	picture := shape("frame", "", at("0", "0", "28", "21"), `<draw:image/>`)
	outline := func(level1, level2 string) string {
		return style("presentation", "M-outline1", "", ink(level1)) + style("presentation", "M-outline2", ` style:parent-style-name="M-outline1"`, ink(level2))
	}
	pr1 := style("presentation", "pr1", ` style:parent-style-name="M-outline1"`, `<style:graphic-properties draw:fill="none"/>`)
	points := `<draw:frame presentation:style-name="pr1" presentation:class="outline"` + mid + `><draw:text-box><text:list><text:list-item><text:p/><text:list><text:list-item><text:p>skriften</text:p></text:list-item></text:list></text:list-item></text:list></draw:text-box></draw:frame>`
	table := func(template, style, content string) string {
		return shape("frame", "", mid, `<table:table`+template+`><table:table-row><table:table-cell table:style-name="`+style+`">`+content+`</table:table-cell><table:table-cell>`+p("celle")+`</table:table-cell></table:table-row></table:table>`)
	}
	cellStyle := func(color string) string {
		return style("table-cell", "ce1", "", `<style:graphic-properties draw:fill="solid" draw:fill-color="`+color+`"/>`)
	}
	const byTemplate = ` table:template-name="Mal"`
	template := `<table:table-template table:name="Mal"><table:first-row table:style-name="Mal1"/></table:table-template>` + style("table-cell", "Mal1", "", filled(navy)+ink(`fo:color="#ffffff"`))
	moves := `<anim:par><anim:animateMotion svg:path="M 0 0 L 1 0"/></anim:par>`
	return []struct{ name, common, master, own, page, shapes, want string }{
		{name: "an ordinary box", shapes: boxed("", mid, text("Sort"))},
		{name: "left of the slide", shapes: boxed("", at("-9", "0", "9", "2"), text("Sort")), want: outside},
		{name: "below the slide", shapes: shape("custom-shape", "", at("0", "21", "9", "2"), text("Sort")), want: outside},
		{name: "partly outside", shapes: boxed("", at("27.9", "20.9", "9", "2"), text("Sort"))},
		{name: "outside without a text", shapes: boxed("", at("40", "0", "9", "2"), "<text:p/>") + boxed("", mid, text("Sort"))},
		{name: "outside, and moved onto the slide", shapes: boxed("", at("-9", "0", "9", "2"), text("Sort")) + moves, want: doubtful},
		{name: "in a group outside", shapes: `<draw:g>` + boxed("", at("-9", "0", "9", "2"), text("Sort")) + `</draw:g>`, want: outside},
		{name: "moved into the slide", shapes: boxed("", ` draw:transform="translate (5cm 5cm)"`+` svg:width="5cm" svg:height="2cm"`, text("Sort"))},
		{name: "moved out of the slide", shapes: boxed("", ` draw:transform="rotate (0.5) translate (90cm 5cm)"`+` svg:width="5cm" svg:height="2cm"`, text("Sort")), want: outside},
		{name: "turned into the slide", shapes: boxed("", ` draw:transform="rotate (1.5707963) translate (-1cm 5cm)"`+` svg:width="5cm" svg:height="2cm"`, text("Sort"))},
		{name: "of no place", shapes: boxed("", "", text("Sort"))},
		{name: "a table outside", shapes: shape("frame", "", at("0", "-9", "9", "9"), `<table:table><table:table-row><table:table-cell>`+text("Sort")+`</table:table-cell></table:table-row></table:table>`), want: outside},

		{name: "two points", own: style("text", "T1", "", ink(`fo:font-size="2pt"`)), shapes: boxed("", mid, text("T1")), want: small},
		{name: "a little more", own: style("text", "T1", "", ink(`fo:font-size="2.1pt"`)), shapes: boxed("", mid, text("T1"))},
		{name: "one point by the shape's style", own: style("graphic", "gr4", "", ink(`fo:font-size="1pt"`)), shapes: boxed("gr4", mid, `<text:p>skriften</text:p>`), want: small},
		{name: "one point by the default", common: `<style:default-style style:family="graphic">` + ink(`fo:font-size="1pt"`) + `</style:default-style>`, shapes: boxed("", mid, `<text:p>skriften</text:p>`), want: small},
		{name: "one point by the style of the outline's second level", common: outline(`fo:font-size="20pt"`, `fo:font-size="1pt"`), own: pr1, shapes: points, want: small},
		{name: "one point by the style of the shape's paragraphs", own: style("paragraph", "P1", "", ink(`fo:font-size="1pt"`)), shapes: boxed("", mid+` draw:text-style-name="P1"`, `<text:p>skriften</text:p>`), want: small},

		{name: "white on the slide", own: plain, shapes: boxed("gr2", mid, text("Hvit")), want: pale},
		{name: "white by the outline's first level, black at the second", common: outline(`fo:color="#ffffff"`, `fo:color="#112233"`), own: pr1, shapes: points},
		{name: "white by the outline's second level", common: outline(`fo:color="#112233"`, `fo:color="#ffffff"`), own: pr1, shapes: points, want: pale},
		{name: "transparent", own: style("text", "T1", "", ink(`fo:color="#000000" loext:opacity="1%"`)), shapes: boxed("", mid, text("T1")), want: pale},
		{name: "a link, which programs colour", own: plain, shapes: boxed("gr2", mid, `<text:p><text:span text:style-name="Hvit"><text:a>skriften</text:a></text:span></text:p>`)},
		{name: "white in a dark shape", own: dark, shapes: shape("custom-shape", "gr1", mid, text("Hvit"))},
		{name: "white in a white shape", own: light, shapes: shape("custom-shape", "gr3", mid, text("Hvit")), want: pale},
		{name: "white in a shape coloured by what its style is based on", common: style("graphic", "standard", "", filled("#729fcf")), own: style("graphic", "gr4", ` style:parent-style-name="standard"`, ""), shapes: boxed("gr4", mid, text("Hvit"))},
		{name: "white in a shape that takes that colour away", common: style("graphic", "standard", "", filled("#729fcf")), own: style("graphic", "gr4", ` style:parent-style-name="standard"`, `<style:graphic-properties draw:fill="none"/>`), shapes: boxed("gr4", mid, text("Hvit")), want: pale},
		{name: "blue on the same blue", own: dark + style("text", "T1", "", ink(`fo:color="`+navy+`"`)), shapes: shape("rect", "gr1", mid, text("T1")), want: pale},

		{name: "white on a dark background", own: paged(`draw:fill="solid" draw:fill-color="` + navy + `"`), page: ` draw:style-name="dp1"`, shapes: boxed("", mid, text("Hvit"))},
		{name: "black on a black background", own: paged(`draw:fill="solid" draw:fill-color="#000000"`), page: ` draw:style-name="dp1"`, shapes: boxed("", mid, text("Sort")), want: pale},
		{name: "white on the master's dark background", common: mastered(`draw:fill="solid" draw:fill-color="` + navy + `"`), own: paged(`presentation:background-visible="true"`), page: ` draw:style-name="dp1"`, shapes: boxed("", mid, text("Hvit"))},
		{name: "white on a dark background by the master's name", common: style("presentation", "M-background", "", filled(navy)), shapes: boxed("", mid, text("Hvit"))},
		{name: "white where the master's background is not shown", common: mastered(`draw:fill="solid" draw:fill-color="` + navy + `"`), own: paged(`presentation:background-visible="false"`), page: ` draw:style-name="dp1"`, shapes: boxed("", mid, text("Hvit")), want: pale},
		{name: "white on a picture as background", common: mastered(`draw:fill="bitmap"`), shapes: boxed("", mid, text("Hvit")), want: doubtful},
		{name: "black on a picture as background", common: mastered(`draw:fill="bitmap"`), shapes: boxed("", mid, text("Sort"))},

		{name: "white on a dark shape below it", own: dark + plain, shapes: shape("rect", "gr1", at("4", "4", "20", "10"), "") + boxed("gr2", mid, text("Hvit"))},
		{name: "white below a dark shape that does not touch it", own: dark + plain, shapes: shape("rect", "gr1", at("4", "15", "20", "2"), "") + boxed("gr2", mid, text("Hvit")), want: pale},
		{name: "white under a dark shape that comes after it", own: dark + plain, shapes: boxed("gr2", mid, text("Hvit")) + shape("rect", "gr1", at("4", "4", "20", "10"), ""), want: pale},
		{name: "white on a white shape on a dark one", own: dark + plain + light, shapes: shape("rect", "gr1", at("0", "0", "28", "21"), "") + shape("rect", "gr3", at("4", "4", "20", "10"), "") + boxed("gr2", mid, text("Hvit")), want: pale},
		{name: "white beside a dark shape that its box reaches into", own: dark + plain, shapes: shape("rect", "gr1", at("5", "5", "1", "1"), "") + boxed("gr2", mid, text("Hvit")), want: doubtful},
		{name: "white half on a dark shape", own: dark + plain, shapes: shape("rect", "gr1", at("5", "5", "5", "5"), "") + boxed("gr2", mid, text("Hvit"))},
		{name: "white in a box of no place, on a slide with a dark shape", own: dark + plain, shapes: shape("rect", "gr1", at("4", "4", "20", "10"), "") + boxed("gr2", "", text("Hvit")), want: doubtful},
		{name: "white on a picture", own: plain, shapes: picture + boxed("gr2", mid, text("Hvit")), want: doubtful},
		{name: "black on a picture", own: plain, shapes: picture + boxed("gr2", mid, text("Sort"))},
		{name: "white on a dark shape of the master", common: dark, master: shape("rect", "gr1", at("0", "0", "28", "21"), ""), own: plain, shapes: boxed("gr2", mid, text("Hvit"))},
		{name: "white where the master's shapes are not shown", common: dark, master: shape("rect", "gr1", at("0", "0", "28", "21"), ""), own: plain + paged(`presentation:background-objects-visible="false"`), page: ` draw:style-name="dp1"`, shapes: boxed("gr2", mid, text("Hvit")), want: pale},
		{name: "white on a picture of the master", master: picture, own: plain, shapes: boxed("gr2", mid, text("Hvit")), want: doubtful},
		{name: "white on a place that the master keeps for slides", common: dark, master: `<draw:frame presentation:class="title" draw:style-name="gr1"` + at("0", "0", "28", "21") + `/>`, own: plain, shapes: boxed("gr2", mid, text("Hvit")), want: pale},
		{name: "white, with shapes in another order than that of the file", own: plain + dark, shapes: boxed("gr2", mid+` draw:z-index="2"`, text("Hvit")) + shape("rect", "gr1", at("0", "0", "28", "21")+` draw:z-index="1"`, ""), want: doubtful},
		{name: "white that changes its colour", own: plain, shapes: boxed("gr2", mid, text("Hvit")) + `<anim:par><anim:animateColor smil:attributeName="color"/></anim:par>`, want: doubtful},

		{name: "white in a plain cell", shapes: table("", "", text("Hvit")), want: pale},
		{name: "white in a dark cell", own: cellStyle(navy), shapes: table("", "ce1", text("Hvit"))},
		{name: "white in a white cell on a dark slide", own: cellStyle("#ffffff") + paged(`draw:fill="solid" draw:fill-color="`+navy+`"`), page: ` draw:style-name="dp1"`, shapes: table("", "ce1", text("Hvit")), want: pale},
		{name: "white in a cell that the template may colour", common: template, shapes: table(byTemplate, "", text("Hvit")), want: doubtful},
		{name: "text in a cell that the template colours with its text", common: template, shapes: table(byTemplate, "", p("skriften"))},
		{name: "white by the style of its cell", own: style("table-cell", "ce1", "", filled("#ffffff")+ink(`fo:color="#ffffff"`)), shapes: table("", "ce1", p("skriften")), want: pale},

		{name: "white in the speaker's notes", own: plain, shapes: `<presentation:notes><draw:frame presentation:class="notes"` + mid + `><draw:text-box>` + text("Hvit") + `</draw:text-box></draw:frame></presentation:notes>`, want: pale},
		{name: "notes whose place is outside of the slide", shapes: `<presentation:notes><draw:frame presentation:class="notes"` + at("2", "23", "9", "9") + `><draw:text-box>` + text("Sort") + `</draw:text-box></draw:frame></presentation:notes>`},
	}
}()

func TestTextThatNobodySeesIsLeftOutAndReported(t *testing.T) {
	for _, tt := range looks {
		t.Run(tt.name, func(t *testing.T) {
			shapes := tt.shapes + boxed("", at("1", "18", "5", "1"), `<text:p><text:span text:style-name="Synlig">synlig</text:span></text:p>`)
			for _, in := range slides(t, tt.common, tt.master, tt.own, tt.page, shapes) {
				doc, err := odp.Reader{}.Read(t.Context(), in)
				require.NoError(t, err)
				all := officetest.Text(doc)
				if tt.want == "" || tt.want == doubtful {
					require.Contains(t, all, "skriften", in.Name)
				} else {
					require.NotContains(t, all, "skriften", in.Name)
				}
				if tt.want == "" {
					require.Empty(t, doc.Warnings, in.Name)
					continue
				}
				require.Len(t, doc.Warnings, 1, in.Name)
				require.Contains(t, doc.Warnings[0], tt.want+", 1 words on slide 1", in.Name)
			}
		})
	}
}

func FuzzLooks(f *testing.F) {
	for _, l := range looks {
		f.Add(l.common, l.master, l.own, l.shapes)
	}
	f.Fuzz(func(t *testing.T, common, master, own, shapes string) {
		for _, in := range slides(t, common, master, own, ` draw:style-name="dp1"`, shapes) {
			doc, err := odp.Reader{}.Read(t.Context(), in)
			if err == nil {
				ingest.Passages(doc, ingest.Origin{Source: in.Name})
			}
		}
	})
}
