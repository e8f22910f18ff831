package reply

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sufflor/sufflor/ingest/pattern"
)

// Limits of what counts as a signature.
const (
	signatureLines = 15  // lines that are not empty
	signatureLine  = 120 // bytes of one; a longer one is a sentence
	nameSize       = 40  // bytes of a name
)

// closings begin a signature.
var closings = []string{
	"med vennlig hilsen", "med vennleg helsing", "med venleg helsing", "vennlig hilsen", "venleg helsing", "vennleg helsing", "vennlige hilsener", "beste hilsen", "beste hilsener", "beste helsing", "med hilsen", "med helsing", "mvh", "m.v.h", "vh", "hilsen", "helsing", "hilsener",
	"med vänliga hälsningar", "med vänlig hälsning", "vänliga hälsningar", "vänlig hälsning", "hälsningar", "hälsning", "bästa hälsningar", "många hälsningar", "hälsn", "vänligen",
	"med venlig hilsen", "med venlige hilsner", "venlig hilsen", "venlige hilsner", "mange hilsner", "bedste hilsner", "kærlig hilsen", "de bedste hilsner", "hilsner", "dbh", "kh",
	"ystävällisin terveisin", "ystävällisesti", "terveisin", "parhain terveisin", "terveiset", "terv", "yst. terv", "yst.terv", "t.", "kunnioittavasti", "kiittäen",
	"mit freundlichen grüßen", "mit freundlichen grüssen", "mit freundlichen gruessen", "mit freundlichem gruß", "mit freundlichem gruss", "mit besten grüßen", "mit besten grüssen", "mit lieben grüßen", "mit herzlichen grüßen", "freundliche grüße", "freundliche grüsse", "freundlichen grüßen", "viele grüße",
	"viele grüsse", "liebe grüße", "liebe grüsse", "beste grüße", "beste grüsse", "besten gruß", "schöne grüße", "herzliche grüße", "hochachtungsvoll", "mfg", "lg", "vg", "gruß", "gruss", "grüße", "grüsse",
	"best regards", "kind regards", "kindest regards", "warm regards", "warmest regards", "with kind regards", "with best regards", "thanks and regards", "thanks & regards", "regards", "best wishes", "all the best", "sincerely", "sincerely yours", "yours sincerely", "yours faithfully",
	"yours truly", "respectfully", "cheers", "br", "best", "rgds",
	"cordialement", "bien cordialement", "bien à vous", "meilleures salutations", "salutations", "sincères salutations", "cdt", "saludos", "un saludo", "saludos cordiales", "atentamente", "cordiali saluti", "distinti saluti", "saluti", "met vriendelijke groet", "met vriendelijke groeten", "vriendelijke groet", "groeten", "mvg", "z poważaniem", "pozdrawiam", "atenciosamente", "com os melhores cumprimentos", "cumprimentos",
	"bestu kveðjur", "með kveðju", "kveðja",
}

// behalf stands between closing words and who sends them.
var behalf = []string{"for ", "fra ", "frå ", "från ", "from ", "von ", "på vegne av ", "på vegner af "}

// thanks close a mail only with a name under them.
var thanks = []string{
	"takk", "takk skal du ha", "tusen takk", "takk på forhånd", "på forhånd takk", "på førehand takk", "tack", "tack så mycket", "tack på förhand", "tak", "mange tak", "på forhånd tak", "kiitos", "kiitos etukäteen", "kiitoksia", "danke", "vielen dank", "vielen dank im voraus", "danke im voraus", "besten dank",
	"thanks", "thank you", "many thanks", "thanks in advance", "thank you in advance", "thanks a lot", "merci", "merci d'avance", "gracias", "grazie", "bedankt", "dziękuję",
	"ha en fin dag", "ha en god dag", "ha en bra dag", "hyvää päivänjatkoa", "have a nice day", "fortsatt god dag",
}

