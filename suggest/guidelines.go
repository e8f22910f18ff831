package suggest

import (
	"bytes"
	"cmp"
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

// AnyLanguage is where must-say has what is said in languages without their own.
const AnyLanguage = "default"

// Guidelines are how a workspace wants its drafts to sound. The zero value
// wants nothing: the formal templates, signed with the workspace's name.
type Guidelines struct {
	Version int `yaml:"-" json:"version"` // from 1; 0 for those of the configuration

	Tone      Tone     `yaml:"tone,omitempty" json:"tone,omitempty"`
	Forbidden []string `yaml:"forbidden,omitempty" json:"forbidden,omitempty"` // words and phrases that no draft holds; a * stands for any ending
	// By language: a tone in the place of Tone, and phrases that are forbidden
	// beside Forbidden.
	ToneIn      map[string]Tone     `yaml:"tone_in,omitempty" json:"tone_in,omitempty"`
	ForbiddenIn map[string][]string `yaml:"forbidden_in,omitempty" json:"forbidden_in,omitempty"`
	// By language: what every draft says before it closes ([AnyLanguage] holds
	// where the language has nothing of its own), how it greets ({name} is the
	// customer's first name), and how it is signed.
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
	errs := slices.Concat(toneFaults("tone", g.Tone), phraseFaults("forbidden", g.Forbidden))
	for _, l := range slices.Sorted(maps.Keys(g.ToneIn)) {
		errs = slices.Concat(errs, languageFaults("tone_in", l), toneFaults("tone_in."+l, g.ToneIn[l]))
	}
	for _, l := range slices.Sorted(maps.Keys(g.ForbiddenIn)) {
		errs = slices.Concat(errs, languageFaults("forbidden_in", l), phraseFaults("forbidden_in."+l, g.ForbiddenIn[l]))
	}
	parts := []guidelinesPart{{"must_say", g.MustSay}, {"greeting", g.Greeting}, {"signature", g.Signature}}
	for _, name := range slices.Sorted(maps.Keys(g.Templates)) {
		parts = append(parts, guidelinesPart{"templates." + name, g.Templates[name]})
	}
	errs = append(errs, g.templateFaults()...)
	for _, part := range parts {
		for _, l := range slices.Sorted(maps.Keys(part.by)) {
			text := part.by[l]
			in := []string{l}
			if part.name == "must_say" && l == AnyLanguage {
				in = lang.Supported()
			} else {
				errs = append(errs, languageFaults(part.name, l)...)
			}
			switch {
			case strings.TrimSpace(text) == "":
				errs = append(errs, fmt.Errorf("%s.%s: empty; leave it out", part.name, l))
			case utf8.RuneCountInString(text) > maxLines:
				errs = append(errs, fmt.Errorf("%s.%s: longer than %d characters", part.name, l, maxLines))
			case !plainText(text):
				errs = append(errs, fmt.Errorf("%s.%s: holds control characters", part.name, l))
			}
			for _, l2 := range in {
				if f := g.forbidden(l2, text); f != "" {
					errs = append(errs, fmt.Errorf("%s.%s: holds %q, which is forbidden", part.name, l, f))
					break
				}
			}
		}
	}
	return errors.Join(errs...)
}

func languageFaults(field, language string) []error {
	if slices.Contains(lang.Supported(), language) {
		return nil
	}
	return []error{fmt.Errorf("%s.%s: no such language; one of %s", field, language, strings.Join(lang.Supported(), ", "))}
}

func toneFaults(field string, t Tone) []error {
	if t == "" || t == Formal || t == Friendly {
		return nil
	}
	return []error{fmt.Errorf("%s: %q; one of formal, friendly", field, t)}
}

func phraseFaults(field string, phrases []string) (errs []error) {
	if len(phrases) > maxForbidden {
		errs = append(errs, fmt.Errorf("%s: %d phrases; at most %d", field, len(phrases), maxForbidden))
	}
	for i, f := range phrases {
		switch {
		case strings.Trim(f, " *") == "":
			errs = append(errs, fmt.Errorf("%s[%d]: empty; leave it out", field, i))
		case utf8.RuneCountInString(f) > maxPhrase:
			errs = append(errs, fmt.Errorf("%s[%d]: longer than %d characters", field, i, maxPhrase))
		case !plainText(f):
			errs = append(errs, fmt.Errorf("%s[%d]: holds control characters", field, i))
		}
	}
	return errs
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
	g.ToneIn = filled(g.ToneIn, configured.ToneIn)
	if g.Forbidden == nil {
		g.Forbidden = configured.Forbidden
	}
	g.ForbiddenIn = filled(g.ForbiddenIn, configured.ForbiddenIn)
	g.MustSay = filled(g.MustSay, configured.MustSay)
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

// In is g as it holds in one language: with its tone, and all that is
// forbidden in it.
func (g Guidelines) In(language string) Guidelines {
	if t := g.ToneIn[language]; t != "" {
		g.Tone = t
	}
	g.Forbidden = slices.Concat(g.ForbiddenIn[language], g.Forbidden)
	g.ToneIn, g.ForbiddenIn = nil, nil
	return g
}

func filled[T any](own, others map[string]T) map[string]T {
	if len(own)+len(others) == 0 {
		return nil
	}
	out := map[string]T{}
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
	g = g.In(language)
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
	out["must_say"] = strings.TrimSpace(cmp.Or(g.MustSay[language], g.MustSay[AnyLanguage]))
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
	g = g.In(language)
	if f := g.forbidden(language, text); f != "" {
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

// forbidden is the first phrase forbidden in language that text holds, or "".
func (g Guidelines) forbidden(language, text string) string {
	phrases := g.In(language).Forbidden
	if len(phrases) == 0 {
		return ""
	}
	folded := words(text)
	for _, f := range phrases {
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
