package store

import (
	"strings"

	"github.com/uptrace/bun/schema"
)

// expressions are the few that the databases write differently. All else is
// said so that both understand it: plain keys after ->>, CASE in place of a
// function, booleans that are never compared with numbers.
type expressions struct {
	now       string                   // the server's clock, as River keeps times
	bare      string                   // an event's body without all that somebody said or is called
	errors    string                   // of a job, as a JSON list
	killed    string                   // errors of a job with one more, which is the argument
	since     string                   // args of a job with another "since", which is the argument
	fact      string                   // whether a fact of event e is the text ?1
	path      string                   // of document d, as lists are ordered
	argument  func(name string) string // of a job
	unordered func(text string) string // in lower case
}

var sqliteExpressions = expressions{
	now:      "datetime('now', 'subsec')",
	bare:     "json_object('key', key, 'kind', kind, 'conversation', conversation, 'message', message, 'at', body ->> 'at')",
	errors:   "errors",
	killed:   "json_insert(coalesce(errors, json('[]')), '$[#]', json(?))",
	since:    "cast(json_set(args, '$.since', ?) AS blob)",
	fact:     "EXISTS (SELECT 1 FROM json_each(e.body, '$.facts') WHERE lower(value) = lower(?1))",
	path:     "d.path COLLATE NOCASE",
	argument: func(name string) string { return "CAST(args AS TEXT) ->> '" + name + "'" },
	unordered: func(text string) string {
		return "lower(" + text + ")"
	},
}

var postgresExpressions = expressions{
	now:      "now()",
	bare:     "json_build_object('key', key, 'kind', kind, 'conversation', conversation, 'message', message, 'at', body ->> 'at')",
	errors:   "to_json(errors)",
	killed:   "array_append(errors, ?::jsonb)",
	since:    "jsonb_set(args, '{since}', to_jsonb(?::bigint))",
	fact:     `EXISTS (SELECT 1 FROM json_each_text(CASE json_typeof(e.body -> 'facts') WHEN 'object' THEN e.body -> 'facts' END) AS f WHERE lower(f.value COLLATE "C") = lower(?1 COLLATE "C"))`,
	path:     "lower(d.path)",
	argument: func(name string) string { return "args ->> '" + name + "'" },
	unordered: func(text string) string {
		return "lower((" + text + `) COLLATE "C")`
	},
}

// larger is the larger of two expressions.
func larger(a, b string) string {
	return "CASE WHEN " + a + " > " + b + " THEN " + a + " ELSE " + b + " END"
}

// pairs is a list of two texts each, as a query that IN takes. Its columns are
// column1 and column2.
type pairs [][2]string

// AppendQuery implements [schema.QueryAppender].
func (p pairs) AppendQuery(gen schema.QueryGen, b []byte) ([]byte, error) {
	if len(p) == 0 {
		return append(b, "SELECT '' AS column1, '' AS column2 WHERE 1 = 0"...), nil
	}
	b = append(b, "VALUES "...)
	for i, pair := range p {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = gen.Append(append(b, '('), pair[0])
		b = append(gen.Append(append(b, ", "...), pair[1]), ')')
	}
	return b, nil
}

// withoutNUL is JSON without the escapes of NUL, which PostgreSQL refuses to
// read out of it.
func withoutNUL(body string) string {
	const nul = `\u0000`
	if !strings.Contains(body, nul) {
		return body
	}
	var out strings.Builder
	for i := 0; i < len(body); {
		switch {
		case strings.HasPrefix(body[i:], nul):
			i += len(nul)
		case body[i] == '\\' && i+1 < len(body): // an escape, such as that of a backslash
			out.WriteString(body[i : i+2])
			i += 2
		default:
			out.WriteByte(body[i])
			i++
		}
	}
	return out.String()
}
