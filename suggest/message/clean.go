package message

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Cleaned is a message with the customer's own words told apart from what mail
// programs, signatures and habits put around them.
type Cleaned struct {
	Body      string // what the customer wrote, never empty unless the message is
	Greeting  string // "Hei Ola,"
	Signature string // from the closing words on, with disclaimers
	Quoted    string // earlier messages
	Name      string // the first name it is signed with, or ""
}

// Clean takes a plain-text message apart. It works line by line, in linear
// time, for all supported languages at once: mail programs and their users do
// not agree on one. When nothing would be left, the body keeps what was there.
func Clean(text string) Cleaned {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	text = strings.ReplaceAll(text, "\r", "\n")
	lines := strings.Split(text, "\n")
	own, quoted := unquote(lines)
	c := Cleaned{Quoted: block(quoted)}
	body, signature, name := unsign(own)
	c.Signature, c.Name = block(signature), name
	c.Greeting, c.Body = ungreet(block(body))
	switch {
	case c.Body != "":
	case c.Greeting != "": // "Hei!" is all there is to say
		c.Body = c.Greeting
	case block(own) != "":
		c.Body, c.Signature, c.Name = block(own), "", ""
	default:
		c.Body, c.Quoted = strings.TrimSpace(text), ""
	}
	return c
}

