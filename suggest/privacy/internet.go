package privacy

import (
	"net/netip"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// internet looks for what is made for machines: e-mail and web addresses, and
// those of the network.
func (f *finder) internet() {
	text := f.text
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '@':
			f.email(i)
		case c == ':' && strings.HasPrefix(text[i:], "://"):
			f.url(i)
		case isDigit(c) && (i == 0 || !isDigit(text[i-1])):
			f.ip4(i)
			i = f.network(i)
		case c == ':' || isHex(c):
			if i == 0 || !addressByte(text[i-1]) {
				i = f.network(i)
			}
		}
	}
}

func isHex(c byte) bool { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }

func addressByte(c byte) bool { return isHex(c) || c == ':' || c == '.' }

// email reads an address around an "@" (RFC 5321, of at most 64 and 255
// bytes; letters beyond ASCII are let in on both sides, quoted names are not).
func (f *finder) email(at int) {
	from := at
	for at-from < 64 && from > 0 {
		r, size := utf8.DecodeLastRuneInString(f.text[:from])
		if !wordRune(r) && !strings.ContainsRune("._%+-'", r) || r == utf8.RuneError {
			break
		}
		from -= size
	}
	for from < at && strings.IndexByte("._%+-'", f.text[from]) >= 0 {
		from++
	}
	to, dot := at+1, -1
	for to-at < 255 && to < len(f.text) {
		r, size := utf8.DecodeRuneInString(f.text[to:])
		if r == '.' {
			if !wordRune(f.after(to + 1)) {
				break
			}
			dot = to
		} else if !wordRune(r) && (r != '-' || to == at+1) || r == utf8.RuneError {
			break
		}
		to += size
	}
	if f.after(to) == '@' || from == at || dot < 0 {
		return
	}
	for to > dot && f.text[to-1] == '-' {
		to--
	}
	top := f.text[dot+1 : to]
	if len(top) < 2 || isDigit(top[0]) || f.kept(f.text[at+1:to]) {
		return
	}
	f.add(Finding{Kind: Email, Rule: "email", Start: from, End: to, Confidence: .99, norm: strings.ToLower(f.text[from:to])})
}

// kept reports whether a domain is the company's own.
func (f *finder) kept(domain string) bool {
	domain = strings.ToLower(domain)
	return slices.ContainsFunc(f.opts.Keep, func(own string) bool {
		own = strings.ToLower(strings.TrimPrefix(own, "@"))
		return own != "" && (domain == own || strings.HasSuffix(domain, "."+own))
	})
}

// secretKeys are names of parameters whose value opens something or names
// somebody.
var secretKeys = set(`token, access_token, id_token, refresh_token, key, apikey, api_key, sig, signature, auth, code, session, sessionid, sid, password, passwd, pwd,
	secret, email, mail, e-mail, user, username, userid, uid, phone, tel, ssn, jwt, ticket, otp, hash`)

// url reads a web address around "://", and reports it when it holds what is
// meant for one person: a password, a token, an address.
func (f *finder) url(at int) {
	from := at
	for from > 0 && at-from < 12 && (isLetter(f.text[from-1]) || isDigit(f.text[from-1])) {
		from--
	}
	to := at + 3
	for to < len(f.text) && f.text[to] > ' ' && strings.IndexByte("<>\"`|", f.text[to]) < 0 && f.text[to] < utf8.RuneSelf {
		to++
	}
	for to > at && strings.IndexByte(".,;:!?)]}'*_", f.text[to-1]) >= 0 {
		to--
	}
	if from == at || to <= at+3 {
		return
	}
	rest := f.text[at+3 : to]
	host := rest
	if i := strings.IndexAny(rest, "/?#"); i >= 0 {
		host, rest = rest[:i], rest[i:]
	} else {
		rest = ""
	}
	secret := strings.Contains(host, "@")
	path, query, _ := strings.Cut(strings.ReplaceAll(rest, "#", "?"), "?")
	for part := range strings.SplitSeq(path, "/") {
		secret = secret || len(part) >= 20 && random(part)
	}
	for part := range strings.FieldsFuncSeq(query, func(r rune) bool { return r == '&' || r == '?' || r == ';' }) {
		name, val, _ := strings.Cut(part, "=")
		secret = secret || secretKeys()[strings.ToLower(name)] && len(val) >= 4 || len(val) >= 16 && random(val) || len(name) >= 20 && random(name)
	}
	if secret {
		f.add(Finding{Kind: URL, Rule: "url_token", Start: from, End: to, Confidence: .9})
	}
}

// random reports whether a piece of an address looks drawn rather than
// written: digits between letters, several times.
func random(s string) bool {
	changes, last := 0, byte(0)
	for i := range len(s) {
		k := byte(0)
		switch {
		case isDigit(s[i]):
			k = 1
		case isLetter(s[i]):
			k = 2
		}
		if k != 0 && last != 0 && k != last {
			changes++
		}
		if k != 0 {
			last = k
		}
	}
	return changes >= 4
}

