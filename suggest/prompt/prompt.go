// Package prompt puts what a language model is asked into words, and reads
// what it answers.
//
// It knows no model and no pipeline. Prompts are files whose names hold their
// version; what stands in them from outside goes in as data, between markers
// that nobody can have known.
package prompt

import (
	"bytes"
	"crypto/rand"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"text/template"
	"time"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Version names the prompt. It is stored with each draft; a change of the
// files' text that could change a draft is a new version, and new files.
const Version = "draft-1"

// Bounds of what a prompt holds. Longer texts are cut, further ones left out.
const (
	MaxAsks     = 6
	MaxTurns    = 6
	MaxPassages = 8

	maxAsk     = 400  // runes
	maxTurn    = 800  // runes
	maxPassage = 1800 // runes
	maxTitle   = 160  // runes
	maxRule    = 80   // runes of a forbidden phrase
	maxRules   = 60
)

// Mark stands between the words of small texts from outside instead of spaces
// (datamarking, Hines and others 2024, "Defending against indirect prompt
// injection attacks with spotlighting").
const Mark = "ˆ"

// Input is what a prompt is made of.
type Input struct {
	Company    string
	Language   string // of the reply: nb, sv, da, fi, de or en
	Tone       string // formal or friendly
	Forbidden  []string
	Guidelines int // version of the guidelines

	Asks     []string
	Turns    []Turn    // oldest first, the customer's message last
	Passages []Passage // best first

	// Nonce tells data from the rest, see [NewNonce].
	Nonce string
}

// Turn is a message of the conversation.
type Turn struct {
	Agent bool // else the customer
	Text  string
}

// Passage is a source.
type Passage struct {
	Title    string // with headings
	Kind     string
	Modified time.Time
	Text     string
}

// Prompt is one system and one user message.
type Prompt struct {
	System string // the same for all requests of a workspace and its guidelines: providers cache it
	User   string
	// Order is what the numbers mean: [n] is Input.Passages[Order[n-1]].
	Order []int
}

//go:embed draft-1.*
var files embed.FS

type example struct {
	Name    string `yaml:"name"` // of the language, in English
	Ask     string `yaml:"ask"`
	Title   string `yaml:"title"`
	Passage string `yaml:"passage"`
	Answer  string `yaml:"answer"`
}

type parts struct {
	system, user *template.Template
	examples     map[string]example
}

var load = sync.OnceValue(func() parts {
	var p parts
	funcs := template.FuncMap{"inc": func(i int) int { return i + 1 }}
	parse := func(name string) *template.Template {
		return template.Must(template.New(name).Funcs(funcs).Option("missingkey=error").ParseFS(files, name))
	}
	p.system, p.user = parse(Version+".system.tmpl"), parse(Version+".user.tmpl")
	data, err := files.ReadFile(Version + ".examples.yaml")
	if err == nil {
		err = yaml.Unmarshal(data, &p.examples)
	}
	if err != nil {
		panic("prompt examples: " + err.Error()) // embedded; a test loads it
	}
	return p
})

// NewNonce is a marker of 96 random bits.
func NewNonce() string {
	b := make([]byte, 12)
	_, _ = rand.Read(b) // never fails
	return "DATA-" + hex.EncodeToString(b)
}

// Render puts in into words. The same input gives the same prompt.
func Render(in Input) (Prompt, error) {
	if len(in.Nonce) < 16 {
		return Prompt{}, fmt.Errorf("marker %q: too short to be secret", in.Nonce)
	}
	if len(in.Asks) == 0 || len(in.Passages) == 0 {
		return Prompt{}, errors.New("a prompt needs a question and a passage")
	}
	t := load()
	ex, ok := t.examples[in.Language]
	if !ok {
		return Prompt{}, fmt.Errorf("language %q: no prompt in it", in.Language)
	}
	var system bytes.Buffer
	forbidden := make([]string, 0, len(in.Forbidden))
	for _, f := range in.Forbidden[:min(len(in.Forbidden), maxRules)] {
		if f = line(f, maxRule); f != "" {
			forbidden = append(forbidden, f)
		}
	}
	err := t.system.Execute(&system, map[string]any{
		"Company": line(in.Company, maxTitle), "Tone": in.Tone, "Forbidden": forbidden, "Guidelines": in.Guidelines, "Mark": Mark,
	})
	if err != nil {
		return Prompt{}, fmt.Errorf("render the system message: %w", err)
	}
	clean := cleaner{in.Nonce}
	order := bestAtTheEnds(min(len(in.Passages), MaxPassages))
	user := userData{Language: in.Language, Name: ex.Name, Example: ex, Nonce: in.Nonce}
	for _, a := range in.Asks[:min(len(in.Asks), MaxAsks)] {
		user.Asks = append(user.Asks, clean.marked(a, maxAsk))
	}
	for _, turn := range in.Turns[max(0, len(in.Turns)-MaxTurns):] {
		who := "customer"
		if turn.Agent {
			who = "agent"
		}
		if text := clean.marked(turn.Text, maxTurn); text != "" {
			user.Turns = append(user.Turns, turnData{who, text})
		}
	}
	for _, at := range order {
		user.Passages = append(user.Passages, clean.passage(in.Passages[at]))
	}
	var out bytes.Buffer
	if err := t.user.Execute(&out, user); err != nil {
		return Prompt{}, fmt.Errorf("render the user message: %w", err)
	}
	return Prompt{System: system.String(), User: out.String(), Order: order}, nil
}

type userData struct {
	Language, Name, Nonce string
	Example               example
	Asks                  []string
	Turns                 []turnData
	Passages              []passageData
}

type turnData struct{ Who, Text string }

type passageData struct{ Title, Kind, Date, Text string }

// bestAtTheEnds orders n passages, best first, so that the best one comes
// first and the second last: models read the middle of a long text least
// (Liu and others 2023, "Lost in the middle").
func bestAtTheEnds(n int) []int {
	var front, back []int
	for i := range n {
		if i%2 == 0 {
			front = append(front, i)
		} else {
			back = append(back, i)
		}
	}
	slices.Reverse(back)
	return append(front, back...)
}

// cleaner makes text from outside fit to stand between markers.
type cleaner struct{ nonce string }

func (c cleaner) text(s string, limit int) string {
	// Nobody outside knows the marker; the text that would hold it by a bug
	// of ours must not pass for one all the same.
	s = Clean(s)
	for strings.Contains(s, c.nonce) { // taking one out may put another one together
		s = strings.ReplaceAll(s, c.nonce, "")
	}
	return clip(s, limit)
}

func (c cleaner) marked(s string, limit int) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(c.text(s, limit), Mark, " ")), Mark)
}

