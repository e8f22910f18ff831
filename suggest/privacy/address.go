package privacy

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// How street names end, in Norwegian, Swedish, Danish, Finnish and German
// (and Icelandic). The first need only a house number behind them; of the
// second, which end other words, too, a postcode must follow.
var (
	streetEndings = list(`veien vegen vegur gata gaten gatan vägen gränd gränden gade stræde strædet vænge katu kuja polku raitti straße strasse gasse chaussee allé alléen allén stien stigen bakken backen torget torvet
		kaari penger esplanadi stræti boulevarden`)
	weakEndings = list(`gate vei veg vej väg tie weg platz plass plassen platsen plan allee ring damm ufer tunet svingen ringen bulevardi tori laan`)

	// streets are words of their own behind the name of a street.
	streets     = set(`gate, gata, gaten, vei, vej, veg, väg, vägen, veien, plass, plats, allé, torg, torv, gade, stræde, gränd, straße, strasse, str, katu, tie, bulevardi, esplanadi, aukio, puistikko, puistotie`)
	weakStreets = set(`weg, platz, allee, ring, damm, ufer, markt, tor`)

	// english follow the number and the name.
	english = set(`street, st, road, rd, avenue, ave, lane, ln, drive, close, court, crescent, terrace, boulevard, blvd, way, place, square, gardens, grove, highway, parkway, mews, row`)
	// sides stand before the name of a street.
	sides = set(`gamle, gamla, store, stora, lille, lilla, nedre, øvre, övre, nordre, norra, nørre, søndre, södra, sønder, vestre, västra, vester, østre, östra, øster, alte, alter, neue, neuer, obere, untere, kleine, große, iso, vanha, pieni, itäinen, läntinen, pohjoinen, eteläinen, ylä, ala, sankt, st`)
	boxes = set(`postboks, boks, box, postfach, pl, postbox, pb`)
)

// addresses looks for a street with its number, and the postcode and place
// behind it.
func (f *finder) addresses() {
	next := 0 // the first word behind i
	for i := 0; i < len(f.text); {
		for next < len(f.words) && f.words[next].from < i {
			next++
		}
		if !isDigit(f.text[i]) {
			i++
			continue
		}
		from := i
		for i < len(f.text) && isDigit(f.text[i]) {
			i++
		}
		if i-from > 5 {
			continue
		}
		if w := next - 1; w >= 0 && f.words[w].to < from && from-f.words[w].to <= 3 && spaceAt(f.text, f.words[w].to) == from-f.words[w].to {
			f.street(w, from, i)
		} else if w >= 0 && strings.HasPrefix(f.text[f.words[w].to:], ". ") && f.words[w].to+2 == from {
			f.street(w, from, i) // "Hauptstr. 5"
		}
		if i-from <= 5 {
			f.britishStreet(next, from, i)
		}
	}
	f.labelled()
}

// street decides on the word before a house number.
func (f *finder) street(w, from, to int) {
	if to-from > 4 || from > 0 && wordRune(f.before(from)) {
		return
	}
	lower := f.words[w].lower
	first := w
	// "Karl Johans gate": back over the capitalised words of its name.
	back := func() {
		for first > 0 && w-first < 4 && f.words[first-1].capital && f.text[f.words[first-1].to:f.words[first].from] == " " {
			first--
		}
	}
	strong, weak := false, false
	switch {
	case boxes()[lower]:
		weak = true
	case streets()[lower] || weakStreets()[lower]:
		back()
		if first == w || !f.words[first].capital {
			return
		}
		strong, weak = streets()[lower] && lower != "tie", true
	case f.words[w].capital:
		strong, weak = endsIn(lower, streetEndings()), endsIn(lower, weakEndings())
		if strings.HasSuffix(lower, "str") && len(lower) > 5 {
			strong = true
		}
		if first > 0 && (strong || weak) && f.text[f.words[first-1].to:f.words[first].from] == " " && sides()[f.words[first-1].lower] {
			first--
		}
	}
	if !strong && !weak {
		if !f.words[w].capital || f.cue(f.words[w].from) != homeCue {
			return
		}
		back()
	}
	end := f.houseLetter(to)
	place := f.flat(end, strong)
	switch {
	case place > end:
		f.address(f.words[first].from, place, .95)
	case strong, f.cue(f.words[first].from) == homeCue:
		if r := f.after(end); r == '%' || r == '°' || wordRune(r) || (r == '.' || r == ',') && isDigitRune(f.after(end+1)) {
			return
		}
		f.address(f.words[first].from, end, .8)
	}
}