// devices begin the notes that telephones and programs add.
var devices = []string{
	"sent from my ", "sent from a ", "sent from mail for", "sent from outlook", "sent from yahoo", "sent from proton", "sent from typeapp", "sent from samsung", "sent from nine", "sent from gmail", "sent from bluemail", "sent from mailbox", "sent from acompli", "sent from windows mail", "sent from surface", "sent via ", "sent with ", "sent using ",
	"sent on the go", "sent by mobile", "get outlook for", "get typeapp", "get bluemail", "download outlook",
	"sendt fra min ", "sendt fra mitt ", "sendt fra outlook", "sendt fra e-post for", "sendt fra mail", "sendt fra samsung", "sendt fra gmail", "sendt fra yahoo", "sendt frå min ", "sendt frå outlook", "sendt med ", "sendt via ", "sendt fra telefonen", "hent outlook for", "last ned outlook", "skaff deg outlook", "få outlook til", "få outlook for", "hent outlook til",
	"skickat från min ", "skickat från mitt ", "skickat från outlook", "skickat från e-post för", "skickat från mail", "skickat från samsung", "skickat från gmail", "skickat från yahoo", "skickat med ", "skickat via ", "hämta outlook för", "skaffa outlook för", "få outlook för", "skickades från min ",
	"lähetetty iphone", "lähetetty ipad", "lähetetty android", "lähetetty samsung", "lähetetty puhelime", "lähetetty outlook", "lähetetty sähköposti", "lähetetty windows", "lähetetty yahoo", "lähetetty mobiili", "lähetetty huawei", "lähetetty nokia", "hae outlook", "hanki outlook",
	"von meinem ", "von meiner ", "gesendet von ", "gesendet mit ", "gesendet aus ", "gesendet über ", "holen sie sich outlook", "laden sie outlook", "outlook für ios", "outlook für android", "diese nachricht wurde von meinem ",
	"envoyé de mon ", "envoyé depuis ", "envoyé à partir ", "envoyé avec ", "télécharger outlook", "obtenir outlook", "enviado desde ", "enviado do meu ", "enviado a partir ", "obtener outlook", "inviato da ", "inviato dal ", "scarica outlook", "verstuurd vanaf ", "verzonden vanaf ", "outlook voor ", "wysłane z ", "wysłano z ", "отправлено с ", "sent fra min ", "sent frá ",
}

var (
	// notices begin legal notices and the warnings of mail gateways.
	notices = []string{
		"this e-mail", "this email", "this message", "this communication", "this transmission", "the information contained", "the information in this", "the contents of this", "the content of this", "confidentiality notice", "confidentiality note", "confidential:", "disclaimer", "notice:", "legal notice", "caution:", "warning:", "external email", "external e-mail", "external sender", "[external]",
		"denne e-posten", "denne e-post", "denne eposten", "denne meldingen", "denne meldinga", "informasjonen i denne", "innholdet i denne", "detta e-post", "detta meddelande", "detta mejl", "det här e-post", "det här meddelandet", "informationen i detta", "innehållet i detta",
		"denne mail", "denne e-mail", "denne meddelelse", "denne besked", "oplysningerne i denne", "indholdet af denne", "informationen i denne", "tämä viesti", "tämä sähköposti", "tässä viestissä", "tämän viestin", "tämän sähköpostin",
		"diese e-mail", "diese email", "diese nachricht", "dieses e-mail", "der inhalt dieser", "die in dieser", "die information in dieser", "if you are not the intended", "if you have received this", "hvis du har mottatt", "dersom du har mottatt", "hvis du ikke er", "om du har fått", "om du inte är", "hvis du har modtaget", "jos et ole", "jos olet saanut", "sollten sie nicht", "wenn sie nicht der", "falls sie nicht",
		"please consider the environment", "tenk på miljøet", "tänk på miljön", "tænk på miljøet", "ajattele ympäristöä", "bitte denken sie an die umwelt", "bitte prüfen sie, ob", "think before you print", "ce message", "ce courriel", "este mensaje", "questo messaggio", "dit bericht", "ta wiadomość", "advarsel:", "varning:", "forsiktig:", "varoitus:", "achtung:", "ekstern e-post", "extern avsändare", "ekstern afsender",
	}
	legal = []string{
		"confidential", "privileged", "intended recipient", "intended solely", "intended only", "named recipient", "originated from outside", "outside of the organi", "outside your organi", "outside the organi", "external sender", "do not click", "unless you recogni",
		"konfidensiel", "taushetsplikt", "fortrolig", "tiltenkt", "rette mottaker", "utenfor organisasjonen", "utenfra", "konfidentiel", "avsedd", "avsedda mottagare", "sekretess", "utanför organisationen", "rette modtager", "tiltænkt", "uden for organisationen", "luottamukselli", "vastaanottaja", "tarkoitettu", "organisaation ulkopuolelta", "vertraulich", "adressat", "empfänger", "bestimmt", "außerhalb",
		"environment", "miljøet", "miljön", "ympäristö", "umwelt", "you print", "by mistake", "in error", "ved en feil", "av misstag", "ved en fejl", "vahingossa", "erehdyksessä", "irrtümlich", "confidenti", "destinataire", "confidenci", "destinatario", "riservat", "vertrouwelijk", "poufn", "virus",
	}
)

