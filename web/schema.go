package web

import (
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sufflor/sufflor/suggest/measure/stats"
)

// schema is a JSON Schema of the draft 2020-12, which OpenAPI 3.1 uses.
type schema = map[string]any

// schemas are made of the types that the handlers read and write, so that what
// is said about them cannot differ from what they do.
type schemas struct {
	named  schema                  // by name: components.schemas
	names  map[reflect.Type]string // of those
	closed bool                    // no field beside those that are named
}

var (
	typeTime   = reflect.TypeFor[time.Time]()
	typeRaw    = reflect.TypeFor[json.RawMessage]()
	typeNumber = reflect.TypeFor[stats.Number]()
	typeValues = reflect.TypeFor[Values]()
	typeAny    = reflect.TypeFor[json.Marshaler]()
)

// of is the schema of v's type; a nil v may be anything.
func (s *schemas) of(v any) schema {
	if v == nil {
		return schema{}
	}
	return s.typed(reflect.TypeOf(v))
}

func (s *schemas) typed(t reflect.Type) schema {
	switch t {
	case typeTime:
		return schema{"type": "string", "format": "date-time"}
	case typeRaw:
		return schema{}
	case typeNumber: // null: not known
		return schema{"type": []string{"number", "null"}}
	case typeValues:
		return schema{"type": []string{"string", "array"}, "items": schema{"type": "string"}}
	}
	if t.Implements(typeAny) {
		return schema{} // it decides by itself
	}
	switch t.Kind() {
	case reflect.Bool:
		return schema{"type": "boolean"}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return schema{"type": "integer"}
	case reflect.Float32, reflect.Float64:
		return schema{"type": "number"}
	case reflect.String:
		return schema{"type": "string"}
	case reflect.Slice:
		return schema{"type": []string{"array", "null"}, "items": s.typed(t.Elem())}
	case reflect.Array:
		return schema{"type": "array", "items": s.typed(t.Elem()), "minItems": t.Len(), "maxItems": t.Len()}
	case reflect.Map:
		return schema{"type": []string{"object", "null"}, "additionalProperties": s.typed(t.Elem())}
	case reflect.Pointer:
		return schema{"anyOf": []any{s.typed(t.Elem()), schema{"type": "null"}}}
	case reflect.Struct:
		if t.Name() == "" {
			return s.object(t)
		}
		return schema{"$ref": "#/components/schemas/" + s.name(t)}
	}
	return schema{}
}

// name keeps the schema of a type under a name of its own.
func (s *schemas) name(t reflect.Type) string {
	if name, ok := s.names[t]; ok {
		return name
	}
	base := strings.TrimSuffix(t.Name(), "JSON")
	if at := strings.IndexByte(base, '['); at >= 0 { // of a generic type
		base = base[:at]
	}
	base = strings.ToUpper(base[:1]) + base[1:]
	name := base
	for n := 2; s.named[name] != nil; n++ {
		name = base + strconv.Itoa(n)
	}
	s.names[t] = name
	s.named[name] = schema{} // a type may hold itself
	s.named[name] = s.object(t)
	return name
}

func (s *schemas) object(t reflect.Type) schema {
	properties, required := schema{}, []string{}
	s.fields(t, properties, &required)
	out := schema{"type": "object", "properties": properties}
	if len(required) > 0 {
		slices.Sort(required)
		out["required"] = slices.Compact(required)
	}
	if s.closed {
		out["additionalProperties"] = false
	}
	return out
}

// fields adds those of t, as encoding/json sees them.
func (s *schemas) fields(t reflect.Type, properties schema, required *[]string) {
	for f := range t.Fields() {
		tag, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if tag == "-" && options == "" || !f.IsExported() && !f.Anonymous {
			continue
		}
		if f.Anonymous && tag == "" && f.Type.Kind() == reflect.Struct {
			s.fields(f.Type, properties, required)
			continue
		}
		if tag == "" {
			tag = f.Name
		}
		properties[tag] = s.typed(f.Type)
		if !strings.Contains(options, "omitempty") && !strings.Contains(options, "omitzero") {
			*required = append(*required, tag)
		}
	}
}

// read is the schema of what is read into v's type: a field that is left out is
// empty, one that is not known is refused. What must be there, the handlers say.
func (s *schemas) read(v any) schema {
	t := reflect.TypeOf(v)
	out := (&schemas{named: s.named, names: s.names, closed: true}).object(t)
	delete(out, "required")
	return out
}