func (c cleaner) passage(p Passage) passageData {
	d := passageData{Title: line(strings.ReplaceAll(c.text(p.Title, maxTitle), "|", "/"), maxTitle), Kind: p.Kind, Date: "undated", Text: c.text(p.Text, maxPassage)}
	if !p.Modified.IsZero() {
		d.Date = p.Modified.UTC().Format("2006-01-02")
	}
	return d
}

// Clean is text without what people do not see and models read: control,
// zero-width, direction, tag and private characters, and broken UTF-8. Line
// breaks and tabs stay.
func Clean(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r', r == '\u2028', r == '\u2029', r == '\v', r == '\f', r == '\u0085':
			return '\n'
		case unicode.IsControl(r), unicode.In(r, unicode.Cf, unicode.Co), unicode.Is(unicode.Variation_Selector, r),
			r == '\u115f', r == '\u1160', r == '\u3164', r == '\uffa0', r == '\u2800', r == '\u034f', r == utf8.RuneError:
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "")))
}

func line(s string, limit int) string {
	return clip(strings.Join(strings.Fields(Clean(s)), " "), limit)
}

// clip cuts s to limit runes, at a space where there is one near.
func clip(s string, limit int) string {
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	cut := string([]rune(s)[:limit])
	if at := strings.LastIndexAny(cut, " \n"); at > len(cut)*3/4 {
		cut = cut[:at]
	}
	return strings.TrimSpace(cut) + " …"
}
