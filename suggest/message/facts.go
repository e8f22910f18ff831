package message

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Fact is something that a desk knows of a customer or of the ticket, such as
// "machine_type": "XY-2000". Names are the desk's.
type Fact struct {
	Name, Value string
}

// Term is words to search for besides a question, and their weight; the
// question has weight 1.
type Term struct {
	Text   string
	Weight float64
}

// Narrowing is what a customer's facts say about where to look.
type Narrowing struct {
	// Terms go into the query, the heaviest first.
	Terms []Term
	// Products are those of the known ones that the customer has, or that the
	// message names, sorted. Documents of other products can be left out.
	Products []string
}

// Weights of a fact's value. A machine decides which document is right; a plan
// or a version only helps among similar ones.
const (
	productWeight = 0.5
	planWeight    = 0.25
)

// Limits of what is taken from facts.
const (
	maxFacts = 32
	maxValue = 80 // bytes
)

// What facts mean, by words in their names, in six languages. Names of people,
// orders and addresses are not among them: no document holds those.
var (
	productNames = list(`product*|produkt*|tuote*|machine*|maskin*|maschine*|kone|koneen*|konetyyppi|laite*|laitteen*|gerät*|geraet*|apparat*|device*|model|models|modell*|malli*|equipment*|utstyr*|udstyr*|utrustning*|unit type|asset type|anlegg*|anlægg*|anläggning*`)
	planNames    = list(`plan|subscription*|abonnement*|abonnemang*|tilaustyyppi|liittymä*|tarif*|tariff*|contract*|kontrakt*|avtale*|aftale*|avtal|avtalet*|sopimus*|vertrag*|version*|versjon*|versio*|edition*|utgave*|udgave*|firmware*|software*|ohjelmisto*|license*|licence*|lisens*|licens*|lisenssi*|lizenz*|tier|region|country|land|maa|market`)
	// idNames make a name one of an identifier, whatever else is in it:
	// "product_serial", "contract number".
	idNames = list(`id|no|nr|number|nummer|numero|serial*|serie*|sarja*|date|dato|datum|pvm|päivä*|email|e-post|mail|phone|telefon*|tlf|puhelin*|name|navn|namn|nimi|owner|eier|ägare|ejer|omistaja|besitzer|price|pris|hinta|preis|count|antall|antal|määrä|anzahl|url|link`)
)

// Facts says how what a desk knows of a customer narrows the search for what
// body asks. Known are the products that the workspace's documents are filed
// under. A product that the message itself names counts for more than the one
// the customer has: people ask about what they do not have yet.
func Facts(facts []Fact, known []string, body string) Narrowing {
	var n Narrowing
	f := fold(clip(body, maxBody))
	for _, p := range known {
		if whole(f, fold(strings.TrimSpace(p)), 0) >= 0 {
			n.Products = append(n.Products, p)
		}
	}
	named := len(n.Products) > 0 || len(Codes(f)) > 0
	for _, fact := range facts[:min(len(facts), maxFacts)] {
		value := strings.Join(strings.Fields(fact.Value), " ")
		if !useful(value) {
			continue
		}
		name := nameWords(fact.Name)
		switch {
		case idNames.in(name):
		case productNames.in(name):
			if named {
				continue // the message is about another, or says it itself
			}
			n.add(value, productWeight)
			for _, p := range known {
				if whole(fold(value), fold(strings.TrimSpace(p)), 0) >= 0 {
					n.Products = append(n.Products, p)
				}
			}
		case planNames.in(name):
			n.add(value, planWeight)
		}
	}
	slices.SortStableFunc(n.Terms, func(a, b Term) int { return cmp.Compare(b.Weight, a.Weight) })
	slices.Sort(n.Products)
	n.Products = slices.Compact(n.Products)
	return n
}

// add adds a term that is not there yet.
func (n *Narrowing) add(text string, weight float64) {
	if !slices.ContainsFunc(n.Terms, func(t Term) bool { return strings.EqualFold(t.Text, text) }) {
		n.Terms = append(n.Terms, Term{text, weight})
	}
}

// useful reports whether a value can be searched for: a word, and no address
// of a person or a page.
func useful(value string) bool {
	if value == "" || len(value) > maxValue || !utf8.ValidString(value) || !strings.ContainsFunc(value, unicode.IsLetter) {
		return false
	}
	for _, a := range Anchors(value) {
		if a.Kind == Email || a.Kind == URL || a.Kind == Phone {
			return false
		}
	}
	return !slices.Contains([]string{"true", "false", "yes", "no", "ja", "nei", "nej", "nein", "kyllä", "ei", "none", "null", "unknown", "ukjent", "okänd", "ukendt", "tuntematon", "unbekannt", "other", "annet", "annat", "andet", "muu", "sonstige", "n/a"}, fold(value))
}

// nameWords is a fact's name as words: "machineType", "machine_type" and
// "Machine type" are "machine type".
func nameWords(name string) string {
	var b strings.Builder
	var before rune
	for _, r := range clip(name, maxValue) {
		switch {
		case unicode.IsUpper(r) && unicode.IsLower(before):
			b.WriteByte(' ')
			b.WriteRune(unicode.ToLower(r))
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteRune(unicode.ToLower(r))
		default:
			b.WriteByte(' ')
		}
		before = r
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// sameName reports whether two names of facts are the same, however written.
func sameName(a, b string) bool { return nameWords(a) == nameWords(b) && nameWords(a) != "" }
