package prompt

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/kaptinlin/jsonrepair"

	"github.com/sufflor/sufflor/suggest/message"
)

// ErrAnswer means that a model's answer is not in the form it was asked for.
var ErrAnswer = errors.New("answer in another form than asked for")

// Bounds of an answer. A longer one is not a draft.
const (
	maxAnswer    = 32 << 10 // bytes
	maxSentences = 24
	maxSentence  = 700  // runes
	maxDraft     = 5000 // runes of all sentences
	maxCites     = 6    // of a sentence
	maxMissing   = 12
)

// Kind is what a sentence of an answer does.
type Kind string

// The kinds of sentences.
const (
	Fact     Kind = "fact"
	Courtesy Kind = "courtesy"
	Question Kind = "question" // asks the customer back
	Step     Kind = "step"     // one step of a procedure
)

// Answer is what a model wrote.
type Answer struct {
	Language  string     `json:"language"`
	Sentences []Sentence `json:"sentences"`
	Missing   []string   `json:"missing"`
	Answered  []int      `json:"answered"`

	Repaired bool `json:"-"` // the JSON was broken
	Plain    bool `json:"-"` // there was none: text with marks
}

// Sentence is one sentence of an answer. Cites are the numbers of the prompt.
type Sentence struct {
	Text  string `json:"text"`
	Cites []int  `json:"cites"`
	Kind  Kind   `json:"kind"`
}

// Schema is the JSON schema of an [Answer], for servers that take one. It is
// flat on purpose: servers differ in what else they understand.
const Schema = `{"type":"object","additionalProperties":false,"required":["language","sentences","missing","answered"],"properties":{` +
	`"language":{"type":"string"},` +
	`"sentences":{"type":"array","items":{"type":"object","additionalProperties":false,"required":["text","cites","kind"],"properties":{` +
	`"text":{"type":"string"},"cites":{"type":"array","items":{"type":"integer"}},"kind":{"type":"string","enum":["fact","courtesy","question","step"]}}}},` +
	`"missing":{"type":"array","items":{"type":"string"}},"answered":{"type":"array","items":{"type":"integer"}}}}`

// Parse reads an answer. It takes JSON in the schema's form, also inside a
// fence or behind some words; JSON that one repair mends; or plain text with
// marks such as [1]. Everything else wraps [ErrAnswer].
//
// Fields that the schema does not name are ignored: we read nothing of them,
// and a draft is not worse for them. Numbers of passages are not judged here.
func Parse(language, text string) (Answer, error) {
	if len(text) > maxAnswer {
		return Answer{}, fmt.Errorf("%d bytes, at most %d: %w", len(text), maxAnswer, ErrAnswer)
	}
	text = strings.TrimSpace(thought().ReplaceAllString(strings.ToValidUTF8(text, ""), ""))
	if text == "" {
		return Answer{}, fmt.Errorf("empty: %w", ErrAnswer)
	}
	at := strings.IndexByte(text, '{')
	if at < 0 {
		return plain(language, text)
	}
	a, err := decode(text[at:])
	if err != nil {
		if a, err = repaired(text[at:]); err != nil {
			return Answer{}, err
		}
	}
	return a.checked()
}

// thought matches what some models say to themselves first.
var thought = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?s)\A\s*<(think|thinking|reasoning)>.*?</(think|thinking|reasoning)>`)
})

// decode reads the first JSON value of text. What follows is an ending of a
// fence or more words.
func decode(text string) (Answer, error) {
	var a Answer
	if err := json.NewDecoder(strings.NewReader(text)).Decode(&a); err != nil {
		return Answer{}, fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	return a, nil
}

// repaired mends text once. What was cut off may have lost the end of its
// last sentence, and half a number is another number: that one goes.
func repaired(text string) (Answer, error) {
	if depth(text) > 8 {
		return Answer{}, fmt.Errorf("nested too deeply: %w", ErrAnswer)
	}
	cut := !strings.HasSuffix(strings.TrimRight(text, " \t\r\n`"), "}")
	mended, err := jsonrepair.Repair(text)
	if err != nil {
		return Answer{}, fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	a, err := decode(mended)
	if err != nil {
		return a, err
	}
	a.Repaired = true
	if cut && len(a.Sentences) > 0 && len(a.Missing) == 0 && len(a.Answered) == 0 {
		a.Sentences = a.Sentences[:len(a.Sentences)-1]
	}
	return a, nil
}

