package guard

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sufflor/sufflor/suggest/message"
)

// address is a way to reach somebody or to pay them, as a text states it.
type address struct {
	rule       Rule
	norm       string // the same for every spelling
	start, end int    // in the view
}

// tops are top-level domains that make a word with a full stop an address.
// Anything with a scheme, with www. or with a path is one whatever its end.
const tops = ` com net org info biz name pro mobi app dev page web site website online store shop tech cloud space digital live life world today news blog wiki link click top xyz icu vip win bid loan
 work works email support help services solutions agency company group team center global network systems zone run fun club one plus art bank money pay finance gov edu mil int eu io ai co me tv cc ws to ly gg sh
 gl is no se dk fi de at ch nl be fr es pt it pl cz sk hu ro bg gr tr ru su ua by kz cn hk tw jp kr in id my sg th vn au nz us uk ca mx br ar cl za ng ke tk ml ga cf gq pw la st im li lu ie ee lv lt si hr rs example test invalid localhost zip mov onion `

// common are those among them that are no word or ending of our languages, so
// that a space before them is a disguise.
const common = ` com net org info biz io xyz icu ru cn tk ml ga cf gq pw zip onion example online site shop click link `

var (
	webAddress = lazy(`h(?:tt|xx|\*\*|__)ps?\s?:\s?/\s?/\s?[^\s<>"']+|\bftps?://[^\s<>"']+|//[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+[^\s<>"']*|\bwww\s?\.\s?[^\s<>"']+`)
	mailTo     = lazy(`[\p{L}\p{N}._%+'-]+\s?(?:@|\(at\)|\[at\]|\{at\}|<at>|\s(?:krøllalfa|snabel-?a|miukumauku|ät-merkki|klammeraffe)\s)\s?[\p{L}\p{N}-]+(?:(?:\.|\s\.\s?)[\p{L}\p{N}-]+)+`)
	bareHost   = lazy(`[\p{L}\p{N}][\p{L}\p{N}-]*(?:\.[\p{L}\p{N}][\p{L}\p{N}-]*)+(?::\d{2,5})?(?:/[^\s<>"']*)?`)
	spacedHost = lazy(`[\p{L}\p{N}][\p{L}\p{N}-]+(?: ?\. ?[\p{L}\p{N}][\p{L}\p{N}-]*)*(?: \. ?| ?\. )([a-z]{2,7})\b`)
	numeric    = lazy(`\b(?:\d{1,3}\.){3}\d{1,3}(?::\d{2,5})?/[^\s<>"']+`)
	dotted     = lazy(`\s?(?:\[\.\]|\(\.\)|\{\.\}|\[dot\]|\(dot\)|\{dot\}|\[punkt\]|\(punkt\)|\[piste\]|\(piste\)|\[prikk\]|\(prikk\))\s?|\s(?:dot|piste|prikk|punktum)\s`)
	ibanLike   = lazy(`\b[a-z]{2}\d{2}(?:[ .-]?[a-z0-9]{1,4}){3,9}\b`)
	accountNo  = lazy(`\b(?:konto|kontonr|kontonummer|kontoen|kontonummeret|account|account number|bankgiro|plusgiro|clearing|tilille|tilinumero|tili|bankkonto|bankkontonummer|reg\.? ?(?:nr|no)|bic|swift|sort code|iban|vipps|swish|mobilepay|paypal|siirto)\b[^\d\n]{0,24}(\d[\d .\-/]{4,30}\d)`)
	norwegian  = lazy(`\b\d{4}[. ]\d{2}[. ]\d{5}\b`)
	wallet     = lazy(`\b(?:bc1[a-z0-9]{20,62}|0x[a-fA-F0-9]{40}|[13][1-9A-HJ-NP-Za-km-z]{25,34})\b`)
	dial       = lazy(`(?:\+|\b00)\s?\d[\d \-/().]{6,22}\d|\b0[\d][\d \-/().]{5,18}\d\b`)
	dialWord   = lazy(`\b(?:tlf|tel|telefon|telefonen|telefonnummer|telefonnummeret|telefonnumret|mobil|mobilen|mobilnummer|phone|call|mobile|whatsapp|sms|ring|ringe|ringer|puhelin|puhelinnumero|puhelimitse|soita|soittakaa|numeroon|rufen|ruf|anrufen|nummer|nummeret|numret|number|dial|text)\b[^\d\n(;]{0,16}(\d[\d \-/().]{5,20}\d)`)
)

