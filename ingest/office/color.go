package office

import "strconv"

// sameToTheEye is how far red, green and blue of two colours may lie apart, of
// 255, without anybody seeing a difference.
const sameToTheEye = 5

// NearWhite reports whether a colour of six hexadecimal digits cannot be told
// from white by eye: each of red, green and blue is at least FA.
func NearWhite(hex string) bool { return Near(hex, "FFFFFF") }

// Near reports whether two colours of six hexadecimal digits cannot be told
// apart by eye. What is no colour is near to none.
func Near(a, b string) bool {
	x, ok1 := rgb(a)
	y, ok2 := rgb(b)
	if !ok1 || !ok2 {
		return false
	}
	for i := range x {
		if d := x[i] - y[i]; d > sameToTheEye || d < -sameToTheEye {
			return false
		}
	}
	return true
}

func rgb(hex string) (c [3]int, ok bool) {
	n, err := strconv.ParseUint(hex, 16, 32)
	if err != nil || len(hex) != 6 {
		return c, false
	}
	return [3]int{int(n >> 16), int(n >> 8 & 0xFF), int(n & 0xFF)}, true
}

// Blend is a colour of six hexadecimal digits mixed with another, of which
// share of 255 parts are the first; "" when either is none.
func Blend(a, b string, share int) string {
	x, ok1 := rgb(a)
	y, ok2 := rgb(b)
	if !ok1 || !ok2 {
		return ""
	}
	share = min(max(share, 0), 255)
	n := 0
	for i := range x {
		n = n<<8 | (x[i]*share+y[i]*(255-share))/255
	}
	const digits = "0123456789ABCDEF"
	out := make([]byte, 6)
	for i := range out {
		out[5-i] = digits[n>>(4*i)&15]
	}
	return string(out)
}

// ThemeColors are the colours of a theme by name: "lt1" is "FFFFFF". root is
// that of its part; without one the two that all themes have are white and
// black.
func ThemeColors(root *Node) map[string]string {
	out := map[string]string{"lt1": "FFFFFF", "dk1": "000000"}
	scheme := root.At("themeElements", "clrScheme")
	if scheme == nil {
		return out
	}
	for _, k := range scheme.Kids {
		for _, v := range k.Kids {
			switch v.Name {
			case "srgbClr":
				out[k.Name] = v.Attr("val")
			case "sysClr":
				out[k.Name] = v.Attr("lastClr")
			}
		}
	}
	return out
}

// BaseColor is the colour that an element such as a:srgbClr or a:schemeClr is
// made from (ISO/IEC 29500-1, 20.1.2.3), without what makes it lighter, darker
// or transparent; theme says what a name of the theme's means. "" is one that is
// not worked out. ok is false when the element is none for a colour.
func BaseColor(n *Node, theme func(name string) string) (hex string, ok bool) {
	switch n.Name {
	case "srgbClr":
		hex = n.Attr("val")
	case "sysClr":
		hex = n.Attr("lastClr")
	case "schemeClr":
		hex = theme(n.Attr("val"))
	case "prstClr":
		hex = map[string]string{"white": "FFFFFF", "black": "000000"}[n.Attr("val")]
	case "scrgbClr", "hslClr":
	default:
		return "", false
	}
	if !Near(hex, hex) {
		hex = ""
	}
	return hex, true
}
