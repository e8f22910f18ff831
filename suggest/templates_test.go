package suggest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/index/lang"
	"github.com/sufflor/sufflor/suggest"
)

func TestEveryLanguageHasTheShippedTemplates(t *testing.T) {
	for _, l := range lang.Supported() {
		list := suggest.Guidelines{}.TemplatesIn(l)
		require.Len(t, list, len(suggest.Shipped), l)
		all := map[string]map[string]string{}
		for i, x := range list {
			require.Equal(t, suggest.Shipped[i], x.Name)
			all[x.Name] = map[string]string{l: x.Text}
			require.NotContains(t, x.Fill(nil), "{", "what is not known leaves nothing behind: %s", l)
			require.NotContains(t, x.Fill(map[string]string{"customer": "Kari Nordmann", "first_name": "Kari", "agent": "Ola", "company": "Fjord AS", "conversation": "c-1"}), "{")
		}
		require.NoError(t, suggest.Guidelines{Templates: all}.Validate(), "what ships could be saved")
	}
}

func TestTemplatesAreFilled(t *testing.T) {
	for _, tt := range []struct {
		name, text, want string
		values           map[string]string
	}{
		{"a known value", "Hei {{ first_name }}, sak {{conversation}}", "Hei Kari, sak c-7", map[string]string{"first_name": "Kari", "conversation": "c-7"}},
		{"an unknown one goes with its space", "Hei {{first_name}},\n\ntakk.", "Hei,\n\ntakk.", nil},
		{"a value is text, not a template", "Hi {{customer}}", "Hi {{agent}} $1", map[string]string{"customer": "{{agent}} $1", "agent": "no"}},
		{"a line of an unknown value alone goes", "Regards\n{{agent}}\nFjord", "Regards\nFjord", nil},
		{"a value adds no line", "Hi {{customer}},\n\nbye", "Hi Kari Nordmann,\n\nbye", map[string]string{"customer": " Kari\n\nNordmann "}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			require.Equal(t, tt.want, suggest.Template{Text: tt.text}.Fill(tt.values))
		})
	}
}

func TestTemplatesOfAWorkspace(t *testing.T) {
	g, err := suggest.ParseGuidelines([]byte("templates:\n  closing: {nb: \"Hilsen {{agent}}\"}\n  returns: {nb: \"Retur {{date}}\", en: \"Return\"}\n"))
	require.NoError(t, err)
	g = g.Or(suggest.Guidelines{Templates: map[string]map[string]string{"closing": {"nb": "x", "en": "Bye"}, "service": {"en": "Service"}}})
	names := func(l string) (out []string) {
		for _, x := range g.TemplatesIn(l) {
			out = append(out, x.Name+": "+x.Text)
		}
		return out[2:]
	}
	require.Equal(t, []string{"closing: Hilsen {{agent}}", "returns: Retur {{date}}"}, names("nb"))
	require.Equal(t, []string{"closing: Bye", "returns: Return", "service: Service"}, names("en"))
}

func TestTemplatesThatCannotBeSaved(t *testing.T) {
	for text, says := range map[string]string{
		`templates: {greeting: {nb: "Hei {{kunde}}"}}`:          "templates.greeting.nb: {{kunde}} is not a variable; one of {{customer}}, {{first_name}}",
		`templates: {greeting: {nb: "Hei {{customer}"}}`:        "templates.greeting.nb: a variable is not closed",
		`templates: {greeting: {nb: "Hei {{}}"}}`:               "{{}} is not a variable",
		`templates: {greeting: {xx: "Hei"}}`:                    "templates.greeting.xx: no such language",
		`templates: {greeting: {nb: " "}}`:                      "templates.greeting.nb: empty",
		`templates: {"": {nb: "Hei"}}`:                          "is no name",
		`{forbidden: [billig], templates: {x: {nb: "billig"}}}`: "forbidden",
	} {
		_, err := suggest.ParseGuidelines([]byte(text))
		require.ErrorContains(t, err, says, text)
	}
}
