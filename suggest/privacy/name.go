package privacy

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// names are the persons of a conversation.
type names struct {
	parts   map[string]part // by every stem it is written with, in lower case
	learned []string        // names that were found in texts, in order
}

// part is one word of a name.
type part struct {
	base  string // as the desk or the text first had it
	known bool   // from the desk: believed in lower case, too
}

func (n *names) clone() names {
	return names{parts: maps.Clone(n.parts), learned: slices.Clone(n.learned)}
}

// maxNames bounds the names that one conversation teaches.
const maxNames = 2000

// add takes in a person's name, with what its words become in our languages.
func (n *names) add(name string, known bool) {
	if n.parts == nil {
		n.parts = map[string]part{}
	}
	if !known && len(n.learned) >= maxNames {
		return
	}
	fresh := false
	for _, w := range words(name) {
		written := name[w.from:w.to]
		lower := strings.ToLower(written)
		if utf8.RuneCountInString(written) < 2 || nobody()[lower] || particles()[lower] || len(written) > 64 {
			continue
		}
		if old, ok := n.parts[lower]; ok && (old.known || !known) {
			continue
		}
		fresh = true
		for _, s := range stems(lower) {
			if old, ok := n.parts[s]; !ok || known && !old.known {
				n.parts[s] = part{written, known}
			}
		}
	}
	if fresh && !known {
		n.learned = append(n.learned, name)
	}
}

// nameOf is the name in an address with a first and a last one, or "".
func nameOf(email string) string {
	local, _, ok := strings.Cut(email, "@")
	parts := strings.FieldsFunc(local, func(r rune) bool { return r == '.' || r == '_' })
	if !ok || len(parts) < 2 || len(parts) > maxParts {
		return ""
	}
	for i, p := range parts {
		r, size := utf8.DecodeRuneInString(p)
		if utf8.RuneCountInString(p) < 2 || nobody()[strings.ToLower(p)] || strings.IndexFunc(p, func(r rune) bool { return !unicode.IsLetter(r) && r != '-' }) >= 0 {
			return ""
		}
		parts[i] = string(unicode.ToUpper(r)) + p[size:]
	}
	return strings.Join(parts, " ")
}

// How names lose their diacritics in addresses and on foreign keyboards.
var (
	diacritics = replacer("å", "a", "ø", "o", "æ", "ae", "ä", "a", "ö", "o", "ü", "u", "é", "e", "ß", "ss")
	digraphs   = replacer("å", "aa", "ø", "oe", "æ", "ae", "ä", "ae", "ö", "oe", "ü", "ue", "é", "e", "ß", "ss")
)

func replacer(pairs ...string) func() *strings.Replacer {
	return sync.OnceValue(func() *strings.Replacer { return strings.NewReplacer(pairs...) })
}

// stems are the forms of a name, in lower case, that endings are put to:
// itself, without diacritics, and what Finnish makes of it (Virtanen,
// Virtase-n; Pekka, Peka-n; Mäki, Mäe-n; Bjørn, Bjørni-n).
func stems(lower string) []string {
	out := []string{lower}
	for _, r := range []*strings.Replacer{diacritics(), digraphs()} {
		if plain := r.Replace(lower); !slices.Contains(out, plain) {
			out = append(out, plain)
		}
	}
	for _, s := range slices.Clip(out) {
		if f := finnishStem(s); f != s {
			out = append(out, f)
		}
	}
	return out
}

// finnishStem is the stem that endings such as -n and -lle are put to.
func finnishStem(s string) string {
	if utf8.RuneCountInString(s) < 4 {
		return s
	}
	for _, change := range finnishChanges {
		if strings.HasSuffix(s, change[0]) {
			return s[:len(s)-len(change[0])] + change[1]
		}
	}
	if last := s[len(s)-1]; last < utf8.RuneSelf && strings.IndexByte("aeiouy", last) < 0 {
		return s + "i"
	}
	return s
}

