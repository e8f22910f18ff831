package slack

import (
	"strconv"
	"strings"
	"time"
)

// plain resolves Slack's markup of links and mentions: "<url|label>",
// "<@user>", "<#channel|name>", "<!here>" and the three entities.
func plain(s string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(s, "<")
		b.WriteString(before)
		if !found {
			break
		}
		tag, after, closed := strings.Cut(rest, ">")
		if !closed { // not written by Slack, which escapes a lone "<"
			b.WriteString("<" + rest)
			break
		}
		b.WriteString(resolve(tag))
		s = after
	}
	return entities.Replace(b.String())
}

var entities = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")

func resolve(tag string) string {
	target, label, labelled := strings.Cut(tag, "|")
	if target == "" {
		return label
	}
	switch target[0] {
	case '@', '#', '!':
		sign := target[:1]
		if sign == "!" {
			sign = "@"
		}
		if !labelled || label == "" {
			return sign + target[1:]
		}
		if strings.HasPrefix(target, "!date") {
			return label
		}
		return sign + strings.TrimLeft(label, sign)
	}
	switch {
	case !labelled || label == "":
		return target
	case strings.HasPrefix(target, "mailto:"), strings.HasPrefix(target, "tel:"), strings.Contains(target, label):
		return label
	default:
		return label + " (" + target + ")"
	}
}

// escape makes text safe inside Slack's markup: nothing in it becomes a link,
// a mention or a call to everyone.
func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(s)
}

// clip cuts s to at most n characters, the last of them an ellipsis.
func clip(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n-1]) + "…"
}

// pieces splits escaped text into parts of at most n characters, at the end
// of a line or a word if there is one, and never inside an entity.
func pieces(s string, n int) []string {
	var parts []string
	r := []rune(s)
	for len(r) > n {
		at := n
		head := string(r[:n])
		if i := strings.LastIndexAny(head, "\n"); i > len(head)/2 {
			at = len([]rune(head[:i]))
		} else if i := strings.LastIndexAny(head, " "); i > len(head)/2 {
			at = len([]rune(head[:i]))
		} else if i := strings.LastIndexByte(head, '&'); i >= 0 && len(head)-i <= len("&amp;") && !strings.Contains(head[i:], ";") && i > 0 {
			at = len([]rune(head[:i]))
		}
		parts = append(parts, strings.TrimSpace(string(r[:at])))
		r = []rune(strings.TrimSpace(string(r[at:])))
	}
	if len(r) > 0 {
		parts = append(parts, string(r))
	}
	return parts
}

// stampTime reads a message's ts, "seconds.microseconds". It is an id first;
// as a floating number it would lose its last digits.
func stampTime(ts string) (time.Time, bool) {
	whole, part, _ := strings.Cut(ts, ".")
	sec, err := strconv.ParseUint(whole, 10, 40)
	if err != nil {
		return time.Time{}, false
	}
	var micro uint64
	if part != "" {
		if len(part) > 6 {
			return time.Time{}, false
		}
		if micro, err = strconv.ParseUint((part + "000000")[:6], 10, 32); err != nil {
			return time.Time{}, false
		}
	}
	return time.Unix(int64(sec), int64(micro)*1000).UTC(), true
}
