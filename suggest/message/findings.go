package message

import (
	"cmp"
	"slices"
	"strings"
)

// FindingKind is what something that a customer names is.
type FindingKind string

// The kinds of findings. What is no order, invoice and so on by the words
// before it keeps the kind of its anchor.
const (
	FoundProduct  FindingKind = "product"
	FoundOrder    FindingKind = "order"
	FoundInvoice  FindingKind = "invoice"
	FoundSerial   FindingKind = "serial"
	FoundTicket   FindingKind = "ticket"
	FoundCustomer FindingKind = "customer"
	FoundError    FindingKind = "error"
)

// Finding is something that a message names: an order, an amount, a date.
type Finding struct {
	Kind       FindingKind
	Text       string // as written
	Norm       string // as in [Anchor], the known spelling of a product
	Start, End int    // of Text in the body
}

// What words before a code or a number make of it, in six languages.
var findingLabels = []struct {
	kind   FindingKind
	labels phrases
}{
	{FoundOrder, list("ordre*|order*|bestilling*|beställning*|tilaus*|tilauks*|bestellung*|bestellnummer*|bestell-nr|auftrag*|purchase order*|po")},
	{FoundInvoice, list("faktura*|fakturanr|regning*|räkning*|lasku*|rechnung*|invoice*|kid|viite*")},
	{FoundSerial, list("serienr|serienummer*|serienumret|serienummeret|serie nr|sarjanumero*|sarjanro|seriennummer*|seriennr|serial*|s/n|sn|maskinnr|maskinnummer*")},
	{FoundTicket, list("sak|saken|saksnr|saksnummer*|sag|sagen|sagsnr|sagsnummer*|ärende*|ärendenr|ärendenummer*|tapaus*|tiketti*|tikett*|fall|vorgang*|fallnummer*|ticket*|case|reference*|referanse*|referensnummer*|reference nr|viitenumero*")},
	{FoundCustomer, list("kundenr|kundenummer*|kundnr|kundnummer*|asiakasnumero*|asiakasnro|kunden-nr|customer number|customer no|customer id|account number|account no|avtalenr|avtalsnr|aftalenr|sopimusnumero*|vertragsnummer*")},
	{FoundError, list("feil|feilen|feilkode*|feilmelding*|kode|fel|felet|felkod*|felmeddelande*|kod|fejl|fejlen|fejlkode*|fejlmeddelelse*|virhe|virheen|virhekood*|virheilmoitu*|vikakood*|vika|vian|koodi|fehler|fehlercode*|fehlermeldung*|code|error*|error code*|fault*|alarm*|viser|visar|näyttää|zeigt|shows")},
}

// labelWords is how many words before a code may say what it is, and
// labelBytes how far back they may stand.
const (
	labelWords = 4
	labelBytes = 40
)

// Findings is what a body names, in order and without overlap: the products of
// known, and every anchor, with orders, invoices, serial numbers, tickets,
// customers' numbers and error codes told apart by the words before them.
func Findings(body string, known []string) []Finding {
	body = clip(body, maxBody)
	folded := fold(body)
	products := map[string]string{} // by norm
	var out []Finding
	for _, p := range known {
		fp := fold(strings.TrimSpace(p))
		for norm := range Codes(fp) {
			products[norm] = p
		}
		for i := whole(folded, fp, 0); i >= 0; i = whole(folded, fp, i+len(fp)) {
			out = append(out, Finding{FoundProduct, body[i : i+len(fp)], p, i, i + len(fp)})
		}
	}
	for _, a := range Anchors(body) {
		f := Finding{FindingKind(a.Kind), a.Text, a.Norm, a.Start, a.End}
		if p, ok := products[a.Norm]; ok && a.Kind == Code {
			f.Kind, f.Norm = FoundProduct, p
		} else if a.Kind == Code || a.Kind == Number || a.Kind == Phone {
			f.Kind = cmp.Or(labelOf(folded[max(0, a.Start-labelBytes):a.Start]), f.Kind)
		}
		if n := len(out) - 1; n >= 0 && a.Kind == Number && out[n].Kind == f.Kind && f.Kind != FindingKind(Number) && joins(body, out[n].End, a.Start) {
			// "20-4100" is one number to those who count machines so.
			out[n].End = a.End
			out[n].Text = body[out[n].Start:a.End]
			out[n].Norm = out[n].Text
			continue
		}
		out = append(out, f)
	}
	slices.SortStableFunc(out, func(a, b Finding) int { return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(b.End, a.End)) })
	end := 0
	return slices.DeleteFunc(out, func(f Finding) bool {
		if f.Start < end {
			return true
		}
		end = f.End
		return false
	})
}

// joins reports whether body[from:to] is a hyphen or a slash.
func joins(body string, from, to int) bool {
	return to == from+1 && (body[from] == '-' || body[from] == '/')
}

// labelOf is what the last words of before say that the next one is, or "".
func labelOf(before string) FindingKind {
	before = strings.TrimRight(before, " .:#")
	before = before[strings.LastIndexAny(before, ".!?;\n")+1:]
	if i := strings.LastIndex(before, ","); i >= 0 && len(before)-i < labelBytes {
		before = before[i+1:]
	}
	words := wordSpans(before)
	for n := 1; n <= min(labelWords, len(words)); n++ {
		w := words[len(words)-n]
		for _, l := range findingLabels {
			if l.labels.starts(before[w.Start:]) > 0 {
				return l.kind
			}
		}
	}
	return ""
}