// addresses finds addresses that nothing vouches for.
func (v view) addresses(sentence string, allowed Allowed, add func(Rule, int, int)) {
	found := v.reach(sentence)
	if len(found) == 0 {
		return
	}
	t := trust(allowed.Trusted)
	found = slices.DeleteFunc(found, func(a address) bool {
		if a.rule != Phone && allowed.OnlyTrusted {
			return t.covers(a)
		}
		start, end := v.span(a.start, a.end)
		return t.covers(a) || slices.ContainsFunc(allowed.Sources, func(s string) bool { return holds(s, sentence[start:end]) })
	})
	if len(found) == 0 {
		return
	}
	have := map[address]bool{}
	var phones []string
	for _, s := range allowed.Sources {
		for _, a := range newView(s).reach(s) {
			if a.rule == Phone {
				phones = append(phones, a.norm)
			}
			if a.rule == Phone || !allowed.OnlyTrusted {
				have[address{rule: a.rule, norm: a.norm}] = true
			}
		}
	}
	for _, a := range found {
		if have[address{rule: a.rule, norm: a.norm}] || a.rule == Phone && slices.ContainsFunc(phones, func(p string) bool { return sameNumber(p, a.norm) }) {
			continue
		}
		start, end := v.span(a.start, a.end)
		add(a.rule, start, end)
	}
}

// holds reports whether source has an address letter by letter, and no longer
// one that it is a part of.
func holds(source, a string) bool {
	for from := 0; ; {
		i := strings.Index(source[from:], a)
		if i < 0 {
			return false
		}
		i += from
		before, _ := utf8.DecodeLastRuneInString(source[:i])
		after, _ := utf8.DecodeRuneInString(source[i+len(a):])
		if (i == 0 || apart(before)) && (i+len(a) == len(source) || apart(after) || ends(source[i+len(a):])) {
			return true
		}
		from = i + 1
	}
}

// apart reports whether r cannot be a part of an address.
func apart(r rune) bool {
	return unicode.IsSpace(r) || strings.ContainsRune(`,;"'«»“”„()<>`, r)
}

// ends reports whether a full stop ends a sentence.
func ends(rest string) bool {
	return rest == "." || strings.HasPrefix(rest, ". ") || strings.HasPrefix(rest, ".\n")
}

// maxReach bounds the addresses of a text.
const maxReach = 256

// reach finds all addresses of a text, in whatever disguise.
func (v view) reach(raw string) []address {
	var out []address
	add := func(rule Rule, norm string, start, end int) {
		if norm == "" || len(out) == maxReach {
			return
		}
		for _, a := range out {
			if a.rule == rule && a.norm == norm {
				return
			}
		}
		out = append(out, address{rule, norm, start, end})
	}
	text := v.text
	named := strings.ContainsAny(text, "[({") || strings.Contains(text, " dot ") || strings.Contains(text, " p") // piste, prikk, punktum
	if strings.ContainsAny(text, ".:@/") || named {
		if loc := firstIf(named, dotted(), text); loc != nil {
			u := view{text: dotted().ReplaceAllString(text, "."), end: v.end}
			u.web(raw, v, func(rule Rule, norm string, _, _ int) {
				add(rule, norm, loc[0], loc[1]) // where the disguise is
			})
		}
		v.web(raw, v, add)
	}
	if strings.ContainsAny(text, "0123456789") {
		v.accounts(raw, add)
		v.phones(add)
	}
	return out
}

// firstIf is the first match of p where there can be one.
func firstIf(can bool, p *regexp.Regexp, text string) []int {
	if !can {
		return nil
	}
	return p.FindStringIndex(text)
}