// ip4 reads four numbers up to 255 at a digit.
func (f *finder) ip4(from int) {
	if r := f.before(from); wordRune(r) || r == '.' || r == '-' {
		return
	}
	to, small := from, true
	for part := range 4 {
		start, n := to, 0
		for to < len(f.text) && isDigit(f.text[to]) && to-start < 3 {
			n = n*10 + int(f.text[to]-'0')
			to++
		}
		if to == start || n > 255 || to-start > 1 && f.text[start] == '0' {
			return
		}
		small = small && n < 10
		if part < 3 {
			if to >= len(f.text) || f.text[to] != '.' {
				return
			}
			to++
		}
	}
	if r := f.after(to); wordRune(r) || (r == '.' || r == '-') && wordRune(f.after(to+1)) {
		return
	}
	switch said := f.cueWithin(from, 2); {
	case said == version || said == other:
		return
	case small && !f.namedIP(from): // "see 4.2.1.3"
		return
	}
	a, err := netip.ParseAddr(f.text[from:to])
	if err != nil || everywhere(a) {
		return
	}
	f.add(Finding{Kind: IP, Rule: "ip", Start: from, End: to + f.prefix(to, 32), Confidence: .9, norm: a.String()})
}

// everywhere reports whether an address is the same on every machine.
func everywhere(a netip.Addr) bool { return a.IsUnspecified() || a.IsLoopback() }

// namedIP reports whether "IP" or a like word stands close before i.
func (f *finder) namedIP(i int) bool {
	before := strings.ToLower(f.text[max(0, i-24):i])
	for _, w := range []string{"ip", "dns", "server", "gateway", "host", "subnet", "ping"} {
		if k := strings.LastIndex(before, w); k >= 0 && (k == 0 || !wordRune(rune(before[k-1]))) {
			return true
		}
	}
	return false
}

// prefix is the width of the length of a network ("/24") at i.
func (f *finder) prefix(i, most int) int {
	if i+1 >= len(f.text) || f.text[i] != '/' || !isDigit(f.text[i+1]) {
		return 0
	}
	n, k := 0, i+1
	for k < len(f.text) && isDigit(f.text[k]) && k-i < 5 {
		n = n*10 + int(f.text[k]-'0')
		k++
	}
	if n > most || wordRune(f.after(k)) {
		return 0
	}
	return k - i
}

// network reads a run of hexadecimal digits and colons, hyphens or dots at i,
// an address of IP version 6 or of a device, and is its last byte.
func (f *finder) network(from int) int {
	if wordRune(f.before(from)) {
		return from
	}
	to, colons := from, 0
	for to < len(f.text) && addressByte(f.text[to]) {
		if f.text[to] == ':' {
			colons++
		}
		to++
	}
	last := max(from, to-1)
	if n := macAt(f.text[from:]); n > 0 && !wordRune(f.after(from+n)) && f.before(from) != '-' && f.before(from) != ':' {
		if r := f.after(from + n); r != ':' && r != '-' || !wordRune(f.after(from+n+1)) {
			hex := compact(f.text[from : from+n])
			if hex != "FFFFFFFFFFFF" && hex != "000000000000" {
				f.add(Finding{Kind: MAC, Rule: "mac", Start: from, End: from + n, Confidence: .95, norm: hex})
			}
			return max(last, from+n-1)
		}
	}
	if colons < 2 || to-from > 45 {
		return last
	}
	end := to
	for end > from && (f.text[end-1] == '.' || f.text[end-1] == ':' && !strings.HasSuffix(f.text[from:end], "::")) {
		end--
	}
	if wordRune(f.after(to)) {
		return last
	}
	start := from
	a, err := netip.ParseAddr(f.text[start:end])
	if err != nil && f.text[start] == ':' && start+1 < end && f.text[start+1] != ':' { // "IP:2001:db8::1"
		start++
		a, err = netip.ParseAddr(f.text[start:end])
	}
	if err != nil || everywhere(a) {
		return last
	}
	if end < len(f.text) && f.text[end] == '%' {
		k := end + 1
		for k < len(f.text) && k-end < 16 && (isLetter(f.text[k]) || isDigit(f.text[k])) {
			k++
		}
		if k > end+1 {
			end = k
		}
	}
	end += f.prefix(end, 128)
	f.add(Finding{Kind: IP, Rule: "ip", Start: start, End: end, Confidence: .95, norm: a.String()})
	return max(last, end-1)
}

// macAt is the length of a device's address that s begins with: six pairs of
// hexadecimal digits joined by ":" or "-", or three fours joined by ".".
func macAt(s string) int {
	fits := func(size int, joint byte, parts int) bool {
		n := parts*(size+1) - 1
		if len(s) < n {
			return false
		}
		for i := range n {
			if i%(size+1) == size {
				if s[i] != joint {
					return false
				}
			} else if !isHex(s[i]) {
				return false
			}
		}
		return true
	}
	switch {
	case fits(2, ':', 6), fits(2, '-', 6):
		return 17
	case fits(4, '.', 3) && strings.IndexFunc(s[:14], unicode.IsLetter) >= 0:
		return 14
	}
	return 0
}
