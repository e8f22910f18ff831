package prompt

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"strings"
	"sync"
	"text/template"
)

// RewordVersion names the prompt that has a text worded anew.
const RewordVersion = "reword-1"

// MaxReworded is how many sentences a text that is worded anew has at most.
const MaxReworded = 30

//go:embed reword-1.*
var rewordFiles embed.FS

var rewordParts = sync.OnceValue(func() parts {
	parse := func(name string) *template.Template {
		return template.Must(template.New(name).Funcs(template.FuncMap{"inc": func(i int) int { return i + 1 }}).Option("missingkey=error").ParseFS(rewordFiles, name))
	}
	return parts{system: parse(RewordVersion + ".system.tmpl"), user: parse(RewordVersion + ".user.tmpl")}
})

// Reword puts a text's sentences into words for a model. Of in it takes
// company, guidelines, language, passages and nonce; task is shorter, longer,
// friendlier, formal or translate. A translation sees no passages: what it
// says is what the text says.
func Reword(in Input, task string, text []string) (Prompt, error) {
	if len(in.Nonce) < 16 {
		return Prompt{}, fmt.Errorf("marker %q: too short to be secret", in.Nonce)
	}
	if len(text) == 0 || len(text) > MaxReworded {
		return Prompt{}, fmt.Errorf("a text of %d sentences: 1 to %d can be worded anew", len(text), MaxReworded)
	}
	ex, ok := load().examples[in.Language]
	if !ok {
		return Prompt{}, fmt.Errorf("language %q: no prompt in it", in.Language)
	}
	var forbidden []string
	for _, f := range in.Forbidden[:min(len(in.Forbidden), maxRules)] {
		if f = line(f, maxRule); f != "" {
			forbidden = append(forbidden, f)
		}
	}
	t := rewordParts()
	var system, user bytes.Buffer
	if err := t.system.Execute(&system, map[string]any{"Company": line(in.Company, maxTitle), "Forbidden": forbidden, "Guidelines": in.Guidelines}); err != nil {
		return Prompt{}, fmt.Errorf("render the system message: %w", err)
	}
	clean := cleaner{in.Nonce}
	data := struct {
		Language, Name, Task, Nonce string
		Text                        []string
		Passages                    []passageData
	}{Language: in.Language, Name: ex.Name, Task: task, Nonce: in.Nonce}
	for _, s := range text {
		s = strings.Join(strings.Fields(clean.text(s, maxTurn)), " ")
		if s == "" {
			return Prompt{}, errors.New("a sentence without text")
		}
		data.Text = append(data.Text, s)
	}
	p := Prompt{}
	if task != "translate" {
		p.Order = bestAtTheEnds(min(len(in.Passages), MaxPassages))
		for _, at := range p.Order {
			data.Passages = append(data.Passages, clean.passage(in.Passages[at]))
		}
	}
	if err := t.user.Execute(&user, data); err != nil {
		return Prompt{}, fmt.Errorf("render the user message: %w", err)
	}
	p.System, p.User = system.String(), user.String()
	return p, nil
}
