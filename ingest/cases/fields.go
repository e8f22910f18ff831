package cases

import (
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/sufflor/sufflor/ingest"
)

// Field is what a column or JSON key of a list of solved cases holds.
type Field int

// The fields. Other holds what we do not use.
const (
	Other Field = iota
	ID
	Subject
	Question
	Answer
	Language
	Date
	Tags
	Rating
	Status
)

// FieldOf tells a field by its name in any of our languages and the usual
// spellings of help desks: "Spørsmål", "question_text", "createdAt".
func FieldOf(name string) Field {
	switch plain(name) {
	case "id", "caseid", "ticketid", "caseno", "casenumber", "ticketno", "ticketnumber", "case", "ticket", "number", "key", "saksnr", "saksnummer", "sak", "sakid", "saksid", "ärende",
		"ärendenr", "ärendenummer", "ärendeid", "sagsnr", "sagsnummer", "sagid", "sagsid", "sag", "tapaus", "tapausnumero", "tapausnro", "tapausid", "tunnus", "fallnummer", "fallnr", "fallid", "ticketnr", "vorgang",
		"vorgangsnummer", "nr", "externalid", "hsticketid", "recordid", "conversationid":
		return ID
	case "subject", "title", "summary", "emne", "tittel", "ämne", "rubrik", "titel", "aihe", "otsikko", "betreff", "rawsubject", "ticketname", "ticketsubject":
		return Subject
	case "question", "questiontext", "customerquestion", "customermessage", "request", "problem", "issue", "inquiry", "body", "description", "text", "message", "content", "q", "ticketdescription", "descriptiontext", "firstmessage", "initialmessage", "spørsmål", "spørsmålet",
		"kundespørsmål", "kundensspørsmål", "henvendelse", "melding", "fråga", "kundfråga", "kundensfråga", "förfrågan", "beskrivning", "beskrivelse", "spørgsmål", "kundespørgsmål", "kundensspørgsmål", "forespørgsel", "besked",
		"kysymys", "asiakkaankysymys", "kuvaus", "viesti", "ongelma", "frage", "kundenfrage", "anfrage", "nachricht", "beschreibung":
		return Question
	case "answer", "answertext", "acceptedanswer", "reply", "response", "solution", "resolution", "agentreply", "agentanswer", "a", "bestanswer", "finalanswer", "agentresponse", "firstresponse", "lastagentreply", "svar", "svaret", "svartekst", "svartext", "løsning", "losning", "godkjentsvar", "lösning", "åtgärd",
		"vastaus", "ratkaisu", "antwort", "lösung", "loesung", "antworttext", "rückmeldung":
		return Answer
	case "language", "lang", "locale", "språk", "sprog", "kieli", "sprache":
		return Language
	case "date", "createdat", "created", "createddate", "solvedat", "resolvedat", "closedat", "updatedat", "opened", "closed", "timestamp", "createdate", "creationdate", "createdtime", "hscreatedate", "dato", "opprettet", "løst", "datum", "skapad", "skapat", "löst", "oprettet", "päivämäärä", "pvm",
		"päiväys", "luotu", "ratkaistu", "erstellt", "erstelltam", "gelöst", "gelöstam":
		return Date
	case "tags", "tag", "labels", "label", "category", "categories", "hsticketcategory", "ticketcategory", "product", "topic", "emneord", "kategori", "produkt", "etiketter", "taggar", "tuote", "luokka", "tunnisteet", "kategorie", "schlagworte", "schlagwörter", "stikord":
		return Tags
	case "rating", "score", "satisfaction", "satisfactionrating", "satisfactionscore", "csat", "conversationrating", "customerrating", "vurdering", "tilfredshet", "betyg", "bedømmelse", "tilfredshed", "arvio", "arvosana", "bewertung", "karakter":
		return Rating
	case "status", "ticketstatus", "state", "tila", "tilanne":
		return Status
	}
	return Other
}

// plain is a name in lower case with nothing but letters and digits.
func plain(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, name)
}

// Columns tells which column holds what, and whether the columns are those of
// solved cases: one with questions and one with answers.
func Columns(header []string) (map[Field]int, bool) {
	at := map[Field]int{}
	for i, name := range header {
		f := FieldOf(name)
		if f == Other {
			continue
		}
		if _, taken := at[f]; !taken {
			at[f] = i
		}
	}
	_, question := at[Question]
	if !question {
		if i, ok := at[Subject]; ok {
			at[Question], question = i, true
			delete(at, Subject)
		}
	}
	_, answer := at[Answer]
	return at, question && answer
}

// FromRow makes a case of a row, given what [Columns] found. It reports false
// for a row without question or answer, and for spam.
func FromRow(row []string, at map[Field]int) (ingest.Case, bool) {
	get := func(f Field) string {
		i, ok := at[f]
		if !ok || i >= len(row) {
			return ""
		}
		return strings.TrimSpace(row[i])
	}
	c := ingest.Case{
		ID: get(ID), Question: join(get(Subject), own(scalar(get(Question)))), Answer: own(scalar(get(Answer))), Language: get(Language),
		Rating: get(Rating), At: moment(get(Date)),
	}
	if tags := get(Tags); tags != "" {
		c.Tags = splitTags(tags)
	}
	return c, c.Question != "" && c.Answer != "" && statusOf(get(Status)) != spam
}

// join puts a subject before the question unless the question says it already.
func join(subject, question string) string {
	switch {
	case subject == "" || strings.Contains(strings.ToLower(question), strings.ToLower(subject)):
		return question
	case question == "":
		return subject
	}
	return subject + "\n" + question
}

func splitTags(s string) []string {
	var tags []string
	for _, t := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ';' || r == '|' }) {
		if t = strings.TrimSpace(t); t != "" {
			tags = append(tags, t)
		}
	}
	return tags
}

// Score is a rating given as a figure, 0 for one given in words.
func Score(rating string) float64 {
	n, err := strconv.ParseFloat(strings.Replace(strings.TrimSpace(rating), ",", ".", 1), 64)
	if err != nil || n < 0 || n > 1000 {
		return 0
	}
	return n
}

// Unhelpful reports whether a rating says that the customer was not helped:
// such an answer is no model for the next one. A figure is unhelpful in the
// lowest fifth of the highest rating in its file, when that is 4 or more.
func Unhelpful(rating string, highest float64) bool {
	switch plain(rating) {
	case "bad", "badwithcomment", "negative", "poor", "unsatisfied", "dissatisfied", "unhelpful", "dårlig", "misfornøyd", "utilfreds", "dålig", "missnöjd", "huono", "tyytymätön", "schlecht", "unzufrieden":
		return true
	}
	n := Score(rating)
	return n > 0 && highest >= 4 && n <= highest/5
}

// moment reads the date forms of exports; the zero time for others.
func moment(s string) time.Time {
	// Seconds or milliseconds since 1970, in this century.
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		switch {
		case n > 946_684_800_000 && n < 4_102_444_800_000:
			return time.UnixMilli(n).UTC()
		case n > 946_684_800 && n < 4_102_444_800:
			return time.Unix(n, 0).UTC()
		}
	}
	for _, layout := range []string{
		time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04:05 -0700", "2006-01-02 15:04", "2006-01-02", "02.01.2006 15:04", "02.01.2006", "2.1.2006", "02-01-2006",
	} {
		if t, err := time.Parse(layout, s); err == nil {
			return t
		}
	}
	return time.Time{}
}
