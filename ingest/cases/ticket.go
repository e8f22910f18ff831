package cases

import (
	"bytes"
	"encoding/json"
	"maps"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/pattern"
	"github.com/sufflor/sufflor/ingest/reply"
)

// ended is whether a ticket came to an end.
type ended int

// The ends of tickets.
const (
	solved   ended = iota // or nothing is said of it
	unsolved              // open, waiting
	spam                  // or deleted
)

// fromJSON makes a case of an object: fields by name, or the public messages
// of a ticket as help desks export them.
func fromJSON(v map[string]any) ingest.Case {
	v = flat(v)
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
			if text = own(textOf(v[key])); text != "" && (question == "" || plain(key) == "question" || plain(key) == "descriptiontext") {
				question = text
			}
		case Answer:
			if text = own(textOf(v[key])); text != "" && (c.Answer == "" || plain(key) == "answer" || plain(key) == "acceptedanswer") {
				c.Answer = text
			}
		case Language:
			first(&c.Language, text)
		case Date:
			if t := moment(text); !t.IsZero() && (c.At.IsZero() || plain(key) == "createdat") {
				c.At = t
			}
		case Tags:
			c.Tags = append(c.Tags, tags(v[key])...)
		case Rating:
			if m, ok := v[key].(map[string]any); ok {
				text = firstOf(m, "score", "rating", "value")
			}
			first(&c.Rating, text)
		}
	}
	c.Question = join(subject, question)
	if c.Answer == "" {
		asked, answer := conversation(v)
		c.Answer = answer
		if question == "" || len(asked) > len(question) && strings.Contains(asked, question) {
			c.Question = join(subject, firstText(asked, question))
		}
	}
	return c
}

