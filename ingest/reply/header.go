package reply

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Limits of what counts as a header of a quoted message.
const (
	headerLines = 5   // "On …" may be wrapped into so many lines
	headerSize  = 600 // bytes of them
	lineSize    = 400 // bytes of one
)

// openers begin the line above a quote.
var openers = []string{
	"on ", "den ", "am ", "le ", "el ", "il ", "op ", "på ", "w dniu ", "dnia ", "em ", "in data ", "ons ", "fre ", "man ", "tir ", "tor ", "lør ", "søn ", "mån ", "tis ", "lör ", "sön ",
	"ma ", "ti ", "ke ", "to ", "pe ", "la ", "su ", "man. ", "tir. ", "ons. ", "tor. ", "tors. ", "fre. ", "lør. ", "søn. ", "mandag ", "tirsdag ", "onsdag ", "torsdag ", "fredag ", "lørdag ", "søndag ",
	"måndag ", "tisdag ", "lördag ", "söndag ", "vid ", "kl. ",
}

// verbs end or hold the line above a quote.
var verbs = []string{
	"wrote", "writes", "skrev", "skreiv", "schrieb", "kirjoitti", "a écrit", "écrit", "schreef", "geschreven", "escribió", "ha scritto", "scritto", "escreveu", "napisał", "napisał(a)", "napisała",
	"schrieben", "írta", "написал", "написал(а)", "написала", "пишет", "napsal", "napsal(a)", "skrifaði", "sent", "následující", "rašė", "yazdı",
}

var months = []string{
	"jan", "feb", "mar", "apr", "mai", "may", "maj", "jun", "jul", "aug", "sep", "okt", "oct", "nov", "des", "dec", "dez", "mär", "tammi", "helmi", "maalis", "huhti", "touko", "kesä", "heinä", "elo", "syys", "loka", "marras", "joulu",
}

// wrote is the number of lines of a header such as "On … wrote:", or 0. It
// names a date or an address and ends with a verb and a colon, with a verb, a
// name and a colon, or with an address and a colon.
func wrote(lines []string) int {
	n := wroteAt(lines)
	// The line above a header may look like its beginning.
	for k := 1; k < n; k++ {
		ended := strings.ContainsAny(lastByte(lines[k-1]), ".!?")
		if (ended || opens(lines[k])) && wroteAt(lines[k:]) == n-k {
			return 0
		}
	}
	return n
}

// lastByte is the last byte of a line that is no space.
func lastByte(line string) string {
	line = strings.TrimRight(line, " \t")
	return line[max(0, len(line)-1):]
}

func wroteAt(lines []string) int {
	head := strings.TrimLeft(strings.TrimSpace(lines[0]), "-_* ")
	if head == "" || len(head) > lineSize {
		return 0
	}
	begins := opens(head)
	if !begins && !strings.ContainsAny(head, "0123456789@") {
		return 0
	}
	joined := ""
	for n, line := range lines[:min(len(lines), headerLines)] {
		line = strings.Trim(line, " \t\u00a0")
		if line == "" || len(joined)+len(line) > headerSize {
			return 0
		}
		joined = strings.TrimLeft(joined+" "+line, "-_* ")
		quote := n+1 < len(lines) && strings.HasPrefix(strings.TrimLeft(firstFull(lines[n+1:]), " "), ">")
		if introduces(joined, begins, quote, n) {
			return n + 1
		}
	}
	return 0
}

// firstFull is the first line that is not empty.
func firstFull(lines []string) string {
	for _, l := range lines[:min(len(lines), 8)] {
		if !empty(l) {
			return l
		}
	}
	return ""
}

// opens reports whether a line begins as headers do: with a word such as "On",
// a figure or a day.
func opens(line string) bool {
	line = strings.TrimLeft(line, " \t\u00a0-_*\"")
	if line == "" {
		return false
	}
	if n := strings.IndexFunc(line, func(r rune) bool { return r < '0' || r > '9' }); n > 0 {
		return n <= 4 && strings.IndexByte(" ./-:,", line[n]) >= 0
	}
	return startsWith(lower(clip(line, 24)), openers)
}

