package conflict

import (
	"strings"
	"sync"
	"unicode"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/suggest/message"
)

// fillers are words of statements that do not say what a value is of: verbs
// that give it and words around it. Those of customers' messages are known to
// package overlap.
var fillers = map[string]string{
	"nb": `er var blir være koste koster kostet pris prisen utgjør utgjøre varer vare gjelder gjelde gjeldende gir gi har ha tar ta ligger være tilbyr tilby leverer få får kreves krever settes satt innen ved hver hvert alle samtlige normal normalt vanligvis standard alltid nå per pr stk kroner kr nok mva inkl ekskl moms avgift merverdiavgift eks inklusive eksklusive fra til på om dato antall verdi beløp total totalt samlet vår våre deres kunde kunden kunder kundene din ditt dine være yter beregnes belastes betales utføres skjer foretas består inneholder rommer utgjør lyder svarer tilsvarer oppgis maks minst lang lenge mye stor høy lavt høyt lang langt`,
	"da": `er var bliver være koste koster kostede pris prisen udgør udgøre varer vare gælder gælde gældende giver give har have tager tage ligger tilbyder tilbyde leverer få får kræves kræver sættes sat inden ved hver hvert alle samtlige normal normalt sædvanligvis standard altid nu per pr stk kroner kr dkk moms inkl ekskl afgift inklusive eksklusive fra til på om dato antal værdi beløb total totalt samlet vores jeres kunde kunden kunder kunderne din dit dine yder beregnes opkræves betales udføres sker foretages består indeholder rummer svarer oplyses maks mindst lang længe meget stor høj lav højt langt`,
	"sv": `är var blir vara kostar kosta kostade pris priset utgör utgöra gäller gälla gällande ger ge har ha tar ta ligger erbjuder erbjuda levererar få får krävs kräver sätts satt inom vid varje alla samtliga normal normalt vanligtvis standard alltid nu per st kronor kr sek moms inkl exkl avgift inklusive exklusive från till på om datum antal värde belopp total totalt sammanlagt vår våra er era kund kunden kunder kunderna din ditt dina lämnar lämnas beräknas debiteras betalas utförs sker görs består innehåller rymmer motsvarar anges max minst lång länge mycket stor hög låg högt långt`,
	"fi": `on oli ovat olla maksaa maksavat hinta hinnan hinnat kestää kestävät voimassa antaa annamme annetaan saa saat saatte ottaa vie tarjoamme toimitamme vaatii vaaditaan asetetaan kuluessa jokainen jokaisen kaikki kaikille kaikilla kaikissa kaikkien normaali normaalisti yleensä tavallisesti aina nyt per kpl euroa euro eur alv sis sisältää ilman veroton verollinen vero alkaen asti päivämäärä määrä arvo summa yhteensä meidän teidän asiakas asiakkaan asiakkaille sinun veloitetaan veloitamme laskutetaan tehdään tapahtuu sisältyy vastaa ilmoitetaan enintään vähintään pitkä kauan paljon suuri korkea myönnämme myönnetään kuuluu pituus`,
	"de": `ist sind war wird werden sein kostet kosten kostete preis preise beträgt betragen gilt gelten gültig gibt geben gewähren gewährt hat haben dauert dauern nimmt liegt liegen bietet bieten liefern liefert erhalten erhält bekommen braucht verlangt gesetzt innerhalb bei jede jeder jedes alle allen sämtliche sämtlichen normal normalerweise üblicherweise standard immer jetzt pro je stück euro eur mwst inkl exkl zzgl steuer einschließlich ausschließlich ab bis auf um datum anzahl wert betrag gesamt insgesamt unser unsere unseren ihr ihre kunde kunden kundin berechnet berechnen fällig bezahlt ausgeführt erfolgt besteht enthält fasst entspricht angegeben maximal mindestens lang lange viel groß hoch niedrig leisten leistet dauer höhe`,
	"en": `is are was were be been being costs cost costing price prices priced amounts amount lasts last lasting applies apply valid gives give given grant granted has have takes take lies offers offer offered delivers get gets receive receives needs requires required set within every each all any normal normally usually typically standard always now currently per piece pieces euro eur usd gbp vat incl excl tax including excluding from to on at date number value sum total altogether our your customer customers charged charge pay paid performed done made happens consists contains holds equals corresponds stated maximum minimum long much many high low big there comes come covers cover`,
}

// fillersOf are a language's fillers, as written and as stems.
func fillersOf(language string) map[string]bool { return fillerSets()[language] }

var fillerSets = sync.OnceValue(func() map[string]map[string]bool {
	out := map[string]map[string]bool{}
	for language, list := range fillers {
		set := map[string]bool{}
		for w := range strings.FieldsSeq(list) {
			set[w] = true
		}
		for _, t := range index.Analyze(language, list) {
			set[t.Term] = true
		}
		out[language] = set
	}
	return out
})

// all are words after which a noun limits nothing: "on all machines".
const all = " alle samtlige samtliga alla all any every each kaikki kaikilla kaikille kaikissa kaikkien jokaisen jokaisella allen sämtliche sämtlichen jede jeder jedes jedem vår våre vårt våra vores our unsere unseren unser "

// universal reports whether noun stands behind such a word in text.
func universal(text, noun string) bool {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	noun = strings.ToLower(noun)
	for i, w := range words {
		if w == noun && i > 0 && strings.Contains(all, " "+words[i-1]+" ") {
			return true
		}
	}
	return false
}

// manner is how a value is meant: values of two manners are no conflict.
type manner struct {
	bound  string // least, most
	rate   string // what it is per
	more   bool   // further, extra, from the second on
	past   bool   // what was
	first  bool   // the first time
	before string // before, after
	tax    string // with, without
}

