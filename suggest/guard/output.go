package guard

import (
	"cmp"
	"hash/maphash"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sufflor/sufflor/index"
)

// Rule says what is wrong with a sentence.
type Rule string

// The rules of [Output].
const (
	Link        Rule = "link"        // a web address that no cited passage holds
	Mail        Rule = "mail"        // a mail address
	Phone       Rule = "phone"       // a telephone number
	Account     Rule = "account"     // an IBAN, an account number, a wallet
	Markdown    Rule = "markdown"    // a picture or a link in Markdown
	HTML        Rule = "html"        // a tag or a comment
	Scheme      Rule = "scheme"      // javascript:, data: and the like
	Encoded     Rule = "encoded"     // base64 or hexadecimal that nobody can read
	Secret      Rule = "secret"      // keys, tokens, passwords
	Hidden      Rule = "hidden"      // characters that cannot be seen
	Identifier  Rule = "identifier"  // another customer's
	Echo        Rule = "echo"        // the prompt's own words
	Length      Rule = "length"      // longer than a sentence may be
	Instruction Rule = "instruction" // tries to instruct whoever reads it
)

// Hit is what a rule found in a sentence.
type Hit struct {
	Rule       Rule
	Start, End int // bytes of the sentence
}

// maxSentence is the length in runes above which a sentence is dropped. Rows of
// wide tables are the longest that documents have.
const maxSentence = 2000

// Allowed is what a sentence may hold. The zero value allows no address at all.
type Allowed struct {
	Language string
	// Sources are the texts of the passages that the sentence cites, as
	// [Passage] left them: what an attacker planted vouches for nothing.
	Sources []string
	// Trusted are the workspace's own domains, mail addresses, telephone
	// numbers and accounts. A domain stands for what is below it, too.
	Trusted []string
	// OnlyTrusted says that a cited passage is not enough for links, mail
	// addresses and accounts: who can write one document cannot send customers
	// elsewhere.
	OnlyTrusted bool
	// Others are identifiers of other customers: names of accounts, order and
	// customer numbers. Those of fewer than four characters are not looked for.
	Others []string
	// Prompt is what the model was told, or nil.
	Prompt *Prompt
}

// Prompt recognises its own text.
type Prompt struct {
	grams map[uint64]bool
	seed  maphash.Seed
}

// gram is how many words in a row are no accident.
const gram = 8

// NewPrompt takes the part of a prompt that no draft may repeat. What drafts
// should say, such as a must-say line or a signature, must not be in it.
func NewPrompt(text string) *Prompt {
	p := &Prompt{grams: map[uint64]bool{}, seed: maphash.MakeSeed()}
	words := newView(text).words()
	for i := 0; i+gram <= len(words); i++ {
		p.grams[p.sum(words[i:i+gram])] = true
	}
	return p
}

func (p *Prompt) sum(words []word) uint64 {
	var h maphash.Hash
	h.SetSeed(p.seed)
	for _, w := range words {
		_, _ = h.WriteString(w.text) // never fails
		_ = h.WriteByte(' ')
	}
	return h.Sum64()
}

// Output finds what a sentence of a draft must not hold, in order. It is
// asked about every sentence, whoever wrote it: facts, courtesy, and what
// repeats the customer's words. A sentence with a hit is dropped.
func Output(sentence string, allowed Allowed) []Hit {
	var out []Hit
	add := func(rule Rule, start, end int) { out = append(out, Hit{rule, start, end}) }
	v := newView(sentence)
	if len(sentence) > maxSentence && utf8.RuneCountInString(sentence) > maxSentence {
		add(Length, 0, len(sentence))
	}
	hidden(sentence, add)
	v.markup(add)
	v.secrets(sentence, allowed, add)
	blobs(sentence, add)
	v.addresses(sentence, allowed, add)
	v.others(allowed.Others, add)
	if allowed.Prompt != nil {
		words := v.words()
		for i := 0; i+gram <= len(words); i++ {
			if allowed.Prompt.grams[allowed.Prompt.sum(words[i:i+gram])] {
				start, end := v.span(words[i].start, words[i+gram-1].end)
				add(Echo, start, end)
				break
			}
		}
	}
	for _, s := range Suspicious(allowed.Language, sentence) {
		add(Instruction, s.Start, s.End)
	}
	slices.SortStableFunc(out, func(a, b Hit) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.End, b.End), cmp.Compare(a.Rule, b.Rule))
	})
	return slices.Compact(out)
}

// hidden finds what cannot be seen. What joins the parts of an emoji can.
func hidden(s string, add func(Rule, int, int)) {
	before := rune(0)
	for i, r := range s {
		size := utf8.RuneLen(r)
		if r == utf8.RuneError {
			_, size = utf8.DecodeRuneInString(s[i:])
		}
		after, _ := utf8.DecodeRuneInString(s[i+size:])
		switch {
		case r == utf8.RuneError && size == 1, unicode.IsControl(r) && r != '\n' && r != '\t' && r != '\r', r >= 0xE0100 && r <= 0xE01EF:
			add(Hidden, i, i+size)
		case r == 0xAD, r >= 0xFE00 && r <= 0xFE0F, r == 0x200D && symbol(before) && symbol(after):
		case invisible(r):
			add(Hidden, i, i+size)
		}
		before = r
	}
}

