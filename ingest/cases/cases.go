// Package cases reads solved cases out of JSON: a list, one object a line, or
// an object that holds a list, in the spellings of common help desks.
//
// It also knows what columns of solved cases are called, for spreadsheets and
// CSV files. It does not judge whether an answer is right.
package cases

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/ingest"
)

// Reader reads JSON and JSON Lines files of solved cases. The zero value is
// ready for use, also by several goroutines.
type Reader struct{}

const (
	maxCases  = 200_000
	expected  = `expected a list of cases, one case a line, or an object with a list ("cases", "tickets", "data" …), each with a question ("question", "subject", "body") and an answer ("answer", "resolution", "reply")`
	maxNested = 64 // levels of JSON
)

// Read returns one block a case. A file that holds none is an error that says
// what was expected.
func (Reader) Read(ctx context.Context, in ingest.Input) (ingest.Document, error) {
	data, err := ingest.ReadAll(in)
	if err != nil {
		return ingest.Document{}, err
	}
	text, _ := ingest.DecodeText(data)
	items, err := list(text)
	if err != nil {
		return ingest.Document{}, fmt.Errorf("%s: %w", in.Name, err)
	}
	if len(items) == 0 {
		return ingest.Document{}, fmt.Errorf("%s holds no cases; %s: %w", in.Name, expected, ingest.ErrNoText)
	}
	doc := ingest.Document{}
	cases := make([]ingest.Case, min(len(items), maxCases))
	if len(items) > maxCases {
		doc.Warnings = append(doc.Warnings, fmt.Sprintf("only the first %d of %d cases were read", maxCases, len(items)))
	}
	highest := 0.0
	for i := range cases {
		cases[i], _ = fromJSON(items[i].value)
		highest = max(highest, Score(cases[i].Rating))
	}
	var incomplete, unhelpful []string
	for i, c := range cases {
		if i%256 == 0 && ctx.Err() != nil {
			return ingest.Document{}, fmt.Errorf("read %s: %w", in.Name, ctx.Err())
		}
		it := items[i]
		name := c.ID
		if name == "" {
			name = strconv.Itoa(i + 1)
		}
		switch {
		case c.Question == "" || c.Answer == "":
			incomplete = append(incomplete, name)
		case Unhelpful(c.Rating, highest):
			unhelpful = append(unhelpful, name)
		default:
			if c.ID == "" {
				c.ID = name
			}
			doc.Blocks = append(doc.Blocks, ingest.Block{
				Kind: ingest.CaseBlock, Case: &c, Locator: index.Locator{Case: c.ID, Line: it.line, LineEnd: it.end},
			})
		}
	}
	if len(incomplete) == len(items) {
		return ingest.Document{}, fmt.Errorf("%s: none of its %d entries is a solved case; %s: %w", in.Name, len(items), expected, ingest.ErrUnsupported)
	}
	doc.Warnings = append(doc.Warnings, leftOut("without question or answer", incomplete)...)
	doc.Warnings = append(doc.Warnings, leftOut("rated as unhelpful", unhelpful)...)
	if len(doc.Blocks) == 0 {
		return ingest.Document{}, fmt.Errorf("%s: every case was left out (%s): %w", in.Name, strings.Join(doc.Warnings, "; "), ingest.ErrNoText)
	}
	return doc, nil
}

// leftOut words a warning that names the first few.
func leftOut(why string, names []string) []string {
	if len(names) == 0 {
		return nil
	}
	shown := strings.Join(names[:min(len(names), 5)], ", ")
	if len(names) > 5 {
		shown += " …"
	}
	return []string{fmt.Sprintf("%d cases %s were left out: %s", len(names), why, shown)}
}

// item is one entry of the list and its lines in the file.
type item struct {
	value     map[string]any
	line, end int
}

