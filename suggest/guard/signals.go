package guard

import (
	"cmp"
	"encoding/base64"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/sufflor/sufflor/suggest/message"
)

// Signal is a place where a text tries to instruct whoever reads it.
type Signal struct {
	Code       string // override, role, leak, dictate, exfiltrate, authority, trust, offtask, marker, hidden, encoded, image
	Start, End int    // bytes of the text
	weak       bool   // counts only beside another
	at         int    // sentence
}

// rule wants a word of each class within a few words of one sentence.
type rule struct {
	code    string
	weak    bool
	within  int
	ordered bool
	fused   bool // one word may do for two: a Finnish ending says "to"
	wants   []class
}

// The rules. One class alone says nothing; where two are a customer's everyday
// words, the rule is weak.
var ruleBook = []rule{
	{code: "override", within: 8, wants: []class{ignore, prior, rules}},
	{code: "override", within: 6, wants: []class{ignore, sources}},
	{code: "override", within: 4, weak: true, wants: []class{ignore, rules}},
	{code: "override", within: 6, wants: []class{fresh, rules, machine}},
	{code: "override", within: 4, wants: []class{override, rules | prompt}},
	{code: "override", within: 5, weak: true, wants: []class{ignore, checks}},
	{code: "override", within: 5, weak: true, wants: []class{fresh, rules}},
	{code: "override", within: 6, weak: true, wants: []class{task, over}},
	{code: "role", within: 9, wants: []class{nowYou, machine | freed | boss}},
	{code: "role", within: 4, weak: true, wants: []class{nowYou}},
	{code: "role", within: 3, weak: true, wants: []class{freed}},
	{code: "role", within: 10, wants: []class{machine, freed}},
	{code: "role", within: 9, wants: []class{machine, always, say}},
	{code: "role", within: 6, weak: true, wants: []class{machine, must}},
	{code: "offtask", within: 6, ordered: true, wants: []class{produce, literature}},
	{code: "leak", within: 8, wants: []class{reveal, prompt}},
	{code: "leak", within: 10, ordered: true, wants: []class{reveal, only, rules | prior}, weak: true},
	{code: "leak", within: 4, weak: true, wants: []class{prompt}},
	{code: "leak", within: 6, weak: true, wants: []class{reveal, yourOwn}},
	{code: "dictate", within: 7, ordered: true, wants: []class{tell | say, customer, that}},
	{code: "dictate", within: 4, weak: true, ordered: true, wants: []class{tell, customer}},
	{code: "dictate", within: 7, weak: true, ordered: true, wants: []class{tell, user, that}},
	{code: "dictate", within: 8, wants: []class{promise, customer, refund}},
	{code: "dictate", within: 8, wants: []class{tell, customer, refund}},
	{code: "dictate", within: 4, wants: []class{always, say}, weak: true},
	{code: "dictate", within: 5, weak: true, ordered: true, wants: []class{say, only}},
	{code: "dictate", within: 14, wants: []class{include, reply, link | contact}},
	{code: "dictate", within: 8, weak: true, wants: []class{include, reply}},
	{code: "dictate", within: 8, wants: []class{edit | opens, reply, always}},
	{code: "dictate", within: 6, weak: true, wants: []class{edit, reply}},
	{code: "authority", within: 5, ordered: true, wants: []class{to, reader}},
	{code: "dictate", within: 8, ordered: true, wants: []class{opens, each, reply}},
	{code: "dictate", within: 8, wants: []class{say, inTongue, only | always}},
	{code: "exfiltrate", within: 14, wants: []class{send, data, contact}},
	{code: "exfiltrate", within: 8, weak: true, wants: []class{send, data}},
	{code: "authority", within: 7, ordered: true, fused: true, wants: []class{note, to, machine}},
	{code: "authority", within: 8, weak: true, wants: []class{boss, orders}},
	{code: "authority", within: 3, weak: true, ordered: true, wants: []class{dear, machine}},
	{code: "trust", within: 8, wants: []class{labels, sure, high}},
	{code: "trust", within: 6, weak: true, ordered: true, wants: []class{cite, as}},
}

// markers are what separates the parts of a prompt, in lower case.
var markers = []string{
	"<|im_start|>", "<|im_end|>", "<|system|>", "<|user|>", "<|assistant|>", "<|endoftext|>", "<|eot_id|>", "[inst]", "[/inst]", "<<sys>>", "<</sys>>",
	"### instruction", "###instruction", "### system", "<system>", "</system>", "[system]", "<instructions>", "</instructions>", "</passage", "</document>", "</context>", "</data>",
	"begin system", "end of passages", "end of documents", "system prompt:", "system override", "systemprompt:",
}