// web finds web and mail addresses. Original is where raw's bytes are to be
// read for their disguise.
func (v view) web(raw string, original view, add func(Rule, string, int, int)) {
	text := v.text
	taken := make([][]int, 0, 4)
	free := func(loc []int) bool {
		return !slices.ContainsFunc(taken, func(t []int) bool { return loc[0] < t[1] && t[0] < loc[1] })
	}
	disguised := func(loc []int) string {
		if len(original.text) != len(v.text) {
			return ""
		}
		start, end := original.span(loc[0], loc[1])
		return strange(raw[start:end])
	}
	if !strings.ContainsAny(text, ".@(/") && !strings.Contains(text, "[at]") {
		return
	}
	for _, loc := range webAddress().FindAllStringIndex(text, 64) {
		taken = append(taken, loc)
		if n := normLink(text[loc[0]:loc[1]]); n != "" {
			add(Link, n+disguised(loc), loc[0], loc[1])
		}
	}
	for _, loc := range numeric().FindAllStringIndex(text, 64) {
		if free(loc) {
			taken = append(taken, loc)
			add(Link, normLink(text[loc[0]:loc[1]]), loc[0], loc[1])
		}
	}
	for _, loc := range mailTo().FindAllStringIndex(text, 64) {
		if !free(loc) {
			continue
		}
		if n := normMail(text[loc[0]:loc[1]]); n != "" {
			taken = append(taken, loc)
			add(Mail, n+disguised(loc), loc[0], loc[1])
		}
	}
	for _, loc := range bareHost().FindAllStringIndex(text, 256) {
		if !free(loc) || !hostLike(text[loc[0]:loc[1]]) {
			continue
		}
		if len(original.text) == len(v.text) {
			start, end := original.span(loc[0], loc[1])
			if forgottenSpace(raw[start:end]) {
				continue
			}
		}
		taken = append(taken, loc)
		add(Link, normLink(text[loc[0]:loc[1]])+disguised(loc), loc[0], loc[1])
	}
	if !strings.Contains(text, " .") && !strings.Contains(text, ". ") {
		return
	}
	for _, loc := range spacedHost().FindAllStringSubmatchIndex(text, 64) {
		top := text[loc[2]:loc[3]]
		if !strings.Contains(common, " "+top+" ") || !free(loc[:2]) {
			continue
		}
		if len(original.text) == len(v.text) {
			start, _ := original.span(loc[2], loc[3])
			if r, _ := utf8.DecodeRuneInString(raw[start:]); unicode.IsUpper(r) {
				continue // a new sentence
			}
		}
		host := strings.ReplaceAll(text[loc[0]:loc[1]], " ", "")
		taken = append(taken, loc[:2])
		add(Link, normLink(host), loc[0], loc[1])
	}
}

// strange is what a host's letters hide: "" for plain ones, else the letters.
// An address with letters of several scripts is the same as no other.
func strange(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r >= utf8.RuneSelf && (unicode.In(r, unicode.Cyrillic, unicode.Greek, unicode.Armenian) || r >= 0x2000 || invisible(r)) {
			b.WriteRune(r)
		}
	}
	if b.Len() == 0 {
		return ""
	}
	return "\x00" + b.String()
}

// forgottenSpace reports whether "kommer.No" rather ends a sentence.
func forgottenSpace(s string) bool {
	dot := strings.LastIndexByte(s, '.')
	if dot < 0 {
		return false // another full stop than the plain one
	}
	before, _ := utf8.DecodeLastRuneInString(s[:dot])
	after, size := utf8.DecodeRuneInString(s[dot+1:])
	next, _ := utf8.DecodeRuneInString(s[dot+1+size:])
	first, _ := utf8.DecodeRuneInString(s)
	return unicode.IsLower(before) && unicode.IsUpper(after) && (unicode.IsLower(next) || next == utf8.RuneError) && !unicode.IsUpper(first) &&
		!strings.Contains(common, " "+strings.ToLower(s[dot+1:])+" ")
}

// hostLike reports whether a dotted word is an address: "sufflor.no", and
// neither "bl.a" nor "4.2" nor "file.pdf".
func hostLike(s string) bool {
	host, path, has := strings.Cut(s, "/")
	host, _, _ = strings.Cut(host, ":")
	dot := strings.LastIndexByte(host, '.')
	top := host[dot+1:]
	if strings.HasPrefix(top, "xn--") || strings.Contains(host, "xn--") {
		return true
	}
	known := strings.Contains(tops, " "+top+" ")
	label := host[strings.LastIndexByte(host[:dot], '.')+1 : dot]
	if strings.Trim(label, "0123456789") == "" || strings.Trim(top, "0123456789") == "" {
		return false
	}
	if utf8.RuneCountInString(label) < 2 && !strings.Contains(" com net org io co me ly gg ", " "+top+" ") {
		return false // "f.eks", "u.a", "t.ex"
	}
	if label == "art" || label == "nr" || label == "tlf" || label == "kl" || label == "ca" || label == "inkl" || label == "ekskl" || label == "pkt" {
		return false
	}
	return known || has && path != "" && len(top) >= 2 && !strings.ContainsAny(top, "0123456789")
}

