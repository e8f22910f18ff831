package pptx_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/ingest/office/officetest"
)

// styled is a shape with properties, and a style of its own.
func styled(properties, style, text string) string {
	return strings.Replace(sp("", properties, text), `<p:txBody>`, style+`<p:txBody>`, 1)
}

// inked is a paragraph whose run has properties.
func inked(properties string) string {
	return `<a:p><a:r><a:rPr>` + properties + `</a:rPr><a:t>skriften</a:t></a:r></a:p>`
}

func solid(color string) string { return `<a:solidFill>` + color + `</a:solidFill>` }

func rgb(hex string) string { return `<a:srgbClr val="` + hex + `"/>` }

// filled is a shape's place with a fill.
func filled(place, fill string) string {
	return strings.Replace(place, `</p:spPr>`, fill+`</p:spPr>`, 1)
}

// inSize are slides of 9000 by 5000 units, whose names and layout are those of
// [file].
func inSize(slide string) map[string]string {
	return map[string]string{"ppt/presentation.xml": `<p:presentation ` + namespaces + `><p:sldIdLst><p:sldId id="256" r:id="s0"/></p:sldIdLst><p:sldSz cx="9000" cy="5000"/></p:presentation>`, "ppt/slides/slide1.xml": slide}
}

func TestTextThatNobodySeesIsLeftOutAndReported(t *testing.T) {
	const (
		outside  = "text outside the slide, which nobody sees, was left out"
		hidden   = "text of hidden shapes, which nobody sees, was left out"
		small    = "text of at most 2 points, which nobody sees, was left out"
		pale     = "transparent text or text in the colour of what it stands on, which nobody sees, was left out"
		doubtful = "text that may not be seen, as it stands on a picture or moves, was read"
	)
	const moves = `<p:timing><p:tnLst><p:par><p:animMotion path="M 0 0 L 1 0"/></p:par></p:tnLst></p:timing>`
	const firstRow = "{5C22544A-7EE6-4342-B048-85BDC9FD1C3A}"
	white := inked(solid(rgb("FFFFFF")))
	mid := at(1000, 1000, 2000, 1000)
	grouped := func(rot, off, scaled string) string {
		return `<p:grpSp><p:nvGrpSpPr><p:cNvPr id="2" name="g"/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr><a:xfrm` + rot + `><a:off x="` + off + `" y="0"/><a:ext cx="1000" cy="1000"/><a:chOff x="50000" y="50000"/><a:chExt cx="` + scaled + `" cy="` + scaled + `"/></a:xfrm></p:grpSpPr>` + sp("", at(50000, 50000, 1000, 1000), para("", "skriften")) + `</p:grpSp>`
	}
	picture := `<p:pic><p:nvPicPr><p:cNvPr id="3" name="x"/><p:nvPr/></p:nvPicPr><p:blipFill/>` + at(0, 0, 9000, 5000) + `</p:pic>`
	cells := func(style, properties string) string {
		return frame(`<a:tbl><a:tblPr firstRow="1">` + style + `</a:tblPr><a:tr><a:tc><a:txBody>` + white + `</a:txBody><a:tcPr>` + properties + `</a:tcPr></a:tc>` + tc("", "celle") + `</a:tr></a:tbl>`)
	}
	tests := []struct {
		name, shapes string
		background   string
		timing       string
		want         string
	}{
		{name: "an ordinary shape", shapes: sp("", mid, para("", "skriften"))},
		{name: "left of the slide", shapes: sp("", at(-2000, 0, 2000, 1000), para("", "skriften")), want: outside},
		{name: "below the slide", shapes: sp("", at(0, 5000, 2000, 1000), para("", "skriften")), want: outside},
		{name: "partly outside", shapes: sp("", at(8999, 4999, 2000, 1000), para("", "skriften"))},
		{name: "outside without a text", shapes: sp("", at(9000, 0, 2000, 1000), para("", " ")) + sp("", mid, para("", "skriften"))},
		{name: "outside, and moved onto the slide", shapes: sp("", at(-2000, 0, 2000, 1000), para("", "skriften")), timing: moves, want: doubtful},
		{name: "a hidden shape", shapes: strings.Replace(sp("", mid, para("", "skriften")), `name="x"`, `name="x" hidden="1"`, 1), want: hidden},
		{name: "a hidden shape outside", shapes: strings.Replace(sp("", at(9000, 0, 10, 10), para("", "skriften")), `name="x"`, `name="x" hidden="1"`, 1), want: hidden},
		{name: "a hidden shape without a text", shapes: strings.Replace(sp("", mid, para("", " ")), `name="x"`, `name="x" hidden="1"`, 1) + sp("", mid, para("", "skriften"))},
		{name: "title by its layout's place", shapes: sp(ph("title", ""), "", para("", "skriften"))},
		{name: "turned into the slide", shapes: sp("", strings.Replace(at(-2000, 0, 2000, 1000), "<a:xfrm>", `<a:xfrm rot="2700000">`, 1), para("", "skriften"))},
		{name: "table outside", shapes: strings.Replace(frame(`<a:tbl><a:tr>`+tc("", "skriften")+tc("", " ")+`</a:tr></a:tbl>`), `<a:graphic>`, `<p:xfrm><a:off x="0" y="-900"/><a:ext cx="100" cy="900"/></p:xfrm><a:graphic>`, 1), want: outside},
		{name: "in a group on the slide, by its own measure outside", shapes: grouped("", "0", "1000")},
		{name: "in a group outside", shapes: grouped("", "9000", "1000"), want: outside},
		{name: "in a group that scales it onto the slide", shapes: grouped("", "8900", "100000")},
		{name: "in a turned group at the edge", shapes: grouped(` rot="2700000"`, "9100", "1000")},

		{name: "one point", shapes: sp("", mid, `<a:p><a:r><a:rPr sz="100"/><a:t>skriften</a:t></a:r></a:p>`), want: small},
		{name: "two points", shapes: sp("", mid, `<a:p><a:r><a:rPr sz="200"/><a:t>skriften</a:t></a:r></a:p>`), want: small},
		{name: "a little more", shapes: sp("", mid, `<a:p><a:r><a:rPr sz="210"/><a:t>skriften</a:t></a:r></a:p>`)},
		{name: "one point by the list style", shapes: sp("", mid, `<a:lstStyle><a:lvl2pPr><a:defRPr sz="100"/></a:lvl2pPr></a:lstStyle>`+para(`<a:pPr lvl="1"/>`, "skriften")), want: small},
		{name: "made to fit until it is tiny", shapes: strings.Replace(sp("", mid, para("", "skriften")), `<a:bodyPr/>`, `<a:bodyPr><a:normAutofit fontScale="5000"/></a:bodyPr>`, 1), want: small},
		{name: "made to fit", shapes: strings.Replace(sp("", mid, para("", "skriften")), `<a:bodyPr/>`, `<a:bodyPr><a:normAutofit fontScale="62.5%"/></a:bodyPr>`, 1)},
		{name: "tiny on a picture", shapes: picture + sp("", mid, `<a:p><a:r><a:rPr sz="1"/><a:t>skriften</a:t></a:r></a:p>`), want: small},
		{name: "tiny in a table", shapes: frame(`<a:tbl><a:tr><a:tc><a:txBody><a:p><a:r><a:rPr sz="1"/><a:t>skriften</a:t></a:r></a:p></a:txBody></a:tc>` + tc("", "b") + `</a:tr></a:tbl>`), want: small},

		{name: "white", shapes: sp("", mid, white), want: pale},
		{name: "white title", shapes: sp(ph("title", ""), "", white), want: pale},
		{name: "nearly white", shapes: sp("", mid, inked(solid(rgb("FAFBFC")))), want: pale},
		{name: "light grey", shapes: sp("", mid, inked(solid(rgb("F0F0F0"))))},
		{name: "the theme's colour for backgrounds", shapes: sp("", mid, inked(solid(`<a:schemeClr val="bg1"/>`))), want: pale},
		{name: "the same, made darker", shapes: sp("", mid, inked(solid(`<a:schemeClr val="bg1"><a:lumMod val="50000"/></a:schemeClr>`)))},
		{name: "no fill", shapes: sp("", mid, inked(`<a:noFill/>`)), want: pale},
		{name: "no fill, drawn in outline", shapes: sp("", mid, inked(`<a:ln>`+solid(rgb("000000"))+`</a:ln><a:noFill/>`))},
		{name: "transparent", shapes: sp("", mid, inked(solid(`<a:srgbClr val="000000"><a:alpha val="0"/></a:srgbClr>`))), want: pale},
		{name: "half transparent", shapes: sp("", mid, inked(solid(`<a:srgbClr val="000000"><a:alpha val="50%"/></a:srgbClr>`)))},
		{name: "white and marked", shapes: sp("", mid, inked(solid(rgb("FFFFFF"))+`<a:highlight>`+rgb("FFFF00")+`</a:highlight>`))},
		{name: "white by the list style", shapes: sp("", mid, `<a:lstStyle><a:lvl1pPr><a:defRPr>`+solid(rgb("FFFFFF"))+`</a:defRPr></a:lvl1pPr></a:lstStyle>`+para("", "skriften")), want: pale},
		{name: "white in a coloured shape", shapes: sp("", filled(mid, solid(rgb("1F3864"))), white)},
		{name: "white in a white shape", shapes: sp("", filled(mid, solid(rgb("FFFFFF"))), white), background: `<p:bg><p:bgPr>` + solid(rgb("1F3864")) + `</p:bgPr></p:bg>`, want: pale},
		{name: "white in a shape that its style colours", shapes: styled(mid, `<p:style><a:fillRef idx="1"><a:schemeClr val="accent1"/></a:fillRef><a:fontRef idx="minor"><a:schemeClr val="lt1"/></a:fontRef></p:style>`, para("", "skriften"))},
		{name: "the same with its fill taken away", shapes: styled(filled(mid, `<a:noFill/>`), `<p:style><a:fillRef idx="1"><a:schemeClr val="accent1"/></a:fillRef><a:fontRef idx="minor"><a:schemeClr val="lt1"/></a:fontRef></p:style>`, para("", "skriften")), want: pale},
		{name: "white on a picture", shapes: picture + sp("", mid, white), want: doubtful},
		{name: "white on a shape with a picture", shapes: sp("", filled(mid, `<a:blipFill/>`), white), want: doubtful},
		{name: "white in a shape that is white on a picture", shapes: picture + sp("", filled(mid, solid(rgb("FFFFFF"))), white), want: pale},
		{name: "white on a white shape on a coloured one", shapes: sp("", filled(at(0, 0, 9000, 5000), solid(rgb("1F3864"))), "") + sp("", filled(at(500, 500, 4000, 2000), solid(rgb("FFFFFF"))), "") + sp("", mid, white), want: pale},
		{name: "white on a white ellipse on a coloured shape", shapes: sp("", filled(at(0, 0, 9000, 5000), solid(rgb("1F3864"))), "") + sp("", filled(at(500, 500, 4000, 2000), `<a:prstGeom prst="ellipse"/>`+solid(rgb("FFFFFF"))), "") + sp("", mid, white)},
		{name: "white on a shape of which the place is not known", shapes: sp("", filled(at(500, 500, 4000, 2000), solid(rgb("1F3864"))), "") + sp("", "", white), want: doubtful},
		{name: "white with a small part on a coloured shape", shapes: sp("", filled(at(1000, 1000, 200, 1000), solid(rgb("1F3864"))), "") + sp("", mid, white), want: doubtful},
		{name: "white, and its colour changes", shapes: sp("", mid, white), timing: strings.Replace(moves, "animMotion", "animClr", 2), want: doubtful},
		{name: "white with a glow", shapes: sp("", mid, inked(solid(rgb("FFFFFF"))+`<a:effectLst><a:glow/></a:effectLst>`)), want: doubtful},
		{name: "black on a black background", shapes: sp("", mid, inked(solid(rgb("000000")))), background: `<p:bg><p:bgPr>` + solid(rgb("000000")) + `</p:bgPr></p:bg>`, want: pale},
		{name: "a colour on a shape of the same", shapes: sp("", filled(mid, solid(rgb("1F3864"))), inked(solid(rgb("1F3865")))), want: pale},
		{name: "a colour of a style on a shape of the same", shapes: sp("", filled(mid, solid(rgb("1F3864"))), `<a:lstStyle><a:lvl1pPr><a:defRPr>`+solid(rgb("1F3864"))+`</a:defRPr></a:lvl1pPr></a:lstStyle>`+para("", "skriften"))},
		{name: "white on half of a white that lets a dark background through", shapes: sp("", filled(mid, solid(`<a:srgbClr val="FFFFFF"><a:alpha val="50000"/></a:srgbClr>`)), white), background: `<p:bg><p:bgPr>` + solid(rgb("1F3864")) + `</p:bgPr></p:bg>`},
		{name: "white beside a coloured shape", shapes: sp("", filled(at(5000, 0, 1000, 1000), solid(rgb("1F3864"))), "") + sp("", mid, white), want: pale},
		{name: "white on a coloured shape", shapes: sp("", filled(at(500, 500, 4000, 2000), solid(rgb("1F3864"))), "") + sp("", mid, white)},
		{name: "white on a dark background", shapes: sp("", mid, white), background: `<p:bg><p:bgPr>` + solid(rgb("1F3864")) + `</p:bgPr></p:bg>`},
		{name: "white on a shaded background", shapes: sp("", mid, white), background: `<p:bg><p:bgPr><a:gradFill/></p:bgPr></p:bg>`},
		{name: "white on a background that is shaded down to white", shapes: sp("", mid, white), background: `<p:bg><p:bgPr><a:gradFill><a:gsLst><a:gs pos="0">` + rgb("1F3864") + `</a:gs><a:gs pos="100000">` + rgb("FFFFFF") + `</a:gs></a:gsLst></a:gradFill></p:bgPr></p:bg>`, want: doubtful},
		{name: "white on the theme's background", shapes: sp("", mid, white), background: `<p:bg><p:bgRef idx="1001"><a:schemeClr val="bg1"/></p:bgRef></p:bg>`, want: pale},
		{name: "white in a plain table", shapes: cells("", ""), want: pale},
		{name: "white in a coloured cell", shapes: cells("", solid(rgb("1F3864")))},
		{name: "white in a table whose style colours its header", shapes: cells("<a:tableStyleId>"+firstRow+"</a:tableStyleId>", "")},
		{name: "white in a table whose style is not in the file", shapes: cells("<a:tableStyleId>{0}</a:tableStyleId>", ""), want: doubtful},
		{name: "white in a table whose style colours a header that is switched off", shapes: strings.Replace(cells("<a:tableStyleId>"+firstRow+"</a:tableStyleId>", ""), `firstRow="1"`, "", 1), want: pale},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			other := sp("", filled(at(100, 4500, 300, 300), solid(rgb("FFFFFF"))), para("", "synlig"))
			slide := `<p:sld ` + namespaces + `><p:cSld>` + tt.background + `<p:spTree>` + tt.shapes + other + `</p:spTree></p:cSld>` + tt.timing + `</p:sld>`
			parts := inSize(slide)
			parts["ppt/_rels/presentation.xml.rels"] = rels(rel("s0", "slide", "slides/slide1.xml"), rel("st", "tableStyles", "tableStyles.xml"))
			parts["ppt/tableStyles.xml"] = `<a:tblStyleLst ` + namespaces + `><a:tblStyle styleId="` + firstRow + `"><a:firstRow><a:tcStyle><a:fill>` + solid(rgb("1F3864")) + `</a:fill></a:tcStyle></a:firstRow></a:tblStyle></a:tblStyleLst>`
			doc := read(t, file(t, []string{slide}, parts))
			text := officetest.Text(doc)
			require.Contains(t, text, "synlig")
			if tt.want == "" {
				require.Contains(t, text, "skriften")
				require.Empty(t, doc.Warnings)
				return
			}
			require.Len(t, doc.Warnings, 1)
			require.Contains(t, doc.Warnings[0], tt.want+", 1 words on slide 1")
			require.Equal(t, tt.want == doubtful, strings.Contains(text, "skriften"), text)
		})
	}
}

