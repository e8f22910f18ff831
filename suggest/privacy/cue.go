package privacy

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// cue is what the words before a number say that it is.
type cue int

const (
	silent   cue = iota
	other        // an order, an invoice, a part: nobody's own number
	version      // of a program, a section of a document
	identity     // a person's number
	cardCue      // a payment card
	bankCue      // a bank account
	callCue      // a telephone
	meCue        // "my number is", "contact:": a person's, of whatever kind
	payCue       // a refund
	plateCue     // a vehicle
	homeCue      // where somebody lives
	number       // "number", "nr": goes on
	mine         // "my": goes on
)

// cues are the beginnings of words; one that ends in "$" is a whole word.
// Norwegian, Swedish, Danish, Finnish, German, English.
var cues = sync.OnceValue(func() map[string][]stem {
	m := map[string][]stem{}
	for c, list := range map[cue]string{
		other: `ordre order bestilling beställning bestell tilau auftrag sporing spårning tracking seuranta sendung faktura invoice rechnung lasku serie serial
			sarja artik artic vare$ varenr varenum tuote produkt product part$ partn parts$ delenr delnum delenum reservedel varaosa ersatzteil teilenu kolli
			pakke paket parcel lähety ref$ refn refer viite kid$ ocr$ kunde$ kunden kunder kund$ kundn kund-nr customer asiakas case$ casen sak$ saksn ärende
			sag$ sagsn ticket tiketti sn$ imei imsi modell model$ typ$ type$ malli batch lot$ ean$ gtin sku$ kvittering kvitto kuitti receipt beleg quittung
			avtale avtal contract vertrag sopimu org$ organi mva vat$ vatn tva y-tunnus cvr foretaks firma booking bokning varaus rma$ po$ p/n pn$ s/n shipment
			consignment forsendelse försändelse transaksjon transaktion transaction barcode strek streck viivakoodi måler mittari zähler meter$ meterno chassis
			leverans levering delivery liefer toimitu purchase innkjøp inköp license lisens licens lisenssi lizenz aktivering activation kampanje rabatt discount promo voucher gavekort presentkort
			handelsreg hrb$ hra$ ust ust-id umsatzst item$ itemn pos$ posit vorgang retur return palautusn reklamasjon reklamation claim$ claimn`,
		version: `versjon version versio firmware software programvare ohjelmisto release build$ kapittel kapitel avsnitt section luku$ abschnitt punkt$ v$ fw$ hw$ driver`,
		identity: `fødsel fødsels fødd$ født$ född$ född- personn person- person-id pnr$ fnr$ personbeteckning personal$ personalnumber henkilötunnu hetu sotu
			syntym cpr kennital kt$ steueri steuer-id idnr id-nr id-nu identi geburt geboren birth$ birthdate dob$ ssn$ social$ sosial national$ d-nummer dnr$
			samordning ausweis personalausweis reisepass pass$ passn pass-nr passport passi$ passin pas$ pasnummer legitim krankenv krankenk kvnr versicher
			versichert egk egk-nummer renten rvnr sozialver lanr arztn førerkort körkort kørekort ajokort führersch fahrerl driving`,
		cardCue:  `kort$ korte kortn kortet kredit bankkort betalkort betalingskort card$ cards$ cardn creditcard karte$ kartenn kortti kortin luotto credit$ visa$ mastercard maestro amex debit dankort ec-karte`,
		bankCue:  `iban konto kontonr account$ accountn tili tilinumero bankkonto bank$ bankgiro kontoverb`,
		callCue:  `tlf telefon telephone phone tel$ telnr mobil mobile mob$ puh$ puhelin gsm handy cell$ cellphone ring$ ringe ringa ringes call$ sms whatsapp soita rufnummer anruf anrufen fax$ faks reach$ erreich nås$`,
		meCue:    `contact$ kontakt$ yhteys kontaktinfo numeroni`,
		payCue:   `refund refusjon återbetal tilbagebetal hyvity erstatt rückerstatt palautuks tilbakebetal`,
		plateCue: `kennzeichen skiltn registreringsn reg.nr regnr regnum nummerplate nummerplade rekisterin`,
		homeCue:  `adre address osoite anschrift postadress leveringsadress leveransadress lieferadress toimitusosoite fakturaadress hjemmeadress hemadress kotiosoite`,
		number:   `nummer numm nr$ no$ number numero nro$ num$ nbr$ id$ nrn n:o code$ kode$ koden$ kod$ koodi$ tunnus$`,
		mine:     `mitt$ mit$ min$ mein$ meine$ my$ minun$`,
	} {
		for s := range strings.FieldsSeq(list) {
			whole := strings.HasSuffix(s, "$")
			s = strings.TrimSuffix(s, "$")
			key := firstRunes(s)
			m[key] = append(m[key], stem{s, whole, c})
		}
	}
	return m
})

