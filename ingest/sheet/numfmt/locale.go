package numfmt

import (
	"strconv"
	"strings"
)

// locale is how numbers and dates are written where a sheet is read.
type locale struct{ thousands, decimal, language string }

var english = locale{",", ".", "en"}

// localeOf is the way of the people who read a language.
func localeOf(language string) locale {
	switch language {
	case "nb", "nn", "no":
		return locale{"\u00a0", ",", "nb"}
	case "sv", "fi":
		return locale{"\u00a0", ",", language}
	case "fr", "pl":
		return locale{"\u00a0", ",", language}
	case "da", "de", "es", "it", "nl", "pt":
		return locale{".", ",", language}
	}
	return english
}

// localeByTag is the way of a Windows language id or a language tag, as in
// [$€-407] and [$-de-DE].
func localeByTag(tag string) (locale, bool) {
	if tag == "" {
		return locale{}, false
	}
	if id, err := strconv.ParseInt(tag, 16, 64); err == nil {
		switch id & 0xFFFF {
		case 0x807, 0x1407: // de-CH, de-LI
			return locale{"’", ".", "de"}, true
		case 0x80A: // es-MX
			return locale{",", ".", "es"}, true
		case 0x416: // pt-BR
			return localeOf("pt"), true
		}
		languages := map[int64]string{
			0x06: "da", 0x07: "de", 0x09: "en", 0x0A: "es", 0x0B: "fi", 0x0C: "fr", 0x10: "it", 0x13: "nl", 0x14: "nb", 0x15: "pl", 0x16: "pt", 0x1D: "sv",
		}
		if language, ok := languages[id&0x3FF]; ok && id&0xFFFF < 0xF000 {
			return localeOf(language), true
		}
		return locale{}, false
	}
	language, _, _ := strings.Cut(strings.ToLower(tag), "-")
	switch language {
	case "en":
		return english, true
	case "nb", "nn", "no", "sv", "fi", "fr", "pl", "da", "de", "es", "it", "nl", "pt":
		return localeOf(language), true
	}
	return locale{}, false
}

// names are those of months and days, Sunday first.
type names struct {
	months, short   [12]string
	days, shortDays [7]string
}

func (l locale) names() *names {
	if n, ok := calendar[l.language]; ok {
		return n
	}
	return calendar["en"]
}

// calendar is as the Unicode CLDR has it, short forms as Excel shows them.
var calendar = map[string]*names{
	"en": named("January February March April May June July August September October November December", "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec", "Sunday Monday Tuesday Wednesday Thursday Friday Saturday", "Sun Mon Tue Wed Thu Fri Sat"),
	"nb": named("januar februar mars april mai juni juli august september oktober november desember", "jan feb mar apr mai jun jul aug sep okt nov des", "søndag mandag tirsdag onsdag torsdag fredag lørdag", "søn man tir ons tor fre lør"),
	"sv": named("januari februari mars april maj juni juli augusti september oktober november december", "jan feb mar apr maj jun jul aug sep okt nov dec", "söndag måndag tisdag onsdag torsdag fredag lördag", "sön mån tis ons tor fre lör"),
	"da": named("januar februar marts april maj juni juli august september oktober november december", "jan feb mar apr maj jun jul aug sep okt nov dec", "søndag mandag tirsdag onsdag torsdag fredag lørdag", "sø ma ti on to fr lø"),
	"fi": named("tammikuu helmikuu maaliskuu huhtikuu toukokuu kesäkuu heinäkuu elokuu syyskuu lokakuu marraskuu joulukuu", "tammi helmi maalis huhti touko kesä heinä elo syys loka marras joulu", "sunnuntai maanantai tiistai keskiviikko torstai perjantai lauantai", "su ma ti ke to pe la"),
	"de": named("Januar Februar März April Mai Juni Juli August September Oktober November Dezember", "Jan Feb Mrz Apr Mai Jun Jul Aug Sep Okt Nov Dez", "Sonntag Montag Dienstag Mittwoch Donnerstag Freitag Samstag", "So Mo Di Mi Do Fr Sa"),
	"fr": named("janvier février mars avril mai juin juillet août septembre octobre novembre décembre", "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.", "dimanche lundi mardi mercredi jeudi vendredi samedi", "dim. lun. mar. mer. jeu. ven. sam."),
	"es": named("enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre", "ene feb mar abr may jun jul ago sep oct nov dic", "domingo lunes martes miércoles jueves viernes sábado", "dom lun mar mié jue vie sáb"),
	"it": named("gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre", "gen feb mar apr mag giu lug ago set ott nov dic", "domenica lunedì martedì mercoledì giovedì venerdì sabato", "dom lun mar mer gio ven sab"),
	"nl": named("januari februari maart april mei juni juli augustus september oktober november december", "jan feb mrt apr mei jun jul aug sep okt nov dec", "zondag maandag dinsdag woensdag donderdag vrijdag zaterdag", "zo ma di wo do vr za"),
	"pl": named("styczeń luty marzec kwiecień maj czerwiec lipiec sierpień wrzesień październik listopad grudzień", "sty lut mar kwi maj cze lip sie wrz paź lis gru", "niedziela poniedziałek wtorek środa czwartek piątek sobota", "niedz. pon. wt. śr. czw. pt. sob."),
	"pt": named("janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro", "jan fev mar abr mai jun jul ago set out nov dez", "domingo segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado", "dom seg ter qua qui sex sáb"),
}

func named(months, short, days, shortDays string) *names {
	n := &names{}
	copy(n.months[:], strings.Fields(months))
	copy(n.short[:], strings.Fields(short))
	copy(n.days[:], strings.Fields(days))
	copy(n.shortDays[:], strings.Fields(shortDays))
	return n
}