func symbol(r rune) bool { return r >= 0xFE00 && r <= 0xFE0F || unicode.In(r, unicode.So, unicode.Sk) }

var (
	markdown = lazy(`!\[|\]\s?\(\s*[^)\s]|\]\s?\[[^\]]*\]\s*\(|^\s*\[[^\]]{1,80}\]:\s*\S+[/.@]|<(?:https?:|mailto:|www\.)`)
	tag      = lazy(`<!--|-->|<!\[cdata|<!doctype|</?\s*(?:a|abbr|article|audio|b|base|blockquote|body|br|button|canvas|code|details|div|em|embed|font|form|frame|frameset|h[1-6]|head|hr|html|i|iframe|img|image|input|ins|li|link|marquee|math|meta|object|ol|option|p|param|picture|pre|s|script|section|select|small|source|span|strong|style|sub|summary|sup|svg|table|tbody|td|template|textarea|th|thead|title|tr|track|u|ul|video)(?:[\s/>]|$)|<[a-z][^<>]{0,200}\b(?:on[a-z]{3,20}|href|src|style)\s*=|&(?:lt|#60|#x0*3c);?\s*/?\s*(?:a|img|script|iframe|svg|div|style|form)\b`)
	schemes  = lazy(`\b(?:javascript|vbscript|livescript|file|blob|intent|ms-[a-z]+)\s*:\s*\S|\bdata\s*:\s*(?:[a-z]+/[a-z0-9.+-]+|;base64|,)`)
	keys     = lazy(`\bsk-[A-Za-z0-9_-]{16,}|\b(?:sk|pk|rk)_(?:live|test)_[A-Za-z0-9]{10,}|\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_[A-Za-z0-9_]{20,}|\bglpat-[A-Za-z0-9_-]{16,}|\b(?:AKIA|ASIA)[A-Z0-9]{12,}|\bxox[abprs]-[A-Za-z0-9-]{10,}|\bAIza[A-Za-z0-9_-]{30,}|\bya29\.[A-Za-z0-9_-]{20,}|\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}|\bSG\.[A-Za-z0-9_-]{16,}|\bhf_[A-Za-z0-9]{20,}|-----BEGIN [A-Z ]{0,30}(?:PRIVATE KEY|CERTIFICATE)|\b[Bb]earer [A-Za-z0-9._~+/-]{16,}|\b[a-z][a-z0-9+]{1,12}://[^\s/@:]{1,60}:[^\s/@]{1,60}@`)
	password = lazy(`\b(?:password|passwd|passphrase|pwd|passord|passordet|adgangskode|adgangskoden|kodeord|kodeordet|lösenord|lösenordet|salasana|salasanan|salasanasi|passwort|kennwort|api[ _-]?key|api[ _-]?nøkkel|api[ _-]?nyckel|api[ _-]?nøgle|api[ _-]?schlüssel|api[ _-]?avain|secret[ _-]?key|access[ _-]?token|client[ _-]?secret)\b(?:\s+(?:is|er|är|on|ist|lautet|for [a-z]+ is))?\s*[:=]?\s*["'` + "`" + `]?([^\s"'` + "`" + `]{5,80})`)
)

// markup finds what a page or a chat window could make a link, a picture or
// a program of.
func (v view) markup(add func(Rule, int, int)) {
	for _, p := range []struct {
		rule Rule
		at   func() *regexp.Regexp
		any  string // without one of these there is nothing to find
	}{{Markdown, markdown, "[<"}, {HTML, tag, "<>&"}, {Scheme, schemes, ":"}} {
		if !strings.ContainsAny(v.text, p.any) {
			continue
		}
		for _, loc := range p.at().FindAllStringIndex(v.text, 8) {
			start, end := v.span(loc[0], loc[1])
			add(p.rule, start, end)
		}
	}
}

// secrets finds keys, and passwords that no source holds.
func (v view) secrets(sentence string, allowed Allowed, add func(Rule, int, int)) {
	if dense(sentence, 13) || strings.Contains(sentence, "://") || strings.Contains(sentence, "-----") {
		for _, loc := range keys().FindAllStringIndex(sentence, 8) {
			add(Secret, loc[0], loc[1])
		}
	}
	if !slices.ContainsFunc(secretWords, func(w string) bool { return strings.Contains(v.text, w) }) {
		return
	}
	for _, loc := range password().FindAllStringSubmatchIndex(v.text, 8) {
		start, end := v.span(loc[2], loc[3])
		value := strings.TrimRight(sentence[start:end], ".,;:!?)")
		if !strings.ContainsAny(value, "0123456789!@#$%&*_") || utf8.RuneCountInString(value) < 5 {
			continue // "password must be changed"
		}
		if !slices.ContainsFunc(allowed.Sources, func(s string) bool { return strings.Contains(s, value) }) {
			add(Secret, start, start+len(value))
		}
	}
}