// introduces reports whether text is a whole header. n counts its line ends.
func introduces(text string, begins, quote bool, n int) bool {
	end := strings.TrimRight(text, "-_*= \t\u00a0")
	f := lower(end)
	address := strings.Contains(f, "@")
	if rest, ok := strings.CutSuffix(f, ":"); ok {
		rest = strings.TrimRight(rest, " \u00a0*")
		switch {
		case !dated(rest):
			return false
		case endsWithWord(rest, verbs):
			return begins || address || quote
		case namedAfterVerb(end):
			return begins || address || quote
		}
		// No verb at all: "30.09.2017, 18.30, "Per" <per@…>:".
		return address && (strings.HasSuffix(rest, ">") || strings.HasSuffix(rest, ")")) && timed(rest[:strings.IndexByte(rest, '@')])
	}
	if n > 0 {
		return false
	}
	// "---- On … wrote ----", and programs that forget the colon.
	if begins && endsWithWord(f, verbs[:1]) && dated(f) && (address || text != end) {
		return true
	}
	// "2011/4/7 Nathan <support@…>" right above a quote.
	return quote && address && strings.HasSuffix(f, ">") && f[0] >= '0' && f[0] <= '9' && timed(f[:strings.IndexByte(f, '@')])
}

// namedAfterVerb reports whether a verb is followed by nothing but a name, an
// address or, behind an address, a time.
func namedAfterVerb(text string) bool {
	f := lower(text)
	if len(f) != len(text) {
		f, text = strings.ToLower(text), strings.ToLower(text)
	}
	for _, v := range verbs {
		at := strings.Index(f, " "+v+" ")
		if at < 0 {
			continue
		}
		rest := strings.TrimSpace(strings.TrimSuffix(text[at+len(v)+2:], ":"))
		words := strings.Fields(rest)
		if len(words) == 0 || len(words) > 10 {
			continue
		}
		if strings.Contains(f[:at], "@") && len(words) <= 8 && timed(rest) {
			return true
		}
		names := true
		for _, w := range words {
			r, _ := utf8.DecodeRuneInString(strings.Trim(w, `"'<>(),`))
			names = names && (unicode.IsUpper(r) || strings.Contains(w, "@") || !unicode.IsLetter(r) || len(w) <= 3)
		}
		if names || strings.Contains(rest, "@") {
			return true
		}
	}
	return false
}

// dated reports whether lower-case text names a date, a time or an address.
func dated(f string) bool {
	if strings.Contains(f, "@") || timed(f) {
		return true
	}
	if !strings.ContainsAny(f, "0123456789") {
		return false
	}
	for w := range strings.FieldsSeq(f) {
		if startsWith(strings.Trim(w, ".,"), months) {
			return true
		}
	}
	return false
}

// timed reports whether text holds figures such as 14:30, 18.30, 2/3 or 2017.
func timed(f string) bool {
	digits, groups := 0, 0
	for i := 0; i <= len(f); i++ {
		if i < len(f) && f[i] >= '0' && f[i] <= '9' {
			digits++
			continue
		}
		if digits > 0 {
			groups++
			if digits == 4 && groups > 1 {
				return true
			}
			if i+1 < len(f) && strings.IndexByte(":./-", f[i]) >= 0 && f[i+1] >= '0' && f[i+1] <= '9' && digits <= 4 {
				return true
			}
		}
		digits = 0
	}
	return false
}

// unjoin puts a header on a line of its own that stands behind the reply:
// "Yes On Wed, Apr 4, 2012 at 3:59 PM, bob@… wrote:".
func unjoin(lines []string) []string {
	for i, line := range lines {
		if len(line) > lineSize || i+1 >= len(lines) || !strings.Contains(line, " wrote:") && !strings.HasSuffix(strings.TrimRight(line, " "), "wrote:") {
			continue
		}
		if opens(line) || strings.HasPrefix(strings.TrimLeft(line, " "), ">") || !strings.HasPrefix(strings.TrimLeft(firstFull(lines[i+1:]), " "), ">") {
			continue
		}
		at := strings.LastIndex(line, "On ")
		if at <= 0 || line[at-1] != ' ' && line[at-1] != '-' || !introduces(line[at:], true, true, 0) {
			continue
		}
		out := append(append(append([]string{}, lines[:i]...), strings.TrimRight(line[:at], " -"), line[at:]), lines[i+1:]...)
		return out
	}
	return lines
}

