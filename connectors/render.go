package connectors

import (
	"html"
	"net/url"
	"strconv"
	"strings"
)

// HTML is n for desks that take it: sign and title, the flag on a line of its
// own, then the draft, because an agent has no time to look for it, then the
// flag's reasons, sources and the way into the panel, in at most limit bytes. Everything in a
// note came from customers, documents or a model, so everything is escaped.
func HTML(n Note, sign string, w Words, limit int) string {
	var b strings.Builder
	b.WriteString("<p>" + html.EscapeString(sign+" "+w.Title) + "<br><strong>" + html.EscapeString(w.Flag(n.Flag)) + "</strong></p>")
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
	list := func(heading string, items []string) {
		const tail = "</ul>"
		room := limit - len(tail) - len(end)
		heading = "<p><strong>" + html.EscapeString(heading) + "</strong></p><ul>"
		if len(items) == 0 || b.Len()+len(heading)+len(items[0]) > room {
			return
		}
		b.WriteString(heading)
		for _, item := range items {
			if b.Len()+len(item) > room {
				break
			}
			b.WriteString(item)
		}
		b.WriteString(tail)
	}
	var why, sources []string
	for _, r := range reasons(n) {
		why = append(why, "<li>"+html.EscapeString(r)+"</li>")
	}
	for _, s := range n.Citations {
		item := "<li>[" + strconv.Itoa(s.Number) + "] " + linkHTML(s.Title, s.URL)
		if s.Where != "" {
			item += ", " + html.EscapeString(s.Where)
		}
		sources = append(sources, item+"</li>")
	}
	list(w.Why, why)
	list(w.Sources, sources)
	return b.String() + end
}

// Text is n for desks that show plain text, as [HTML] is for others. Addresses
// stand beside what they lead to.
func Text(n Note, sign string, w Words, limit int) string {
	var b strings.Builder
	b.WriteString(sign + " " + w.Title + "\n" + w.Flag(n.Flag) + "\n\n" + Clip(draft(n, w), limit/2))
	end := ""
	if WebAddress(n.PanelURL) {
		end = "\n\n" + w.Open + ": " + n.PanelURL
	}
	list := func(heading string, items []string) {
		heading = "\n\n" + heading + ":"
		for _, item := range items {
			if b.Len()+len(heading)+len(item)+len(end) > limit {
				break
			}
			b.WriteString(heading + item)
			heading = ""
		}
	}
	var why, sources []string
	for _, r := range reasons(n) {
		why = append(why, "\n- "+r)
	}
	for _, s := range n.Citations {
		item := "\n[" + strconv.Itoa(s.Number) + "] " + oneLine(s.Title)
		if s.Where != "" {
			item += ", " + oneLine(s.Where)
		}
		if WebAddress(s.URL) {
			item += " " + s.URL
		}
		sources = append(sources, item)
	}
	list(w.Why, why)
	list(w.Sources, sources)
	return b.String() + end
}

// reasons are those of a note's flag, each on one line, [maxReasons] bytes in all.
func reasons(n Note) []string {
	var out []string
	left := maxReasons
	for _, r := range n.Reasons {
		if r = Clip(oneLine(r), left); r == "" {
			continue
		}
		out = append(out, r)
		if left -= len(r); left < minReason {
			break
		}
	}
	return out
}

const (
	maxReasons = 1000
	minReason  = 20 // fewer bytes say nothing
)

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
