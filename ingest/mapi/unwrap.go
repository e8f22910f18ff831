package mapi

import (
	"bytes"
	"html"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/sufflor/sufflor/ingest/codepage"
)

const maxGroups = 1000 // nested groups of rich text

// unwrap is the HTML that rich text was made of (MS-OXRTFEX section 3.1.3);
// ok is false where it was made of something else.
func unwrap(rich []byte) (page string, ok bool) {
	if !bytes.Contains(rich[:min(len(rich), 1024)], []byte(`\fromhtml`)) {
		return "", false
	}
	u := unwrapper{data: rich, page: codepage.Western, fonts: map[int]int{}, group: group{fallback: 1}}
	for u.pos < len(u.data) {
		if len(u.stack) > maxGroups {
			return "", false // for the reader of rich text to refuse
		}
		u.token()
	}
	u.flush()
	return u.out.String(), true
}

// group is what a group of rich text inherits and its end restores.
type group struct {
	ignored  bool // a destination that is not shown
	fonts    bool // the table of fonts
	tag      bool // markup of the HTML
	off      bool // what only readers of rich text show
	font     int
	fallback int // characters that follow one of Unicode
}

type unwrapper struct {
	data    []byte
	pos     int
	group   group
	stack   []group
	star    bool   // \* was read
	skip    int    // characters left to pass over
	pending []byte // in the code page of the font
	units   []uint16
	page    int
	fonts   map[int]int // code pages
	out     strings.Builder
}

func (u *unwrapper) token() {
	c := u.data[u.pos]
	u.pos++
	switch c {
	case '{':
		u.flush()
		u.stack = append(u.stack, u.group)
	case '}':
		u.flush()
		if n := len(u.stack); n > 0 {
			u.group, u.stack = u.stack[n-1], u.stack[:n-1]
		}
		u.star = false
	case '\\':
		u.control()
	case '\r', '\n':
	default:
		u.char(c)
	}
}

// control reads what follows a backslash.
func (u *unwrapper) control() {
	if u.pos >= len(u.data) {
		return
	}
	c := u.data[u.pos]
	if c|0x20 >= 'a' && c|0x20 <= 'z' {
		u.word()
		return
	}
	u.pos++
	switch c {
	case '\'':
		if u.pos+2 <= len(u.data) {
			if b, err := strconv.ParseUint(string(u.data[u.pos:u.pos+2]), 16, 8); err == nil {
				u.char(byte(b))
			}
			u.pos += 2
		}
	case '*':
		u.star = true
	case '{', '}', '\\':
		u.char(c)
	case '~':
		u.write("\u00a0")
	case '\r', '\n':
		u.write("\n")
	}
}

// word reads a control word with its number.
func (u *unwrapper) word() {
	start := u.pos
	for u.pos < len(u.data) && u.data[u.pos]|0x20 >= 'a' && u.data[u.pos]|0x20 <= 'z' {
		u.pos++
	}
	name := string(u.data[start:min(u.pos, start+32)])
	digits := u.pos
	if u.pos < len(u.data) && u.data[u.pos] == '-' {
		u.pos++
	}
	for u.pos < len(u.data) && u.data[u.pos] >= '0' && u.data[u.pos] <= '9' {
		u.pos++
	}
	n, err := strconv.Atoi(string(u.data[digits:min(u.pos, digits+11)]))
	given := err == nil
	if u.pos < len(u.data) && u.data[u.pos] == ' ' {
		u.pos++
	}
	star := u.star
	u.star = false
	switch {
	case star && name == "htmltag":
		u.group.tag = true
	case star:
		u.group.ignored = true
	default:
		u.command(name, n, given)
	}
}

// signs are control words that stand for a character.
var signs = map[string]string{
	"par": "\n", "line": "\n", "tab": "\t", "lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”",
	"bullet": "•", "endash": "–", "emdash": "—",
}

func (u *unwrapper) command(name string, n int, given bool) {
	if sign, ok := signs[name]; ok {
		u.write(sign)
		return
	}
	switch name {
	case "fonttbl":
		u.group.fonts = true
	case "colortbl", "stylesheet", "info", "pict":
		u.group.ignored = true
	case "htmlrtf":
		u.flush()
		u.group.off = !given || n != 0
	case "ansicpg":
		u.page = n
	case "f":
		u.flush()
		u.group.font = n
	case "fcharset":
		if page := codepage.OfCharset(n); page > 0 && u.group.fonts && len(u.fonts) < 4096 {
			u.fonts[u.group.font] = page
		}
	case "uc":
		u.group.fallback = max(n, 0)
	case "u":
		u.units = append(u.units, uint16(n)) //nolint:gosec // written as a signed number of 16 bits
		if !utf16.IsSurrogate(rune(u.units[0])) || len(u.units) == 2 {
			text := string(utf16.Decode(u.units))
			u.units = nil
			u.write(text)
		}
		u.skip = u.group.fallback
	case "bin":
		u.pos = min(u.pos+max(n, 0), len(u.data))
	}
}

func (u *unwrapper) shown() bool {
	return !u.group.ignored && !u.group.fonts && !u.group.off
}

func (u *unwrapper) char(c byte) {
	if u.skip > 0 {
		u.skip--
		return
	}
	if u.shown() {
		u.pending = append(u.pending, c)
	}
}

func (u *unwrapper) write(s string) {
	u.flush()
	if u.shown() {
		u.put(s)
	}
}

// put adds text. Outside of tags it is what the page shows, with the
// characters that mean something in HTML not yet marked.
func (u *unwrapper) put(s string) {
	if !u.group.tag {
		s = html.EscapeString(s)
	}
	u.out.WriteString(s)
}

func (u *unwrapper) flush() {
	u.skip = 0
	if len(u.pending) == 0 {
		return
	}
	page := u.page
	if p := u.fonts[u.group.font]; p != 0 && page != codepage.UTF8 && !u.group.tag {
		page = p
	}
	u.put(codepage.Decode(page, u.pending))
	u.pending = u.pending[:0]
}