// signature marks the signature and the notices of a segment of own lines.
func (m *marker) signature(s span) {
	said := false // something stands above
	for i := s.from; i < s.to; i++ {
		line := strings.Trim(m.lines[i], " \t\u00a0")
		if end := m.code[i]; end > 0 {
			i, said = end-1, true
			continue
		}
		if line == "" {
			continue
		}
		f := lower(clip(line, lineSize))
		switch {
		case device(f):
			m.kinds[i] = Signature
			if said {
				// It stands at the end of what was typed: the rest was there before.
				m.rest(i+1, s.to)
				m.dash(span{s.from, i})
				m.card(span{s.from, i})
				return
			}
		case notice(f, m.lines[i:s.to]):
			for ; i < s.to && !empty(m.lines[i]); i++ {
				m.kinds[i] = Disclaimer
			}
		case delimiter(m.lines[i]) && m.short(i+1, s.to, line == "--" && strings.HasSuffix(strings.TrimRight(m.lines[i], "\r"), "-- ")),
			(said || s.from > 0) && longRule(line) && m.short(i+1, s.to, false),
			m.closes(line, f, i, s, said):
			m.close(i, s.to)
			m.dash(span{s.from, i})
			m.card(span{s.from, i})
			return
		default:
			said = true
		}
	}
	m.dash(s)
	m.card(s)
}

// rest marks what follows a telephone's note: more notes and a signature, or
// an earlier message without a header.
func (m *marker) rest(from, to int) {
	for i := from; i < to; i++ {
		f := lower(clip(strings.TrimSpace(m.lines[i]), lineSize))
		if f == "" || device(f) || delimiter(m.lines[i]) || longRule(f) {
			m.kinds[i] = Signature
			continue
		}
		if notice(f, m.lines[i:to]) {
			for ; i < to && !empty(m.lines[i]); i++ {
				m.kinds[i] = Disclaimer
			}
			continue
		}
		k := Quoted
		if m.short(i, to, false) && contactLines(m.lines[i:to]) > 0 {
			k = Signature
		}
		m.set(i, to, k)
		return
	}
}

// close marks a signature, but for postscripts and for notices inside it.
func (m *marker) close(from, to int) {
	k := Signature
	for i := from; i < to; i++ {
		line := strings.TrimSpace(m.lines[i])
		f := lower(clip(line, lineSize))
		switch {
		case line == "":
			k = Signature
		case k == Disclaimer || k == Own:
		case postscript(f):
			k = Own
		case notice(f, m.lines[i:to]):
			k = Disclaimer
		}
		m.kinds[i] = k
	}
}

var postscripts = []string{"ps ", "ps:", "p.s. ", "p.s.: ", "p.s: ", "ps. ", "p.s ", "ps, "}

func postscript(f string) bool { return startsWith(f, postscripts) && len(f) > 6 }