// normLink is an address without what does not change where it leads.
func normLink(s string) string {
	s = strings.ReplaceAll(s, " ", "")
	for _, p := range []string{"https://", "http://", "hxxps://", "hxxp://", "h**ps://", "h**p://", "h__ps://", "h__p://", "ftp://", "ftps://", "//"} {
		if rest, ok := strings.CutPrefix(s, p); ok {
			s = rest
			break
		}
	}
	s = strings.TrimPrefix(s, "www.")
	return strings.TrimRight(s, ".,;:!?)]}>*_`\"'/")
}

func normMail(s string) string {
	for _, at := range []string{"(at)", "[at]", "{at}", "<at>", " krøllalfa ", " snabel-a ", " snabela ", " miukumauku ", " ät-merkki ", " klammeraffe "} {
		s = strings.Replace(s, at, "@", 1)
	}
	s = strings.Trim(strings.ReplaceAll(s, " ", ""), ".,;:!?-'")
	local, host, ok := strings.Cut(s, "@")
	dot := strings.LastIndexByte(host, '.')
	if !ok || local == "" || dot < 1 || len(host)-dot < 3 || strings.Trim(host[dot+1:], "0123456789") == "" {
		return ""
	}
	return local + "@" + host
}

// accounts finds what money is sent to.
func (v view) accounts(raw string, add func(Rule, string, int, int)) {
	for _, loc := range ibanLike().FindAllStringIndex(v.text, 32) {
		if n, end := iban(v.text[loc[0]:loc[1]]); n != "" {
			add(Account, n, loc[0], loc[0]+end)
		}
	}
	for _, loc := range accountNo().FindAllStringSubmatchIndex(v.text, 32) {
		if n := digitsOf(v.text[loc[2]:loc[3]]); len(n) >= 6 {
			add(Account, n, loc[2], loc[3])
		}
	}
	for _, loc := range norwegian().FindAllStringIndex(v.text, 32) {
		if n := digitsOf(v.text[loc[0]:loc[1]]); mod11(n) {
			add(Account, n, loc[0], loc[1])
		}
	}
	for _, loc := range wallet().FindAllStringIndex(raw, 8) {
		s := raw[loc[0]:loc[1]]
		if strings.ContainsAny(s, "0123456789") && strings.ContainsFunc(s, unicode.IsLower) && (strings.HasPrefix(s, "bc1") || strings.HasPrefix(s, "0x") || strings.ContainsFunc(s, unicode.IsUpper)) {
			add(Account, s, len(newView(raw[:loc[0]]).text), len(newView(raw[:loc[1]]).text))
		}
	}
}

// ibanCountries have IBANs; lengths are between 15 and 34 (ISO 13616).
const ibanCountries = " ad ae al at ax az ba be bg bh br by ch cr cy cz de dk do ee eg es fi fo fr gb ge gi gl gr gt hr hu ie il iq is it jo kw kz lb lc li lt lu lv mc md me mk mr mt mu nl no pk pl ps pt qa ro rs sa sc se si sk sm st sv tl tn tr ua va vg xk "

// iban is s as one word, when it is an IBAN with a right check number, and how
// much of s it takes. An attacker's may be wrong, but the bank will not take it.
func iban(s string) (norm string, end int) {
	if !strings.Contains(ibanCountries, " "+s[:2]+" ") {
		return "", 0
	}
	var b []byte
	best := 0
	for i := range len(s) {
		if strings.IndexByte(" .-", s[i]) < 0 {
			b = append(b, s[i])
			if len(b) >= 15 && len(b) <= 34 && mod97(b) {
				norm, best = string(b), i+1
			}
		}
	}
	return norm, best
}

// mod97 is the check of ISO 7064 for IBANs: with the first four characters
// moved to the end and letters as numbers from 10, the remainder is 1.
func mod97(b []byte) bool {
	m := 0
	for i := range b {
		c := b[(i+4)%len(b)]
		switch {
		case c >= '0' && c <= '9':
			m = (m*10 + int(c-'0')) % 97
		case c >= 'a' && c <= 'z':
			m = (m*100 + int(c-'a') + 10) % 97
		default:
			return false
		}
	}
	return m == 1
}

// mod11 is the check of Norwegian account numbers: weights 5 4 3 2 7 6 5 4 3 2.
func mod11(n string) bool {
	if len(n) != 11 {
		return false
	}
	sum := 0
	for i, w := range []int{5, 4, 3, 2, 7, 6, 5, 4, 3, 2} {
		sum += w * int(n[i]-'0')
	}
	check := (11 - sum%11) % 11
	return check < 10 && check == int(n[10]-'0')
}