// list finds the entries of the file, whichever form it has.
func list(text string) ([]item, error) {
	if err := nesting(text); err != nil {
		return nil, err
	}
	lines := ingest.NewLines(text)
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var items []item
	for {
		start := int(dec.InputOffset())
		var value any
		err := dec.Decode(&value)
		if errors.Is(err, io.EOF) {
			return items, nil
		}
		if err != nil {
			at := start
			if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
				at = int(syntax.Offset)
			}
			return nil, fmt.Errorf("line %d is not JSON (%w); %s: %w", lines.At(at), err, expected, ingest.ErrDamaged)
		}
		end := int(dec.InputOffset())
		switch v := value.(type) {
		case []any:
			if len(items) > 0 {
				return nil, fmt.Errorf("line %d: a list after other entries; %s: %w", lines.At(start), expected, ingest.ErrUnsupported)
			}
			items, err = elements(text[start:end], start, lines, v)
		case map[string]any:
			inner := innerList(v)
			if inner == nil {
				from := start + len(text[start:end]) - len(strings.TrimLeft(text[start:end], " \n\t"))
				items = append(items, item{value: v, line: lines.At(from), end: lines.At(end - 1)})
				continue
			}
			var found []item
			found, err = elements(text[start:end], start, lines, inner)
			items = append(items, found...)
		default:
			return nil, fmt.Errorf("line %d holds neither an object nor a list; %s: %w", lines.At(start), expected, ingest.ErrUnsupported)
		}
		if err != nil {
			return nil, err
		}
	}
}

// elements pairs the entries of the list in text with their lines; text starts
// at an offset of the file.
func elements(text string, offset int, lines ingest.Lines, values []any) ([]item, error) {
	spans := objectSpans(text)
	items := make([]item, 0, len(values))
	for i, v := range values {
		m, ok := v.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("entry %d is no object; %s: %w", i+1, expected, ingest.ErrUnsupported)
		}
		it := item{value: m}
		if len(spans) == len(values) {
			it.line, it.end = lines.At(offset+spans[i][0]), lines.At(offset+spans[i][1])
		}
		items = append(items, it)
	}
	return items, nil
}

// objectSpans are the byte offsets of the objects in the first list of text.
func objectSpans(text string) [][2]int {
	var spans [][2]int
	depth, start, open, listDepth := 0, 0, false, -1
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case open:
			switch c {
			case '\\':
				i++
			case '"':
				open = false
			}
		case c == '"':
			open = true
		case c == '[':
			if listDepth < 0 {
				listDepth = depth
			}
			depth++
		case c == '{':
			if listDepth >= 0 && depth == listDepth+1 {
				start = i
			}
			depth++
		case c == ']':
			depth--
			if depth == listDepth {
				return spans
			}
		case c == '}':
			depth--
			if listDepth >= 0 && depth == listDepth+1 {
				spans = append(spans, [2]int{start, i})
			}
		}
	}
	return spans
}

// nesting refuses JSON that is nested deeper than any export.
func nesting(text string) error {
	depth, open := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case open:
			switch c {
			case '\\':
				i++
			case '"':
				open = false
			}
		case c == '"':
			open = true
		case c == '[' || c == '{':
			if depth++; depth > maxNested {
				return fmt.Errorf("JSON is nested deeper than %d levels: %w", maxNested, ingest.ErrDamaged)
			}
		case c == ']' || c == '}':
			depth--
		}
	}
	return nil
}

// innerList is the list in an object that is not itself a case.
func innerList(v map[string]any) []any {
	if _, ok := fromJSON(v); ok {
		return nil
	}
	for _, key := range []string{"cases", "tickets", "items", "data", "results", "records", "faqs", "faq", "entries", "conversations", "issues", "saker", "ärenden", "sager", "tapaukset", "fälle"} {
		if l, ok := v[key].([]any); ok {
			return l
		}
	}
	return nil
}

