package ingest

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sufflor/sufflor/ingest/pattern"
)

// Clean takes out of doc what no reader of the original sees or wants:
// invisible characters, page numbers that stand alone, copyright lines, cookie
// notices, and the links of a page's frame. What it took is in the document's
// warnings: invisible characters inside words are a known way to show a
// machine another text than a person.
func Clean(doc Document) Document {
	c := cleaner{cookies: cookieNotices(doc.Blocks) <= 2}
	doc.Title = c.strip(doc.Title)
	blocks := make([]Block, 0, len(doc.Blocks))
	for _, b := range doc.Blocks {
		b.Text, b.Marker = c.strip(b.Text), c.strip(b.Marker)
		if b.Kind != TableBody && b.Kind != CaseBlock && c.boilerplate(b.Text) {
			c.dropped++
			continue
		}
		if b.Table != nil {
			b.Table = c.table(*b.Table)
		}
		if b.Case != nil {
			s := *b.Case
			s.Question, s.Answer = c.strip(s.Question), c.strip(s.Answer)
			b.Case = &s
		}
		blocks = append(blocks, b)
	}
	doc.Blocks = blocks
	doc.Warnings = slices.Clone(doc.Warnings)
	if c.invisible > 0 {
		doc.Warnings = append(doc.Warnings, fmt.Sprintf("%d invisible characters inside words or that turn the direction of text were removed; they can hide text from people", c.invisible))
	}
	if c.dropped > 0 {
		doc.Warnings = append(doc.Warnings, fmt.Sprintf("%d page numbers, copyright lines or cookie notices were left out", c.dropped))
	}
	return doc
}

type cleaner struct {
	cookies   bool // cookie notices are boilerplate here
	invisible int
	dropped   int
}

func (c *cleaner) table(t Table) *Table {
	t.Caption, t.Header = c.strip(t.Caption), c.all(t.Header)
	rows := make([]Row, len(t.Rows))
	for i, r := range t.Rows {
		r.Cells, r.Group = c.all(r.Cells), c.strip(r.Group)
		rows[i] = r
	}
	t.Rows = rows
	return &t
}

func (c *cleaner) all(texts []string) []string {
	if !slices.ContainsFunc(texts, func(s string) bool { return strings.ContainsFunc(s, isInvisible) }) {
		return texts
	}
	out := make([]string, len(texts))
	for i, s := range texts {
		out[i] = c.strip(s)
	}
	return out
}

// strip removes invisible characters and counts those that change what a
// machine reads.
func (c *cleaner) strip(text string) string {
	if !strings.ContainsFunc(text, isInvisible) {
		return text
	}
	var out strings.Builder
	before := ' '
	for i, r := range text {
		if !isInvisible(r) {
			out.WriteRune(r)
			before = r
			continue
		}
		after, _ := utf8.DecodeRuneInString(text[i+utf8.RuneLen(r):])
		if r == '\u200d' && unicode.Is(unicode.So, before) && unicode.Is(unicode.So, after) {
			out.WriteRune(r) // joins the parts of an emoji
			continue
		}
		switch {
		case r >= 0xE0000 || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069':
			c.invisible++ // tags and directions say something by themselves
		case r > 0xA0 && r != '\u00ad' && unicode.IsLetter(before) && unicode.IsLetter(after):
			c.invisible++
		}
	}
	return out.String()
}

// isInvisible knows the characters that take no room and carry no meaning in
// our languages: Unicode's default-ignorable code points and controls.
func isInvisible(r rune) bool {
	switch {
	case r < ' ':
		return r < '\t' || r > '\r'
	case r < 0xAD:
		return r >= 0x7F && r < 0xA0
	case r == 0xAD, r == 0x34F, r == 0x61C, r == 0x115F, r == 0x1160, r == 0x17B4, r == 0x17B5, r == 0x180E, r == 0x3164, r == 0xFEFF, r == 0xFFA0:
		return true
	case r >= 0x200B && r <= 0x200F, r >= 0x202A && r <= 0x202E, r >= 0x2060 && r <= 0x206F, r >= 0xFFF0 && r <= 0xFFFB, r >= 0xE0000 && r <= 0xE0FFF:
		return true
	}
	return false
}

