package suggest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/sufflor/sufflor/index/lang"
)

// Tone is how a draft sounds.
type Tone string

// The tones. "" is Formal.
const (
	Formal   Tone = "formal"
	Friendly Tone = "friendly"
)

// Bounds of guidelines.
const (
	maxForbidden = 60
	maxPhrase    = 80   // runes of a forbidden phrase
	maxLines     = 1000 // runes of a greeting, signature or must-say
	maxGuide     = 64 << 10
)

// Guidelines are how a workspace wants its drafts to sound. The zero value
// wants nothing: the formal templates, signed with the workspace's name.
type Guidelines struct {
	Version int `yaml:"-" json:"version"` // from 1; 0 for those of the configuration

	Tone      Tone     `yaml:"tone,omitempty" json:"tone,omitempty"`
	Forbidden []string `yaml:"forbidden,omitempty" json:"forbidden,omitempty"` // words and phrases that no draft holds; a * stands for any ending
	// By language: what every draft says before it closes, how it greets
	// ({name} is the customer's first name), and how it is signed.
	MustSay   map[string]string `yaml:"must_say,omitempty" json:"must_say,omitempty"`
	Greeting  map[string]string `yaml:"greeting,omitempty" json:"greeting,omitempty"`
	Signature map[string]string `yaml:"signature,omitempty" json:"signature,omitempty"`

	// Templates are texts that agents put into a reply themselves, by name and
	// language; see [Guidelines.TemplatesIn].
	Templates map[string]map[string]string `yaml:"templates,omitempty" json:"templates,omitempty"`
}

// ParseGuidelines reads guidelines from YAML, or JSON, which is YAML too.
// Unknown keys are errors, and everything wrong is reported.
func ParseGuidelines(data []byte) (Guidelines, error) {
	var g Guidelines
	if len(data) > maxGuide {
		return g, fmt.Errorf("guidelines: %d bytes; at most %d", len(data), maxGuide)
	}
	d := yaml.NewDecoder(bytes.NewReader(data))
	d.KnownFields(true)
	if err := d.Decode(&g); err != nil && !errors.Is(err, io.EOF) {
		return g, fmt.Errorf("guidelines: %s", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	return g, g.Validate()
}

// YAML is g as [ParseGuidelines] reads it.
func (g Guidelines) YAML() ([]byte, error) { return yaml.Marshal(g) }

// Validate reports all that is wrong with g.
func (g Guidelines) Validate() error {
	var errs []error
	if g.Tone != "" && g.Tone != Formal && g.Tone != Friendly {
		errs = append(errs, fmt.Errorf("tone: %q; one of formal, friendly", g.Tone))
	}
	if len(g.Forbidden) > maxForbidden {
		errs = append(errs, fmt.Errorf("forbidden: %d phrases; at most %d", len(g.Forbidden), maxForbidden))
	}
	for i, f := range g.Forbidden {
		switch {
		case strings.Trim(f, " *") == "":
			errs = append(errs, fmt.Errorf("forbidden[%d]: empty; leave it out", i))
		case utf8.RuneCountInString(f) > maxPhrase:
			errs = append(errs, fmt.Errorf("forbidden[%d]: longer than %d characters", i, maxPhrase))
		case !plainText(f):
			errs = append(errs, fmt.Errorf("forbidden[%d]: holds control characters", i))
		}
	}
	parts := []guidelinesPart{{"must_say", g.MustSay}, {"greeting", g.Greeting}, {"signature", g.Signature}}
	for _, name := range slices.Sorted(maps.Keys(g.Templates)) {
		parts = append(parts, guidelinesPart{"templates." + name, g.Templates[name]})
	}
	errs = append(errs, g.templateFaults()...)
	for _, part := range parts {
		for _, l := range slices.Sorted(maps.Keys(part.by)) {
			text := part.by[l]
			switch {
			case !slices.Contains(lang.Supported(), l):
				errs = append(errs, fmt.Errorf("%s.%s: no such language; one of %s", part.name, l, strings.Join(lang.Supported(), ", ")))
			case strings.TrimSpace(text) == "":
				errs = append(errs, fmt.Errorf("%s.%s: empty; leave it out", part.name, l))
			case utf8.RuneCountInString(text) > maxLines:
				errs = append(errs, fmt.Errorf("%s.%s: longer than %d characters", part.name, l, maxLines))
			case !plainText(text):
				errs = append(errs, fmt.Errorf("%s.%s: holds control characters", part.name, l))
			}
			if f := g.forbidden(text); f != "" {
				errs = append(errs, fmt.Errorf("%s.%s: holds %q, which is forbidden", part.name, l, f))
			}
		}
	}
	return errors.Join(errs...)
}

// guidelinesPart is a text of guidelines in several languages.
type guidelinesPart struct {
	name string
	by   map[string]string
}

func plainText(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.Is(unicode.Cf, r)
	})
}

