package connectortest_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/sufflor/sufflor/connectors"
)

var picture = regexp.MustCompile(`!\[[^\]]*\]\(([^)]*)\)`)

// Each desk folder has what an admin and a reviewer look for.
func TestConventions(t *testing.T) {
	t.Parallel()
	entries, err := os.ReadDir("..")
	require.NoError(t, err)
	desks := 0
	for _, e := range entries {
		if !e.IsDir() || e.Name() == "connectortest" {
			continue
		}
		desks++
		t.Run(e.Name(), func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join("..", e.Name())
			require.FileExists(t, filepath.Join(dir, "doc.go"))
			require.FileExists(t, filepath.Join(dir, "facts.go"))
			require.FileExists(t, filepath.Join(dir, "testdata", "signatures.json"))

			readme := read(t, filepath.Join(dir, "README.md"))
			for _, part := range []string{"## Set-up", "## Unverified", "## Who sees what"} {
				require.Contains(t, readme, part)
			}
			pictures := picture.FindAllStringSubmatch(readme, -1)
			if e.Name() != "standard" { // whoever takes its webhooks draws them
				require.NotEmpty(t, pictures, "make pictures")
			}
			for _, p := range pictures {
				require.FileExists(t, filepath.Join(dir, p[1]))
			}
			tests := ""
			files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
			require.NoError(t, err)
			for _, f := range files {
				tests += read(t, f)
			}
			for _, part := range []string{"connectortest.Vectors(", "connectortest.Never(", "func FuzzVerify(", "func FuzzRead("} {
				require.Contains(t, tests, part)
			}
		})
	}
	require.NotZero(t, desks)
}

var testName = regexp.MustCompile("`([a-z/]+\\.)?(Test[A-Za-z0-9_]+)`")

// The table of what each desk proves names tests that there are.
func TestTheTableOfDesksNamesTests(t *testing.T) {
	t.Parallel()
	sources := map[string]string{}
	has := func(dir, name string) bool {
		if _, ok := sources[dir]; !ok {
			files, err := filepath.Glob(filepath.Join("..", "..", dir, "*_test.go"))
			require.NoError(t, err)
			require.NotEmpty(t, files, dir)
			for _, f := range files {
				sources[dir] += read(t, f)
			}
		}
		return strings.Contains(sources[dir], "func "+name+"(t *testing.T)")
	}
	rows := map[string]int{}
	for line := range strings.Lines(read(t, filepath.Join("..", "..", "docs", "measurements", "desks.md"))) {
		first, _, _ := strings.Cut(strings.TrimPrefix(line, "| "), " |")
		desk := first
		if strings.HasPrefix(first, "fresh") {
			desk = "freshworks"
		}
		for _, m := range testName.FindAllStringSubmatch(line, -1) {
			dir := strings.TrimSuffix(m[1], ".")
			switch dir {
			case "":
				rows[desk]++
				dir = "connectors/" + desk
			case "connectortest":
				dir = "connectors/" + dir
			}
			require.True(t, has(dir, m[2]), "%s: %s has no %s", first, dir, m[2])
		}
	}
	entries, err := os.ReadDir("..")
	require.NoError(t, err)
	for _, e := range entries {
		if e.IsDir() && e.Name() != "connectortest" {
			require.GreaterOrEqual(t, rows[e.Name()], 10, e.Name())
		}
	}
}

// Agents meet the same flag in a note and in the panel.
func TestFlagsAreNamedAsInThePanel(t *testing.T) {
	t.Parallel()
	var texts map[string]map[string]any
	require.NoError(t, yaml.Unmarshal([]byte(read(t, filepath.Join("..", "..", "web", "texts.yaml"))), &texts))
	for _, l := range connectors.Languages() {
		for _, flag := range []string{"high", "medium", "low", "none"} {
			require.Equal(t, texts[l]["flag_"+flag], connectors.WordsIn(l).Flag(flag), "%s, %s", l, flag)
		}
	}
}

// Byte exact bodies survive a checkout only if git leaves their lines alone.
func TestBodiesAreKeptByteExact(t *testing.T) {
	t.Parallel()
	var rules []string
	for line := range strings.Lines(read(t, filepath.Join("..", "..", ".gitattributes"))) {
		rules = append(rules, strings.TrimSpace(line))
	}
	require.Contains(t, rules, "connectors/*/testdata/** -text")
}

func read(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	return string(data)
}