var finnishChanges = [][2]string{
	{"nen", "se"},
	{"kka", "ka"},
	{"kko", "ko"},
	{"kki", "ki"},
	{"kku", "ku"},
	{"tta", "ta"},
	{"tti", "ti"},
	{"tto", "to"},
	{"ttu", "tu"},
	{"ppo", "po"},
	{"ppa", "pa"},
	{"ppi", "pi"},
	{"mäki", "mäe"},
	{"joki", "joe"},
	{"lahti", "lahde"},
	{"koski", "koske"},
	{"järvi", "järve"},
	{"niemi", "nieme"},
	{"salmi", "salme"},
	{"lampi", "lamme"},
	{"virta", "virra"},
	{"ranta", "ranna"},
	{"lehti", "lehde"},
	{"saari", "saare"},
	{"talvi", "talve"},
	{"kivi", "kive"},
	{"lehto", "lehdo"},
	{"aho", "aho"},
	{"pelto", "pello"},
	{"aalto", "aallo"},
	{"lehtonen", "lehtose"},
}

// endings are what our languages put behind a name: the genitive, and the
// Finnish cases.
var endings = sync.OnceValue(func() map[string]bool {
	m := map[string]bool{"s": true, "'s": true, "’s": true, "’": true, "'": true}
	for e := range strings.FieldsSeq("n a ä ta tä tta ttä ksi ssa ssä sta stä lla llä lta ltä lle an en in on un än ön yn han hen nsa nsä ni lleni nne") {
		m[e] = false
	}
	return m
})

// match finds the part of a name that a word is, and how many bytes of the
// word are its stem.
func (n *names) match(written, lower string) (p part, stem int) {
	if len(written) > 80 || len(lower) != len(written) {
		return part{}, 0
	}
	if p, ok := n.parts[lower]; ok && (strings.EqualFold(p.base, written) || !strings.HasSuffix(lower, "i")) {
		return p, len(written)
	}
	for size := 1; size <= 6 && size < len(lower)-1; size++ {
		cut := len(lower) - size
		if !utf8.RuneStart(lower[cut]) {
			continue
		}
		genitive, ok := endings()[lower[cut:]]
		if !ok {
			continue
		}
		p, ok := n.parts[lower[:cut]]
		if ok && (genitive && !strings.HasSuffix(lower[:cut], "s") && len(p.base) == cut || !genitive && utf8.RuneCountInString(p.base) >= 4) {
			return p, cut
		}
	}
	return part{}, 0
}

// inflect joins an ending that stands behind a placeholder to a name, as the
// languages do: Lars and -s is "Lars’", Virtanen and -lle is "Virtaselle".
func inflect(name, ending string) (stem, joined string) {
	lower := strings.ToLower(name)
	if lower == "" || ending == "" {
		return name, ending
	}
	if ending == "s" {
		switch lower[len(lower)-1] {
		case 's', 'x', 'z':
			return name, "’"
		}
		return name, ending
	}
	genitive, ok := endings()[ending]
	if !ok || genitive {
		return name, ending
	}
	switch last := lower[len(lower)-1]; {
	case strings.HasSuffix(lower, "nen") && ending == "ta", strings.HasSuffix(lower, "nen") && ending == "tä":
		return name[:len(name)-3] + "s", ending
	case strings.HasSuffix(lower, "nen") && len(lower) > 4:
		return name[:len(name)-3] + "se", ending
	case last < utf8.RuneSelf && isLetter(last) && strings.IndexByte("aeiouy", last) < 0:
		return name + "i", ending
	}
	return name, ending
}

// people looks for names: where greetings, closing words and introductions
// put them, and then wherever those that are known by now occur.
func (f *finder) people() {
	f.lines()
	f.introduced()
	f.headed()
	f.signatures()
	f.mailed()
	f.mentioned()
}