func firstText(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// flat lifts what help desks put one level down: HubSpot's properties,
// Intercom's source, a ticket beside its comments.
func flat(v map[string]any) map[string]any {
	out := v
	lift := func(inner map[string]any, skip string) {
		if len(inner) == 0 {
			return
		}
		merged := make(map[string]any, len(out)+len(inner))
		for k, x := range inner {
			if k != skip {
				merged[k] = x
			}
		}
		for k, x := range out {
			if old, ok := merged[k]; !ok || old == nil || scalar(x) != "" {
				merged[k] = x
			}
		}
		out = merged
	}
	for _, key := range []string{"properties", "ticket", "conversation"} {
		if inner, ok := v[key].(map[string]any); ok {
			lift(inner, "")
		}
	}
	if inner, ok := v["source"].(map[string]any); ok && scalar(inner["body"]) != "" {
		lift(inner, "id")
		out["opened_by"] = inner["author"]
	}
	return out
}

// textOf is a field that is a text, or an object or list around one.
func textOf(v any) string {
	switch v := v.(type) {
	case map[string]any:
		return body(v)
	case []any:
		return ""
	}
	return scalar(v)
}

func firstOf(m map[string]any, keys ...string) string {
	for _, key := range keys {
		if text := scalar(m[key]); text != "" {
			return text
		}
	}
	return ""
}

// body is the text of a message, plain before HTML.
func body(m map[string]any) string {
	return firstOf(m, "plain_body", "body_text", "plainText", "text", "body", "richText", "html_body", "content", "message", "answer", "comment", "value")
}

func tags(v any) []string {
	switch v := v.(type) {
	case []any:
		var out []string
		for _, t := range v {
			s := scalar(t)
			if m, ok := t.(map[string]any); ok {
				s = firstOf(m, "name", "label", "title")
			}
			if s != "" {
				out = append(out, s)
			}
		}
		return out
	case map[string]any:
		return tags(v["tags"])
	}
	return splitTags(scalar(v))
}

// own is what somebody wrote in a message, without history and signature.
func own(text string) string {
	if text == "" {
		return ""
	}
	parts := reply.Split(text)
	if parts.Reply == "" {
		return text // a forward, or nothing but a closing
	}
	return parts.Reply
}

// Messages of tickets: who wrote them.
type author int

const (
	unknown author = iota
	customer
	agent
	machine
)

// conversation finds the first thing the customer asked and the answer: the
// accepted one, else the last that an agent gave in public.
func conversation(v map[string]any) (question, answer string) {
	requester := firstOf(v, "requester_id", "customer_id", "user_id")
	if a, ok := v["opened_by"].(map[string]any); ok && who(a, "") != agent {
		requester = firstText(scalar(a["id"]), requester)
	}
	accepted := firstOf(v, "accepted_answer_id", "best_answer_id")
	var answers []string
	for i, m := range messages(v) {
		if !public(m) {
			continue
		}
		text := own(body(m))
		if text == "" {
			continue
		}
		from := who(m, requester)
		if from == unknown && m["is_answer"] != nil || m["\x00answer"] != nil {
			from = agent
		}
		switch {
		case from == machine:
		case from == customer, from == unknown && i == 0 && requester == "":
			first(&question, text)
		default:
			if truth(m["accepted"]) || truth(m["is_accepted"]) || accepted != "" && scalar(m["id"]) == accepted {
				return question, text
			}
			answers = append(answers, text)
		}
	}
	return question, last(answers)
}

// last is the last answer, unless that only says good-bye after a real one.
func last(answers []string) string {
	if len(answers) == 0 {
		return ""
	}
	n := len(answers) - 1
	for n > 0 && utf8.RuneCountInString(answers[n]) < 60 && utf8.RuneCountInString(answers[n-1]) >= 2*utf8.RuneCountInString(answers[n]) && !strings.ContainsAny(answers[n], "0123456789?") {
		n--
	}
	return answers[n]
}

// messages are the messages of a ticket, oldest first, wherever the desk has
// them.
func messages(v map[string]any) []map[string]any {
	var out []map[string]any
	for _, key := range []string{"comments", "conversations", "articles", "messages", "conversation_parts", "parts", "thread", "replies", "answers"} {
		list, _ := v[key].([]any)
		if m, ok := v[key].(map[string]any); ok {
			if list, ok = m[key].([]any); !ok {
				list, _ = m["results"].([]any)
			}
		}
		for _, e := range list {
			m, ok := e.(map[string]any)
			if !ok {
				continue
			}
			if inner, ok := m["messages"].([]any); ok && body(m) == "" { // LiveAgent groups them
				for _, e := range inner {
					if m, ok := e.(map[string]any); ok {
						out = append(out, m)
					}
				}
				continue
			}
			if key == "answers" {
				m = withMark(m)
			}
			out = append(out, m)
		}
		if len(out) > 0 {
			return out
		}
	}
	return out
}

// withMark marks an element of a list of answers.
func withMark(m map[string]any) map[string]any {
	marked := map[string]any{"\x00answer": true}
	maps.Copy(marked, m)
	return marked
}

func truth(v any) bool {
	b, ok := v.(bool)
	return ok && b || scalar(v) == "true" || scalar(v) == "1"
}

// public reports whether customers saw a message. Notes are never quoted.
func public(m map[string]any) bool {
	for _, key := range []string{"private", "internal", "is_private", "isPrivate", "is_internal", "isInternal", "note", "deleted", "redacted", "archived"} {
		if truth(m[key]) {
			return false
		}
	}
	for _, key := range []string{"public", "is_public", "isPublic"} {
		if v, ok := m[key]; ok && v != nil && !truth(v) {
			return false
		}
	}
	if v := plain(scalar(m["visibility"])); v == "private" || v == "internal" || v == "r" || v == "agents" {
		return false
	}
	kind := plain(firstOf(m, "part_type", "message_type", "type"))
	switch kind {
	case "note", "privatenote", "internalnote", "internal", "assignment", "n", "h", "activity", "system", "event":
		return false
	case "comment": // HubSpot's word for notes; everybody else's for messages
		_, hubspot := m["senders"]
		return !hubspot && m["conversationsThreadId"] == nil
	}
	return true
}

// who tells who wrote a message.
func who(m map[string]any, requester string) author {
	if v, ok := m["incoming"].(bool); ok {
		if v {
			return customer
		}
		return agent
	}
	if requester != "" {
		if id := firstOf(m, "author_id", "user_id", "sender_id", "created_by_id"); id != "" {
			if id == requester {
				return customer
			}
			return agent
		}
	}
	role := ""
	if a, ok := m["author"].(map[string]any); ok {
		role = firstOf(a, "type", "role")
	}
	if a, ok := m["sender"].(map[string]any); ok {
		role = firstText(role, firstOf(a, "type", "role"))
	}
	role = plain(firstText(role, firstOf(m, "role", "author_type", "sender_type", "sender", "from", "direction")))
	if role == "" {
		if s, ok := m["senders"].([]any); ok && len(s) > 0 {
			if a, ok := s[0].(map[string]any); ok {
				role = plain(strings.TrimSuffix(scalar(a["actorId"])[:min(2, len(scalar(a["actorId"])))], "-"))
			}
		}
	}
	if role == "" {
		role = plain(scalar(m["type"]))
	}
	switch role {
	case "customer", "enduser", "user", "lead", "contact", "visitor", "requester", "client", "incoming", "inbound", "v", "kunde", "kund", "asiakas":
		return customer
	case "agent", "admin", "teammate", "staff", "support", "outgoing", "outbound", "operator", "a", "employee", "assistant":
		if role == "operator" {
			return machine
		}
		return agent
	case "bot", "system", "workflow", "automation", "ai", "b", "i", "s":
		return machine
	}
	return unknown
}

// stateOf tells whether a ticket came to an end.
func stateOf(v map[string]any) ended {
	v = flat(v)
	if truth(v["spam"]) || truth(v["deleted"]) || truth(v["is_spam"]) || truth(v["archived"]) && v["properties"] != nil {
		return spam
	}
	for _, key := range []string{"status", "state", "ticket_status", "Status", "hs_pipeline_stage"} {
		text := scalar(v[key])
		if text == "" {
			continue
		}
		if n, err := strconv.Atoi(text); err == nil {
			// Freshdesk: 4 resolved, 5 closed. HubSpot's first pipeline: 4 closed.
			if n == 4 || n == 5 && key != "hs_pipeline_stage" || n > 1000 {
				return solved
			}
			return unsolved
		}
		return statusOf(text)
	}
	return solved
}

// statusOf tells by a status in words whether a ticket came to an end.
func statusOf(text string) ended {
	switch plain(text) {
	case "spam", "deleted", "trash", "merged", "duplicate", "slettet", "raderad", "slettede", "poistettu", "gelöscht":
		return spam
	case "new", "open", "pending", "hold", "onhold", "waiting", "waitingoncustomer", "waitingonthirdparty", "waitingoncontact", "waitingonus", "snoozed", "inprogress", "unresolved", "unsolved", "reopened", "todo", "active",
		"ny", "åpen", "venter", "underbehandling", "öppen", "väntar", "pågående", "åben", "afventer", "igang", "uusi", "avoin", "odottaa", "kesken", "neu", "offen", "wartend", "inbearbeitung":
		return unsolved
	}
	return solved
}

func first(dst *string, text string) {
	if *dst == "" {
		*dst = text
	}
}

// markup knows HTML by its common elements.
var markup = pattern.Lazy(`(?i)</?(?:p|div|br|span|a|b|i|strong|em|ul|ol|li|table|tr|td|blockquote|html|body|h[1-6]|pre|script)(?:\s[^>]*)?/?>`)

// scalar is a JSON value as text; markup of HTML bodies is resolved.
func scalar(v any) string {
	switch v := v.(type) {
	case string:
		s := strings.TrimSpace(v)
		if strings.IndexByte(s, '<') >= 0 && markup().MatchString(s) {
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

// strip is the text of an HTML fragment: block elements on lines of their own,
// items behind "- ", quotes behind "> ".
func strip(s string) string {
	var b bytes.Buffer
	z := html.NewTokenizer(strings.NewReader(s))
	skip, quote := false, 0
	newline := func() {
		if n := b.Len(); n > 0 && b.Bytes()[n-1] != '\n' {
			b.WriteByte('\n')
		}
	}
	for {
		switch token := z.Next(); token {
		case html.ErrorToken:
			return strings.TrimSpace(b.String())
		case html.TextToken:
			if skip {
				continue
			}
			text := string(z.Text())
			if strings.TrimSpace(text) == "" && strings.Contains(text, "\n") {
				continue
			}
			if quote > 0 && (b.Len() == 0 || b.Bytes()[b.Len()-1] == '\n') {
				b.WriteString(strings.Repeat(">", quote) + " ")
			}
			b.WriteString(text)
		case html.StartTagToken, html.EndTagToken, html.SelfClosingTagToken:
			name, _ := z.TagName()
			switch string(name) {
			case "script", "style":
				skip = token == html.StartTagToken
			case "blockquote":
				newline()
				if token == html.StartTagToken {
					quote = min(quote+1, 5)
				} else {
					quote = max(quote-1, 0)
				}
			case "li":
				newline()
				if token == html.StartTagToken {
					b.WriteString("- ")
				}
			case "td", "th":
				if token == html.EndTagToken {
					b.WriteByte(' ')
				}
			case "p", "div", "br", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "pre":
				newline()
			}
		default: // comments and doctypes say nothing
		}
	}
}