// block joins lines without the empty ones around them.
func block(lines []string) string {
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

// unquote parts a message from the messages it answers.
func unquote(lines []string) (own, quoted []string) {
	for i := 0; i < len(lines); {
		if strings.HasPrefix(strings.TrimLeft(lines[i], " "), ">") {
			quoted = append(quoted, lines[i])
			i++
			if i < len(lines) && wrappedQuote(lines[i-1], lines[i]) {
				quoted = append(quoted, lines[i])
				i++
			}
			continue
		}
		if n := wroteHeader(lines[i:]); n > 0 {
			next := i + n
			for next < len(lines) && strings.TrimSpace(lines[next]) == "" {
				next++
			}
			if next < len(lines) && strings.HasPrefix(strings.TrimLeft(lines[next], " "), ">") {
				// Marked line by line: what stands between is an answer.
				quoted = append(quoted, lines[i:next]...)
				i = next
				continue
			}
			return own, append(quoted, lines[i:]...)
		}
		if separator(lines[i]) || headerBlock(lines[i:]) {
			for len(own) > 0 && rule(own[len(own)-1]) {
				quoted = append(quoted, own[len(own)-1])
				own = own[:len(own)-1]
			}
			return own, append(quoted, lines[i:]...)
		}
		own = append(own, lines[i])
		i++
	}
	return own, quoted
}

// wrappedQuote reports whether line is the end of the quoted line before it,
// which a program broke without a mark.
func wrappedQuote(before, line string) bool {
	r, _ := utf8.DecodeRuneInString(line)
	return unicode.IsLower(r) && len(strings.TrimRight(before, " ")) >= 60
}

// rule reports whether a line only draws a line, or is empty.
func rule(line string) bool { return strings.Trim(line, " _-=*–—\t") == "" }

var headerOpening = list("on|den|am|le|el|il|op")

var wrote = list("wrote|írta|skrev|skreiv|schrieb|kirjoitti|écrit|schreef|escribió|scritto|escreveu|napisał|napisał(a)|schrieben")

// wroteHeader is the number of lines, up to four, of a header such as "On …
// wrote:", or 0. It has a date or an address and ends with the verb and a
// colon, or, in languages that put the verb first, with a name and a colon.
func wroteHeader(lines []string) int {
	if len(lines[0]) > 300 || !hasDigitOrAt(lines[0]) && !opensHeader(lines[0]) || device(fold(lines[0])) {
		return 0
	}
	joined := ""
	for n, line := range lines[:min(len(lines), 4)] {
		line = strings.TrimSpace(line)
		if n > 0 && line == "" || len(joined)+len(line) > 500 {
			return 0
		}
		joined += " " + line
		end := strings.TrimRight(joined, " -")
		colon := strings.HasSuffix(end, ":")
		// "---- On … wrote ----", and programs that forget the colon.
		bare := n == 0 && strings.Contains(end, "@") && strings.HasSuffix(end, " wrote")
		if !colon && !bare {
			continue
		}
		f := fold(end)
		// Some write no verb at all: "30.09.2017, 18.30, "Per" <per@…>:".
		address := strings.HasSuffix(f, ">:") && strings.Contains(f, "@") && strings.ContainsAny(line, "0123456789")
		if !wrote.in(f) && !strings.HasSuffix(f, "wrote:") && !address || !dated(f) {
			return 0
		}
		return n + 1
	}
	return 0
}

func hasDigitOrAt(s string) bool { return strings.ContainsAny(s, "0123456789@") }

// opensHeader reports whether a line begins as headers do that break before
// their date.
func opensHeader(line string) bool {
	return headerOpening.starts(fold(clip(line, 16))) > 0
}

// dated reports whether a folded header names a time or an address.
func dated(f string) bool {
	if strings.Contains(f, "@") {
		return true
	}
	for i := 1; i+2 < len(f); i++ {
		if (f[i] == ':' || f[i] == '.' || f[i] == '/' || f[i] == '-') && isDigit(f[i-1]) && isDigit(f[i+1]) && isDigit(f[i+2]) {
			return true
		}
	}
	for _, w := range wordSpans(f) {
		if months[f[w.Start:w.End]] > 0 {
			return true
		}
	}
	return false
}

var forwarded = list(`original message|original appointment|forwarded message|begin forwarded message|opprinnelig melding|opprinnelig e-post|videresendt melding|videresendt e-post|
ursprungligt meddelande|originalmeddelande|vidarebefordrat meddelande|vidarebefordrat brev|oprindelig besked|oprindelig meddelelse|oprindelig mail|videresendt besked|videresendt meddelelse|
alkuperäinen viesti|välitetty viesti|edelleenlähetetty viesti|ursprüngliche nachricht|originalnachricht|weitergeleitete nachricht|message d'origine|message transféré|mensaje original|messaggio originale|oorspronkelijk bericht`)

// above asks to answer above a line; what follows is a help desk's notice.
var above = list(`reply above this line|type your reply above|svar over denne linjen|skriv svaret ditt over|svar over denne linje|skriv dit svar over|svara ovanför denna rad|svara ovanför den här raden|skriv ditt svar ovanför|
vastaa tämän rivin yläpuolelle|kirjoita vastauksesi tämän rivin yläpuolelle|oberhalb dieser zeile|über dieser zeile`)

// separator reports whether a line is "-----Original Message-----" in one of
// many languages, or the line of a help desk that answers go above.
func separator(line string) bool {
	line = strings.TrimSpace(line)
	if len(line) > 120 {
		return false
	}
	inner := strings.Trim(line, "-_=* ")
	marked := strings.HasPrefix(line, "--") || strings.HasPrefix(line, "__") || strings.HasPrefix(line, "==")
	if (marked || strings.HasPrefix(line, "##") || strings.HasPrefix(line, "**")) && above.in(fold(line)) {
		return true
	}
	f := strings.TrimSuffix(fold(inner), ":")
	return marked && forwarded.in(f) && wordCount(f) <= 4 || f == "begin forwarded message" || f == "start på videresendt besked"
}

var (
	fromHeader  = list("from:|message du :|fra:|frå:|från:|von:|lähettäjä:|de :|de:|da:|van:|expéditeur:|avsender:|absender:|avsändare:|afsender:")
	otherHeader = list(`sent:|sendt:|sent :|skickat:|gesendet:|lähetetty:|envoyé*|date:|dato:|datum:|päivämäärä:|pvm:|to:|til:|till:|an:|vastaanottaja:|à :|à:|subject:|emne:|ämne:|betreff:|aihe:|objet*|
cc:|kopi:|kopia:|kopio:|inviato:|oggetto:|verzonden:|aan:|onderwerp:|reply-to:|a:|a :|sujet*`)
)

// headerBlock reports whether the lines begin with the headers of an earlier
// mail: who sent it, and one more of when, to whom and about what.
func headerBlock(lines []string) bool {
	if !header(lines[0], fromHeader) {
		// Some programs give the date first.
		for n, line := range lines[:min(len(lines), 4)] {
			switch {
			case n > 0 && header(line, fromHeader):
				return true
			case !header(line, otherHeader):
				return false
			}
		}
		return false
	}
	for n, line := range lines[1:min(len(lines), 7)] {
		if header(line, otherHeader) {
			return true
		}
		if n > 2 {
			break
		}
	}
	return false
}

func header(line string, names phrases) bool {
	line = strings.TrimLeft(clip(line, 80), " *_\t")
	f := strings.ReplaceAll(fold(clip(line, 40)), "*", "")
	for _, name := range names {
		name, _ = strings.CutSuffix(name, "*")
		if strings.HasPrefix(f, name) {
			return true
		}
	}
	return false
}

var closings = list(`med vennlig hilsen|med venleg helsing|vennlig hilsen|venleg helsing|vennlige hilsener|beste hilsen|beste hilsener|med hilsen|mvh|m.v.h|m.v.h.|mvh.|hilsen|helsing|hilsener|klem|ha en fin dag|ha en god dag|ha en fin dag videre|på forhånd takk|
med vänliga hälsningar|vänliga hälsningar|med vänlig hälsning|vänlig hälsning|hälsningar|hälsning|bästa hälsningar|många hälsningar|hälsn|m.v.h|vänligen|ha en fin dag|ha en bra dag|tack på förhand|
med venlig hilsen|venlig hilsen|venlige hilsner|med venlige hilsner|mange hilsner|bedste hilsner|kærlig hilsen|de bedste hilsner|kh|hilsner|vh|dbh|på forhånd tak|
ystävällisin terveisin|ystävällisesti|terveisin|parhain terveisin|terv|terv.|t.|yst.terv|yst. terv.|yst.terv.|kunnioittavasti|kiitos etukäteen|kiittäen|hyvää päivänjatkoa|
mit freundlichen grüßen|mit freundlichen grüssen|mit freundlichem gruß|mit freundlichem gruss|freundliche grüße|freundliche grüsse|viele grüße|viele grüsse|liebe grüße|liebe grüsse|beste grüße|beste grüsse|schöne grüße|herzliche grüße|mit besten grüßen|mfg|lg|vg|gruß|gruss|grüße|grüsse|hochachtungsvoll|vielen dank im voraus|danke im voraus|
best regards|kind regards|kindest regards|warm regards|with kind regards|with best regards|many thanks and regards|regards|best wishes|all the best|sincerely|yours sincerely|yours faithfully|yours truly|cheers|br|thanks in advance|thank you in advance|many thanks|thanks and regards|have a nice day|best,|best`)

// lone are closings that only count with nothing but a name after them, since
// sentences begin with them too, or because they say thanks.
var lone = list("best|br|t.|lg|vg|kh|vh|klem|cheers|regards|thanks in advance|thank you in advance|many thanks|på forhånd takk|tack på förhand|på forhånd tak|kiitos etukäteen|danke im voraus|vielen dank im voraus|hilsen|helsing|hälsning|hälsningar|hilsner|gruß|grüße|terv|vänligen|ystävällisesti|ha en fin dag|ha en god dag|ha en bra dag|have a nice day|hyvää päivänjatkoa|all the best|best wishes")

var devices = list(`sent from my|sent from a|sent from mail for|sent from outlook|sent from yahoo|sent from proton*|sent from typeapp|sent from samsung|sent via|sent with|get outlook for|get typeapp|
sendt fra min|sendt fra outlook|sendt fra e-post|sendt frå min|sendt med|hent outlook for|last ned outlook|skaff deg outlook|sendt fra mail|sendt fra samsung|skickat från min|skickat från outlook|skickat från e-post|skickat från mail|hämta outlook|skaffa outlook|
få outlook til|hent outlook til|lähetetty iphone*|lähetetty ipad*|lähetetty android*|lähetetty samsung*|lähetetty puhelime*|lähetetty outlook*|lähetetty sähköposti*|hae outlook*|hanki outlook*|
von meinem|gesendet von|gesendet mit|gesendet aus|holen sie sich outlook|laden sie outlook|outlook für ios|outlook für android|envoyé de|envoyé depuis|envoyé à partir|télécharger outlook|diese nachricht wurde von meinem`)

var (
	disclaimerStart = list(`this e-mail|this email|this message|this communication|the information contained|confidentiality notice|confidentiality note|disclaimer|denne e-posten|denne e-post|denne eposten|denne meldingen|informasjonen i denne|detta e-post*|detta meddelande|detta mejl|informationen i detta|
denne mail|denne e-mail|denne meddelelse|oplysningerne i denne|tämä viesti|tämä sähköposti*|tässä viestissä|tämän viestin|diese e-mail|diese nachricht|dieses e-mail|der inhalt dieser|if you are not the intended|if you have received this|hvis du har mottatt|om du har fått|om du inte är|hvis du ikke er|jos et ole|sollten sie nicht|wenn sie nicht der|please consider the environment|tenk på miljøet|tänk på miljön`)
	disclaimerWord = list(`confidential*|virus*|privileged|intended recipient|intended solely|intended only|konfidensiel*|taushetsplikt*|fortroli*|tiltenkt|rette mottaker|konfidentiel*|avsedd för|avsedda mottagare*|sekretess*|rette modtager|luottamukselli*|vastaanottaja*|vertraulich*|adressat*|empfänger*|bestimmt|environment|miljøet|miljön|by mistake|in error|ved en feil|av misstag|ved en fejl|vahingossa|irrtümlich*`)
)

// unsign parts the customer's lines from signatures, device notes and
// disclaimers. Questions under a closing stay in the body.
func unsign(lines []string) (body, signature []string, name string) {
	body, signature, name = cutSignature(lines)
	if from := card(body); from > 0 {
		return body[:from], append(slices.Clone(body[from:]), signature...), firstOf(nameIn(body[from:]), name)
	}
	// A name above a signature or a note of the mail program: "-Ola".
	last := len(body) - 1
	for last >= 0 && strings.TrimSpace(body[last]) == "" {
		last--
	}
	if last > 0 {
		if who, ok := dashName(strings.TrimSpace(body[last]), true, nil, body[:last]); ok {
			return body[:last], append([]string{body[last]}, signature...), firstOf(who, name)
		}
	}
	return body, signature, name
}

func cutSignature(lines []string) (body, signature []string, name string) {
	said := false // something stands above
	for i := 0; i < len(lines); i++ {
		line := strings.TrimSpace(lines[i])
		f := fold(clip(line, 400))
		switch {
		case line == "":
		case device(f):
			signature = append(signature, lines[i])
			if said {
				// It stands at the end of what was typed. Below it is what was
				// there before, and what the customer added afterwards.
				kept, cut := keepQuestions(lines[i+1:])
				if len(kept) > 0 {
					body = append(trimEmpty(body), append([]string{""}, kept...)...)
				}
				return body, append(signature, cut...), name
			}
			continue
		case !said && gateway(f):
			for signature = append(signature, lines[i]); i+1 < len(lines) && strings.TrimSpace(lines[i+1]) != "" && !strings.Contains(lines[i+1], "?"); i++ {
				signature = append(signature, lines[i+1])
			}
			continue
		case said && disclaims(f):
			signature = append(signature, lines[i])
			for i+1 < len(lines) && strings.TrimSpace(lines[i+1]) != "" && !strings.Contains(lines[i+1], "?") {
				i++
				signature = append(signature, lines[i])
			}
			continue
		case said && (line == "--" || line == "—" || line == "––" || line == "__" || longRule(line) && closesShort(lines[i+1:])):
			kept, cut := keepQuestions(lines[i:])
			name = firstOf(name, nameIn(lines[i+1:]))
			return append(body, kept...), append(signature, cut...), name
		default:
			if n := closing(line, f, said, lines[i+1:]); n >= 0 {
				rest := strings.TrimSpace(line[n:])
				name = firstOf(name, nameOf(rest), nameIn(lines[i+1:]))
				kept, cut := keepQuestions(lines[i:])
				return append(body, kept...), append(signature, cut...), name
			}
			if head, who, ok := signedTail(line); ok && lastOf(lines[i+1:]) {
				body = append(body, head)
				signature = append(signature, strings.TrimSpace(line[len(head):]))
				kept, cut := keepQuestions(lines[i+1:])
				return append(body, kept...), append(signature, cut...), firstOf(name, who, nameIn(lines[i+1:]))
			}
			said = true
		}
		body = append(body, lines[i])
	}
	return body, signature, name
}

// Bounds of a card, in lines and in bytes of a line.
const (
	cardLines = 9
	cardLine  = 90
)

// card is where the last paragraph begins when it is the address of its
// writer: a name, and below it a way to reach them. It is 0 when there is
// none, or nothing above it.
func card(lines []string) int {
	lines = trimEmpty(lines)
	from := len(lines)
	for from > 0 && len(lines)-from < cardLines && strings.TrimSpace(lines[from-1]) != "" {
		from--
	}
	above := trimEmpty(lines[:from])
	if from == len(lines) || len(above) == 0 || len(above) == from || strings.HasSuffix(strings.TrimSpace(above[len(above)-1]), ":") {
		return 0 // "Send it to:" and an address
	}
	first, _, _ := strings.Cut(strings.TrimSpace(lines[from]), "|")
	names := wordSpans(clip(first, 80))
	if len(names) < 2 || len(names) > 4 || strings.ContainsAny(first, "?!.:;@0123456789") || nameOf(first) == "" {
		return 0
	}
	for _, w := range names {
		if word := first[w.Start:w.End]; !capitalised(word) && !slices.Contains(particles, word) {
			return 0
		}
	}
	reached := false
	for _, line := range lines[from+1:] {
		if len(line) > cardLine || strings.ContainsAny(line, "?") {
			return 0
		}
		for _, a := range Anchors(line) {
			reached = reached || a.Kind == Phone || a.Kind == Email || a.Kind == URL
		}
	}
	if !reached {
		return 0
	}
	return from
}

// trimEmpty is lines without the empty ones at their end.
func trimEmpty(lines []string) []string {
	for len(lines) > 0 && strings.TrimSpace(lines[len(lines)-1]) == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

func firstOf(names ...string) string {
	for _, n := range names {
		if n != "" {
			return n
		}
	}
	return ""
}

// device reports whether a folded line was added by a telephone or app.
func device(f string) bool {
	if i := strings.IndexByte(f, '<'); i > 0 {
		f = f[:i]
	}
	if len(f) > 120 {
		return false
	}
	n := devices.starts(strings.TrimLeft(f, "-–— "))
	// "Sent from my desk, which is easier" is written by a person.
	return n > 0 && !strings.ContainsAny(f[n:], ",?") && wordCount(f) <= 8
}

// disclaims reports whether a folded line begins a legal notice.
func disclaims(f string) bool {
	return !strings.Contains(f, "?") && disclaimerStart.starts(strings.TrimLeft(f, "*_ ")) > 0 && disclaimerWord.in(f) && len(f) > 40
}

var (
	gatewayStart = list("caution|warning|external|external email|external e-mail|external sender|notice|advarsel|forsiktig|ekstern e-post|ekstern avsender|varning|extern avsändare|externt mejl|obs|ekstern afsender|ekstern mail|varoitus|huomio|ulkoinen lähettäjä|achtung|warnung|vorsicht|externe e-mail|externer absender")
	gatewayWord  = list(`originated from outside|outside of the organi*|outside the organi*|outside your organi*|external sender|do not click|utenfor organisasjonen|ekstern avsender|utanför organisationen|extern avsändare|uden for organisationen|ekstern afsender|organisaation ulkopuolelta|ulkoinen lähettäjä|
ulkoiselta lähettäjältä|außerhalb der organisation|außerhalb des unternehmens|externen absender|externer absender|klicken sie nicht`)
)

// gateway reports whether a folded line is the warning that a company's mail
// gateway puts above mail from outside.
func gateway(f string) bool {
	return !strings.Contains(f, "?") && gatewayStart.starts(strings.TrimLeft(f, "*_[!⚠️ ")) > 0 && gatewayWord.in(f)
}

// longRule reports whether a line is five or more dashes of one kind.
func longRule(line string) bool {
	return len(line) >= 5 && (strings.Trim(line, "—") == "" || strings.Trim(line, "_") == "")
}

// closesShort reports whether only a few short lines follow, as under a
// signature's rule.
func closesShort(lines []string) bool {
	n := 0
	for _, l := range lines {
		if l = strings.TrimSpace(l); l != "" {
			if n++; n > 8 || len(l) > 80 {
				return false
			}
		}
	}
	return n > 0
}

// closing is how much of a line are closing words such as "Mvh", or -1. A
// closing ends a message: little follows it on its line.
func closing(line, f string, said bool, after []string) int {
	if len(f) > 80 {
		return -1
	}
	n := closings.starts(f)
	if n == 0 {
		return -1
	}
	rest := strings.TrimSpace(strings.TrimLeft(line[n:], " ,.!:-–/|"))
	if m := closings.starts(fold(rest)); m > 0 && m == len(strings.TrimRight(rest, " ,.!")) {
		rest = "" // the same in a second language
	}
	if m := from.starts(rest); m > 0 && lone.starts(f) != n {
		rest = strings.TrimLeft(rest[m:], " ") // "Beste Grüße aus Kiel"
	}
	words := wordCount(rest)
	if strings.ContainsAny(rest, "?") || words > 4 {
		return -1
	}
	if said && lastLine(after) && (n > 4 || f[:n] == "mvh") && words > 0 && words <= 2 && !strings.ContainsFunc(rest, notOfName) {
		return n // "Hilsen kundestøtte"
	}
	if words > 0 && !capitalised(rest) {
		return -1
	}
	if lone.starts(f) == n {
		// "Hilsen fra Bergen", "Best price": only with a name.
		if words > 3 || words > 0 && nameOf(rest) == "" || !said && words == 0 && !lastOf(after) && nameIn(after) == "" {
			return -1
		}
	}
	if !said && !lastOf(after) && nameIn(after) == "" {
		return -1
	}
	return n
}

// from stands between closing words and a place or a firm.
var from = list("fra|frå|från|from|for|för|für|aus|vom|på vegne av|på vegner af|i|in")

func notOfName(r rune) bool { return !unicode.IsLetter(r) && r != ' ' && r != '-' }

// lastLine reports whether nothing follows.
func lastLine(lines []string) bool {
	return !slices.ContainsFunc(lines, func(l string) bool { return strings.TrimSpace(l) != "" })
}

// lastOf reports whether nothing much follows.
func lastOf(lines []string) bool {
	n := 0
	for _, l := range lines {
		if strings.TrimSpace(l) != "" {
			if n++; n > 1 {
				return false
			}
		}
	}
	return true
}

// signedTail parts "Når kommer den? Mvh Kari" and "Takk, hilsen Per" before
// the closing.
func signedTail(line string) (head, name string, ok bool) {
	from := max(0, len(line)-60)
	for from < len(line) && !utf8.RuneStart(line[from]) {
		from++
	}
	for i := from; i < len(line); i++ {
		if strings.IndexByte(".!?,;/", line[i]) < 0 {
			continue
		}
		rest := strings.TrimLeft(line[i+1:], " ")
		f := fold(rest)
		if line[i] == '/' {
			if i > 0 && line[i-1] == ' ' && nameOf(rest) != "" && wordCount(rest) <= 2 && strings.Trim(rest, "/ ") != "" && capitalised(rest) {
				return strings.TrimRight(line[:i], " /"), nameOf(rest), true
			}
			continue
		}
		n := closings.starts(f)
		if n == 0 || n == len(f) && lone.starts(f) == n {
			continue
		}
		who := strings.TrimLeft(rest[n:], " ,.!:-–")
		if wordCount(who) > 3 || strings.ContainsAny(who, "?") || who != "" && !capitalised(who) {
			continue
		}
		end := i + 1
		if line[i] == ',' || line[i] == ';' {
			end = i
		}
		return line[:end], nameOf(who), true
	}
	return "", "", false
}

// dashName reads a last line that is only a name: "-Ola", "/Ola Nordmann", or
// the name alone under thanks.
func dashName(line string, said bool, after, before []string) (string, bool) {
	if !said || !lastOf(after) || len(line) > 40 {
		return "", false
	}
	bare := strings.TrimLeft(line, "-–—/~* ")
	name := nameOf(bare)
	if name == "" || wordCount(bare) > 3 || !capitalised(bare) || strings.ContainsAny(bare, "?!:0123456789") {
		return "", false
	}
	if bare != line {
		return name, strings.TrimLeft(line, "-–—/~*") == bare || wordCount(bare) <= 2
	}
	// Without a dash, only under thanks or a full stop with an empty line.
	for _, line := range slices.Backward(before) {
		prev := fold(clip(strings.TrimSpace(line), 200))
		if prev == "" {
			continue
		}
		v := vocabularyOf("")
		return name, wordCount(bare) <= 2 && v.thanks.in(prev) && wordCount(prev) <= 6
	}
	return "", false
}

var postscript = list("ps|p.s|p.s.|nb|obs")

// keepQuestions returns from a signature's lines those that still ask
// something, such as a postscript, and the rest.
func keepQuestions(lines []string) (kept, cut []string) {
	ps := false
	for _, l := range lines {
		f := fold(clip(strings.TrimSpace(l), 8))
		switch {
		case f == "":
			ps = false
		case postscript.starts(f) > 0 && len(strings.TrimSpace(l)) > 6:
			ps = true
		}
		asks := false
		for part := range strings.FieldsSeq(l) {
			asks = asks || strings.HasSuffix(part, "?") && !strings.Contains(part, "/")
		}
		if ps || asks {
			kept = append(kept, l)
		} else {
			cut = append(cut, l)
		}
	}
	return kept, cut
}

// capitalised reports whether s begins with a capital letter.
func capitalised(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsUpper(r)
}

// notNames are capitalised words in signatures that nobody is called.
var notNames = strings.Fields("as ab gmbh oy aps ltd inc team support kundeservice kundtjänst kundeservice asiakaspalvelu kundenservice the med mit best kind sent tlf tel mobil phone e-post email mail adresse fra från from von salg avdeling daglig leder vd ceo manager herr frau hr fr mr mrs ms dr på tack takk tak kiitos danke thanks regards hilsen www")

// nameOf is the first name that s begins with, or "".
func nameOf(s string) string {
	s = strings.TrimLeft(clip(s, 80), " ,.!:-–—/*_\"'")
	end := strings.IndexFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && r != '-' && r != '\'' })
	if end < 0 {
		end = len(s)
	}
	w := strings.Trim(s[:end], "-'")
	f := fold(w)
	switch {
	case utf8.RuneCountInString(w) < 2 || utf8.RuneCountInString(w) > 20, !capitalised(w), slices.Contains(notNames, f):
		return ""
	case utf8.RuneCountInString(w) > 3 && strings.ToUpper(w) == w:
		return ""
	case end < len(s) && strings.ContainsRune("@0123456789.", rune(s[end])):
		return ""
	}
	return w
}

