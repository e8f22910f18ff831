package eml

import (
	"bytes"
	"encoding/base64"
	"mime"
	"net/mail"
	"strings"

	"github.com/jhillyerd/enmime/v2"

	"github.com/sufflor/sufflor/ingest"
	"github.com/sufflor/sufflor/ingest/pattern"
)

// transfer undoes the transfer encoding of a part (RFC 2045 section 6), also
// where it is damaged or not what the header says.
func transfer(n *enmime.Part) []byte {
	encoding := strings.ToLower(strings.Trim(n.Header.Get("Content-Transfer-Encoding"), " \t\"';"))
	encoding, _, _ = strings.Cut(encoding, " ")
	switch {
	case encoding == "base64":
		return fromBase64(n.Content)
	case strings.HasPrefix(encoding, "quoted"):
		return fromQuoted(n.Content)
	case strings.Contains(encoding, "uuencode"), uuBegin().Match(bytes.TrimSpace(n.Content[:min(len(n.Content), 1024)])):
		return fromUU(n.Content)
	}
	return n.Content
}

// fromBase64 decodes what is base64 in data: other signs are skipped, and
// encoded pieces may follow each other.
func fromBase64(data []byte) []byte {
	letters := make([]byte, 0, len(data))
	other := 0
	for _, c := range data {
		switch {
		case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '+', c == '/', c == '=':
			letters = append(letters, c)
		case c > ' ':
			other++
		}
	}
	if other*10 > len(data) {
		return data // text that only claims to be encoded
	}
	out := make([]byte, 0, len(letters)*3/4)
	for len(letters) > 0 {
		piece, rest, _ := bytes.Cut(letters, []byte("="))
		letters = bytes.TrimLeft(rest, "=")
		if len(piece)%4 == 1 {
			piece = piece[:len(piece)-1]
		}
		buf := make([]byte, base64.RawStdEncoding.DecodedLen(len(piece)))
		k, err := base64.RawStdEncoding.Decode(buf, piece)
		if err != nil && k == 0 {
			continue
		}
		out = append(out, buf[:k]...)
	}
	return out
}

// fromQuoted decodes quoted-printable and leaves alone what is not.
func fromQuoted(data []byte) []byte {
	out := make([]byte, 0, len(data))
	for i := 0; i < len(data); i++ {
		if data[i] != '=' {
			out = append(out, data[i])
			continue
		}
		// A soft line end, with the spaces some programs leave before it.
		end := i + 1
		for end < len(data) && (data[end] == ' ' || data[end] == '\t') {
			end++
		}
		if end == len(data) {
			break
		}
		if data[end] == '\r' && end+1 < len(data) && data[end+1] == '\n' {
			i = end + 1
			continue
		}
		if data[end] == '\n' || data[end] == '\r' {
			i = end
			continue
		}
		if i+2 < len(data) {
			if hi, lo := unhex(data[i+1]), unhex(data[i+2]); hi < 16 && lo < 16 {
				out = append(out, hi<<4|lo)
				i += 2
				continue
			}
		}
		out = append(out, '=')
	}
	return out
}

// unhex is the value of a hexadecimal figure, 16 for no such.
func unhex(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	}
	return 16
}

// uuBegin is the line before uuencoded data: the file's mode and its name.
var uuBegin = pattern.Lazy(`^begin [0-7]{3,4} \S`)

// fromUU decodes uuencoded data.
func fromUU(data []byte) []byte {
	var out []byte
	inside := false
	for line := range bytes.SplitSeq(data, []byte("\n")) {
		line = bytes.TrimRight(line, "\r")
		if !inside {
			inside = uuBegin().Match(line)
			continue
		}
		if bytes.HasPrefix(line, []byte("end")) {
			break
		}
		if len(line) == 0 {
			continue
		}
		n := int(line[0]-' ') & 63
		for i := 1; n > 0 && i < len(line); i += 4 {
			var c [4]byte
			for k := range c {
				if i+k < len(line) {
					c[k] = (line[i+k] - ' ') & 63
				}
			}
			three := []byte{c[0]<<2 | c[1]>>4, c[1]<<4 | c[2]>>2, c[2]<<6 | c[3]}
			out = append(out, three[:min(n, 3)]...)
			n -= 3
		}
	}
	if !inside {
		return data
	}
	return out
}

var encodedWord = pattern.Lazy(`=\?([^?\s]{1,40})\?([bBqQ])\?([^?]*)\?=(\s+=\?)?`)