// Or is g with what it leaves open taken from the configured ones.
func (g Guidelines) Or(configured Guidelines) Guidelines {
	if g.Tone == "" {
		g.Tone = configured.Tone
	}
	if g.Tone == "" {
		g.Tone = Formal
	}
	g.Signature = filled(g.Signature, configured.Signature)
	g.Greeting = filled(g.Greeting, configured.Greeting)
	if len(configured.Templates) > 0 {
		own := maps.Clone(g.Templates)
		g.Templates = maps.Clone(configured.Templates)
		for name, by := range own {
			g.Templates[name] = filled(by, configured.Templates[name])
		}
	}
	return g
}

func filled(own, others map[string]string) map[string]string {
	out := map[string]string{}
	maps.Copy(out, others)
	maps.Copy(out, own)
	return out
}

// Name is g's version as it is kept with drafts.
func (g Guidelines) Name() string {
	if g.Version == 0 {
		return "configured"
	}
	return strconv.Itoa(g.Version)
}

// Words are our phrases in language and g's tone, with g's greeting and
// signature where it has them: the keys of Phrases.Frame, "must_say" and
// "signature". The place of the name in "greeting_name" is {name}.
func (g Guidelines) Words(language, company string) map[string]string {
	p := PhrasesIn(language)
	out := map[string]string{}
	maps.Copy(out, p.Frame)
	if g.Tone == Friendly {
		maps.Copy(out, p.Friendly)
	}
	out["greeting_name"] = strings.Replace(out["greeting_name"], "%s", "{name}", 1)
	if text := strings.TrimSpace(g.Greeting[language]); text != "" {
		out["greeting_name"] = text
		if alone := nameless().ReplaceAllString(text, ""); strings.ContainsFunc(alone, unicode.IsLetter) {
			out["greeting"] = alone
		}
	}
	out["must_say"] = strings.TrimSpace(g.MustSay[language])
	out["signature"] = strings.TrimSpace(g.Signature[language])
	if out["signature"] == "" {
		out["signature"] = strings.TrimSpace(out["regards"] + "\n" + company)
	}
	return out
}

// nameless matches the place of a name with what parts it from the greeting:
// without a name "Hei {name}," is "Hei,".
func nameless() *regexp.Regexp { return regexp.MustCompile(`,?\s*\{name\}`) }

// Fault is a guideline that a sentence does not keep.
type Fault struct {
	Rule   string // forbidden, exclaims, emoji, familiar, promise
	Detail string // the words
}

// Faults are the guidelines that text, in language, does not keep. What
// sources say themselves is no promise of ours.
func (g Guidelines) Faults(language, text, sources string) []Fault {
	var out []Fault
	if f := g.forbidden(text); f != "" {
		out = append(out, Fault{"forbidden", f})
	}
	if n := strings.Count(text, "!"); n > 1 || n == 1 && g.Tone != Friendly && !strings.Contains(sources, "!") {
		out = append(out, Fault{"exclaims", "!"})
	}
	if at := strings.IndexFunc(text, pictograph); at >= 0 && g.Tone != Friendly && !strings.ContainsFunc(sources, pictograph) {
		r, _ := utf8.DecodeRuneInString(text[at:])
		out = append(out, Fault{"emoji", string(r)})
	}
	p := PhrasesIn(language)
	folded, known := words(text), words(sources)
	for _, w := range p.Familiar {
		if holds(folded, w) && !holds(known, w) {
			out = append(out, Fault{"familiar", w})
			break
		}
	}
	for _, w := range p.Promises {
		if holds(folded, w) && !holds(known, w) {
			out = append(out, Fault{"promise", w})
			break
		}
	}
	return out
}

// forbidden is the first forbidden phrase that text holds, or "".
func (g Guidelines) forbidden(text string) string {
	if len(g.Forbidden) == 0 {
		return ""
	}
	folded := words(text)
	for _, f := range g.Forbidden {
		if holds(folded, f) {
			return f
		}
	}
	return ""
}

// words is text in lower case, its words parted and framed by single spaces.
func words(text string) string {
	return " " + strings.Join(strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.M, r)
	}), " ") + " "
}

// holds reports whether folded, made by words, has phrase; a * at its end
// stands for any ending.
func holds(folded, phrase string) bool {
	open := strings.HasSuffix(phrase, "*")
	p := words(phrase)
	if open {
		p = strings.TrimSuffix(p, " ")
	}
	return strings.TrimSpace(p) != "" && strings.Contains(folded, p)
}

// pictograph reports whether r is a picture rather than a letter or sign.
func pictograph(r rune) bool {
	return r >= 0x1F300 && r <= 0x1FAFF || r >= 0x2600 && r <= 0x27BF && !slices.Contains([]rune{'✓', '✔', '✗', '✘', '☐', '☑', '☒', '⚠', '➔', '➜', '❶'}, r)
}