// nameIn is the first name on the first line that has words.
func nameIn(lines []string) string {
	for _, l := range lines {
		if l = strings.TrimSpace(l); rule(l) {
			continue
		}
		words := wordSpans(clip(l, 200))
		if len(words) > 5 || strings.ContainsAny(l, "?") {
			return ""
		}
		if len(words) > 2 {
			// "My name is" is a sentence, "Kari fra Bergen" is Kari.
			second := l[words[1].Start:words[1].End]
			if !capitalised(second) && !slices.Contains(particles, second) {
				return ""
			}
		}
		return nameOf(l)
	}
	return ""
}

// particles stand between names, or between a name and where it is from.
var particles = strings.Fields("von van de af av zu der den i på fra från at and og och ja und hos / |")

// greetedWords may stand between a greeting and its comma in lower case.
var greetedWords = list("there|all|team|everyone|everybody|folks|guys|sir|or|madam|alle|alle sammen|sammen|folkens|igjen|igen|dere|og|på|deg|der|du|och|allihopa|alla|er|dig|jer|med|i|kaikki|kaikille|ja|vaan|taas|zusammen|miteinander|ihr|und|damen|herren|liebes|wieder|to|whom|it|may|concern|again|support|kundeservice|kundtjänst|kundservice|asiakaspalvelu|kundendienst")