func (m manner) same(o manner) bool {
	if m.past || o.past {
		return false
	}
	if m.tax != "" && o.tax != "" && m.tax != o.tax {
		return false
	}
	m.tax, o.tax = "", ""
	return m == o
}

// The words that say so, in the six languages.
const (
	least  = " minst minimum minimal mindestens vähintään minimi mindst least over yli över mer mere more über mehr min fra från ab from alkaen größer större større suurempi "
	most   = " inntil opptil opp upp op up bis maks maksimalt max maximum maximal maximalt høyst höchstens enintään maksimi maksimissaan högst højst most under alle below less unter weniger mindre korkeintaan hintil indtil "
	rates  = " per pr pro je par hver hvert varje jede jeden jedes every each "
	extra  = " ekstra tillegg utover ytterligere extra tillägg utöver ytterligare tillæg yderligere lisä lisämaksu ylimääräinen zusätzlich zuzüglich weitere aufpreis additional further surcharge plus deretter därefter derefter sitten danach thereafter then forlenges forlengelse forlenget förlängas förlängning förlängd forlængelse forlænges pidennys pidentää pidennetty verlängern verlängerung verlängerte extended extension extend "
	past   = " tidligere forrige tidigare förra aiemmin entinen früher bisher vorher previously formerly earlier former was were used var oli war "
	first  = " første først första först ensimmäinen ensimmäisen ensimmäisellä erste ersten erster erstmals first initial "
	before = " før før inden före innan ennen vor bevor before "
	after  = " etter efter jälkeen nach after asennuksen "
	with   = " inkl inklusive inkludert inkluderet inklusive sis sisältää sisältäen inklusiv einschließlich including incl inc with "
	none   = " ekskl eksklusive eks uten exkl exklusive utan uden ilman veroton exklusiv ausschließlich ohne zzgl excluding excl ex without plus "
	tax    = " mva moms merverdiavgift avgift alv arvonlisävero arvonlisäveroa mwst mehrwertsteuer ust steuer vat tax "
)

// near is how many words before and after a value tell its manner.
const (
	nearBefore = 4
	nearAfter  = 4
)

// mannerOf reads the words around a value.
func mannerOf(text string, a message.Anchor) (m manner) {
	start, end := min(a.Start, len(text)), min(a.End, len(text))
	words := wordsOf(text[:start])
	for i := max(0, len(words)-nearBefore); i < len(words); i++ {
		w := " " + words[i] + " "
		if i >= len(words)-2 {
			switch {
			case strings.Contains(least, w):
				m.bound = "least"
			case strings.Contains(most, w):
				m.bound = "most"
			}
		}
		if strings.Contains(rates, w) && i >= len(words)-2 {
			m.rate = "each"
		}
	}
	following := wordsOf(text[end:])
	for i := 0; i < min(nearAfter, len(following)); i++ {
		w := " " + following[i] + " "
		if i < 2 && strings.Contains(rates, w) && i+1 < len(following) && m.rate == "" {
			m.rate = stemOf(following[i+1])
		}
		if i == 0 && (strings.Contains(" maks max alkaen minimum maximum ", w)) {
			m.bound = map[bool]string{true: "least", false: "most"}[following[i] == "alkaen" || following[i] == "minimum"]
		}
	}
	if rest := strings.TrimLeft(text[end:], " \u00a0"); strings.HasPrefix(rest, "/") {
		if w := wordsOf(rest); len(w) > 0 {
			m.rate = stemOf(w[0])
		}
	}
	every := append(words, following...)
	for i, w := range every {
		p := " " + w + " "
		m.more = m.more || strings.Contains(extra, p)
		m.past = m.past || strings.Contains(past, p)
		m.first = m.first || strings.Contains(first, p)
		switch {
		case strings.Contains(before, p):
			m.before += "<"
		case strings.Contains(after, p):
			m.before += ">"
		}
		if i+1 < len(every) && (strings.Contains(tax, " "+every[i+1]+" ") || i+2 < len(every) && strings.Contains(tax, " "+every[i+2]+" ")) {
			switch {
			case strings.Contains(with, p):
				m.tax = "with"
			case strings.Contains(none, p):
				m.tax = "without"
			}
		}
	}
	return m
}

// with adds what a column's name says.
func (m manner) with(header string) manner {
	if header == "" {
		return m
	}
	o := mannerOf(header, message.Anchor{Start: len(header), End: len(header)})
	if o.tax != "" {
		m.tax = o.tax
	}
	m.more, m.past, m.first = m.more || o.more, m.past || o.past, m.first || o.first
	m.before += o.before
	if m.bound == "" {
		m.bound = o.bound
	}
	return m
}

func wordsOf(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// stemOf is the first letters of what a value is per: Stunde, Stunden.
func stemOf(w string) string {
	r := []rune(w)
	return string(r[:min(3, len(r))])
}

// negations are words that turn a sentence round.
var negations = map[string]string{
	"nb": " ikke ingen intet aldri ikkje ",
	"da": " ikke ingen intet aldrig ej ",
	"sv": " inte ingen inga inget aldrig ej icke ",
	"fi": " ei eivät en emme ette et älä älkää eikä ",
	"de": " nicht kein keine keinen keinem keiner nie niemals ",
	"en": " not no never cannot can't don't doesn't isn't aren't won't neither nor ",
}

// denies reports whether a sentence says that something is not so.
func denies(language, text string) bool {
	list, ok := negations[language]
	if !ok {
		return false
	}
	for w := range strings.FieldsFuncSeq(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && r != '\'' && r != '’' }) {
		if strings.Contains(list, " "+strings.ReplaceAll(w, "’", "'")+" ") {
			return true
		}
	}
	return false
}