// blobs finds what nobody can read.
func blobs(sentence string, add func(Rule, int, int)) {
	if dense(sentence, 41) {
		for _, loc := range encoded().FindAllStringIndex(sentence, 8) {
			if _, blob := decodes(sentence[loc[0]:loc[1]]); blob {
				add(Encoded, loc[0], loc[1])
			}
		}
	}
	if len(sentence) < 40 {
		return
	}
	for _, loc := range hexed().FindAllStringIndex(sentence, 8) {
		if blobOfHex(sentence[loc[0]:loc[1]]) {
			add(Encoded, loc[0], loc[1])
		}
	}
}

// secretWords are parts of the words that [password] begins with.
var secretWords = []string{"pass", "pwd", "kode", "lösen", "salas", "kennwort", "api", "secret", "access"}

// dense reports whether s has a run of n bytes that no space breaks.
func dense(s string, n int) bool {
	run := 0
	for i := range len(s) {
		if s[i] <= ' ' {
			run = 0
		} else if run++; run >= n {
			return true
		}
	}
	return false
}

// others finds other customers' identifiers, however they are grouped.
func (v view) others(list []string, add func(Rule, int, int)) {
	if len(list) == 0 {
		return
	}
	text, at := squeeze(v.text)
	for _, o := range list {
		want, _ := squeeze(newView(o).text)
		if utf8.RuneCountInString(want) < 4 {
			continue
		}
		for from := 0; from < len(text); {
			i := strings.Index(text[from:], want)
			if i < 0 {
				break
			}
			i += from
			start, end := at[i], at[i+len(want)-1]+1
			if !alnumBefore(v.text, start) && !alnumAfter(v.text, end) {
				s, e := v.span(start, end)
				add(Identifier, s, e)
				break
			}
			from = i + 1
		}
	}
}

// squeeze is s without spaces, hyphens and full stops, and each byte's place in s.
func squeeze(s string) (string, []int) {
	b := make([]byte, 0, len(s))
	at := make([]int, 0, len(s))
	for i := range len(s) {
		if strings.IndexByte(" -./\t\n", s[i]) < 0 {
			b, at = append(b, s[i]), append(at, i)
		}
	}
	return string(b), at
}

func alnumBefore(s string, i int) bool {
	r, _ := utf8.DecodeLastRuneInString(s[:i])
	return i > 0 && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

func alnumAfter(s string, i int) bool {
	r, _ := utf8.DecodeRuneInString(s[i:])
	return i < len(s) && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

// Quotable reports whether a draft may repeat words of the customer's message,
// as it does with a question that stays open. Only a plain question is: a
// message that tries to instruct, and words with addresses, colons, brackets or
// quotation marks, are named in our own words instead.
func Quotable(language, message, words string) bool {
	return len(Suspicious(language, message)) == 0 && !strings.ContainsAny(words, ":;<>{}[]()|=`\"\\«»“”„#*_\n") && len(Output(words, Allowed{Language: language})) == 0
}

// Passage is p without the paragraphs and cells that try to instruct, and what
// was found there. Places in its text stay where they are: blanks stand for
// what is gone. Writers, models and checks get this one; the agent sees the
// document as it is, with a warning.
func Passage(p index.Passage) (index.Passage, []Signal) {
	var all []Signal
	clean := func(s string) string {
		out, found := Blank(p.Language, s)
		all = append(all, found...)
		return out
	}
	p.Text = clean(p.Text)
	p.Question = strings.TrimSpace(clean(p.Question))
	p.Title = strings.TrimSpace(clean(p.Title))
	p.Headings = slices.Clone(p.Headings)
	for i := range p.Headings {
		p.Headings[i] = strings.TrimSpace(clean(p.Headings[i]))
	}
	p.Cells = slices.Clone(p.Cells)
	for i, c := range p.Cells {
		p.Cells[i].Header, p.Cells[i].Value = strings.TrimSpace(clean(c.Header)), strings.TrimSpace(clean(c.Value))
	}
	return p, all
}

// Blank puts blanks in the place of text's lines that try to instruct, as many
// bytes as they had, and says what was found. What goes along with an
// instruction in its line is not to be trusted either.
func Blank(language, text string) (string, []Signal) {
	found := Suspicious(language, text)
	if len(found) == 0 && len(text) <= maxText {
		return text, nil
	}
	b := []byte(text)
	blank := func(from, to int) {
		for i := from; i < to; i++ {
			if b[i] != '\n' {
				b[i] = ' '
			}
		}
	}
	done := 0
	for _, s := range found {
		if s.End <= done {
			continue // its line is gone
		}
		from := strings.LastIndexByte(text[:s.Start], '\n') + 1
		to := len(text)
		if i := strings.IndexByte(text[s.End:], '\n'); i >= 0 {
			to = s.End + i
		}
		blank(max(from, done), to)
		done = to
	}
	blank(min(maxText, len(b)), len(b)) // nobody looked there
	return string(b), found
}
