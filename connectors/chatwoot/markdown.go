package chatwoot

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/sufflor/sufflor/connectors"
)

// special are the characters that markdown gives a meaning to within a line.
var special = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", `\<`, ">", `\>`, "~", `\~`, "|", `\|`, "&", `\&`,
	// Chatwoot looks for mentions in the text as it was sent, and tells those
	// who are named; a customer could name anybody.
	"mention://", `mention:\//`,
)

// escape is text that markdown shows as it is, line by line.
func escape(text string) string {
	lines := strings.Split(special.Replace(text), "\n")
	for i, l := range lines {
		l = strings.TrimSpace(l) // four spaces in front would be code
		item := strings.HasPrefix(l, "- ") && strings.Trim(l, "- ") != ""
		if l != "" && strings.ContainsAny(l[:1], "#=-+") && !item {
			l = `\` + l // a heading or a rule
		}
		lines[i] = l
	}
	return strings.Join(lines, "\n")
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// link is text as a link if address is a plain web address.
func link(text, address string) string {
	u, err := url.Parse(address)
	if err != nil || !connectors.WebAddress(address) {
		return escape(oneLine(text))
	}
	return "[" + escape(oneLine(text)) + "](" + strings.NewReplacer("(", "%28", ")", "%29", "<", "%3C", ">", "%3E", `\`, "%5C", " ", "%20").Replace(u.String()) + ")"
}

// markdown is n as Chatwoot's notes show it, in at most maxNote bytes: the draft
// comes early, and the reasons of its flag after it.
// Everything in a note came from customers, documents or a model, so
// everything is escaped.
func markdown(n connectors.Note, sign string, w connectors.Words) string {
	text := strings.TrimSpace(strings.ReplaceAll(n.Text, "\r\n", "\n"))
	if text == "" {
		text = w.NoAnswer
	}
	text = connectors.Clip(text, maxNote/2)
	for len(escape(text)) > maxNote/2 { // a text of nothing but "*" takes twice its length
		text = connectors.Clip(text, len(text)*3/4)
	}
	var b strings.Builder
	b.WriteString(sign + " " + w.Title + "\n**" + w.Flag(n.Flag) + "**\n\n" + escape(text))
	end := ""
	if connectors.WebAddress(n.PanelURL) {
		end = "\n\n" + link(w.Open, n.PanelURL)
	}
	left := maxReasons
	for i, r := range n.Reasons {
		if i == 0 {
			b.WriteString("\n\n**" + w.Why + "**")
		}
		r = connectors.Clip(oneLine(r), left)
		if left -= len(r); left < 0 || r == "" {
			break
		}
		b.WriteString("\n- " + escape(r))
	}
	if len(n.Citations) > 0 {
		b.WriteString("\n\n**" + w.Sources + "**")
		for _, s := range n.Citations {
			item := "\n" + `\[` + strconv.Itoa(s.Number) + `\] ` + link(s.Title, s.URL)
			if s.Where != "" {
				item += ", " + escape(oneLine(s.Where))
			}
			if b.Len()+len(item)+len(end) > maxNote {
				break
			}
			b.WriteString(item)
		}
	}
	return b.String() + end
}

const maxReasons = 1000