var (
	pageNumber = pattern.Lazy(`(?i)^[–—-]? ?(?:side|sida|sidan|sivu|seite|page|p\.|s\.) ?\d{1,4}(?: ?(?:av|af|/|von|of|\(|out of) ?\d{1,4}\)?)? ?[–—-]?$`)
	copyright  = pattern.Lazy(`(?i)^(?:©|\(c\) ?\d{4}|copyright (?:©|\(c\)|\d{4})).{0,160}$`)
	rights     = pattern.Lazy(`(?i)^.{0,120}(?:all rights reserved|alle rettigheter (?:forbeholdt|reservert)|alle rettigheder forbeholdes|alla rättigheter (?:förbehållna|reserverade)|kaikki oikeudet pidätetään|alle rechte vorbehalten)\.?$`)
	frame      = pattern.Lazy(`(?i)^(?:skip to (?:main )?content|back to top|share (?:on|this)\b.{0,30}|print this page|` +
		`hopp til (?:hoved)?innhold(?:et)?|til toppen|tilbake til toppen|del på .{0,20}|skriv ut (?:siden|denne siden)|` +
		`hoppa till (?:huvud)?innehåll(?:et)?|till toppen|tillbaka till toppen|dela på .{0,20}|skriv ut sidan|` +
		`gå til (?:hoved)?indhold(?:et)?|spring til indhold|tilbage til toppen|del på .{0,20}|udskriv (?:siden|denne side)|` +
		`siirry (?:pää)?sisältöön|takaisin ylös|jaa .{0,20}ssa|tulosta (?:tämä )?sivu|` +
		`zum (?:haupt)?inhalt(?: springen)?|nach oben|teilen auf .{0,20}|seite drucken)$`)
	cookieWord = pattern.Lazy(`(?i)\b(?:cookies?|informasjonskapsler|infokapsler|kakor|evästeitä|evästeet)\b`)
	cookieVerb = pattern.Lazy(`(?i)(?:\bwe use|\bthis (?:web)?site uses|\bvi bruker|\bnettstedet bruker|\bvi använder|\bwebbplatsen använder|\bvi bruger|\bhjemmesiden bruger|\bkäytämme|\bsivusto käyttää|\bwir verwenden|\bwir nutzen|\bdiese (?:web)?site verwendet)`)
	cookieYes  = pattern.Lazy(`(?i)(?:\baccept|\bagree|\bconsent|\bgodta|\bsamtykk|\baksepter|\bgodkänn|\bacceptera|\bsamtyck|\baccepter|\bhyväksy|\bsuostu|\bakzeptier|\bzustimm|\beinverstanden)`)
)

const maxNotice = 700 // bytes of a cookie notice

func isCookieNotice(text string) bool {
	return len(text) <= maxNotice && cookieWord().MatchString(text) && cookieVerb().MatchString(text) && cookieYes().MatchString(text)
}

// cookieNotices counts them: a document with many is about cookies.
func cookieNotices(blocks []Block) int {
	n := 0
	for _, b := range blocks {
		if b.Kind == Paragraph && cookieWord().MatchString(b.Text) {
			n++
		}
	}
	return n
}

// boilerplate reports whether the whole of text is of that kind.
func (c *cleaner) boilerplate(text string) bool {
	text = oneLine(text)
	switch {
	case text == "" || len(text) > maxNotice:
		return false
	case len(text) <= 200 && (pageNumber().MatchString(text) || frame().MatchString(text) || rights().MatchString(text)):
		return true
	case len(text) <= 200 && copyright().MatchString(text):
		return true
	}
	return c.cookies && isCookieNotice(text)
}