// signatures reads lines that hold a first and a last name and nothing else,
// above lines with an address or a number to reach somebody at.
func (f *finder) signatures() {
	reach := make([]int, 0, 8)
	for _, c := range f.found {
		if c.Kind == Email || c.Kind == Phone || c.Kind == Address {
			reach = append(reach, c.Start)
		}
	}
	slices.Sort(reach)
	for w := 0; w < len(f.words); w++ {
		if !f.words[w].capital || !f.lineStart(f.words[w].from) || f.bullet(f.words[w].from) {
			continue
		}
		end := f.nameAt(w, maxParts)
		if end < w+2 {
			continue
		}
		to := f.words[end-1].to
		if f.delimited(f.words[w].from) && f.ends(to) {
			f.learn(w, end)
			continue
		}
		if !f.lineEnd(to) {
			continue
		}
		k, _ := slices.BinarySearch(reach, to)
		if k < len(reach) && reach[k]-to <= 2*maxLine && strings.Count(f.text[to:reach[k]], "\n") <= 5 {
			f.learn(w, end)
			w = end - 1
		}
	}
}

// delimited reports whether the line above i is what mail programs put before a
// signature: two hyphens or a rule.
func (f *finder) delimited(i int) bool {
	above := strings.TrimRight(f.text[max(0, i-maxLine):i], " \t\r\n>*")
	line := above[strings.LastIndexByte(above, '\n')+1:]
	line = strings.Trim(line, "> \t\r")
	return len(line) >= 2 && strings.Trim(line, "-_—") == ""
}

// headed reads the names that mail programs write before an address or a
// quotation: "Kari Nordmann <kari@…>", "On Monday, Kari Nordmann wrote:",
// "skrev Kari Nordmann:".
func (f *finder) headed() {
	addressed := map[int]bool{} // where a name ends before "<" and an address
	for _, c := range f.found {
		if c.Kind == Email && f.before(c.Start) == '<' {
			addressed[len(strings.TrimRight(strings.TrimRight(f.text[:c.Start], "<"), " \t\r\n\"'>"))] = true
		}
	}
	for w := range f.words {
		end := f.words[w].to
		wrote := false
		if writing()[f.words[w].lower] {
			if w+1 < len(f.words) && f.words[w+1].capital && f.gapOnly(w) {
				if last := f.nameAt(w+1, maxParts); last > w+1 && (f.after(f.words[last-1].to) == ':' || addressed[f.words[last-1].to] || strings.HasPrefix(f.text[f.words[last-1].to:], " <")) {
					f.learn(w+1, last)
				}
			}
			if w > 0 && f.after(end) == ':' && f.gapOnly(w-1) {
				w, wrote = w-1, true
				end = f.words[w].to
			}
		}
		if !wrote && !addressed[end] {
			continue
		}
		if !f.words[w].capital {
			continue
		}
		first := w
		for first > 0 && w-first < maxParts-1 && f.words[first-1].capital && !nobody()[f.words[first-1].lower] {
			if gap := f.text[f.words[first-1].to:f.words[first].from]; gap != " " && gap != ". " {
				break
			}
			first--
		}
		if f.nameAt(first, maxParts) == w+1 {
			f.learn(first, w+1)
		}
	}
}

// bullet reports whether the word at i is the first of a list's entry.
func (f *finder) bullet(i int) bool {
	before := strings.TrimRight(f.text[max(0, i-4):i], " \t")
	return strings.HasSuffix(before, "-") || strings.HasSuffix(before, "*") && !strings.HasSuffix(before, "**")
}

// lineEnd reports whether nothing but spaces stands behind i on its line.
func (f *finder) lineEnd(i int) bool {
	rest := strings.TrimLeft(f.text[i:min(len(f.text), i+8)], " \t\r,*_")
	return rest == "" || rest[0] == '\n'
}