type stem struct {
	text  string
	whole bool
	cue   cue
}

// firstRunes is the first two runes of a word.
func firstRunes(s string) string {
	n := 0
	for i := range s {
		if n == 2 {
			return s[:i]
		}
		n++
	}
	return s
}

// cueOf is what one word says; the longest beginning counts.
func cueOf(w string) cue {
	best, c := 0, silent
	for _, s := range cues()[firstRunes(w)] {
		if len(s.text) > best && (s.whole && w == s.text || !s.whole && strings.HasPrefix(w, s.text)) {
			best, c = len(s.text), s.cue
		}
	}
	if c == silent && len(w) >= 8 {
		for _, s := range inside {
			if strings.Contains(w, s.text) {
				return s.cue
			}
		}
	}
	return c
}

// inside are the words that others are put before: "salgsordre", "Girokonto".
var inside = []stem{
	{"ordre", false, other},
	{"order", false, other},
	{"faktura", false, other},
	{"tilau", false, other},
	{"lasku", false, other},
	{"auftrag", false, other},
	{"rechnung", false, other},
	{"bestill", false, other},
	{"beställ", false, other},
	{"bestell", false, other},
	{"serien", false, other},
	{"sporing", false, other},
	{"kunden", false, other},
	{"telefon", false, callCue},
	{"puhelin", false, callCue},
	{"kortti", false, cardCue},
	{"kredit", false, cardCue},
	{"karte", false, cardCue},
	{"konto", false, bankCue},
}

// How far a cue reaches.
const (
	cueWords = 6
	cueBytes = 72
)

// cue is what the words before i say, the nearest first: "order no. 1, card
// 2" says order of 1 and card of 2.
func (f *finder) cue(i int) cue { return f.cueWithin(i, cueWords) }

// cueWithin is what at most some words before i say.
func (f *finder) cueWithin(i, most int) cue {
	if i > 0 && f.text[i-1] == '#' {
		return other
	}
	numbered, possessed := false, false
	end, from := i, max(0, i-cueBytes)
	line := 0
	for n := 0; n < most && end > from; n++ {
		// To the end of the word before, unless a sentence ends between.
		stop := false
		for end > from {
			r, size := utf8.DecodeLastRuneInString(f.text[from:end])
			if unicode.IsLetter(r) {
				break
			}
			switch r {
			case '!', '?', ';':
				stop = true
			case '\n':
				line++
				// A label on its own line ends with a colon.
				stop = line > 1 || !strings.HasSuffix(strings.TrimRight(f.text[from:end-size], " \t\r*"), ":")
			case '.':
				if next := f.after(end); unicode.IsSpace(next) && f.longBefore(end-size) {
					stop = true
				}
			}
			if stop {
				break
			}
			end -= size
		}
		if stop || end <= from {
			break
		}
		start := end
		for start > from {
			r, size := utf8.DecodeLastRuneInString(f.text[from:start])
			if !unicode.IsLetter(r) && r != '-' && r != '/' && r != ':' && (r != '.' || start == end) {
				break
			}
			start -= size
		}
		w := strings.ToLower(strings.Trim(f.text[start:end], "-/.:"))
		end = start
		switch c := cueOf(w); c {
		case silent:
			if possessed {
				return silent
			}
		case number:
			numbered = true
		case mine:
			if numbered {
				return meCue
			}
			possessed = true
		default:
			return c
		}
	}
	return silent
}

// longBefore reports whether a word of five letters or more ends at i: a full
// stop behind it ends a sentence rather than shortens a word.
func (f *finder) longBefore(i int) bool {
	n := 0
	for n < 5 && i > 0 {
		r, size := utf8.DecodeLastRuneInString(f.text[:i])
		if !unicode.IsLetter(r) {
			return false
		}
		i -= size
		n++
	}
	return n == 5
}

// cueAfter is what the next words of the sentence say.
func (f *finder) cueAfter(i int) cue {
	rest := f.text[i:min(len(f.text), i+cueBytes)]
	if k := strings.IndexAny(rest, "\n.!?"); k >= 0 {
		rest = rest[:k]
	}
	n := 0
	for w := range strings.FieldsFuncSeq(rest, func(r rune) bool { return !unicode.IsLetter(r) && r != '-' }) {
		if c := cueOf(strings.ToLower(w)); c != silent && c != number && c != mine {
			return c
		}
		if n++; n == cueWords {
			break
		}
	}
	return silent
}