// forwards name an earlier message between dashes.
var forwards = []string{
	"original message", "original appointment", "reply message", "forwarded message", "forwarded by", "opprinnelig melding", "opphavleg melding", "opprinnelig e-post", "videresendt melding", "videresendt e-post",
	"vidaresendt melding", "ursprungligt meddelande", "originalmeddelande", "ursprungligt mejl", "vidarebefordrat meddelande", "vidarebefordrat brev", "oprindelig besked", "oprindelig meddelelse", "oprindelig mail",
	"videresendt besked", "videresendt meddelelse", "videresendt mail", "alkuperäinen viesti", "välitetty viesti", "edelleenlähetetty viesti", "ursprüngliche nachricht", "originalnachricht", "antwort nachricht",
	"weitergeleitete nachricht", "ursprüngliche e-mail", "original-nachricht", "message d'origine", "message d’origine", "message original", "message transféré", "message initial", "mensaje original", "mensaje reenviado", "messaggio originale",
	"messaggio inoltrato", "oorspronkelijk bericht", "doorgestuurd bericht", "mensagem original", "mensagem encaminhada", "wiadomość oryginalna", "oryginalna wiadomość", "исходное сообщение", "пересылаемое сообщение", "původní zpráva", "eredeti üzenet",
}

// bare are separators without dashes.
var bare = []string{"begin forwarded message", "start på videresendt besked", "videresendt melding", "anfang der weitergeleiteten", "début du message", "vidarebefordrat brev", "välitetty viesti alkaa"}

// above asks to answer above a line; what follows is a notification of a help
// desk.
var above = []string{
	"reply above this line", "type your reply above", "svar over denne linjen", "skriv svaret ditt over", "svar over denne linje", "skriv dit svar over", "svara ovanför denna rad", "skriv ditt svar ovanför",
	"oberhalb dieser zeile", "über dieser zeile", "rivin yläpuolelle", "au-dessus de cette ligne", "boven deze lijn",
}

// separates reports whether the first line is "-----Original Message-----" in
// one of many languages.
func separates(lines []string) bool {
	line := strings.TrimSpace(lines[0])
	if len(line) < 6 || len(line) > 160 {
		return false
	}
	marked := strings.HasPrefix(line, "--") || strings.HasPrefix(line, "__") || strings.HasPrefix(line, "==") || strings.HasPrefix(line, "##")
	if !marked && len(line) > 60 {
		return false
	}
	f := strings.TrimSpace(strings.TrimSuffix(lower(strings.Trim(line, "-_=*# ")), ":"))
	if f == "" {
		return false
	}
	if marked && contains(f, above) {
		return true
	}
	if marked && len(strings.Fields(f)) <= 6 && contains(f, forwards) {
		return true
	}
	if startsWith(f, bare) && strings.HasSuffix(line, ":") {
		return true
	}
	// Some programs drop the dashes; the headers must then follow.
	return startsWith(f, forwards) && len(strings.Fields(f)) <= 3 && headers(afterEmpty(lines[1:]))
}

func afterEmpty(lines []string) []string {
	for len(lines) > 0 && empty(lines[0]) {
		lines = lines[1:]
	}
	return lines
}

// field is what a line of a mail's head tells.
type field uint8

const (
	from field = 1 << iota
	to
	sent
	date
	subject
	other
)

