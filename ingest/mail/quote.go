package mail

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// cut parts a mail's HTML from the messages that it quotes, by how mail
// programs mark them. What they do not mark is left to the text.
func cut(page string) (main, quoted string) {
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		return page, ""
	}
	c := cutter{}
	c.walk(root, 0)
	if c.quoted.Len() == 0 {
		return page, ""
	}
	var b strings.Builder
	if err := html.Render(&b, root); err != nil {
		return page, ""
	}
	return b.String(), c.quoted.String()
}

type cutter struct {
	quoted strings.Builder
	below  bool // all that follows is quoted
}

const maxDepth = 512 // elements; the parser refuses more

func (c *cutter) walk(n *html.Node, depth int) {
	var next *html.Node
	above := lead{from: n.FirstChild}
	for child := n.FirstChild; child != nil && depth < maxDepth; child = next {
		next = child.NextSibling
		switch {
		case child.DataAtom == atom.Head:
		case c.below:
			c.take(n, child)
		case child.Type != html.ElementNode:
		case opens(child):
			c.below = true
			c.take(n, child)
		case quotes(child, &above):
			if above.from == child {
				above.from = next
			}
			c.take(n, child)
		default:
			c.walk(child, depth+1)
		}
	}
}

func (c *cutter) take(parent, n *html.Node) {
	parent.RemoveChild(n)
	// A failed write to memory cannot happen, and a node that cannot be
	// rendered says nothing.
	_ = html.Render(&c.quoted, n)
	c.quoted.WriteByte('\n')
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// quotes reports whether a node holds a quoted message and nothing else.
func quotes(n *html.Node, above *lead) bool {
	if n.DataAtom == atom.Blockquote && strings.EqualFold(attr(n, "type"), "cite") {
		return true
	}
	switch attr(n, "id") {
	case "OLK_SRC_BODY_SECTION", "mail-editor-reference-message-container", "isForwardContent", "isReplyContent":
		return true
	}
	for class := range strings.FieldsSeq(attr(n, "class")) {
		switch class {
		case "gmail_quote", "gmail_quote_container", "yahoo_quoted", "protonmail_quote", "zmail_extra", "moz-cite-prefix", "moz-forward-container", "gmail_attr":
			// Gmail lets its users quote by hand, too.
			return n.DataAtom != atom.Blockquote || class != "gmail_quote" || above.in(n)
		}
	}
	return false
}

// lead tells whether a line that ends in a colon stands above a node. It goes
// through the node's siblings once, whatever number of them asks.
type lead struct {
	from  *html.Node // the first that it has not seen
	colon bool
}

func (l *lead) in(n *html.Node) bool {
	for ; l.from != nil && l.from != n; l.from = l.from.NextSibling {
		if text := strings.TrimSpace(content(l.from)); text != "" {
			l.colon = strings.HasSuffix(text, ":")
		}
	}
	return l.colon
}

// opens reports whether everything from a node on is quoted: it is the head
// that Outlook and its kin put above the messages they answer.
func opens(n *html.Node) bool {
	switch attr(n, "id") {
	case "divRplyFwdMsg", "appendonsend", "stopSpelling", "zwchr", "OutlookMessageHeader":
		return true
	}
	for class := range strings.FieldsSeq(attr(n, "class")) {
		if class == "OutlookMessageHeader" {
			return true
		}
	}
	if n.DataAtom != atom.Div {
		return false
	}
	style := strings.ReplaceAll(strings.ToLower(attr(n, "style")), " ", "")
	if !strings.Contains(style, "border-top:solid#b5c4df") && !strings.Contains(style, "border-top:solid#e1e1e1") && !strings.Contains(style, "border-top:#b5c4df") && !strings.Contains(style, "border-top:1px") {
		return false
	}
	text := strings.TrimSpace(content(n))
	at := strings.IndexByte(text, ':')
	return at > 0 && at < 20 && strings.Count(text, ":") > 2
}

// content is the text of a node, at most some of it.
func content(n *html.Node) string {
	if n.Type == html.TextNode {
		return n.Data
	}
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
		if b.Len() > 2000 {
			break
		}
	}
	return b.String()
}
