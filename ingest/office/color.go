package office

import "strconv"

// NearWhite reports whether a colour of six hexadecimal digits cannot be told
// from white by eye: each of red, green and blue is at least FA.
func NearWhite(hex string) bool {
	n, err := strconv.ParseUint(hex, 16, 32)
	return err == nil && len(hex) == 6 && min(n>>16, n>>8&0xFF, n&0xFF) >= 0xFA
}
