package message

import (
	"strings"
	"unicode"
)

// ClassKind is what a message is about as a whole.
type ClassKind string

// The kinds of messages.
const (
	IsQuestion  ClassKind = "question"
	IsThanks    ClassKind = "thanks"
	IsGreeting  ClassKind = "greeting"
	IsHuman     ClassKind = "human" // asks for a person
	IsComplaint ClassKind = "complaint"
	IsRequest   ClassKind = "request"   // wants something done or sent
	IsAutomatic ClassKind = "automatic" // an out-of-office note or a receipt, see [Automatic]
	IsSpam      ClassKind = "spam"      // offers what nobody asked for
	IsOther     ClassKind = "other"
)

// Class is what kind of message the customer sent.
type Class struct {
	Kind    ClassKind
	Urgent  bool
	Angry   bool
	Reasons []string // what in the words decided, for the agent
}

// Answerable reports whether there is something to answer with a draft.
func (k ClassKind) Answerable() bool {
	switch k {
	case IsThanks, IsGreeting, IsAutomatic, IsSpam:
		return false
	default:
		return true
	}
}

// Classify tells what kind of message a cleaned body is. Asking for a person
// goes before everything else, and a question before courtesy.
func Classify(language, body string) Class {
	if said, ok := Automatic("", body); ok {
		return Class{Kind: IsAutomatic, Reasons: []string{"automatic: “" + said + "”"}}
	}
	r := newReading(language, body)
	f := fold(r.body)
	var c Class
	says := func(what string, ps phrases) bool {
		at, _ := ps.find(f)
		if at < 0 {
			return false
		}
		c.Reasons = append(c.Reasons, what+": “"+wordsAt(r.body, at)+"”")
		return true
	}
	var isAsked, isWished, isBroken bool
	for _, p := range r.pieces {
		isAsked = isAsked || p.sign == asked
		isWished = isWished || p.sign == wished
		isBroken = isBroken || p.sign == broken
	}
	c.Urgent = says("urgent", r.v.urgent)
	c.Angry = says("angry", r.v.angry)
	if shouts(r.body) {
		c.Angry = true
		c.Reasons = append(c.Reasons, "angry: written in capitals")
	} else if strings.Contains(r.body, "!!!") && (isBroken || c.Angry) {
		c.Angry = true
		c.Reasons = append(c.Reasons, "angry: “!!!”")
	}
	switch {
	case says("asks for a person", r.v.human):
		c.Kind = IsHuman
	case r.v.person(f) >= 0:
		c.Kind = IsHuman
		c.Reasons = append(c.Reasons, "asks for a person: “"+wordsAt(r.body, r.v.person(f))+"”")
	case r.v.present.in(f) && wordCount(f) <= 7:
		c.Kind = IsGreeting
	case unasked(f):
		c.Kind = IsSpam
	case !isAsked && says("complains", r.v.complaint):
		c.Kind = IsComplaint
	case isAsked || isBroken:
		c.Kind = IsQuestion
	case isWished:
		c.Kind = IsRequest
	case says("thanks", r.v.thanks):
		c.Kind = IsThanks
	case c.Angry:
		c.Kind = IsComplaint
	case r.v.greeting.starts(strings.TrimSpace(f)) > 0 && wordCount(f) <= 4:
		c.Kind = IsGreeting
	default:
		c.Kind = IsOther
	}
	return c
}

// Bytes around words such as "talk to" in which to look for whom.
const (
	peopleAfter  = 48
	peopleBefore = 32
)

// person is where folded text asks to talk to somebody, or -1.
func (v *vocabulary) person(folded string) int {
	for _, p := range v.reach {
		for from := 0; from < len(folded); {
			i := index(folded[from:], p)
			if i < 0 {
				break
			}
			i += from
			from = i + len(p)
			if wordBefore(folded, i) {
				continue
			}
			if v.people.in(sentenceEnd(clip(folded[from:], peopleAfter))) {
				return i
			}
			if v.peopleFirst && v.people.in(sentenceStart(folded[max(0, i-peopleBefore):i])) {
				return i
			}
		}
	}
	return -1
}

// sentenceEnd is s up to the end of its first sentence, sentenceStart its last
// sentence. The first word may be cut.
func sentenceEnd(s string) string {
	if i := strings.IndexAny(s, ".!?\n"); i >= 0 {
		return s[:i]
	}
	return s
}

func sentenceStart(s string) string {
	return s[strings.LastIndexAny(s, ".!?\n")+1:]
}

// wordsAt is a few words of text from at on.
func wordsAt(text string, at int) string {
	words := wordSpans(clip(text[at:], 120))
	if len(words) == 0 {
		return ""
	}
	last := words[min(len(words), 4)-1]
	return text[at : at+last.End]
}

// shouts reports whether most of a text of some length is in capitals.
func shouts(text string) bool {
	upper, lower := 0, 0
	for _, a := range text {
		switch {
		case unicode.IsUpper(a):
			upper++
		case unicode.IsLower(a):
			lower++
		}
	}
	return upper >= 16 && upper > 3*lower
}