// mailed takes words for names that stand in an e-mail address of the text,
// too: "kari.nordmann@…" says who Kari is.
func (f *finder) mailed() {
	locals := map[string]bool{}
	for _, c := range f.found {
		if c.Kind != Email {
			continue
		}
		local, _, _ := strings.Cut(strings.ToLower(f.text[c.Start:c.End]), "@")
		parts := strings.FieldsFunc(local, func(r rune) bool { return !unicode.IsLetter(r) })
		if len(parts) > maxParts {
			continue
		}
		for _, p := range parts {
			if utf8.RuneCountInString(p) >= 3 && !nobody()[p] {
				locals[p] = true
			}
		}
	}
	if len(locals) == 0 {
		return
	}
	plain := func(w int) string {
		return diacritics().Replace(f.words[w].lower)
	}
	for w, word := range f.words {
		if !word.capital || word.to-word.from > 40 || f.after(word.to) == '@' || f.before(word.from) == '@' {
			continue
		}
		lower := word.lower
		switch {
		case nobody()[lower] || ambiguous()[lower] && f.sentenceStart(word.from):
		case locals[lower] || locals[plain(w)]:
			// What follows is the last name, also when the address lacks it.
			f.learn(w, max(w+1, f.nameAt(w, maxParts)))
		case w+1 < len(f.words) && f.words[w+1].capital && f.words[w+1].to-word.from < 60 && f.text[word.to:f.words[w+1].from] == " ":
			next := f.words[w+1].lower
			if locals[lower+next] {
				f.learn(w, w+2)
			}
		}
	}
}

// maxParts bounds the words of a name.
const maxParts = 4

// nameAt reads a name of at most limit capitalised words at word w, and is the
// index of the word behind it. Initials and particles may stand inside.
func (f *finder) nameAt(w, limit int) int {
	end := w
	for k := w; k < len(f.words) && k-w < limit; k++ {
		word := f.words[k]
		if k > w {
			gap := f.text[f.words[k-1].to:word.from]
			if gap != " " && gap != "\u00a0" && gap != "\t" && (gap != ". " || f.words[k-1].to-f.words[k-1].from > 2) {
				break
			}
		}
		lower := word.lower
		if nobody()[lower] && (k == w || word.capital) {
			return w // a firm or a department
		}
		if !word.capital {
			if k > w && particles()[lower] && k+1 < len(f.words) {
				continue
			}
			break
		}
		end = k + 1
	}
	if end == w {
		return w
	}
	// One letter is no name.
	if end == w+1 && utf8.RuneCountInString(f.text[f.words[w].from:f.words[w].to]) < 2 {
		return w
	}
	// A firm signs, too.
	if end < len(f.words) && f.text[f.words[end-1].to:f.words[end].from] == " " && nobody()[f.words[end].lower] && f.words[end].capital {
		return w
	}
	return end
}

// learn takes the words from first to end for a name.
func (f *finder) learn(first, end int) {
	from, to := f.words[first].from, f.words[end-1].to
	name := f.text[from:to]
	if !utf8.ValidString(name) {
		return
	}
	if f.taught == nil {
		f.taught = map[string]bool{}
	}
	if !f.taught[name] {
		f.taught[name] = true
		f.names.add(name, false)
	}
	base := strings.Join(strings.Fields(name), " ")
	f.add(Finding{Kind: Name, Rule: "name_structure", Start: from, End: to, Confidence: .85, norm: strings.ToLower(base), base: base})
}

// lines reads greetings and closings: at the beginning of a line a phrase,
// then a name and the end of the line or a comma.
func (f *finder) lines() {
	for w := 0; w < len(f.words); {
		if !f.lineStart(f.words[w].from) {
			f.farewell(w)
			w++
			continue
		}
		first := f.words[w]
		if n := f.phrase(w, greetings()); n > 0 {
			if end := f.nameAt(w+n, 3); end > w+n && f.sameLine(w+n-1, w+n) {
				rest := strings.TrimLeft(f.text[f.words[end-1].to:min(len(f.text), f.words[end-1].to+8)], " \t\r")
				if rest == "" || strings.IndexByte(",!\n:–", rest[0]) >= 0 || rest[0] == '.' || rest[0] == '-' {
					f.learn(w+n, end)
				}
			}
		}
		if n := f.phrase(w, closings()); n > 0 && w+n < len(f.words) {
			gap := f.text[f.words[w+n-1].to:f.words[w+n].from]
			if len(gap) < 16 && strings.Trim(gap, " \t\r\n,.!–—->*") == "" && strings.Count(gap, "\n") <= 2 {
				if end := f.nameAt(w+n, maxParts); end > w+n && f.ends(f.words[end-1].to) {
					f.learn(w+n, end)
				}
			}
		}
		if n := f.phrase(w, labels()); n > 0 && w+n < len(f.words) {
			gap := f.text[f.words[w+n-1].to:f.words[w+n].from]
			if strings.HasPrefix(strings.TrimLeft(gap, " "), ":") && strings.Trim(gap, " :\t*") == "" {
				if end := f.nameAt(w+n, maxParts); end > w+n {
					f.learn(w+n, end)
				}
			}
		}
		w++
		for w < len(f.words) && f.words[w].from < first.to {
			w++
		}
	}
}