// ungreet parts a greeting from the body: words of greeting with a name, up to
// a comma, an exclamation mark or the end of the line.
func ungreet(body string) (greeting, rest string) {
	f := fold(clip(body, 120))
	n := vocabularyOf("").greeting.starts(f)
	if n == 0 || n > len(body) {
		return "", body
	}
	end := n // of the greeting
	words := 0
	for i := n; ; {
		if i >= len(f) {
			if len(body) > len(f) {
				return cutGreeting(body, n)
			}
			end = len(body)
			break
		}
		r, size := utf8.DecodeRuneInString(body[i:])
		if r == '\n' {
			end = i
			break
		}
		if strings.ContainsRune(",!.:;–", r) || r == '-' && i > n && body[i-1] == ' ' {
			for i < len(body) && strings.IndexByte(",!.:;- )", body[i]) >= 0 || strings.HasPrefix(body[i:], "–") {
				_, s := utf8.DecodeRuneInString(body[i:])
				i += s
			}
			end = i
			break
		}
		if r == '?' {
			return "", body // "Hallo?" asks whether somebody is there
		}
		if isWord(r) {
			w := wordEnd(body, i)
			word := body[i:w]
			if words++; words > 5 || !capitalised(word) && !slices.Contains(greetedWords, fold(word)) {
				return cutGreeting(body, n)
			}
			i = w
			continue
		}
		i += size
	}
	return strings.TrimSpace(body[:end]), strings.TrimSpace(body[end:])
}

// cutGreeting cuts only the word of greeting: "Hei jeg lurer på".
func cutGreeting(body string, n int) (greeting, rest string) {
	rest = strings.TrimSpace(body[n:])
	f := fold(clip(body[:n], 40))
	// "Kära" and "Hyvä" without a name after them praise something.
	if slices.Contains([]string{"kära", "kjære", "kære", "bästa", "arvoisa", "dear", "liebe", "lieber", "liebes", "tag"}, f) {
		return "", body
	}
	return body[:n], rest
}

func wordEnd(s string, i int) int {
	for i < len(s) {
		r, size := utf8.DecodeRuneInString(s[i:])
		if !isWord(r) && r != '-' && r != '\'' {
			break
		}
		i += size
	}
	return i
}
