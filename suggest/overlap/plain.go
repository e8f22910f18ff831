package overlap

import "strings"

// Plain is text with the endings that inflected languages hang on codes and
// abbreviations cut off or apart, byte for byte in place: "XY-2000:een",
// "2000er" and "EU:n" lose theirs, "XY-2000-konetta" becomes two words.
func Plain(text string) string {
	var out []byte
	edit := func(i, n int) {
		if out == nil {
			out = []byte(text)
		}
		copy(out[i:i+n], strings.Repeat(" ", n))
	}
	digits := 0
	for i := 0; i+1 < len(text); i++ {
		c := text[i]
		switch {
		case c >= '0' && c <= '9':
			digits++
		case digits == 0 && (c < 'A' || c > 'Z'):
			continue
		}
		if c < '0' || c > '9' {
			digits = 0
		}
		joint := text[i+1]
		switch {
		case joint == ':' || joint == '\'' && digits >= 3:
			if n := ending(text[i+2:]); n > 0 && n <= maxEnding {
				edit(i+1, n+1)
			}
		case joint == '-' && digits > 0:
			if n := ending(text[i+2:]); n > 2 {
				edit(i+1, 1)
			}
		case digits >= 3 && joint >= 'a' && joint <= 'z':
			if n := ending(text[i+1:]); n > 1 && hung(text[i+1:i+1+n]) {
				edit(i+1, n)
			}
		}
	}
	if out == nil {
		return text
	}
	return string(out)
}

// maxEnding is the longest ending, in bytes.
const maxEnding = 6

// ending is the length of the lower-case letters that s begins with.
func ending(s string) int {
	n := 0
	for n < len(s) && (s[n] >= 'a' && s[n] <= 'z' || s[n] >= 0x80) {
		n++
	}
	if n < len(s) && (s[n] >= '0' && s[n] <= '9' || s[n] >= 'A' && s[n] <= 'Z') {
		return 0
	}
	return n
}

// hung reports whether letters straight after a number are an ending.
func hung(s string) bool {
	switch s {
	case "er", "ers", "ern", "eren", "ere", "an", "ans", "aan":
		return true
	}
	return false
}
