package pattern_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/ingest/pattern"
)

func TestAPatternIsCompiledOnceAndWhenUsed(t *testing.T) {
	digits := pattern.Lazy(`^\d+$`)
	require.True(t, digits().MatchString("4419"))
	require.Same(t, digits(), digits())
	wrong := pattern.Lazy(`(`)
	require.Panics(t, func() { wrong() })
}

// TestEveryPatternCompiles does what the start of the program would do, were
// the patterns not lazy.
func TestEveryPatternCompiles(t *testing.T) {
	found := 0
	require.NoError(t, filepath.WalkDir("..", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || !calls(call, "pattern", "Lazy") {
				return true
			}
			source, ok := text(call.Args[0])
			require.True(t, ok, "%s: the pattern is not a constant", files.Position(call.Pos()))
			_, err := regexp.Compile(source)
			require.NoError(t, err, "%s", files.Position(call.Pos()))
			found++
			return true
		})
		return nil
	}))
	require.NotZero(t, found)
}

func calls(c *ast.CallExpr, pkg, name string) bool {
	s, ok := c.Fun.(*ast.SelectorExpr)
	if !ok || s.Sel.Name != name || len(c.Args) != 1 {
		return false
	}
	x, ok := s.X.(*ast.Ident)
	return ok && x.Name == pkg
}

// text is the value of a string or of a sum of strings.
func text(e ast.Expr) (value string, ok bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		value, err := strconv.Unquote(e.Value)
		return value, err == nil
	case *ast.BinaryExpr:
		left, lok := text(e.X)
		right, rok := text(e.Y)
		return left + right, lok && rok && e.Op == token.ADD
	}
	return "", false
}
