package message

import (
	"slices"
	"strings"
)

// maxResolved bounds what [Resolve] returns, in bytes.
const maxResolved = 600

// lookBack is how many earlier messages may say what a question is about.
const lookBack = 8

// Resolve tells what a question is about that cannot be understood without
// the conversation: "And what does it cost?". It returns the words to search
// for besides those of q, or "" when q stands by itself or nothing before it
// says more. Turns are oldest first, without the message that q is from.
//
// The last thing that the customer asked about, and that has a subject of its
// own, is the subject still; follow-ups in between ("and how long does it
// take?") are passed over, and the codes that an answer since named ("that is
// the XY-NK24") belong to it. When q names another product ("What about the
// XY-3000?"), the codes of the earlier question are left out and what was
// asked of them stays.
func Resolve(language string, q Question, turns []Turn) string {
	if !q.Refers || len(turns) == 0 {
		return ""
	}
	own := Codes(q.Text)
	var named []string // codes that agents' answers since named
	for i, t := range slices.Backward(turns) {
		if len(turns)-i > lookBack {
			break
		}
		body := Clean(clip(t.Text, maxTurn)).Body
		if t.Agent {
			named = append(codesIn(body, own), named...)
			continue
		}
		subject := subjectOf(language, body)
		if subject == "" {
			continue
		}
		if len(own) > 0 {
			return clip(withoutCodes(subject), maxResolved)
		}
		return clip(strings.Join(append([]string{subject}, newCodes(named, subject)...), " "), maxResolved)
	}
	return clip(strings.Join(newCodes(named, ""), " "), maxResolved)
}

// subjectOf is what a message is about: its last question that stands by
// itself, or its statements when there is no such question.
func subjectOf(language, body string) string {
	r := newReading(language, body)
	for _, q := range slices.Backward(r.questions()) {
		if !q.Refers {
			return q.Text
		}
		// "Does it fit the XY-2000?": a code is a subject.
		if len(Codes(q.Text)) > 0 {
			return strings.Join(append(slices.Clone(q.Context), q.Text), " ")
		}
		if len(q.Context) > 0 && r.names(strings.Join(q.Context, " ")) {
			return strings.Join(q.Context, " ")
		}
	}
	for _, p := range r.pieces {
		if r.statement(p) && r.names(p.folded) {
			return r.body[p.Start:p.End]
		}
	}
	return ""
}

// names reports whether a text names something.
func (r reading) names(text string) bool {
	f := fold(text)
	for _, w := range wordSpans(f) {
		if word := f[w.Start:w.End]; !r.hollow(word) && len(word) > 3 {
			return true
		}
	}
	return false
}

// codesIn is the codes of text as written, but for those with a norm in known.
func codesIn(text string, known map[string]bool) []string {
	var out []string
	for _, a := range Anchors(text) {
		if a.Kind == Code && !known[a.Norm] {
			out = append(out, a.Text)
		}
	}
	return out
}

// newCodes is the codes that are not in text, each once.
func newCodes(codes []string, text string) []string {
	seen := Codes(text)
	var out []string
	for _, c := range codes {
		for _, a := range Anchors(c) {
			if !seen[a.Norm] {
				seen[a.Norm] = true
				out = append(out, c)
			}
		}
	}
	return out
}

// withoutCodes is text with its product, error and article codes left out.
func withoutCodes(text string) string {
	var b strings.Builder
	last := 0
	for _, a := range Anchors(text) {
		if a.Kind == Code {
			b.WriteString(text[last:a.Start])
			b.WriteByte(' ')
			last = a.End
		}
	}
	b.WriteString(text[last:])
	return strings.Join(strings.Fields(b.String()), " ")
}