// endsIn reports whether a word is longer than one of the endings it has.
func endsIn(lower string, list []string) bool {
	for _, e := range list {
		if strings.HasSuffix(lower, e) && utf8.RuneCountInString(lower)-utf8.RuneCountInString(e) >= 2 {
			return true
		}
	}
	return false
}

// houseLetter is the end of a house number: "12", "12B", "12 B", "12-14".
func (f *finder) houseLetter(i int) int {
	if i+1 < len(f.text) && f.text[i] == '-' && isDigit(f.text[i+1]) {
		k := i + 1
		for k < len(f.text) && isDigit(f.text[k]) && k-i < 5 {
			k++
		}
		if !wordRune(f.after(k)) {
			i = k
		}
	}
	k := i + spaceAt(f.text, i)
	if k < len(f.text) && isLetter(f.text[k]) && !wordRune(f.after(k+1)) && (k == i || f.text[k] < 'a') {
		return k + 1
	}
	return i
}

// place is the end of a postcode and a place behind i, or i. When the street is
// not sure, a comma or the end of the line must part them.
func (f *finder) place(i int, sure bool) int {
	k := i
	gap := 0
	for k < len(f.text) && gap < 6 && strings.IndexByte(" ,\n\r\t.", f.text[k]) >= 0 {
		k++
		gap++
	}
	if gap == 0 || !sure && strings.Trim(f.text[i:k], " ") == "" {
		return i
	}
	end := f.postcode(k)
	if end == 0 {
		return i
	}
	return end
}

// postcode is the end of a postcode and a place at k, or 0.
func (f *finder) postcode(k int) int {
	for _, country := range []string{"N-", "NO-", "S-", "SE-", "DK-", "FI-", "FIN-", "D-", "DE-", "IS-"} {
		if strings.HasPrefix(f.text[k:], country) {
			k += len(country)
			break
		}
	}
	start := k
	for k < len(f.text) && isDigit(f.text[k]) && k-start < 6 {
		k++
	}
	switch n := k - start; {
	case n == 3 && k+2 < len(f.text) && f.text[k] == ' ' && isDigit(f.text[k+1]) && isDigit(f.text[k+2]) && (k+3 >= len(f.text) || !isDigit(f.text[k+3])):
		k += 3
	case n != 4 && n != 5:
		return 0
	}
	space := spaceAt(f.text, k)
	if space == 0 {
		return 0
	}
	return f.city(k + space)
}

// city is the end of a place of at most three words at k, or 0.
func (f *finder) city(k int) int {
	end := 0
	for n := 0; n < 3 && k < len(f.text); n++ {
		r, _ := utf8.DecodeRuneInString(f.text[k:])
		if !unicode.IsUpper(r) {
			break
		}
		start := k
		for k < len(f.text) {
			r, size := utf8.DecodeRuneInString(f.text[k:])
			if !unicode.IsLetter(r) && r != '-' || k-start > 40 {
				break
			}
			k += size
		}
		word := strings.ToLower(f.text[start:k])
		if n == 0 && (utf8.RuneCountInString(word) < 2 || units()[word]) {
			return 0
		}
		// After the first only what belongs to places: "København K".
		if n > 0 && utf8.RuneCountInString(word) > 3 && !places()[word] {
			break
		}
		end = k
		if k >= len(f.text) || f.text[k] != ' ' {
			break
		}
		k++
	}
	return end
}

// flat is the end of a postcode and a place behind i, with a floor or a flat
// between ("B 22", "3. tv", "lgh 1101"), or i.
func (f *finder) flat(i int, sure bool) int {
	const most = 4 // pieces of a floor and a flat
	k := i
	for n := 0; ; n++ {
		if end := f.place(k, sure); end > k {
			return end
		}
		if n == most || !sure {
			return i
		}
		for k < len(f.text) && (f.text[k] == ' ' || f.text[k] == ',') && k-i < 40 {
			k++
		}
		start := k
		for k < len(f.text) && k-start < 7 && (isLetter(f.text[k]) || isDigit(f.text[k]) || f.text[k] == '.') {
			k++
		}
		if piece := strings.ToLower(strings.TrimRight(f.text[start:k], ".")); piece == "" || len(piece) > 4 && !isDigit(piece[len(piece)-1]) || len(piece) > 1 && !strings.ContainsAny(piece, "0123456789") && !flats()[piece] {
			return i
		}
	}
}