// decodeHeader resolves the encoded words of a header (RFC 2047). Words that
// follow each other in one charset are joined first, since programs cut
// letters in two.
func decodeHeader(s string) string {
	s = strings.NewReplacer("\r\n", " ", "\n", " ").Replace(s)
	if !strings.Contains(s, "=?") {
		text, _ := ingest.DecodeText([]byte(s))
		return text
	}
	var out strings.Builder
	var pending []byte
	charset := ""
	flush := func() {
		text, _ := ingest.DecodeAs(pending, charset)
		out.WriteString(text)
		pending, charset = nil, ""
	}
	for s != "" {
		m := encodedWord().FindStringSubmatchIndex(s)
		if m == nil {
			break
		}
		if between := s[:m[0]]; between != "" {
			flush()
			text, _ := ingest.DecodeText([]byte(between))
			out.WriteString(text)
		}
		name, _, _ := strings.Cut(strings.ToLower(s[m[2]:m[3]]), "*")
		if name != charset {
			flush()
			charset = name
		}
		word := []byte(s[m[6]:m[7]])
		if s[m[4]] == 'b' || s[m[4]] == 'B' {
			pending = append(pending, fromBase64(word)...)
		} else {
			pending = append(pending, fromQuoted(bytes.ReplaceAll(word, []byte("_"), []byte(" ")))...)
		}
		if m[8] >= 0 {
			s = s[m[9]-2:] // the space between two words says nothing
		} else {
			s = s[m[1]:]
		}
	}
	flush()
	text, _ := ingest.DecodeText([]byte(s))
	out.WriteString(text)
	return out.String()
}

// sender is the name in a From header, else the address.
func sender(from string) string {
	if list, err := (&mail.AddressParser{WordDecoder: &mime.WordDecoder{}}).ParseList(from); err == nil && len(list) > 0 && !strings.Contains(from, "=?") {
		if list[0].Name != "" {
			return list[0].Name
		}
		return list[0].Address
	}
	from = decodeHeader(from)
	if name, _, ok := strings.Cut(from, "<"); ok && strings.Trim(name, " \"") != "" {
		return strings.Trim(name, " \"'")
	}
	return strings.Trim(from, " <>\"")
}

// unflow joins the lines that a mail program wrapped (RFC 3676).
func unflow(text string) string {
	var out []string
	var cur strings.Builder
	end := func() {
		line := cur.String()
		if line != "-- " {
			line = strings.TrimRight(line, " ")
		}
		out = append(out, line)
		cur.Reset()
	}
	open := false // the line before goes on
	depth := 0
	for n, line := range strings.Split(text, "\n") {
		marks := len(line) - len(strings.TrimLeft(line, ">"))
		body := strings.TrimPrefix(line[marks:], " ") // stuffing
		if n > 0 && (!open || marks != depth || body == "-- ") {
			end()
		}
		if marks > 0 && cur.Len() == 0 {
			cur.WriteString(strings.Repeat(">", marks) + " ")
		}
		cur.WriteString(body)
		open, depth = strings.HasSuffix(body, " ") && body != "-- ", marks
	}
	end()
	return strings.Join(out, "\n")
}

const maxEvents = 100 // of one calendar

// calendar says in a few lines what an iCalendar file invites to (RFC 5545),
// and how many events it holds.
func calendar(text string) (said string, events int) {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\n ", ""), "\n\t", "") // folded lines
	var out []string
	var event map[string]string
	for line := range strings.SplitSeq(text, "\n") {
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		name, _, _ = strings.Cut(strings.ToUpper(name), ";")
		switch {
		case name == "BEGIN" && value == "VEVENT":
			event = map[string]string{}
		case name == "END" && value == "VEVENT" && event != nil:
			when := strings.Trim(stamp(event["DTSTART"])+" – "+stamp(event["DTEND"]), " –")
			var lines []string
			for _, l := range []string{event["SUMMARY"], when, event["LOCATION"], event["DESCRIPTION"]} {
				if l = strings.TrimSpace(l); l != "" {
					lines = append(lines, l)
				}
			}
			if events++; events <= maxEvents {
				out = append(out, strings.Join(lines, "\n"))
			}
			event = nil
		case event != nil && event[name] == "":
			event[name] = strings.NewReplacer(`\n`, "\n", `\N`, "\n", `\,`, ",", `\;`, ";", `\\`, `\`).Replace(value)
		}
	}
	return strings.Join(out, "\n\n"), events
}

// stamp writes "20260303T140500Z" as "2026-03-03 14:05".
func stamp(s string) string {
	if len(s) < 8 || strings.Trim(s[:8], "0123456789") != "" {
		return s
	}
	day := s[:4] + "-" + s[4:6] + "-" + s[6:8]
	if len(s) >= 13 && s[8] == 'T' && strings.Trim(s[9:13], "0123456789") == "" {
		day += " " + s[9:11] + ":" + s[11:13]
	}
	if strings.HasSuffix(s, "Z") {
		day += " UTC"
	}
	return day
}