// phones finds telephone numbers: as [message.Anchors] knows them, with a
// country's or a trunk's prefix, or after a word that says so.
func (v view) phones(add func(Rule, string, int, int)) {
	number := func(s string, start, end int) {
		if n := dialled(s); len(n) >= 5 && len(n) <= 15 {
			add(Phone, n, start, end)
		}
	}
	for _, a := range message.Anchors(v.text) {
		if a.Kind == message.Phone {
			number(a.Text, a.Start, a.End)
		}
	}
	for _, loc := range dial().FindAllStringIndex(v.text, 64) {
		if dateLike(v.text[loc[0]:loc[1]]) {
			continue
		}
		if n := digitsOf(v.text[loc[0]:loc[1]]); len(n) >= 8 {
			number(v.text[loc[0]:loc[1]], loc[0], loc[1])
		}
	}
	for _, loc := range dialWord().FindAllStringSubmatchIndex(v.text, 64) {
		if n := digitsOf(v.text[loc[2]:loc[3]]); len(n) >= 7 && !dateLike(v.text[loc[2]:loc[3]]) {
			number(v.text[loc[2]:loc[3]], loc[2], loc[3])
		}
	}
}

// dateLike reports whether s begins with a date or a time.
func dateLike(s string) bool {
	for _, a := range message.Anchors(s) {
		return a.Kind == message.Date || strings.Contains(a.Text, ":") || a.Kind == message.Money
	}
	return false
}

// dialled is a number without prefixes, so that +47 70 55 01 00, 0047 70550100
// and 70 55 01 00 end alike.
func dialled(s string) string {
	n := digitsOf(strings.ReplaceAll(s, "(0)", ""))
	if strings.HasPrefix(strings.TrimSpace(s), "+") {
		return n
	}
	return strings.TrimPrefix(strings.TrimPrefix(n, "00"), "0")
}

// sameNumber reports whether one number is the other with its country.
func sameNumber(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	return a == b || len(a) >= 7 && len(b)-len(a) <= 3 && strings.HasSuffix(b, a)
}

func digitsOf(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// trusted is the workspace's list, taken apart.
type trusted struct {
	domains, mails, phones, accounts []string
}

func trust(list []string) trusted {
	var t trusted
	for _, entry := range list {
		e := strings.TrimSpace(newView(entry).text)
		squeezed := strings.ReplaceAll(e, " ", "")
		switch {
		case e == "":
		case strings.Contains(e, "@"):
			t.mails = append(t.mails, strings.TrimPrefix(squeezed, "mailto:"))
		case len(squeezed) >= 15 && strings.Contains(ibanCountries, " "+squeezed[:2]+" ") && squeezed[2] >= '0' && squeezed[2] <= '9':
			t.accounts = append(t.accounts, squeezed)
		case strings.ContainsFunc(e, unicode.IsLetter):
			host, _, _ := strings.Cut(normLink(squeezed), "/")
			t.domains = append(t.domains, host)
		default:
			t.phones = append(t.phones, dialled(e))
			t.accounts = append(t.accounts, digitsOf(e))
		}
	}
	return t
}

func (t trusted) covers(a address) bool {
	switch a.rule {
	case Link:
		return t.domain(hostOf(a.norm))
	case Mail:
		_, host, _ := strings.Cut(a.norm, "@")
		return slices.Contains(t.mails, a.norm) || t.domain(host)
	case Phone:
		return slices.ContainsFunc(t.phones, func(p string) bool { return sameNumber(p, a.norm) })
	case Account:
		return slices.Contains(t.accounts, a.norm)
	}
	return false
}

// hostOf is a link's host as a browser reads it: what stands before an @ is a
// name, and a backslash is a slash.
func hostOf(link string) string {
	link = strings.ReplaceAll(link, `\`, "/")
	if i := strings.IndexAny(link, "/?#"); i >= 0 {
		link = link[:i]
	}
	link = link[strings.LastIndexByte(link, '@')+1:]
	link, _, _ = strings.Cut(link, ":")
	return link
}

func (t trusted) domain(host string) bool {
	return host != "" && slices.ContainsFunc(t.domains, func(d string) bool { return host == d || strings.HasSuffix(host, "."+d) })
}
