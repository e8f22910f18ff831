package privacy

import (
	"strings"
	"sync"
)

// lengths of a number in digits, both ends included.
type lengths struct{ least, most int }

func (l lengths) hold(n int) bool { return l.least <= n && n <= l.most }

// plan is the numbering plan of a country or of several that share one.
type plan struct {
	region string // upper-case ISO 3166-1 code of a country whose national numbers we read, or ""
	trunk  bool   // a national number is written with a zero before it

	// leads are the first digits of national (significant) numbers, and how
	// many digits those have; the longest lead counts. Lead "" is any.
	leads map[string]lengths
	all   lengths
}

// national is the plans of the countries whose national numbers we read, in
// the order they are tried: region, country code, a "0" where that is put
// before national numbers, and the leads with their lengths.
//
// Sources are the national numbering plans that the authorities present to the
// ITU under Recommendation E.129: Nkom (NO), PTS (SE), Agency for Digital
// Government (DK), Traficom (FI), Fjarskiptastofa (IS), Bundesnetzagentur (DE),
// Ofcom (GB), NANPA (US and all others with code 1). They were written down
// from memory and compared with libphonenumber's verdicts on random digits;
// see ADR 0019 and docs/measurements/drafts-privacy.md.
//
// It is loose on purpose. Ranges that an authority keeps in reserve count as
// given out; in Denmark, Iceland and Britain, and for fixed lines in Sweden,
// Finland and Germany, whole first digits do, Guernsey, Jersey and Man included;
// an American number has an area code and an exchange of the right form, not
// ones that exist. Numbers
// that people do not write are left out: of machines (12 digits and more), of
// emergency and other short services, Norway's of 5 digits.
const national = `
NO 47  - 21:8 22:8 23:8 24:8 31:8 32:8 33:8 35:8 37:8 38:8 4:8 50:8 51:8 52:8 53:8 55:8 56:8 57:8 61:8 62:8 63:8 64:8 66:8 67:8 69:8 7:8 80:8 81:8 82:8 85:8 88:8 9:8
SE 46  0 1:8-9 10:9 11:7-9 13:7-9 16:7-9 18:7-9 19:7-9 2:8-9 20:6-9 21:7-9 23:7-9 26:7-9 3:8-9 31:7-9 33:7-9 35:7-9 36:7-9 4:8-9 40:7-9 42:7-9 44:7-9 46:7-9 5:8-9 54:7-9 6:8-9 60:7-9 63:7-9 70:9 72:9 73:9 74:9 75:9 76:9 77:9 79:9 8:7-9 9:8-9 90:7-9 900:9-10 939:9-10 944:9-10
DK 45  - 2:8 3:8 4:8 5:8 6:8 7:8 8:8 9:8
FI 358 0 1:6-9 10:6-10 2:6-9 20:6-10 29:6-10 3:6-9 30:6-10 4:7-10 5:6-9 50:6-10 6:6-9 600:8-9 700:8-9 71:6-10 73:6-10 75:6-10 8:6-9 800:8-9 9:6-9
IS 354 - 4:7 5:7 6:7 7:7 8:7 90:7
DE 49  0 15:11 160:10-11 162:10-11 163:10-11 17:10-11 180:7-11 137:8-10 2:6-11 3:6-11 32:9-11 4:6-11 5:6-11 6:6-11 7:6-11 700:11 8:6-11 800:10-11 9:6-11 900:10
GB 44  0 1:9-10 2:10 3:10 5:10 7:10 8:10 800:9-10 9:10
US 1   - 2:10 3:10 4:10 5:10 6:10 7:10 8:10 9:10`