var (
	roleTag     = lazy(`(?m)^[ \t>*#"'\[(]*(?:system|assistant|assistent|developer|avustaja|järjestelmä)\b[ \t\])*]*:`)
	comment     = lazy(`<!--|/\*\s*(?:ai|system|assistant)|display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0|<script|<iframe|<img\b|<svg|onerror\s*=|onload\s*=`)
	picture     = lazy(`!\[[^\]]{0,200}\]\s?\(`)
	scheme      = lazy(`(?:javascript|vbscript)\s*:\s*\S|data\s*:\s*[a-z]+/[a-z0-9.+-]+[;,]`)
	placeholder = lazy(`(?:h(?:tt|xx)ps?://|www\.)[^\s<>"]{0,200}[?&=/](?:\{|<|\[|%7b|\$\{)`)
	encoded     = lazy(`[A-Za-z0-9+/_-]{41,}={0,2}`)
	hexed       = lazy(`(?:0x)?(?:[0-9a-fA-F]{2}[ :]?){20,}`)
)

// lazy is a pattern that is compiled when it is first used.
func lazy(expr string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(expr) })
}

// Suspicious finds where a document or a customer's message tries to instruct
// whoever reads it, in order. Words of all six languages count in any text;
// language decides where sentences end. It is a signal for the log and a
// warning for the agent, and lowers confidence; a text without one is not safe.
func Suspicious(language, text string) []Signal {
	if len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "")
	}
	v := newView(text)
	spans := message.Sentences(language, text)
	out := v.instructions(spans)
	out = append(out, v.structure(text, spans)...)
	slices.SortStableFunc(out, func(a, b Signal) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(b.End, a.End), cmp.Compare(a.Code, b.Code))
	})
	return backed(out)
}

// near is how many sentences apart two weak signals back each other.
const near = 2

// backed leaves out weak signals that have no other one, of another code, near.
func backed(signals []Signal) []Signal {
	var out []Signal
	last := map[string]int{} // sentence of each code's latest signal
	keep := make([]bool, len(signals))
	look := func(i int) {
		s := signals[i]
		for code, at := range last {
			if code != s.Code && max(at-s.at, s.at-at) <= near {
				keep[i] = true
			}
		}
		last[s.Code] = s.at
	}
	for i := range signals {
		look(i)
	}
	clear(last)
	for i := range slices.Backward(signals) {
		look(i)
	}
	for i, s := range signals {
		if !s.weak || keep[i] {
			out = append(out, s)
		}
	}
	return out
}

// instructions are what the words say.
func (v view) instructions(spans []message.Span) []Signal {
	var out []Signal
	all := v.words()
	for k, first := 0, 0; k < len(spans) && first < len(all); k++ {
		last := first
		var has class
		for last < len(all) {
			if at, _ := v.span(all[last].start, all[last].end); at >= spans[k].End && k < len(spans)-1 {
				break
			}
			has |= all[last].classes
			last++
		}
		for _, r := range ruleBook {
			if from, to, ok := r.in(all[first:last], has); ok {
				s := Signal{Code: r.code, weak: r.weak, at: k}
				s.Start, s.End = v.span(all[first+from].start, all[first+to].end)
				out = append(out, s)
			}
		}
		first = last
	}
	return out
}

// in finds the first words of a sentence that the rule wants.
func (r rule) in(sentence []word, has class) (from, to int, ok bool) {
	for _, c := range r.wants {
		if has&c == 0 {
			return 0, 0, false
		}
	}
	var any class
	for _, c := range r.wants {
		any |= c
	}
	if r.ordered {
		any = r.wants[0]
	}
	for i := range sentence {
		if sentence[i].classes&any == 0 {
			continue
		}
		if end, ok := r.from(sentence[i:min(i+r.within, len(sentence))]); ok {
			return i, i + end, true
		}
	}
	return 0, 0, false
}

// from reports whether all that the rule wants is in window, each by a word of
// its own, and the last word that is needed.
func (r rule) from(window []word) (end int, ok bool) {
	if r.ordered {
		next := 0
		for j, w := range window {
			for w.classes&r.wants[next] != 0 {
				if next++; next == len(r.wants) {
					return j, true
				}
				if !r.fused {
					break
				}
			}
		}
		return 0, false
	}
	return assign(r.wants, window, 0)
}

