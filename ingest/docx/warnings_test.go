package docx_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOtherWarningsDoNotPushOutThatOfUnseenText(t *testing.T) {
	var chunks, links strings.Builder
	parts := map[string]string{}
	for i := range 25 {
		name := string(rune('a' + i))
		chunks.WriteString(`<w:altChunk r:id="` + name + `"/>`)
		links.WriteString(`<Relationship Id="` + name + `" Type="http://x/aFChunk" Target="` + name + `.bin"/>`)
		parts["word/"+name+".bin"] = "?"
	}
	parts["word/_rels/document.xml.rels"] = `<Relationships>` + links.String() + `</Relationships>`
	doc, _ := read(t, file(t, chunks.String()+`<w:p>`+r("svart")+rp(`<w:color w:val="FFFFFF"/>`, "hvit")+`</w:p>`, parts))
	require.Len(t, doc.Warnings, 22)
	require.Contains(t, doc.Warnings[20], "more to warn of")
	require.Contains(t, doc.Warnings[21], "text that nobody sees")
}
