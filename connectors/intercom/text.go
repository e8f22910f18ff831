package intercom

import (
	"regexp"
	"strings"

	"golang.org/x/net/html"

	"github.com/sufflor/sufflor/connectors"
)

// markup is how a body in HTML begins. Which one we get is a setting of the app
// at Intercom, so it is looked at, not assumed.
var markup = regexp.MustCompile(`(?i)^<(?:!doctype|html|head|body|p|div|h[1-6]|ul|ol|pre|blockquote|table|a|b|i|u|em|strong|span|img|br|hr|code)\b[^>]*>`)

// isHTML reports whether body is HTML. A customer who begins a plain text with
// a tag and ends it with one as well is the exception that we live with.
func isHTML(body string) bool {
	body = strings.TrimSpace(body)
	return markup.MatchString(body) && strings.HasSuffix(body, ">")
}

func plain(body string) string {
	if isHTML(body) {
		return connectors.PlainText(body)
	}
	return strings.TrimSpace(strings.ReplaceAll(body, "\r\n", "\n"))
}

// maxPictures bounds the pictures of one message.
const maxPictures = 20

// pictures are the images within a body: Intercom puts what a customer pastes
// there, not among the attachments.
func pictures(body string) []connectors.Attachment {
	if !isHTML(body) {
		return nil
	}
	var out []connectors.Attachment
	z := html.NewTokenizer(strings.NewReader(body))
	for len(out) < maxPictures {
		switch z.Next() {
		case html.ErrorToken:
			return out
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			if t.Data != "img" {
				continue
			}
			for _, a := range t.Attr {
				if a.Key == "src" && connectors.WebAddress(a.Val) {
					out = append(out, connectors.Attachment{Name: fileName(a.Val), URL: a.Val})
				}
			}
		}
	}
	return out
}