// assign gives each wanted class a word of its own; there are at most three.
func assign(wants []class, window []word, used uint32) (end int, ok bool) {
	if len(wants) == 0 {
		return 0, true
	}
	for j, w := range window {
		if w.classes&wants[0] == 0 || used&(1<<j) != 0 {
			continue
		}
		if end, ok := assign(wants[1:], window, used|1<<j); ok {
			return max(end, j), true
		}
	}
	return 0, false
}

// structure is what other than words gives an instruction away.
func (v view) structure(text string, spans []message.Span) []Signal {
	var out []Signal
	sentence := func(at int) int {
		k, _ := slices.BinarySearchFunc(spans, at, func(s message.Span, at int) int { return cmp.Compare(s.End, at+1) })
		return k
	}
	add := func(code string, start, end int, weak bool) {
		out = append(out, Signal{Code: code, Start: start, End: end, weak: weak, at: sentence(start)})
	}
	has := func(parts ...string) bool {
		return slices.ContainsFunc(parts, func(p string) bool { return strings.Contains(v.text, p) })
	}
	found := func(code string, p func() *regexp.Regexp, weak, can bool) {
		if !can {
			return
		}
		if loc := p().FindStringIndex(v.text); loc != nil {
			start, end := v.span(loc[0], loc[1])
			add(code, start, end, weak)
		}
	}
	marked := strings.ContainsAny(v.text, "<[#")
	for _, m := range markers {
		if m[0] != 'b' && m[0] != 'e' && m[0] != 's' && !marked {
			continue
		}
		if at := strings.Index(v.text, m); at >= 0 {
			start, end := v.span(at, at+len(m))
			add("marker", start, end, false)
		}
	}
	found("marker", roleTag, true, has("system", "assist", "developer", "avustaja", "järjestelmä"))
	found("hidden", comment, false, has("<", "/*", "display", "visibility", "font-size", "onerror", "onload"))
	found("image", picture, false, has("!["))
	found("hidden", scheme, false, has("script", "data"))
	found("exfiltrate", placeholder, false, has("://", "www."))
	if start, end := unseen(text); end > start {
		add("hidden", start, end, false)
	}
	if !dense(text, 20) {
		return out
	}
	for _, loc := range encoded().FindAllStringIndex(text, 4) {
		if says, blob := decodes(text[loc[0]:loc[1]]); blob {
			add("encoded", loc[0], loc[1], !says)
		}
	}
	if loc := hexed().FindStringIndex(text); loc != nil && blobOfHex(text[loc[0]:loc[1]]) {
		add("encoded", loc[0], loc[1], true)
	}
	return out
}

// unseen is the first place where characters that cannot be seen say
// something: tags, turned directions, or several of no width.
func unseen(text string) (start, end int) {
	zero := 0
	for i, r := range text {
		switch {
		case r >= 0xE0000 && r <= 0xE0FFF, r >= 0x202A && r <= 0x202E, r >= 0x2066 && r <= 0x2069:
			return i, i + len(string(r))
		case r == 0x200B || r == 0x200C || r == 0x2060 || r == 0x2063 || r == 0x180E || r == 0x3164:
			if zero++; zero == 3 {
				return i, i + len(string(r))
			}
		}
	}
	return 0, 0
}

// decodes reports whether s is a blob, with letters of both cases and digits,
// and whether it is base64 of text.
func decodes(s string) (says, blob bool) {
	if strings.Count(s, "-") > 3 || strings.Count(s, "/") > 4 || strings.Count(s, "_") > 3 {
		return false, false // a path or a rule of dashes
	}
	upper, lower, digit := false, false, false
	for _, r := range s {
		upper, lower, digit = upper || unicode.IsUpper(r), lower || unicode.IsLower(r), digit || unicode.IsDigit(r)
	}
	if !upper || !lower || !digit && !strings.HasSuffix(s, "=") && len(s) < 60 {
		return false, false
	}
	raw, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(s, "=")[:len(strings.TrimRight(s, "="))/4*4])
	if err != nil {
		return false, true
	}
	letters := 0
	for _, c := range raw {
		if c == ' ' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' {
			letters++
		}
	}
	return letters*10 >= len(raw)*8, true
}

// blobOfHex reports whether s is a run of hexadecimal bytes and no list of
// numbers.
func blobOfHex(s string) bool {
	return strings.ContainsAny(s, "abcdefABCDEF") && strings.ContainsAny(s, "0123456789")
}