// abroad is how many digits a national (significant) number has in all other
// countries and services, by country code: ITU-T E.164, list of assigned
// country codes, and the lengths in the operators' dialling procedures (ITU
// Operational Bulletin). Fixed and mobile numbers are put together, and numbers
// of machines and short services left out; what such a number begins with is
// not looked at.
const abroad = `
7:10 20:8-10 27:9 30:10 31:9 32:8-9 33:9 34:9 36:8-9 39:6-11 40:9 41:9 43:4-13 48:9 51:8-9 52:10 53:6-8 54:10-11 55:10-11 56:9 57:10 58:10 60:8-10 61:9 62:7-12 63:8-10 64:8-10 65:8 66:8-9
81:9-10 82:8-10 84:9-10 86:10-11 90:10 91:10 92:9-10 93:9 94:9 95:7-10 98:10
211:9 212:9 213:8-9 216:8 218:8-9 220:7 221:9 222:8 223:8 224:8-9 225:10 226:8 227:8 228:8 229:8-10 230:7-8 231:7-9 232:8 233:9 234:8-10 235:8 236:8 237:8-9 238:7 239:7 240:9 241:7-8 242:9 243:7-9 244:9
245:7-9 246:7 247:5-6 248:7 249:9 250:9 251:9 252:6-9 253:8 254:7-10 255:9 256:9 257:8 258:8-9 260:9 261:9 262:9 263:5-10 264:8-9 265:7-9 266:8 267:7-8 268:8 269:7 290:5 291:7 297:7 298:6 299:6
350:8 351:9 352:5-11 353:7-9 355:8-9 356:8 357:8 359:6-9 370:8 371:8 372:7-8 373:8 374:8 375:9 376:6-9 377:8-9 378:6-10 380:9 381:7-10 382:8 383:8-9 385:8-9 386:8 387:8-9 389:8 420:9 421:9 423:7-9
500:5 501:7 502:8 503:8 504:8 505:8 506:8 507:7-8 508:6-9 509:8 590:9 591:8 592:7 593:8-9 594:9 595:7-9 596:9 597:6-7 598:8 599:7-8
670:7-8 672:6 673:7 674:7 675:7-8 676:5-7 677:5-7 678:5-7 679:7 680:7 681:6 682:5 683:4-7 685:5-7 686:5-8 687:6 688:5-7 689:6-8 690:4-7 691:7 692:7
800:8 808:8 850:8-10 852:8 853:8 855:8-9 856:8-10 870:9 878:12 880:8-10 881:9 882:7-12 883:7-12 886:8-9 888:11
960:7 961:7-8 962:8-9 963:8-9 964:8-10 965:8 966:9 967:7-9 968:8 970:8-9 971:8-9 972:8-9 973:8 974:8 975:7-8 976:8 977:8-10 979:9 992:9 993:8 994:9 995:9 996:9 998:9`

// plans are all of them by country code, and those of the countries whose
// national numbers we read, in their order.
var plans = sync.OnceValues(func() (byCode map[string]*plan, ours []*plan) {
	byCode = map[string]*plan{}
	for line := range strings.Lines(strings.TrimSpace(national)) {
		w := strings.Fields(line)
		p := &plan{region: w[0], trunk: w[2] == "0", leads: map[string]lengths{}}
		for _, entry := range w[3:] {
			lead, l := leadOf(entry)
			if len(p.leads) == 0 {
				p.all = l
			}
			p.leads[lead] = l
			p.all = lengths{min(p.all.least, l.least), max(p.all.most, l.most)}
		}
		byCode[w[1]] = p
		ours = append(ours, p)
	}
	for entry := range strings.FieldsSeq(abroad) {
		code, l := leadOf(entry)
		byCode[code] = &plan{leads: map[string]lengths{"": l}, all: l}
	}
	return byCode, ours
})

// leadOf reads "46:7-9" and "46:8".
func leadOf(entry string) (string, lengths) {
	lead, span, _ := strings.Cut(entry, ":")
	least, most, ok := strings.Cut(span, "-")
	if !ok {
		most = least
	}
	return lead, lengths{decimal(least), decimal(most)}
}

func decimal(digits string) int {
	n := 0
	for _, d := range digits {
		n = 10*n + int(d-'0')
	}
	return n
}

// maxLead is the length of the longest lead.
const maxLead = 3

// has reports whether a national (significant) number is one of the plan's.
func (p *plan) has(number string) bool {
	for n := min(maxLead, len(number)); n >= 0; n-- {
		if l, ok := p.leads[number[:n]]; ok {
			return l.hold(len(number)) && (p.region != "US" || american(number))
		}
	}
	return false
}

// hasWritten reports whether the digits of a number without its country are
// one of the plan's as it is written in the country.
func (p *plan) hasWritten(digits string) bool {
	if p.trunk {
		return digits[0] == '0' && p.has(digits[1:])
	}
	return p.has(digits)
}

// american reports whether ten digits have the form NXX-NXX-XXXX, N from 2: no
// service code (N11), and no area code of the kind kept for longer numbers
// (N9X).
func american(number string) bool {
	return number[3] >= '2' && number[1] != '9' && number[1:3] != "11" && number[4:6] != "11"
}

// international reads the digits of a number that begins with its country.
// Valid is a number of the country's plan. Possible is one that has at least a
// length of the plan, or lacks digits or an area code: it is no shorter than
// seven digits. Those do not begin with the zeros of a round sum and do not
// stand behind 1 or 7, which are often no country ("+12 500 000"). A zero behind
// the country ("+46 (0)70") may be left out.
func international(digits string) (valid, possible bool) {
	byCode, _ := plans()
	for n := 1; n <= 3 && n < len(digits); n++ {
		p, ok := byCode[digits[:n]]
		if !ok {
			continue
		}
		number := digits[n:]
		valid, possible = p.has(number), p.all.hold(len(number))
		if shorter, zero := strings.CutPrefix(number, "0"); zero {
			valid, possible = valid || p.has(shorter), possible || p.all.hold(len(shorter))
		}
		short := n > 1 && number[0] != '0' && len(number) >= 7 && len(number) <= p.all.most
		return valid, possible || short
	}
	return false, false
}
