package suggest

import (
	_ "embed"
	"fmt"
	"sync"

	"go.yaml.in/yaml/v3"
)

//go:embed phrases.yaml
var phrasesYAML []byte

// Phrases are our own words in one language.
type Phrases struct {
	Languages map[string]string `yaml:"languages"` // names of languages, as they follow "in"
	Frame     map[string]string `yaml:"frame"`
	Friendly  map[string]string `yaml:"friendly"` // what sounds otherwise in the friendly tone
	Kinds     map[string]string `yaml:"kinds"`    // of what was taken from a place
	Places    map[string]string `yaml:"places"`   // parts of a document
	Reasons   map[string]string `yaml:"reasons"`
	// Familiar is how one speaks to friends and not to customers, Promises
	// what binds the company; a * stands for any ending.
	Familiar []string `yaml:"familiar"`
	Promises []string `yaml:"promises"`
}

var phrases = sync.OnceValue(func() map[string]Phrases {
	var all map[string]Phrases
	if err := yaml.Unmarshal(phrasesYAML, &all); err != nil {
		panic("phrases.yaml: " + err.Error()) // embedded; a test loads it
	}
	return all
})

// PhrasesIn are the phrases of language, or the English ones.
func PhrasesIn(language string) Phrases {
	if p, ok := phrases()[language]; ok {
		return p
	}
	return phrases()["en"]
}

// reason is a [Reason] in the agents' language.
func reason(language, code string, args ...any) Reason {
	text := PhrasesIn(language).Reasons[code]
	if len(args) > 0 {
		text = fmt.Sprintf(text, args...)
	}
	return Reason{Code: code, Text: text}
}
