package formats

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/sufflor/sufflor/ingest"
)

// No reader of ours unfolds the entities that a document declares, so a file
// that is made to fill the memory of others ("billion laughs") does no harm
// here. But what it gives is not its text, and it is refused.
const (
	maxProlog   = 1 << 20 // bytes looked at before the first element
	maxNesting  = 3       // entities in entities in entities
	maxUnfolded = 64 << 10
	maxInside   = 4 // declarations within the values of others
)

// plainParts refuses an Office file with a part whose document type declares
// entities: Office refuses any document type, no program writes them, and what
// refers to one would be missing.
func plainParts(in ingest.Input, arc *ingest.Archive) error {
	for _, name := range arc.Names() {
		if ext := strings.ToLower(path.Ext(name)); ext != ".xml" && ext != ".rels" { // pictures (SVG) may
			continue
		}
		found, err := declaredIn(arc, name)
		switch {
		case errors.Is(err, ingest.ErrTooLarge):
			return fmt.Errorf("%s: %w", in.Name, err)
		case err != nil:
			continue // whoever needs it will say so
		case len(found) > 0:
			return fmt.Errorf("%s: part %s declares entities in a document type, as XML bombs do and no Office file may: %w", in.Name, name, ingest.ErrDamaged)
		}
	}
	return nil
}

func declaredIn(arc *ingest.Archive, name string) (entities, error) {
	r, err := arc.Open(name)
	if err != nil {
		return nil, err //nolint:wrapcheck // names the part
	}
	defer r.Close() //nolint:errcheck // it is only read
	var head []byte
	for size := int64(4 << 10); ; size *= 16 {
		more, err := io.ReadAll(io.LimitReader(r, size-int64(len(head))))
		if err != nil {
			return nil, err //nolint:wrapcheck // names the part
		}
		head = append(head, more...)
		found, complete := declared(asText(head))
		if complete || int64(len(head)) < size {
			return found, nil
		}
		if size >= maxProlog {
			return nil, fmt.Errorf("part %s has nothing but declarations in its first %d MB: %w", name, size>>20, ingest.ErrTooLarge)
		}
	}
}

// noBomb refuses text that is one XML document and whose entities unfold to
// others again and again. Flat Office files may have none at all.
func noBomb(in ingest.Input, head []byte, office bool) error {
	found, complete := declared(asText(head))
	if !complete && in.Size > int64(len(head)) {
		head = make([]byte, min(in.Size, maxProlog))
		n, err := in.Data.ReadAt(head, 0)
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read %s: %w", in.Name, err)
		}
		found, _ = declared(asText(head[:n]))
	}
	if office && len(found) > 0 {
		return fmt.Errorf("%s declares entities in a document type, as XML bombs do and no Office file may: %w", in.Name, ingest.ErrDamaged)
	}
	if name := found.bomb(); name != "" {
		return fmt.Errorf("%s is an XML bomb: its entity %.40q unfolds to others, more than %d deep or to more than %d KB; take the document type out, or save it as PDF: %w",
			in.Name, name, maxNesting, maxUnfolded>>10, ingest.ErrUnsupported)
	}
	return nil
}

// asText is XML as UTF-8 as far as declarations need it: they are ASCII, in
// one byte a letter or in two.
func asText(head []byte) string {
	if bytes.IndexByte(head, 0) < 0 {
		return string(head)
	}
	text, _ := ingest.DecodeText(head[:len(head)&^1])
	return text
}

// likeXML reports whether a file may be XML in one byte a letter or in two.
func likeXML(head []byte) bool {
	head = bytes.TrimPrefix(head, []byte("\xef\xbb\xbf"))
	for _, mark := range []string{"\xff\xfe<\x00", "\xfe\xff\x00<", "<\x00", "\x00<"} {
		if bytes.HasPrefix(head, []byte(mark)) {
			return true
		}
	}
	return bytes.HasPrefix(bytes.TrimLeft(head, " \r\n\t"), []byte("<"))
}

// entities are what a document type declares, by name; those of the document
// type itself begin with "%". The value of one that lies elsewhere is empty.
type entities map[string]string