// farewell reads closing words inside a line, as in chats: "Den lekker. Hilsen
// Kari". They must begin a sentence, and the name must end the line.
func (f *finder) farewell(w int) {
	if !farewells()[f.words[w].lower] && !begins()[f.words[w].lower] || !f.sentenceStart(f.words[w].from) {
		return
	}
	n := f.phrase(w, closings())
	if n == 0 || w+n >= len(f.words) || !farewells()[f.words[w+n-1].lower] {
		return
	}
	if gap := f.text[f.words[w+n-1].to:f.words[w+n].from]; gap != " " && gap != ", " {
		return
	}
	if end := f.nameAt(w+n, maxParts); end > w+n {
		rest := strings.TrimLeft(f.text[f.words[end-1].to:min(len(f.text), f.words[end-1].to+8)], " .!\r")
		if rest == "" || rest[0] == '\n' {
			f.learn(w+n, end)
		}
	}
}

// lineStart reports whether only spaces and quotation marks of mail stand
// before i on its line.
func (f *finder) lineStart(i int) bool {
	for n := 0; i > 0 && n < 16; n++ {
		switch f.text[i-1] {
		case '\n':
			return true
		case ' ', '\t', '>', '*', '-', '\r', '_':
			i--
		default:
			return false
		}
	}
	return i == 0
}

// ends reports whether a line ends at i, or a comma, a full stop or what
// parts a name from a title.
func (f *finder) ends(i int) bool {
	rest := strings.TrimLeft(f.text[i:min(len(f.text), i+8)], " \t\r*_")
	return rest == "" || strings.IndexByte("\n,|/(<", rest[0]) >= 0 || rest[0] == '.' && (len(rest) == 1 || rest[1] == '\n')
}

func (f *finder) sameLine(a, b int) bool {
	gap := f.text[f.words[a].to:f.words[b].from]
	return len(gap) <= 3 && strings.Trim(gap, " \t,.") == ""
}

// phrase is how many words at w are one of a set of phrases, or 0; the longest
// counts.
func (f *finder) phrase(w int, set map[string]bool) int {
	if !begins()[f.words[w].lower] {
		return 0
	}
	best := 0
	var key strings.Builder
	for n := 1; n <= 4 && w+n <= len(f.words); n++ {
		word := f.words[w+n-1]
		if n > 1 {
			if gap := f.text[f.words[w+n-2].to:word.from]; gap != " " && gap != "\u00a0" {
				break
			}
			key.WriteByte(' ')
		}
		if word.to-word.from > 32 {
			break
		}
		key.WriteString(word.lower)
		if set[key.String()] {
			best = n
		}
	}
	return best
}

// introduced reads "my name is …" and titles before a name.
func (f *finder) introduced() {
	for w := range f.words {
		if n := f.phrase(w, introductions()); n > 0 && w+n < len(f.words) && f.gapOnly(w+n-1) {
			if end := f.nameAt(w+n, maxParts); end > w+n {
				f.learn(w+n, end)
			}
		}
		if n := f.phrase(w, presented()); n > 0 && w+n < len(f.words) && f.text[f.words[w+n-1].to:f.words[w+n].from] == " " {
			if end := f.nameAt(w+n, maxParts); end >= w+n+2 {
				f.learn(w+n, end)
			}
		}
		word := f.words[w]
		if word.to-word.from > 5 || !word.capital || !titles()[word.lower] || f.text[word.from+1] < 'a' || w+1 >= len(f.words) {
			continue
		}
		if gap := f.text[word.to:f.words[w+1].from]; gap == " " || gap == ". " {
			if end := f.nameAt(w+1, 3); end > w+1 {
				f.learn(w+1, end)
			}
		}
	}
}