// device reports whether a lower-case line was added by a telephone or an app.
// "Sent from my desk, which is easier" is written by a person.
func device(f string) bool {
	f = strings.TrimLeft(f, "-–— *_")
	if i := strings.IndexAny(f, "<["); i > 0 {
		f = f[:i]
	}
	if len(f) > 100 {
		return false
	}
	for _, p := range devices {
		if rest, ok := strings.CutPrefix(f, p); ok {
			if i := strings.Index(rest, "(http"); i >= 0 {
				rest = rest[:i]
			}
			return !strings.ContainsAny(rest, ",?;:") && len(strings.Fields(rest)) <= 8
		}
	}
	return false
}

// notice reports whether a paragraph is a legal notice.
func notice(f string, lines []string) bool {
	f = strings.TrimLeft(f, "*_ [(<-")
	if !startsWith(f, notices) {
		return false
	}
	if strings.HasSuffix(strings.TrimRight(f, "*_ "), "disclaimer") || strings.HasPrefix(f, "confidentiality not") || strings.HasPrefix(f, "disclaimer:") {
		return true
	}
	// "This message is confidential …" may be wrapped.
	var b strings.Builder
	for _, l := range lines[:min(len(lines), 8)] {
		if empty(l) {
			break
		}
		b.WriteString(lower(clip(l, 1000)))
		b.WriteByte(' ')
	}
	text := b.String()
	if strings.Contains(clip(text, 200), "?") {
		return false
	}
	return len(text) > 40 && contains(text, legal)
}

// delimiter reports whether a line is the "-- " of RFC 3676 section 4.3 or
// what programs make of it.
func delimiter(line string) bool {
	switch strings.TrimRight(line, " \t\u00a0\r") {
	case "--", "—", "––", "__", "–":
		return true
	}
	return false
}

// longRule reports whether a line is five or more long dashes or underscores.
func longRule(line string) bool {
	return utf8.RuneCountInString(line) >= 5 && (strings.Trim(line, "—") == "" || strings.Trim(line, "_") == "")
}

// short reports whether the lines may be a signature: few, and none a long
// sentence. Notices do not count. After a true delimiter more may follow.
func (m *marker) short(from, to int, sure bool) bool {
	n, limit := 0, signatureLines
	if sure {
		limit *= 3
	}
	for i := from; i < to; i++ {
		line := strings.TrimSpace(m.lines[i])
		if line == "" {
			continue
		}
		f := lower(clip(line, lineSize))
		if notice(f, m.lines[i:to]) || postscript(f) {
			for i+1 < to && !empty(m.lines[i+1]) {
				i++
			}
			continue
		}
		if n++; n > limit || !sure && len(line) > signatureLine && !strings.Contains(line, "://") && !strings.Contains(line, "|") {
			return false
		}
	}
	return sure || n > 0
}

// closes reports whether a line are closing words with nothing but a signature
// after them.
func (m *marker) closes(line, f string, i int, s span, said bool) bool {
	if len(f) > 80 {
		return false
	}
	f = strings.Trim(f, "*_ ")
	line = strings.Trim(line, "*_ ")
	if n := phrase(f, closings); n > 0 {
		rest := strings.Trim(line[min(n, len(line)):], " ,.!:-–/")
		for _, p := range behalf {
			if who, ok := strings.CutPrefix(rest, p); ok && capital(who) {
				rest = who
			}
		}
		if said && m.last(i+1, s.to) && desk(f[:n], rest) {
			return true
		}
		if strings.Contains(rest, "?") || len(strings.Fields(rest)) > 4 || strings.ContainsFunc(rest, unicode.IsLetter) && !capital(rest) {
			return false
		}
		if !m.short(i, s.to, false) || m.speaks(i+1, s.to) {
			return false
		}
		if n <= 4 && rest == "" && m.nameAt(i+1, s.to) == "" && !m.last(i+1, s.to) {
			return false // "Best" and "LG" are words, too
		}
		return said || rest != "" || m.nameAt(i+1, s.to) != ""
	}
	if n := phrase(f, thanks); n > 0 && said {
		rest := strings.Trim(line[min(n, len(line)):], " ,.!:-–")
		if rest != "" && (strings.ContainsRune(line[min(n, len(line)):], '!') || !isName(rest)) {
			return false
		}
		// A name under it, and a signature at most.
		name := rest
		if name == "" {
			name = m.nameAt(i+1, s.to)
		}
		return name != "" && m.short(i, s.to, false) && !m.speaks(i+1, s.to)
	}
	return false
}

