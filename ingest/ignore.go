package ingest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// IgnoreFile is the name of the file that says, in any folder of a source,
// what below it is no document. Its syntax is that of gitignore(5).
const IgnoreFile = ".suffloreignore"

// Bounds of an ignore file.
const (
	maxIgnoreBytes = 256 << 10
	maxIgnoreLine  = 1000 // bytes
	maxIgnoreRules = 2000
)

// rules are the lines of one ignore file.
type rules struct {
	base  string // folder it lies in, below the root; "" is the root
	rules []rule
}

type rule struct {
	matches *regexp.Regexp // on a path below base
	keep    bool           // a line that begins with !
	folders bool           // a line that ends with /
}

// standardRules is what no source has to name: what is hidden, what Office locks,
// what programs have not finished, what desktops and shares leave behind. An
// ignore file can take a line back.
var standardRules = sync.OnceValue(func() rules { return mustRules(standardLines) })

const standardLines = `
.*
~$*
*~
*.[Tt][Mm][Pp]
*.[Tt][Ee][Mm][Pp]
*.part
*.partial
*.crdownload
[Tt]humbs.db
[Dd]esktop.ini
__MACOSX
@eaDir
#recycle
$RECYCLE.BIN
System Volume Information
lost+found/
`

// PassedOver reports whether a part of a path is what no source has to name. A
// path that ends with / is a folder's.
func PassedOver(name string) bool {
	parts := strings.Split(name, "/")
	for i, part := range parts {
		if ignored([]rules{standardRules()}, part, i < len(parts)-1) {
			return true
		}
	}
	return false
}

func mustRules(text string) rules {
	r, err := parseRules("", strings.NewReader(strings.ReplaceAll(text, "\n#", "\n\\#")))
	if err != nil {
		panic(err) // the text is ours; a test loads it
	}
	return r
}

// readRules reads the ignore file of a folder. No file is no rules.
func readRules(dir, base string) (rules, error) {
	f, err := os.Open(path.Join(dir, IgnoreFile))
	if errors.Is(err, fs.ErrNotExist) {
		return rules{}, nil
	}
	if err != nil {
		return rules{}, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	r, err := parseRules(base, f)
	if err != nil {
		return rules{}, fmt.Errorf("%s: %w", IgnoreFile, err)
	}
	return r, nil
}

// parseRules refuses a line that it does not understand: what was meant to be
// left out must not be read because of a slip.
func parseRules(base string, from io.Reader) (rules, error) {
	data, err := io.ReadAll(io.LimitReader(from, maxIgnoreBytes+1))
	if err != nil {
		return rules{}, err
	}
	if len(data) > maxIgnoreBytes {
		return rules{}, fmt.Errorf("more than %d bytes: %w", maxIgnoreBytes, ErrTooLarge)
	}
	out := rules{base: base}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	for i, line := range strings.Split(string(data), "\n") {
		r, ok, err := parseRule(line)
		if err != nil {
			return rules{}, fmt.Errorf("line %d: %w", i+1, err)
		}
		if ok {
			out.rules = append(out.rules, r)
		}
		if len(out.rules) > maxIgnoreRules {
			return rules{}, fmt.Errorf("more than %d patterns", maxIgnoreRules)
		}
	}
	return out, nil
}

func parseRule(line string) (r rule, ok bool, err error) {
	line = strings.TrimSuffix(line, "\r")
	for strings.HasSuffix(line, " ") && !strings.HasSuffix(line, `\ `) {
		line = strings.TrimSuffix(line, " ")
	}
	if line == "" || line[0] == '#' {
		return rule{}, false, nil
	}
	if len(line) > maxIgnoreLine {
		return rule{}, false, fmt.Errorf("longer than %d bytes", maxIgnoreLine)
	}
	if line[0] == '!' {
		r.keep, line = true, line[1:]
	}
	line, r.folders = strings.CutSuffix(line, "/")
	if line == "" {
		return rule{}, false, nil
	}
	// A slash before the end ties the pattern to the file's own folder.
	anchored := strings.Contains(line, "/")
	expr, err := glob(strings.TrimPrefix(line, "/"))
	if err != nil {
		return rule{}, false, fmt.Errorf("%q: %w", line, err)
	}
	if !anchored {
		expr = "(?:.*/)?" + expr
	}
	if r.matches, err = regexp.Compile("(?s)^" + expr + "$"); err != nil {
		return rule{}, false, fmt.Errorf("%q is no pattern", line)
	}
	return r, true, nil
}

// glob is a pattern of gitignore(5) as a regular expression.
func glob(p string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(p); i++ {
		rest, start := p[i:], i == 0 || p[i-1] == '/'
		switch {
		case start && strings.HasPrefix(rest, "**/"):
			b.WriteString("(?:.*/)?")
			i += 2
		case start && rest == "**":
			b.WriteString(".+")
			i++
		case p[i] == '*':
			for i+1 < len(p) && p[i+1] == '*' {
				i++
			}
			b.WriteString("[^/]*")
		case p[i] == '?':
			b.WriteString("[^/]")
		case p[i] == '[':
			class, n, err := bracket(rest)
			if err != nil {
				return "", err
			}
			b.WriteString(class)
			i += n - 1
		case p[i] == '\\':
			if i++; i == len(p) {
				return "", errors.New(`a \ at the end quotes nothing`)
			}
			b.WriteString(regexp.QuoteMeta(p[i : i+1]))
		default:
			b.WriteString(regexp.QuoteMeta(p[i : i+1]))
		}
	}
	return b.String(), nil
}

// bracket is the set at the beginning of p and how many bytes it takes.
func bracket(p string) (class string, n int, err error) {
	i := 1
	out := "["
	if i < len(p) && (p[i] == '!' || p[i] == '^') {
		out += "^/"
		i++
	}
	for first := true; i < len(p); first = false {
		switch c := p[i]; {
		case c == ']' && !first:
			return out + "]", i + 1, nil
		case strings.HasPrefix(p[i:], "[:"):
			end := strings.Index(p[i:], ":]")
			if end < 0 {
				return "", 0, errors.New("a set [ is not closed")
			}
			out += p[i : i+end+2]
			i += end + 2
			continue
		case c == '\\' && i+1 < len(p):
			i++
			out += regexp.QuoteMeta(p[i : i+1])
		case c == '-':
			out += "-"
		default:
			out += regexp.QuoteMeta(p[i : i+1])
		}
		i++
	}
	return "", 0, errors.New("a set [ is not closed")
}

// ignored reports whether a file or folder is left out by stack, the rules of
// the folders around it from the root down. The last line that matches counts.
func ignored(stack []rules, name string, folder bool) bool {
	for _, own := range slices.Backward(stack) {
		below := name
		if own.base != "" {
			below = strings.TrimPrefix(name, own.base+"/")
		}
		for _, r := range slices.Backward(own.rules) {
			if (folder || !r.folders) && r.matches.MatchString(below) {
				return !r.keep
			}
		}
	}
	return false
}