// fields are the names of head lines in the languages of mail programs.
var fields = map[string]field{
	"from": from, "fra": from, "frå": from, "från": from, "von": from, "lähettäjä": from, "de": from, "da": from, "van": from, "od": from, "от": from, "от кого": from, "feladó": from, "expéditeur": from, "avsender": from, "avsendar": from, "absender": from, "avsändare": from, "afsender": from, "remitente": from, "mittente": from, "nadawca": from, "afzender": from, "frá": from,
	"sent": sent, "sendt": sent, "skickat": sent, "gesendet": sent, "lähetetty": sent, "envoyé": sent, "envoyé le": sent, "enviado": sent, "enviado el": sent, "enviado em": sent, "inviato": sent, "verzonden": sent, "wysłano": sent, "wysłane": sent, "отправлено": sent, "odesláno": sent, "elküldve": sent, "sent at": sent, "message du": sent, "message de": sent,
	"date": date, "dato": date, "datum": date, "päivämäärä": date, "päiväys": date, "pvm": date, "fecha": date, "data": date, "дата": date, "dátum": date,
	"to": to, "til": to, "till": to, "an": to, "vastaanottaja": to, "kenelle": to, "à": to, "a": to, "para": to, "aan": to, "do": to, "кому": to, "komu": to, "címzett": to, "destinataire": to, "mottaker": to, "mottagare": to, "modtager": to, "empfänger": to,
	"subject": subject, "emne": subject, "ämne": subject, "betreff": subject, "aihe": subject, "objet": subject, "sujet": subject, "asunto": subject, "oggetto": subject, "assunto": subject, "onderwerp": subject, "temat": subject, "тема": subject, "předmět": subject, "tárgy": subject, "re": subject,
	"cc": other, "kopi": other, "kopia": other, "kopio": other, "copie à": other, "copia": other, "bcc": other, "reply-to": other, "svar til": other, "attachments": other, "vedlegg": other, "bilagor": other, "anlagen": other, "liitteet": other, "importance": other, "prioritet": other, "vigtighed": other, "viktighet": other, "vedhæftede filer": other,
}

func fieldOf(line string) field {
	line = strings.TrimLeft(line, " \t\u00a0*_")
	at := strings.IndexByte(clip(line, 40), ':')
	if at <= 0 {
		return 0
	}
	return fields[lower(strings.Trim(line[:at], " \t\u00a0*_"))]
}

// headers reports whether the lines begin with the head of an earlier mail: who
// sent it or when, and more of when, to whom and about what. Without an address
// or a subject such lines are a form or a time table.
func headers(lines []string) bool {
	if len(lines) == 0 {
		return false
	}
	first := fieldOf(lines[0])
	if first&(from|date|sent|subject|to) == 0 {
		return false
	}
	seen, n, address, since := field(0), 0, false, 0
	for i, line := range lines[:min(len(lines), 12)] {
		if empty(line) {
			break
		}
		f := fieldOf(line)
		if f == 0 {
			if since++; since > 2 || len(line) > lineSize {
				break
			}
		} else {
			if i > 0 && f&seen != 0 && f != other {
				break // a second head
			}
			seen |= f
			n, since = n+1, 0
		}
		address = address || strings.Contains(line, "@")
	}
	switch {
	case n < 2:
		return false
	case seen&from != 0:
		return seen&(sent|date|to|subject) != 0 && (address || seen&(subject|sent) != 0)
	}
	return seen&(date|sent) != 0 && seen&to != 0 && address
}

func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// lower is s in lower case with plain spaces.
func lower(s string) string {
	return strings.ToLower(strings.ReplaceAll(s, "\u00a0", " "))
}

func startsWith(s string, list []string) bool {
	for _, p := range list {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

func contains(s string, list []string) bool {
	for _, p := range list {
		if strings.Contains(s, p) {
			return true
		}
	}
	return false
}

// endsWithWord reports whether s ends with one of the words, which nothing
// but a sign or a space may precede.
func endsWithWord(s string, list []string) bool {
	for _, p := range list {
		rest, ok := strings.CutSuffix(s, p)
		if !ok {
			continue
		}
		if r, _ := utf8.DecodeLastRuneInString(rest); rest == "" || !unicode.IsLetter(r) {
			return true
		}
	}
	return false
}