// unsign puts closing words with a name on a line of their own that end the
// last line: "It still leaks. Best regards Kari".
func unsign(lines []string) []string {
	last := len(lines) - 1
	for last >= 0 && empty(lines[last]) {
		last--
	}
	if last < 0 || len(lines[last]) > lineSize || strings.HasPrefix(strings.TrimLeft(lines[last], " "), ">") {
		return lines
	}
	line := strings.TrimRight(lines[last], " \t\u00a0")
	for at := len(line) - 1; at > 0 && at > len(line)-60; at-- {
		if strings.IndexByte(".!?", line[at-1]) < 0 || line[at] != ' ' {
			continue
		}
		rest := strings.TrimSpace(line[at:])
		n := phrase(lower(rest), closings)
		if n < 3 || n > len(rest) || !isName(strings.Trim(rest[n:], " ,.!-–")) {
			continue
		}
		return append(append(append([]string{}, lines[:last]...), line[:at], rest), lines[last+1:]...)
	}
	return lines
}

// phrase is the length of the longest of the phrases that s begins with, as
// whole words.
func phrase(s string, list []string) int {
	best := 0
	for _, p := range list {
		if len(p) <= best || !strings.HasPrefix(s, p) {
			continue
		}
		if r, _ := utf8.DecodeRuneInString(s[len(p):]); len(s) == len(p) || !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '\'' && r != '&' && r != '@' {
			best = len(p)
		}
	}
	return best
}

// speaks reports whether whole sentences follow: then the closing words closed
// nothing.
func (m *marker) speaks(from, to int) bool {
	n := 0
	for i := from; i < to; i++ {
		line := strings.TrimSpace(m.lines[i])
		f := lower(clip(line, lineSize))
		if notice(f, m.lines[i:to]) || postscript(f) {
			for i+1 < to && !empty(m.lines[i+1]) {
				i++
			}
			continue
		}
		if strings.HasSuffix(line, "?") || strings.HasSuffix(line, ".") && len(strings.Fields(line)) > 5 || len(strings.Fields(line)) > 12 {
			n++
		}
	}
	return n > 1
}

// nameAt is the name on the first line that is not empty, or "".
func (m *marker) nameAt(from, to int) string {
	for i := from; i < to; i++ {
		if line := strings.Trim(m.lines[i], " \t\u00a0*_-–~/"); line != "" {
			if isName(line) {
				return line
			}
			return ""
		}
	}
	return ""
}

func (m *marker) last(from, to int) bool {
	for i := from; i < to; i++ {
		if !empty(m.lines[i]) {
			return false
		}
	}
	return true
}

// desk reports whether what stands after closing words may be a department in
// lower case, as in "Hilsen kundestøtte".
func desk(words, rest string) bool {
	return (len(words) > 4 || words == "mvh") && rest != "" && len(rest) <= nameSize && len(strings.Fields(rest)) <= 2 &&
		!strings.ContainsFunc(rest, func(r rune) bool { return !unicode.IsLetter(r) && r != ' ' && r != '-' })
}

func capital(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsUpper(r)
}

// particles stand inside names in lower case.
var particles = map[string]bool{"von": true, "van": true, "de": true, "der": true, "den": true, "af": true, "av": true, "zu": true, "la": true, "og": true, "och": true, "und": true, "ja": true, "and": true, "&": true, "/": true, "i": true, "på": true, "fra": true, "från": true}

