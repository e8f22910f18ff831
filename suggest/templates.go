package suggest

import (
	_ "embed"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/sufflor/sufflor/index/lang"
)

// Bounds of templates.
const (
	maxTemplates    = 40
	maxTemplateName = 40 // runes
)

// Variables stand in templates as {{customer}}; what is not known is left out
// with the space before it.
var Variables = []string{"customer", "first_name", "agent", "company", "conversation", "date"}

// Shipped are the names of the templates that every workspace has.
var Shipped = []string{"greeting", "handover", "closing"}

//go:embed templates.yaml
var templatesYAML []byte

// shipped are those by language and name.
var shipped = sync.OnceValue(func() map[string]map[string]string {
	var all map[string]map[string]string
	if err := yaml.Unmarshal(templatesYAML, &all); err != nil {
		panic("templates.yaml: " + err.Error()) // embedded; a test loads it
	}
	return all
})

// Template is a text that agents put into a reply.
type Template struct {
	Name string
	Text string // with variables, see [Variables]
}

// TemplatesIn are the templates of a language: the shipped ones as g words
// them, then g's others by name.
func (g Guidelines) TemplatesIn(language string) []Template {
	var out []Template
	for _, name := range Shipped {
		text := strings.TrimSpace(g.Templates[name][language])
		if text == "" {
			text = strings.TrimSpace(shipped()[language][name])
		}
		if text != "" {
			out = append(out, Template{name, text})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(g.Templates)) {
		if text := strings.TrimSpace(g.Templates[name][language]); text != "" && !slices.Contains(Shipped, name) {
			out = append(out, Template{name, text})
		}
	}
	return out
}

var variable = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`,?[ \t]*\{\{\s*(\w+)\s*\}\}`) })

// Fill is the text with values for its variables.
func (t Template) Fill(values map[string]string) string {
	text := variable().ReplaceAllStringFunc(t.Text, func(found string) string {
		at := strings.Index(found, "{{")
		value := oneLine(values[strings.TrimSpace(strings.Trim(found[at:], "{}"))])
		if value == "" {
			return ""
		}
		return found[:at] + value
	})
	before, lines := strings.Split(t.Text, "\n"), strings.Split(text, "\n")
	var kept []string
	for i, line := range lines {
		line = strings.TrimSpace(line)
		if line == "" && i < len(before) && strings.TrimSpace(before[i]) != "" {
			continue // it held nothing but what is not known
		}
		kept = append(kept, line)
	}
	return strings.TrimSpace(strings.Join(kept, "\n"))
}

// oneLine is a value as it stands in a text: it adds no lines.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

var braces = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\{\{\s*([^{}]*?)\s*\}\}`) })

// templateFaults is what is wrong with g's templates beside their texts.
func (g Guidelines) templateFaults() (errs []error) {
	if len(g.Templates) > maxTemplates {
		errs = append(errs, fmt.Errorf("templates: %d; at most %d", len(g.Templates), maxTemplates))
	}
	known := "{{" + strings.Join(Variables, "}}, {{") + "}}"
	for _, name := range slices.Sorted(maps.Keys(g.Templates)) {
		if n := utf8.RuneCountInString(name); strings.TrimSpace(name) == "" || n > maxTemplateName || !plainText(name) || strings.ContainsAny(name, "\n\t") {
			errs = append(errs, fmt.Errorf("templates: %q is no name; use 1 to %d characters in one line", name, maxTemplateName))
		}
		for _, l := range lang.Supported() {
			text := g.Templates[name][l]
			for _, m := range braces().FindAllStringSubmatch(text, -1) {
				if !slices.Contains(Variables, m[1]) {
					errs = append(errs, fmt.Errorf("templates.%s.%s: %s is not a variable; one of %s", name, l, m[0], known))
				}
			}
			if rest := braces().ReplaceAllString(text, ""); strings.Contains(rest, "{{") || strings.Contains(rest, "}}") {
				errs = append(errs, fmt.Errorf("templates.%s.%s: a variable is not closed; write %s", name, l, known))
			}
		}
	}
	return errs
}