// Flats stand between a house number and a postcode; units keep "5000 Stunden"
// from being a place, and places let "Nørre Alslev" be one.
var (
	flats  = set(`lgh, leil, h, st, tv, th, mf, sal, etg, etage, apt, as, rapp, whg, og, eg, dør, dörr, tr, nb, vån, krs, flat, unit, app, kl, stue`)
	units  = set(`stunden, betriebsstunden, euro, eur, liter, meter, watt, volt, stück, kilometer, km, kg, mm, uhr, jahre, tage, nok, sek, dkk, kwh, kw, rpm, stk, timer, kr`)
	places = set(`alslev, snede, åby, sundby, broby, lyngby, havn, stad, city, bergen, main, rhein, saale, spree, breisgau`)
)

// britishStreet reads "12 High Street" and what follows; next is the first
// word behind the number.
func (f *finder) britishStreet(next, from, to int) {
	if r := f.before(from); wordRune(r) || r == '-' || r == '/' || r == '.' || r == ',' && from > 1 && isDigit(f.text[from-2]) {
		return
	}
	k := f.houseLetter(to)
	for w := next; w < len(f.words) && w < next+5; w++ {
		before := k
		if w > next {
			before = f.words[w-1].to
		} else if f.words[w].from < k {
			next++ // the letter of the house
			continue
		}
		gap := f.text[before:f.words[w].from]
		if gap != " " || !f.words[w].capital {
			return
		}
		lower := f.words[w].lower
		if w == next || !english()[lower] {
			continue
		}
		end := f.words[w].to
		if w+1 < len(f.words) && f.words[w+1].capital && english()[f.words[w+1].lower] && f.text[end:f.words[w+1].from] == " " {
			continue
		}
		f.address(from, f.western(end, w+1), .85)
		return
	}
}

// western is the end of a place with an American or British postcode behind a
// street that ends at i: ", Springfield, IL 62704", ", London SW1A 1AA".
func (f *finder) western(i, w int) int {
	end := i
	for n := 0; n < 4 && w < len(f.words); n++ {
		gap := f.text[end:f.words[w].from]
		if len(gap) > 4 || strings.Trim(gap, " ,.\n\r") != "" || !f.words[w].capital {
			break
		}
		k := f.words[w].to
		end = k
		w++
		// The postcode, which holds digits.
		for k < len(f.text) && k-f.words[w-1].to < 9 && (isDigit(f.text[k]) || f.text[k] == ' ' || 'A' <= f.text[k] && f.text[k] <= 'Z') {
			k++
		}
		tail := strings.TrimRight(f.text[f.words[w-1].to:k], " ")
		if digits := strings.IndexFunc(tail, func(r rune) bool { return isDigitRune(r) }); digits >= 0 && !wordRune(f.after(f.words[w-1].to+len(tail))) {
			return f.words[w-1].to + len(tail)
		}
	}
	// A place without a postcode, behind a comma on the same line.
	if s := f.text[i:end]; strings.HasPrefix(s, ", ") && !strings.Contains(s, "\n") {
		return end
	}
	return i
}

// labelled reads what stands behind "Address:" on its line, when it ends in a
// postcode and a place.
func (f *finder) labelled() {
	for _, w := range f.words {
		if w.to >= len(f.text) || f.text[w.to] != ':' || w.to-w.from > 32 || cueOf(w.lower) != homeCue {
			continue
		}
		from := w.to + 1
		for from < len(f.text) && from < w.to+8 && (f.text[from] == ' ' || f.text[from] == '\n' || f.text[from] == '\r') {
			from++
		}
		rest := f.text[from:min(len(f.text), from+maxLine)]
		for k := 0; k < len(rest); k++ {
			if !isDigit(rest[k]) || k > 0 && (isDigit(rest[k-1]) || isLetter(rest[k-1])) {
				continue
			}
			if end := f.postcode(from + k); end > 0 {
				f.address(from, end, .85)
				break
			}
		}
	}
}

func (f *finder) address(from, to int, confidence float64) {
	norm := strings.Join(strings.FieldsFunc(strings.ToLower(f.text[from:to]), func(r rune) bool { return !wordRune(r) }), " ")
	f.add(Finding{Kind: Address, Rule: "address", Start: from, End: to, Confidence: confidence, norm: norm})
}