func TestWhatLiesBehindTextIsTakenFromLayoutAndMaster(t *testing.T) {
	white := sp("", at(1000, 1000, 2000, 1000), inked(solid(`<a:schemeClr val="bg1"/>`)))
	master := func(inside, names string) string {
		return `<p:sldMaster ` + namespaces + `><p:cSld>` + inside + `</p:cSld><p:clrMap bg1="` + names + `" tx1="dk1"/></p:sldMaster>`
	}
	links := rels(rel("t", "theme", "../theme/theme1.xml"))
	theme := `<a:theme ` + namespaces + `><a:themeElements><a:clrScheme><a:dk1><a:sysClr val="windowText" lastClr="000000"/></a:dk1><a:lt1><a:sysClr val="window" lastClr="FFFFFF"/></a:lt1></a:clrScheme></a:themeElements></a:theme>`
	tests := []struct {
		name, master, slide string
		warned              bool
	}{
		{name: "nothing", master: master("<p:spTree/>", "lt1"), slide: white, warned: true},
		{name: "a white band on a coloured one of the master", master: master(`<p:spTree>`+sp("", filled(at(0, 0, 9000, 3000), solid(rgb("1F3864"))), "")+sp("", filled(at(0, 0, 9000, 3000), solid(rgb("FFFFFF"))), "")+`</p:spTree>`, "lt1"), slide: white, warned: true},
		{name: "names of colours the other way round", master: master("<p:spTree/>", "dk1"), slide: white},
		{name: "a dark background", master: master(`<p:bg><p:bgPr>`+solid(rgb("1F3864"))+`</p:bgPr></p:bg><p:spTree/>`, "lt1"), slide: white},
		{name: "a coloured band", master: master(`<p:spTree>`+sp("", filled(at(0, 0, 9000, 3000), solid(rgb("1F3864"))), "")+`</p:spTree>`, "lt1"), slide: white},
		{name: "a coloured band that the slide does not show", master: master(`<p:spTree>`+sp("", filled(at(0, 0, 9000, 3000), solid(rgb("1F3864"))), "")+`</p:spTree>`, "lt1"), slide: `<p:sld showMasterSp="0" ` + namespaces + `><p:cSld><p:spTree>` + white + `</p:spTree></p:cSld></p:sld>`, warned: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if !strings.HasPrefix(tt.slide, "<p:sld") {
				tt.slide += sp("", filled(at(100, 4500, 300, 300), solid(rgb("FFFFFF"))), para("", "synlig"))
			} else {
				tt.slide = strings.Replace(tt.slide, `</p:spTree>`, sp("", filled(at(100, 4500, 300, 300), solid(rgb("FFFFFF"))), para("", "synlig"))+`</p:spTree>`, 1)
			}
			doc := read(t, file(t, []string{tt.slide}, map[string]string{"ppt/slideMasters/slideMaster1.xml": tt.master, "ppt/slideMasters/_rels/slideMaster1.xml.rels": links, "ppt/theme/theme1.xml": theme}))
			require.Equal(t, tt.warned, len(doc.Warnings) > 0, doc.Warnings)
			require.Equal(t, !tt.warned, strings.Contains(officetest.Text(doc), "skriften"))
		})
	}
}

func TestOtherWarningsDoNotPushOutThoseOfUnseenText(t *testing.T) {
	hidden := `<p:sld show="0" ` + namespaces + `><p:cSld/></p:sld>`
	var slides []string
	for range 25 {
		slides = append(slides, hidden)
	}
	doc := read(t, file(t, append(slides, sp("", "", inked(`<a:noFill/>`)+para("", "synlig"))), nil))
	require.Len(t, doc.Warnings, 22)
	require.Contains(t, doc.Warnings[20], "more to warn of")
	require.Equal(t, "transparent text or text in the colour of what it stands on, which nobody sees, was left out, 1 words on slide 26", doc.Warnings[21])
}
