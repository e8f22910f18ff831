package llm

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// Schema is the form that a reply must have: a JSON schema of an object whose
// properties are texts, numbers, booleans, or lists of these or of such
// objects. Servers understand little more than that alike, and the strict ones
// want every property required and additionalProperties false.
type Schema struct {
	Name string          // a-z, 0-9 and _, up to 64 characters
	JSON json.RawMessage // the schema itself
}

var schemaName = pattern(`^[a-z][a-z0-9_]{0,63}$`)

func (s *Schema) validate() error {
	if !schemaName().MatchString(s.Name) {
		return fmt.Errorf("schema name %q: use a-z, 0-9 and _, up to 64 characters", s.Name)
	}
	var n node
	if err := json.Unmarshal(s.JSON, &n); err != nil {
		return fmt.Errorf("schema %s: %w", s.Name, err)
	}
	if n.Type != "object" || len(n.Properties) == 0 {
		return fmt.Errorf("schema %s: it must be of an object with properties", s.Name)
	}
	return nil
}

// node is what [Schema.Check] knows of a schema.
type node struct {
	Type       string           `json:"type"`
	Properties map[string]*node `json:"properties"`
	Required   []string         `json:"required"`
	Additional *bool            `json:"additionalProperties"`
	Items      *node            `json:"items"`
	Enum       []any            `json:"enum"`
}

// Check reports the first way in which text is not what the schema asks for.
// Text around the JSON, a fence too, is one. The error names places in the
// schema and nothing of the text.
func (s *Schema) Check(text string) error {
	var n node
	if err := json.Unmarshal(s.JSON, &n); err != nil {
		return fmt.Errorf("schema %s: %w", s.Name, err)
	}
	dec := json.NewDecoder(bytes.NewReader([]byte(text)))
	var v any
	if err := dec.Decode(&v); err != nil {
		return errors.New("it is no JSON")
	}
	if dec.More() {
		return errors.New("there is text after the JSON")
	}
	return n.check("reply", v)
}

func (n *node) check(at string, v any) error {
	if len(n.Enum) > 0 && !slices.Contains(n.Enum, v) {
		return fmt.Errorf("%s: none of the values there are", at)
	}
	ok := true
	switch n.Type {
	case "string":
		_, ok = v.(string)
	case "number":
		_, ok = v.(float64)
	case "integer":
		f, is := v.(float64)
		ok = is && f == float64(int64(f))
	case "boolean":
		_, ok = v.(bool)
	case "array":
		list, is := v.([]any)
		if ok = is; ok && n.Items != nil {
			for i, x := range list {
				if err := n.Items.check(fmt.Sprintf("%s[%d]", at, i), x); err != nil {
					return err
				}
			}
		}
	case "object":
		object, is := v.(map[string]any)
		if ok = is; ok {
			return n.checkObject(at, object)
		}
	}
	if !ok {
		return fmt.Errorf("%s: not of type %s", at, n.Type)
	}
	return nil
}

func (n *node) checkObject(at string, object map[string]any) error {
	for _, name := range n.Required {
		if _, ok := object[name]; !ok {
			return fmt.Errorf("%s: %s is missing", at, name)
		}
	}
	unknown := 0
	for name := range object {
		if n.Properties[name] == nil {
			unknown++
		}
	}
	if unknown > 0 && n.Additional != nil && !*n.Additional {
		return fmt.Errorf("%s: it has %d properties more than asked for", at, unknown)
	}
	names := make([]string, 0, len(n.Properties))
	for name := range n.Properties {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if v, ok := object[name]; ok {
			if err := n.Properties[name].check(at+"."+name, v); err != nil {
				return err
			}
		}
	}
	return nil
}