// gapOnly reports whether spaces or a colon part word w from the next.
func (f *finder) gapOnly(w int) bool {
	gap := f.text[f.words[w].to:f.words[w+1].from]
	return len(gap) <= 3 && strings.Trim(gap, " \u00a0:") == ""
}

// mentioned finds the names that are known by now.
func (f *finder) mentioned() {
	if len(f.names.parts) == 0 {
		return
	}
	for w := 0; w < len(f.words); w++ {
		from, to, p, ok := f.namePart(w, false)
		if !ok {
			// In small letters or with two meanings: the next word decides.
			if from, to, p, ok = f.namePart(w, true); !ok || w+1 >= len(f.words) || to != f.words[w].to {
				continue
			}
			_, _, q, ok := f.namePart(w+1, true)
			if gap := f.text[to:f.words[w+1].from]; !ok || gap != " " || q.base == p.base || !p.known || !q.known {
				continue
			}
		}
		base := p.base
		for w+1 < len(f.words) && to == f.words[w].to {
			_, next, q, ok := f.namePart(w+1, true)
			if gap := f.text[to:f.words[w+1].from]; !ok || gap != " " && gap != "\u00a0" || q.base == base {
				break
			}
			base += " " + q.base
			to = next
			w++
		}
		confidence, rule := .8, "name_mentioned"
		if p.known {
			confidence, rule = .95, "name_known"
		}
		f.add(Finding{Kind: Name, Rule: rule, Start: from, End: to, Confidence: confidence, norm: strings.ToLower(base), base: base})
	}
}

// namePart reports whether word w is part of a name, and where. Loose lets in
// small letters and words with two meanings.
func (f *finder) namePart(w int, loose bool) (from, to int, p part, ok bool) {
	word := f.words[w]
	if wordRune(f.before(word.from)) || isDigitRune(f.after(word.to)) || f.before(word.from) == '_' || f.after(word.to) == '_' {
		return 0, 0, part{}, false
	}
	written := f.text[word.from:word.to]
	p, stem := f.names.match(written, word.lower)
	if stem == 0 {
		// A name with a hyphen that is not known as one: "Kari-saken".
		k := strings.IndexByte(written, '-')
		if k <= 0 || len(word.lower) != len(written) {
			return 0, 0, part{}, false
		}
		if p, stem = f.names.match(written[:k], word.lower[:k]); stem == 0 {
			return 0, 0, part{}, false
		}
		if next := f.after(word.from + k + 1); stem == k && unicode.IsUpper(next) {
			return 0, 0, part{}, false // "Kari-Anne" is somebody else
		}
	}
	if !loose {
		lower := word.lower
		double := ambiguous()[lower] || ambiguous()[lower[:stem]]
		switch {
		case !word.capital:
			if !p.known || double || utf8.RuneCountInString(written) < 4 {
				return 0, 0, part{}, false
			}
		case double && f.sentenceStart(word.from):
			return 0, 0, part{}, false
		}
	} else if !word.capital && !p.known {
		return 0, 0, part{}, false
	}
	return word.from, word.from + stem, p, true
}

func isDigitRune(r rune) bool { return '0' <= r && r <= '9' }

// sentenceStart reports whether a capital at i may be that of a sentence. A
// line that holds one word is a name rather than a sentence.
func (f *finder) sentenceStart(i int) bool {
	for n := 0; i > 0 && n < 8; n++ {
		r, size := utf8.DecodeLastRuneInString(f.text[:i])
		switch {
		case r == '\n' || strings.ContainsRune(".!?:;", r):
			return true
		case unicode.IsSpace(r) || strings.ContainsRune("\"'»«“”(*->", r):
			i -= size
		default:
			return false
		}
	}
	return true
}