// declared are the entities that an XML document declares before its first
// element (XML 1.0, 2.8 and 4.2). complete is false when text ends before it.
func declared(text string) (found entities, complete bool) {
	found = entities{}
	for {
		text = strings.TrimLeft(text, "\ufeff \t\r\n")
		ok := false
		switch {
		case strings.HasPrefix(text, "<?"):
			_, text, ok = strings.Cut(text, "?>")
		case strings.HasPrefix(text, "<!--"):
			_, text, ok = strings.Cut(text[4:], "-->")
		case strings.HasPrefix(text, "<!DOCTYPE"):
			before, after, ok := unquoted(text, "[>")
			if ok && text[len(before)] == '[' {
				ok = found.subset(after, 0)
			}
			return found, ok
		default: // the first element, or no XML
			return found, len(text) > len("<!DOCTYPE")
		}
		if !ok {
			return found, false
		}
	}
}

// unquoted cuts text at the first of some characters that stands outside
// quotes.
func unquoted(text, ends string) (before, after string, ok bool) {
	quote := byte(0)
	for i := range len(text) {
		switch c := text[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case strings.IndexByte(ends, c) >= 0:
			return text[:i], text[i+1:], true
		}
	}
	return text, "", false
}

// subset adds what is declared up to the bracket that ends a document type.
func (e entities) subset(text string, inside int) (complete bool) {
	for {
		text = strings.TrimLeft(text, " \t\r\n")
		ok := true
		switch {
		case text == "":
			return false
		case text[0] == ']':
			return true
		case strings.HasPrefix(text, "<!--"):
			_, text, ok = strings.Cut(text[4:], "-->")
		case strings.HasPrefix(text, "<?"):
			_, text, ok = strings.Cut(text, "?>")
		case strings.HasPrefix(text, "<!"):
			var one string
			one, text, ok = unquoted(text, ">")
			e.add(one, inside)
		default:
			text = text[1:]
		}
		if !ok {
			return false
		}
	}
}

// plainReferences are written as characters where they are not to be taken at once.
var plainReferences = strings.NewReplacer("&#37;", "%", "&#x25;", "%", "&#38;", "&", "&#x26;", "&", "&#60;", "<", "&#x3c;", "<", "&#x3C;", "<")

// add takes a declaration such as `<!ENTITY name "value"`. The first of a name
// counts.
func (e entities) add(declaration string, inside int) {
	rest, ok := strings.CutPrefix(declaration, "<!ENTITY")
	if !ok {
		return
	}
	rest = strings.TrimSpace(rest)
	kind := ""
	if after, ok := strings.CutPrefix(rest, "%"); ok {
		kind, rest = "%", strings.TrimSpace(after)
	}
	end := strings.IndexAny(rest, " \t\r\n\"'")
	if end <= 0 {
		return
	}
	name, value := kind+rest[:end], strings.TrimSpace(rest[end:])
	if _, twice := e[name]; twice {
		return
	}
	if value != "" && (value[0] == '"' || value[0] == '\'') {
		value, _, _ = strings.Cut(value[1:], value[:1])
	} else {
		value = ""
	}
	value = plainReferences.Replace(value)
	e[name] = value
	if kind != "" && inside < maxInside && strings.Contains(value, "<!ENTITY") {
		e.subset(value, inside+1)
	}
}

// bomb is the name of an entity that unfolds to too much, "" when none does.
func (e entities) bomb() string {
	known := map[step]unfolded{}
	for _, name := range slices.Sorted(maps.Keys(e)) {
		if u := e.unfold(step{name, 0}, known); u.deep > maxNesting || u.deep > 0 && u.size > maxUnfolded {
			return name
		}
	}
	return ""
}

// step is an entity on the way down from another.
type step struct {
	name  string
	level int
}

// unfolded is what an entity comes to.
type unfolded struct {
	size int // bytes, up to maxProlog
	deep int // entities in it in each other
}

// unfold follows references one level deeper than is allowed: there an entity
// that leads back to itself ends, too.
func (e entities) unfold(at step, known map[step]unfolded) unfolded {
	if at.level > maxNesting {
		return unfolded{}
	}
	if u, ok := known[at]; ok {
		return u
	}
	value := e[at.name]
	u := unfolded{size: len(value)}
	for {
		i := strings.IndexAny(value, "&%")
		if i < 0 {
			break
		}
		mark, rest := strings.TrimPrefix(value[i:i+1], "&"), value[i+1:]
		end := strings.IndexAny(rest, "&%; \t\r\n<>\"'")
		if end < 0 {
			break
		}
		inner := mark + rest[:end]
		value = rest[end:]
		if _, ok := e[inner]; ok {
			part := e.unfold(step{inner, at.level + 1}, known)
			u.size, u.deep = min(u.size+part.size, maxProlog), max(u.deep, part.deep+1)
		}
	}
	known[at] = u
	return u
}