// isName reports whether a line may be somebody's name: up to four capitalised
// words without figures or punctuation.
func isName(line string) bool {
	if len(line) > nameSize {
		return false
	}
	words := strings.Fields(strings.TrimRight(line, " .,"))
	if len(words) == 0 || len(words) > 4 {
		return false
	}
	for i, w := range words {
		if i > 0 && particles[w] {
			continue
		}
		if !capital(w) || strings.ContainsAny(w, "0123456789@:?!=<>;/\\") {
			return false
		}
	}
	return true
}

// dash marks a last line that is a name behind a dash: "-Ola", "/Kari".
func (m *marker) dash(s span) {
	i := s.to - 1
	for i >= s.from && (m.kinds[i] != Own || empty(m.lines[i])) {
		i--
	}
	if i <= s.from {
		return
	}
	line := strings.TrimSpace(m.lines[i])
	name := strings.TrimLeft(line, "-–—/~")
	if name == line || len(line)-len(name) > 4 || !isName(strings.TrimSpace(name)) || len(strings.Fields(name)) > 3 {
		return
	}
	if strings.HasPrefix(name, " ") && i > s.from && (strings.HasPrefix(strings.TrimSpace(m.lines[i-1]), "- ") || strings.HasPrefix(strings.TrimSpace(m.lines[i-1]), "– ")) {
		return // an item of a list
	}
	above := i - 1
	if above >= s.from && !empty(m.lines[above]) && strings.HasPrefix(name, " ") {
		return
	}
	m.kinds[i] = Signature
}

var contact = pattern.Lazy(`(?i)^(?:\W*(?:tlf|tel|telefon|phone|mob|mobil|mobile|mobiltelefon|cell|office|direct|direkte|direkt|fax|faks|telefax|puh|puhelin|gsm|sími|e-?post|e-?mail|mail|sähköposti|web|www|nettside|hemsida|adresse|address|besøksadresse|org\.? ?nr|cvr|y-tunnus|ust-?id|skype|linkedin|t|m|e|w|p)\b[.:)]*\s*[:.+]?\s*[\d+(<\w]|[\w.+-]+@[\w-]+\.[\w.]+|(?:https?://|www\.)\S+$|\+?[\d(][\d ()/.-]{6,}\d$|📧|📱|☎|📞|✉)`)

// contactLines counts lines that hold a number, an address or a site and
// nothing else.
func contactLines(lines []string) int {
	n := 0
	for _, l := range lines {
		l = strings.Trim(l, " \t\u00a0*_|")
		if l == "" || len(l) > signatureLine {
			continue
		}
		if contact().MatchString(l) && !strings.HasSuffix(l, "?") && len(strings.Fields(l)) <= 12 {
			n++
		}
	}
	return n
}

// card marks a last paragraph that is a calling card: a name above contact
// lines.
func (m *marker) card(s span) {
	to := s.to
	for to > s.from && (m.kinds[to-1] != Own || empty(m.lines[to-1])) {
		to--
	}
	at := to
	for at > s.from && m.kinds[at-1] == Own && !empty(m.lines[at-1]) {
		at--
	}
	if at == s.from || to-at < 2 || to-at > signatureLines || m.last(s.from, at) {
		return
	}
	first := strings.Trim(m.lines[at], " \t*_")
	if who, _, _ := strings.Cut(first, "|"); !isName(strings.TrimSpace(who)) || strings.HasSuffix(first, ",") && to-at > 2 && contactLines(m.lines[at:to]) == 0 {
		return
	}
	n := contactLines(m.lines[at+1 : to])
	if who, what, ok := strings.Cut(first, "|"); ok && isName(strings.TrimSpace(who)) && len(strings.Fields(who)) > 1 && capital(strings.TrimSpace(what)) && to-at <= 4 {
		n++ // "Kari Nordmann | Head of Sales" above the company
	}
	for _, l := range m.lines[at:to] {
		l = strings.TrimSpace(l)
		if len(l) > signatureLine || strings.HasSuffix(l, "?") || len(strings.Fields(l)) > 10 {
			return
		}
	}
	if n == 0 {
		return
	}
	m.set(at, to, Signature)
}
