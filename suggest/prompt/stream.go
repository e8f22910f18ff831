package prompt

import (
	"encoding/json"
	"strings"
)

// Stream finds the sentences of an answer while it is being written. The zero
// value is ready. It is a preview: what [Parse] makes of the whole counts.
type Stream struct {
	text   strings.Builder
	at     int // read up to here
	start  int // of the object that is open
	depth  int
	list   bool // inside the list of sentences
	quoted bool
	escape bool
	over   bool
}

// Feed takes the next piece and returns the sentences that it completes.
func (s *Stream) Feed(piece string) []Sentence {
	if s.over || s.text.Len()+len(piece) > maxAnswer {
		s.over = true
		return nil
	}
	s.text.WriteString(piece)
	text := s.text.String()
	if !s.list {
		from, ok := list(text)
		if !ok {
			return nil
		}
		s.list, s.at = true, from
	}
	var out []Sentence
	for ; s.at < len(text) && !s.over; s.at++ {
		c := text[s.at]
		switch {
		case s.escape:
			s.escape = false
		case s.quoted:
			s.escape, s.quoted = c == '\\', c != '"'
		case c == '"':
			s.quoted = true
		case c == '{':
			if s.depth == 0 {
				s.start = s.at
			}
			s.depth++
		case c == '}':
			s.depth--
			if s.depth < 0 {
				s.over = true
			} else if s.depth == 0 {
				if x, ok := object(text[s.start : s.at+1]); ok {
					out = append(out, x)
				}
			}
		case c == ']' && s.depth == 0:
			s.over = true
		}
	}
	return out
}

// list is where the list of sentences begins.
func list(text string) (int, bool) {
	at := strings.Index(text, `"sentences"`)
	if at < 0 {
		return 0, false
	}
	at += len(`"sentences"`)
	rest := strings.TrimLeft(text[at:], " \t\r\n:")
	if !strings.HasPrefix(rest, "[") {
		return 0, false
	}
	return len(text) - len(rest) + 1, true
}

func object(text string) (Sentence, bool) {
	var x Sentence
	if json.Unmarshal([]byte(text), &x) != nil {
		return x, false
	}
	x, ok, err := x.checked()
	return x, ok && err == nil
}
