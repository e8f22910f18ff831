package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"strings"
	"sync"

	"github.com/gin-gonic/gin"
	"go.yaml.in/yaml/v3"

	"github.com/sufflor/sufflor/suggest/measure/svg"
)

//go:embed texts.yaml texts_*.yaml
var textsFS embed.FS

//go:embed templates
var templatesFS embed.FS

// fallback is the language of a workspace whose own has no texts here.
const fallback = "en"

// texts are the pages' own words by language and key, of all files.
var texts = sync.OnceValues(func() (map[string]map[string]string, error) {
	all := map[string]map[string]string{}
	files, err := fs.Glob(textsFS, "*.yaml")
	if err != nil {
		return nil, err
	}
	for _, name := range files {
		data, err := textsFS.ReadFile(name)
		if err != nil {
			return nil, err
		}
		var part map[string]map[string]string
		if err := yaml.Unmarshal(data, &part); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		for language, words := range part {
			if all[language] == nil {
				all[language] = map[string]string{}
			}
			for key, text := range words {
				if _, twice := all[language][key]; twice {
					return nil, fmt.Errorf("%s: %s.%s: another file has it too", name, language, key)
				}
				all[language][key] = text
			}
		}
	}
	return all, nil
})

// pages are the templates in one language.
type pages struct {
	language string
	texts    map[string]string
	t        *template.Template
}

func loadPages(a assets) (map[string]*pages, error) {
	all, err := texts()
	if err != nil {
		return nil, err
	}
	out := map[string]*pages{}
	for language, words := range all {
		p := &pages{language: language, texts: words}
		p.t, err = template.Must(template.New("").Option("missingkey=error").Funcs(template.FuncMap{
			"t": p.text, "tf": p.textf, "asset": a.url, "language": func() string { return language }, "pack": packSource,
			"inc": func(n int) int { return n + 1 },
		}).Parse(svg.HTML)).ParseFS(templatesFS, "templates/*.html")
		if err != nil {
			return nil, fmt.Errorf("parse templates: %w", err)
		}
		out[language] = p
	}
	return out, nil
}

func (p *pages) text(key string) (string, error) {
	s, ok := p.texts[key]
	if !ok {
		return "", fmt.Errorf("texts.yaml: %s.%s: missing", p.language, key)
	}
	return s, nil
}

func (p *pages) textf(key string, args ...any) (string, error) {
	s, err := p.text(key)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf(s, args...), nil
}

// word is a text that a test knows to be there.
func (p *pages) word(key string, args ...any) string {
	s := p.texts[key]
	if len(args) > 0 {
		s = fmt.Sprintf(s, args...)
	}
	return s
}

// in are the pages of a workspace's language.
func (s *server) in(ws Workspace) *pages {
	if p, ok := s.pages[ws.Language]; ok {
		return p
	}
	return s.pages[fallback]
}

// page renders a template whole before any of it is sent, so an error never
// leaves half a page.
func (s *server) page(c *gin.Context, status int, ws Workspace, name string, view any) error {
	var b bytes.Buffer
	if err := s.in(s.tongue(c, ws)).t.ExecuteTemplate(&b, name+".html", view); err != nil {
		return fmt.Errorf("render %s: %w", name, err)
	}
	c.Data(status, "text/html; charset=utf-8", b.Bytes())
	return nil
}

type errorView struct {
	Title, Text, Next string
}

func (s *server) errorView(c *gin.Context, f *fault) errorView {
	p := s.in(s.tongue(c, s.o.Workspaces[0]))
	key := fmt.Sprintf("error_%d", f.status)
	if _, ok := p.texts[key]; !ok {
		key = "error_400"
		if f.status >= http.StatusInternalServerError {
			key = "error_500"
		}
	}
	if f.status == http.StatusUnauthorized {
		key = "signed_out"
	}
	return errorView{Title: p.word(key), Text: f.text, Next: f.next}
}

// decimal writes a number as the language does.
func (p *pages) decimal(s string) string {
	if p.language == "en" {
		return s
	}
	return strings.Replace(s, ".", ",", 1)
}