// fromJSON makes a case of an object. A Zendesk-like ticket has its question in
// subject and description, and its answer in the last public comment.
func fromJSON(v map[string]any) (ingest.Case, bool) {
	var c ingest.Case
	var subject, question string
	for _, key := range sortedKeys(v) {
		text := scalar(v[key])
		switch FieldOf(key) {
		case ID:
			if c.ID == "" || plain(key) == "id" {
				c.ID = text
			}
		case Subject:
			first(&subject, text)
		case Question:
			if question == "" || plain(key) == "question" {
				question = text
			}
		case Answer:
			if c.Answer == "" || plain(key) == "answer" {
				c.Answer = text
			}
		case Language:
			first(&c.Language, text)
		case Date:
			if t := moment(text); c.At.IsZero() || plain(key) == "createdat" {
				c.At = t
			}
		case Tags:
			if l, ok := v[key].([]any); ok {
				for _, t := range l {
					if s := scalar(t); s != "" {
						c.Tags = append(c.Tags, s)
					}
				}
			} else if text != "" {
				c.Tags = append(c.Tags, splitTags(text)...)
			}
		case Rating:
			if m, ok := v[key].(map[string]any); ok {
				text = scalar(m["score"])
			}
			first(&c.Rating, text)
		}
	}
	c.Question = join(subject, question)
	if c.Answer == "" {
		c.Question, c.Answer = fromComments(v, c.Question)
	}
	return c, c.Question != "" && c.Answer != ""
}

// fromComments takes the last public comment that does not come from the
// requester as the answer.
func fromComments(v map[string]any, question string) (string, string) {
	comments, ok := v["comments"].([]any)
	if !ok {
		comments, _ = v["messages"].([]any)
	}
	requester := scalar(v["requester_id"])
	answer := ""
	for i, entry := range comments {
		m, ok := entry.(map[string]any)
		if !ok {
			continue
		}
		if public, ok := m["public"].(bool); ok && !public {
			continue
		}
		text := scalar(m["plain_body"])
		for _, key := range []string{"body", "text", "html_body", "content"} {
			first(&text, scalar(m[key]))
		}
		role := plain(scalar(m["role"]) + scalar(m["author_type"]))
		customer := role == "customer" || role == "enduser" || role == "user" || (requester != "" && scalar(m["author_id"]) == requester)
		switch {
		case customer || (i == 0 && role == "" && requester == ""):
			if question == "" || (i == 0 && len(text) > len(question)) {
				question = text
			}
		default:
			answer = text
		}
	}
	return question, answer
}

func first(dst *string, text string) {
	if *dst == "" {
		*dst = text
	}
}

// scalar is a JSON value as text; markup of HTML bodies is resolved.
func scalar(v any) string {
	switch v := v.(type) {
	case string:
		s := strings.TrimSpace(v)
		if strings.HasPrefix(s, "<") || strings.Contains(s, "<br") || strings.Contains(s, "</p>") {
			s = strip(s)
		}
		return s
	case json.Number:
		return v.String()
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

// strip is the text of an HTML fragment, block elements on lines of their own.
func strip(s string) string {
	var b bytes.Buffer
	z := html.NewTokenizer(strings.NewReader(s))
	skip := false
	for {
		switch token := z.Next(); token {
		case html.ErrorToken:
			return strings.TrimSpace(b.String())
		case html.TextToken:
			if !skip {
				b.Write(z.Text())
			}
		case html.StartTagToken, html.EndTagToken, html.SelfClosingTagToken:
			name, _ := z.TagName()
			switch string(name) {
			case "script", "style":
				skip = token == html.StartTagToken
			case "p", "div", "br", "li", "tr", "h1", "h2", "h3", "ul", "ol":
				if n := b.Len(); n > 0 && b.Bytes()[n-1] != '\n' {
					b.WriteByte('\n')
				}
			}
		default: // comments and doctypes say nothing
		}
	}
}

func sortedKeys(v map[string]any) []string { return slices.Sorted(maps.Keys(v)) }
