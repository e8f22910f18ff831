package connectors

import (
	"html"
	"net/url"
	"strconv"
	"strings"
)

// HTML is n for desks that take it: sign and title, flag with reasons, draft,
// sources and the way into the panel, in at most limit bytes. Everything in a
// note came from customers, documents or a model, so everything is escaped.
func HTML(n Note, sign string, w Words, limit int) string {
	var b strings.Builder
	b.WriteString("<p><strong>" + html.EscapeString(sign+" "+w.Title) + "</strong><br>" + html.EscapeString(flagged(n, w)) + "</p>")
	text := Clip(draft(n, w), limit/2)
	for len(html.EscapeString(text)) > limit/2 { // a text of nothing but "&" takes five times its length
		text = Clip(text, len(text)*3/4)
	}
	for part := range strings.SplitSeq(text, "\n\n") {
		b.WriteString("<p>" + strings.ReplaceAll(html.EscapeString(part), "\n", "<br>") + "</p>")
	}
	end := ""
	if n.PanelURL != "" {
		end = "<p>" + linkHTML(w.Open, n.PanelURL) + "</p>"
	}
	if len(n.Citations) > 0 {
		b.WriteString("<p>" + html.EscapeString(w.Sources) + "</p><ul>")
		for _, s := range n.Citations {
			item := "<li>[" + strconv.Itoa(s.Number) + "] " + linkHTML(s.Title, s.URL)
			if s.Where != "" {
				item += ", " + html.EscapeString(s.Where)
			}
			item += "</li>"
			if b.Len()+len(item)+len("</ul>")+len(end) > limit {
				break
			}
			b.WriteString(item)
		}
		b.WriteString("</ul>")
	}
	return b.String() + end
}

// Text is n for desks that show plain text, as [HTML] is for others. Addresses
// stand beside what they lead to.
func Text(n Note, sign string, w Words, limit int) string {
	var b strings.Builder
	b.WriteString(sign + " " + w.Title + "\n" + flagged(n, w) + "\n\n" + Clip(draft(n, w), limit/2))
	end := ""
	if WebAddress(n.PanelURL) {
		end = "\n\n" + w.Open + ": " + n.PanelURL
	}
	if len(n.Citations) > 0 {
		b.WriteString("\n\n" + w.Sources + ":")
		for _, s := range n.Citations {
			item := "\n[" + strconv.Itoa(s.Number) + "] " + oneLine(s.Title)
			if s.Where != "" {
				item += ", " + oneLine(s.Where)
			}
			if WebAddress(s.URL) {
				item += " " + s.URL
			}
			if b.Len()+len(item)+len(end) > limit {
				break
			}
			b.WriteString(item)
		}
	}
	return b.String() + end
}

// flagged is a note's flag with its reasons, on one line.
func flagged(n Note, w Words) string {
	flag := w.Flag(n.Flag)
	if len(n.Reasons) > 0 {
		flag += ": " + oneLine(strings.Join(n.Reasons, "; "))
	}
	return Clip(flag, maxReasons)
}

const maxReasons = 1000

// draft is a note's text, or that there is none.
func draft(n Note, w Words) string {
	if text := strings.TrimSpace(strings.ReplaceAll(n.Text, "\r\n", "\n")); text != "" {
		return text
	}
	return w.NoAnswer
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// linkHTML is text as a link if address is a plain web address.
func linkHTML(text, address string) string {
	if !WebAddress(address) {
		return html.EscapeString(text)
	}
	return `<a href="` + html.EscapeString(address) + `">` + html.EscapeString(text) + "</a>"
}

// WebAddress reports whether address is one that a note may link to.
func WebAddress(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}

// Clip cuts s to at most n bytes between two characters and says so with "…".
func Clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	const more = " …"
	return strings.ToValidUTF8(s[:max(0, n-len(more))], "") + more
}
