package office

import "strings"

// Math writes a formula (m:oMath, ISO/IEC 29500-1, 22.1) in one line, as in
// UnicodeMath: (a+b)/c, x^2, √(x), ∑_(i=1)^n i.
func Math(n *Node) string {
	return strings.TrimSpace(math(n))
}

func math(n *Node) string {
	if n == nil {
		return ""
	}
	switch n.Name {
	case "":
		return ""
	case "t":
		return n.Content()
	case "rPr", "ctrlPr", "oMathParaPr", "del", "moveFrom", "fPr", "radPr", "naryPr", "dPr", "accPr", "barPr", "mPr", "sSubPr", "sSupPr", "sSubSupPr", "funcPr", "limLowPr", "limUppPr", "eqArrPr", "groupChrPr", "boxPr", "borderBoxPr", "phantPr", "sPrePr":
		return ""
	case "br":
		return "\n"
	case "f":
		num, den := math(n.At("num")), math(n.At("den"))
		if n.At("fPr", "type").Attr("val") == "noBar" {
			return "(" + num + " ¦ " + den + ")"
		}
		return group(num) + "/" + group(den)
	case "rad":
		if deg := math(n.At("deg")); deg != "" {
			return "√(" + deg + "&" + math(n.At("e")) + ")"
		}
		return "√(" + math(n.At("e")) + ")"
	case "sSup":
		return math(n.At("e")) + script("^", n.At("sup"))
	case "sSub":
		return math(n.At("e")) + script("_", n.At("sub"))
	case "sSubSup":
		return math(n.At("e")) + script("_", n.At("sub")) + script("^", n.At("sup"))
	case "sPre":
		return script("_", n.At("sub")) + script("^", n.At("sup")) + math(n.At("e"))
	case "nary":
		sign := "∫"
		if c := n.At("naryPr", "chr"); c != nil {
			sign = c.Attr("val")
		}
		return sign + script("_", n.At("sub")) + script("^", n.At("sup")) + " " + math(n.At("e"))
	case "limLow":
		return math(n.At("e")) + script("_", n.At("lim"))
	case "limUpp":
		return math(n.At("e")) + script("^", n.At("lim"))
	case "func":
		return math(n.At("fName")) + " " + math(n.At("e"))
	case "d":
		return delimited(n)
	case "m":
		return "(" + joined(n, "mr", "; ") + ")"
	case "mr":
		return joined(n, "e", ", ")
	case "eqArr":
		return joined(n, "e", "\n")
	}
	var b strings.Builder
	for _, k := range n.Kids {
		b.WriteString(math(k))
	}
	return b.String()
}

func joined(n *Node, name, sep string) string {
	var out []string
	for k := range n.Each(name) {
		out = append(out, math(k))
	}
	return strings.Join(out, sep)
}

func delimited(n *Node) string {
	sign := func(name, usual string) string {
		if c := n.At("dPr", name); c != nil {
			return c.Attr("val")
		}
		return usual
	}
	return sign("begChr", "(") + joined(n, "e", sign("sepChr", "|")) + sign("endChr", ")")
}

// script is a raised or lowered part, nothing when it is empty.
func script(sign string, n *Node) string {
	if s := math(n); s != "" {
		return sign + group(s)
	}
	return ""
}

// group sets what is more than one term in parentheses.
func group(s string) string {
	whole := strings.HasPrefix(s, "(") && strings.IndexByte(s, ')') == len(s)-1
	if whole || !strings.ContainsAny(s, " +-−*/·=,;^_±×÷") {
		return s
	}
	return "(" + s + ")"
}