// depth is how many brackets are open at once, at most.
func depth(text string) int {
	open, most := 0, 0
	for i := range len(text) {
		switch text[i] {
		case '{', '[':
			open++
			most = max(most, open)
		case '}', ']':
			open--
		}
	}
	return most
}

func (a Answer) checked() (Answer, error) {
	if len(a.Sentences) > maxSentences {
		return Answer{}, fmt.Errorf("%d sentences, at most %d: %w", len(a.Sentences), maxSentences, ErrAnswer)
	}
	total := 0
	kept := a.Sentences[:0]
	for i, s := range a.Sentences {
		s, ok, err := s.checked()
		if err != nil {
			return Answer{}, fmt.Errorf("sentence %d: %w", i+1, err)
		}
		if total += utf8.RuneCountInString(s.Text); total > maxDraft {
			return Answer{}, fmt.Errorf("longer than %d characters: %w", maxDraft, ErrAnswer)
		}
		if ok {
			kept = append(kept, s)
		}
	}
	a.Sentences = kept
	a.Missing = a.Missing[:min(len(a.Missing), maxMissing)]
	for i := range a.Missing {
		a.Missing[i] = line(a.Missing[i], maxAsk)
	}
	a.Answered = a.Answered[:min(len(a.Answered), MaxAsks)]
	if len(a.Sentences) == 0 && len(a.Missing) == 0 {
		return Answer{}, fmt.Errorf("says nothing: %w", ErrAnswer)
	}
	return a, nil
}

// checked is s made safe to look at. One without text is no error.
func (s Sentence) checked() (Sentence, bool, error) {
	s.Text = strings.Join(strings.Fields(strings.ReplaceAll(Clean(s.Text), Mark, " ")), " ")
	switch {
	case s.Text == "":
		return s, false, nil
	case utf8.RuneCountInString(s.Text) > maxSentence:
		return s, false, fmt.Errorf("longer than %d characters: %w", maxSentence, ErrAnswer)
	case len(s.Cites) > maxCites:
		return s, false, fmt.Errorf("%d citations: %w", len(s.Cites), ErrAnswer)
	case !slices.Contains([]Kind{Fact, Courtesy, Question, Step}, s.Kind):
		return s, false, fmt.Errorf("kind %q: %w", line(string(s.Kind), maxRule), ErrAnswer)
	}
	return s, true, nil
}

// marks matches the numbers of sources in plain text.
var marks = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`\s*\[(\d{1,2}(?:\s*,\s*\d{1,2})*)\]`)
})

// plain reads text with marks. A text without a single one is no draft of ours.
func plain(language, text string) (Answer, error) {
	if !marks().MatchString(text) {
		return Answer{}, fmt.Errorf("neither JSON nor marked text: %w", ErrAnswer)
	}
	// A mark stands before the full stop or behind it; behind it would start
	// the next sentence.
	text = behind().ReplaceAllString(text, "$2$1")
	a := Answer{Language: language, Plain: true}
	for _, span := range message.Sentences(language, text) {
		s := Sentence{Text: text[span.Start:span.End], Kind: Fact}
		for _, m := range marks().FindAllStringSubmatch(s.Text, maxCites) {
			for n := range strings.SplitSeq(m[1], ",") {
				if i, err := strconv.Atoi(strings.TrimSpace(n)); err == nil && len(s.Cites) < maxCites {
					s.Cites = append(s.Cites, i)
				}
			}
		}
		s.Text = marks().ReplaceAllString(s.Text, "")
		if len(a.Sentences) > maxSentences {
			break
		}
		a.Sentences = append(a.Sentences, s)
	}
	return a.checked()
}

// behind matches a full stop with marks after it.
var behind = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`([.!?]+)((?:\s*\[\d{1,2}(?:\s*,\s*\d{1,2})*\])+)`)
})
