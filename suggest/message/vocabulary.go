package message

import (
	"maps"
	"strings"
	"sync"
)

// vocabulary is what a language's questions, wishes and moods look like. All
// words are folded.
type vocabulary struct {
	abbreviations map[string]bool // true when it may also end a sentence

	// Question words by what they ask for. The earliest one decides.
	price, when, where, howto, howmuch, which, why phrases
	what                                           phrases // question words that leave the kind open
	verbs                                          phrases // that open a question before a subject
	subjects                                       phrases // that follow such a verb, and follow a conjunction in a statement
	suffixes                                       []string

	wish    phrases // "I need", "send me"
	whether phrases // "wondering if": a wish that asks yes or no
	not     phrases // right after a wish it is none
	problem phrases
	and     phrases // joins two questions
	filler  phrases // before a question's first word
	follow  phrases // "what about", "and for": needs the question before it
	also    phrases
	pronoun phrases // stand for something said before
	there   phrases // expletives: their pronoun stands for nothing
	empty   phrases // words that name no thing

	thanks, greeting, human, complaint, urgent, angry, asks phrases

	present       phrases // "is anybody there": a greeting with a question mark
	inverts       phrases // words of filler after which a statement has its verb first
	reach, people phrases // "talk to", and then whom: asks for a person
	peopleFirst   bool    // as in German "mit jemandem sprechen"
}

// vocabularyOf is the words of a language, of all together when it is unknown.
func vocabularyOf(language string) *vocabulary {
	all := vocabularies()
	if v, ok := all[language]; ok {
		return v
	}
	return all[""]
}

var vocabularies = sync.OnceValue(func() map[string]*vocabulary {
	m := map[string]*vocabulary{
		"nb": norwegian(), "sv": swedish(), "da": danish(), "fi": finnish(), "de": german(), "en": english(),
	}
	any := &vocabulary{abbreviations: map[string]bool{}}
	for _, l := range []string{"nb", "sv", "da", "fi", "de", "en"} {
		v := m[l]
		maps.Copy(any.abbreviations, v.abbreviations)
		mine, theirs := any.lists(), v.lists()
		for i := range mine {
			*mine[i] = append(*mine[i], *theirs[i]...)
		}
		any.suffixes = append(any.suffixes, v.suffixes...)
		any.peopleFirst = any.peopleFirst || v.peopleFirst
	}
	m[""] = any
	return m
})

// lists is every list of phrases, in one order.
func (v *vocabulary) lists() []*phrases {
	return []*phrases{
		&v.price, &v.when, &v.where, &v.howto, &v.howmuch, &v.which, &v.why, &v.what, &v.verbs, &v.subjects,
		&v.wish, &v.whether, &v.not, &v.problem, &v.and, &v.filler, &v.follow, &v.also, &v.pronoun, &v.there,
		&v.empty, &v.thanks, &v.greeting, &v.human, &v.complaint, &v.urgent, &v.angry, &v.asks,
		&v.present, &v.inverts, &v.reach, &v.people,
	}
}

// abbreviations reads words without their last full stop; those after a "+"
// may end a sentence.
func abbreviations(table string) map[string]bool {
	const common = "varenr artikkelnr artikelnr serienr ordrenr ordernr kundenr fakturanr telefonnr delenr reservedelsnr nro tuotenro sarjanro tilausnro puh kpl ca nr no art art.nr tel tlf dr mr mrs ms prof st vs approx max min inkl incl ekskl excl jf pkt s vol ref kl"
	inside, ending, _ := strings.Cut(table, "+")
	m := map[string]bool{}
	for w := range strings.FieldsSeq(common + " " + inside) {
		m[w] = false
	}
	for w := range strings.FieldsSeq("etc " + ending) {
		m[w] = true
	}
	return m
}

func norwegian() *vocabulary {
	return &vocabulary{
		abbreviations: abbreviations("f.eks eks bl.a ang vedr evt ev pga p.g.a mht m.h.t ift iht i.h.t tidl innt ifm i.f.m mtp jan feb mar apr jun jul aug sep sept okt nov des man tir ons tor fre lør søn frk hr fr adr avd mill mrd stk pr dvs d.v.s vha f fhv årg kap fig tab mobil ord + osv o.s.v m.m mm m.v mv o.l ol m.fl mfl kr d.d"),
		price:         list("hva koster|kva kostar|koster|koste|kostar|kosta|hva skal dere ha|prisen|pris|priser|prisene|prisliste*|pristilbud|prisoverslag|hva tar dere|hvor mye tar|hvor dyr*|kostnad*|tilbud på|hvor mye er|hva blir|gebyr*|fraktkostnad*"),
		when:          list("når|hvor lenge|kor lenge|hvor lang tid|kor lang tid|hvor raskt|hvor fort|leveringstid*|åpningstid*|opningstid*|hvilken dag|hvilke dager|hvilken dato|hva tid|ventetid*"),
		where:         list("hvor|kor|hvorfra|hvorhen"),
		howto:         list("hvordan|korleis|åssen|hvorledes|hva gjør jeg|hva gjør vi|hva gjør man|hva skal jeg gjøre|hva må jeg gjøre|hva kan jeg gjøre|kva gjer eg|kva skal eg gjere|hvor finner jeg ut|fremgangsmåte*|veiledning"),
		howmuch:       list("hvor mye|hvor mange|hvor hardt|hvor tett|hvor dyp*|hvor stor*|hvor lang|hvor langt|hvor høy*|hvor bred*|hvor tung*|hvor ofte|hvor gammel|hvor varm*|kor mykje|kor mange|kor ofte|kor stor*"),
		which:         list("hvilken|hvilke|hvilket|hva slags|kva for|kva slags|hva for"),
		why:           list("hvorfor|kvifor|hva skyldes"),
		what:          list("hva|kva|hvem|kven"),
		verbs:         list("er|var|har|kan|kunne|vil|ville|skal|skulle|må|bør|får|fins|finnes|finst|fungerer|virker|passer|går|gjelder|trenger|tar|tilbyr|leverer|selger|sender|støtter|dekker|koster|kommer|blir|tåler|holder|inkluderer|følger|betyr|stemmer|burde|vet|tør|hadde"),
		subjects:      list("jeg|eg|du|dere|de|dykk|vi|me|man|en|det|den|dette|denne|disse|han|hun|ho|noen|noe|nokon|noko|min|mitt|mine|deres|alle|ein|eit|et|hos|med|i|på"),
		wish:          list("jeg trenger|vi trenger|eg treng|trenger|lurer på|lurte på|lurar på|ønsker|ynskjer|jeg vil gjerne|vi vil gjerne|vil gjerne|ville gjerne|skulle gjerne|kunne tenke meg|jeg må ha|vi må ha|send meg|send oss|kan du|kan dere|kan de|kunne du|kunne dere|gi meg|gi oss|fortell meg|gi beskjed|jeg vil ha|vi vil ha|jeg vil vite|ber om|jeg skal ha|jeg leter etter|jeg ser etter|vi ser etter|på jakt etter|si meg|bestille|avbestille|vil bytte|vil returnere|vil avslutte|avslutte abonnement*|si opp|har spørsmål om|har et spørsmål om|spørsmål om|informasjon om|info om|pris på|tilbud på"),
		whether:       list("lurer på om|lurte på om|lurar på om|vite om|si om|vet dere om|sjekke om|spørre om"),
		not:           list("ikke|ikkje|ingen|ingenting"),
		problem:       list("virker ikke|verkar ikkje|fungerer ikke|fungerer ikkje|funker ikke|går ikke|går ikkje|starter ikke|startar ikkje|får ikke|får ikkje|kan ikke|klarer ikke|åpner ikke|lader ikke|svarer ikke|ikke kommet|ikke mottatt|ikke fått|ikkje fått|ikkje komen|ikkje kome|har ikke fått|feilmelding*|feilkode*|feil|stopper|stoppar|stanser|slår seg av|henger|hakker|lekker|lek|lekk|ødelagt|øydelagd|knust|defekt|i stykker|mangler|manglar|blinker|problem*|rar lyd|bråker|skadet|utslitt|forsinket|krasjer|sitter fast|viser feil|ikke lenger|svart skjerm|overopphet*|ryker|låst ute|utlogget"),
		and:           list("og"),
		filler:        list("og|men|så|også|da|ja|nei|ok|okei|eller|hei|heisann|hallo|takk|takk,|forresten|dessuten|i tillegg|for øvrig|ps|p.s|spørsmål|jeg lurer"),
		follow:        list("hva med|kva med|og hva med|og for|og til|og hvis|hva om|enn|og den|og det|og på|og i|samme for|eller for"),
		also:          list("også|òg|og så|samme"),
		pronoun:       list("det|den|dette|denne|disse|dei|de|dem|der|han|henne|samme|slik|slikt|sånn|begge|ingen av dem"),
		there:         list("er det|går det|finnes det|fins det|finst det|var det|blir det|er der|har det vært|det er|hva er det|skal det|må det"),
		empty:         list("jeg|eg|meg|du|deg|dere|dykk|vi|oss|me|man|en|ei|et|ein|eit|å|at|som|og|eller|men|i|på|til|for|fra|frå|med|av|om|ved|etter|hos|over|under|ut|inn|opp|er|var|blir|bli|har|ha|hadde|kan|kunne|vil|ville|skal|skulle|må|får|få|fått|gjør|gjøre|gjer|gjere|koster|koste|kostar|tar|ta|gjelder|går|gå|kommer|komme|da|så|nå|no|også|òg|bare|litt|mye|mange|mer|noe|noen|noko|nokon|ikke|ikkje|ja|nei|takk|lenge|lang|tid|stor|pris|prisen|eventuelt|egentlig|mulig|virker|fungerer|finnes|trenger|hvis|når|eksakt|igjen|fremdeles|fortsatt|får tak|tak"),
		thanks:        list("takk|tusen takk|mange takk|takker|takk for hjelpen|supert|flott|perfekt|hjertelig takk"),
		greeting:      list("hei|heisann|hallo|god dag|goddag|god morgen|god kveld|hei hei|halla|morn|hei der|hei på deg|god ettermiddag|kjære"),
		human:         list("snakke med et menneske|snakke med en person|snakke med en|snakke med noen|snakka med nokon|snakke med dere|prate med|ekte menneske|ekte person|et menneske|en ekte|kundebehandler|saksbehandler|ring meg|ringe meg|bli oppringt|ringe tilbake|ring tilbake|en fra kundeservice|snakke med kundeservice|menneskelig|ikke en robot|ikke robot"),
		complaint:     list("ikke fornøyd|dårlig opplevelse|klage|klager|klaga|reklamere|reklamasjon|misfornøyd|skuffet|skuffa|uakseptabelt|uhørt|elendig*|forferdelig*|dårlig service|dårlig kundeservice|håpløst|håpløs|skandale*|forbrukerrådet|forbrukertilsynet|erstatning|krever pengene|svindel|aldri mer"),
		urgent:        list("haster|hastar|haster veldig|umiddelbart|øyeblikkelig|snarest|fortest mulig|så fort som mulig|så raskt som mulig|asap|akutt|straks|kritisk|nødstilfelle|produksjonen står|driftsstans|med en gang|omgående|innen i dag"),
		angry:         list("elendig*|forferdelig*|uakseptabelt|uhørt|håpløs*|drittlei|forbanna|faen|fy faen|skandale*|latterlig*|idiot*|svindel|lei av|aldri mer|for galt|sint|frustrert|frustrerende|skammelig|grov*t uprofesjonelt|søppel"),
		asks:          list("spørsmål|lurer|følgende|trenger|ønsker|pris på|pris for|svar på"),
		present:       list("er det noen der|er noen der|er det noen hjemme|er det noen her|er nokon der|er det nokon der|noen der|noen hjemme"),
		inverts:       list("så|da|no|nå|dessuten|forresten"),
		reach:         list("snakke|snakka|prate|prata|chatte|tale|ringe|kontakt med|komme i kontakt|få tak i|sette meg over|settes over"),
		people:        list("menneske*|person|noen|nokon|kundebehandler*|saksbehandler*|rådgiver*|medarbeider*|en ansatt|sjefen|sjef|leder|lederen"),
	}
}

func swedish() *vocabulary {
	return &vocabulary{
		abbreviations: abbreviations("t.ex tex ex bl.a bla ang ev p.g.a pga fr.o.m t.o.m tom from d.v.s dvs s.k sk jan febr feb mars apr aug sept sep okt nov dec mån tis ons tors fre lör sön hr fr avd milj mdr st resp d.ä d.y m.a.o mao enl f.d i.o.m jfr kap fig tab mobil gm + osv o.s.v m.m mm m.fl mfl o.d od o.dyl kr f.k"),
		price:         list("vad kostar|kostar|kosta|vad ska ni ha|priset|pris|priser|priserna|prislista*|prisuppgift*|kostnad*|offert*|vad tar ni|hur dyr*|avgift*|fraktkostnad*|hur mycket är|vad blir"),
		when:          list("när|hur länge|hur lång tid|hur snabbt|hur snart|leveranstid*|öppettid*|vilken dag|vilka dagar|vilket datum|väntetid*|vilken tid"),
		where:         list("var|vart|varifrån|var någonstans"),
		howto:         list("hur|hur gör jag|vad gör jag|vad gör vi|vad ska jag göra|vad skall jag göra|vad kan jag göra|vad måste jag göra|anvisning*|steg för steg"),
		howmuch:       list("hur mycket|hur många|hur stor*|hur lång|hur långt|hur hög*|hur bred*|hur tung*|hur ofta|hur gammal|hur varm*"),
		which:         list("vilken|vilka|vilket|vad för|vilken sorts|vilken typ"),
		why:           list("varför|vad beror|hur kommer det sig"),
		what:          list("vad|vem|vems"),
		verbs:         list("är|var|har|kan|kunde|vill|ska|skall|skulle|måste|bör|borde|får|finns|fungerar|funkar|passar|går|gäller|behöver|tar|erbjuder|levererar|säljer|skickar|stödjer|stöder|täcker|kostar|kommer|blir|tål|håller|ingår|följer|betyder|stämmer|vet|hade"),
		subjects:      list("jag|du|ni|de|vi|man|en|ett|det|den|detta|denna|dessa|han|hon|någon|något|några|min|mitt|mina|er|ert|era|alla|hos|med|i|på"),
		wish:          list("jag behöver|vi behöver|behöver|undrar|undrade|önskar|jag vill|vi vill|vill gärna|skulle vilja|skulle behöva|kan ni|kan du|kunde ni|skulle ni kunna|skicka|ge mig|berätta|meddela|hör av er|letar efter|söker|jag ska ha|beställa|avbeställa|säga upp|vill byta|vill returnera|har en fråga om|har frågor om|fråga om|information om|info om|pris på|offert på|ber om"),
		whether:       list("undrar om|undrade om|veta om|säga om|vet ni om|kolla om|fråga om"),
		not:           list("inte|ej|ingen|inget|inga"),
		problem:       list("fungerar inte|funkar inte|går inte|startar inte|får inte|kan inte|lyckas inte|öppnas inte|laddar inte|svarar inte|inte kommit|inte fått|ej fått|inte mottagit|felmeddelande*|felkod*|fel|stannar|stoppar|stänger av sig|hänger sig|hackar|läcker|trasig*|sönder|defekt*|saknas|saknar|blinkar|problem*|konstigt ljud|låter konstigt|skadad*|skadat|försenad*|kraschar|fastnat|sitter fast|visar fel|inte längre|svart skärm|överhett*|utelåst"),
		and:           list("och|samt"),
		filler:        list("och|men|så|också|även|då|ja|nej|ok|okej|eller|hej|hejsan|hallå|tack|förresten|dessutom|ps|p.s|fråga|jag undrar"),
		follow:        list("hur är det med|vad gäller|och för|och till|och om|och den|och det|hur blir det med|vad händer om|gäller det även|gäller det också|eller för|och på|och i"),
		also:          list("även|också|samma|likaså"),
		pronoun:       list("det|den|detta|denna|dessa|de|dem|dom|där|han|henne|samma|sådan|sådant|sådana|båda"),
		there:         list("är det|går det|finns det|var det|blir det|det är|det går|det finns|ska det|måste det|vad är det"),
		empty:         list("jag|mig|du|dig|ni|er|vi|oss|man|en|ett|att|som|och|eller|men|i|på|till|för|från|med|av|om|vid|efter|hos|över|under|ut|in|upp|är|var|blir|bli|har|ha|hade|kan|kunde|vill|ska|skulle|måste|får|få|fått|gör|göra|kostar|kosta|tar|ta|gäller|går|gå|kommer|komma|då|så|nu|även|också|bara|lite|mycket|många|mer|något|någon|några|inte|ej|ja|nej|tack|länge|lång|tid|stor|pris|priset|eventuellt|egentligen|möjligt|fungerar|finns|behöver|när|igen|fortfarande"),
		thanks:        list("tack|tack så mycket|tusen tack|tackar|toppen|perfekt|super|jättebra|stort tack"),
		greeting:      list("hej|hejsan|hallå|god dag|goddag|god morgon|godmorgon|god kväll|hej hej|tjena|tja|tjenare|hej på er|god eftermiddag|kära|bästa"),
		human:         list("prata med en människa|prata med en person|prata med någon|prata med en|tala med en|tala med någon|riktig människa|riktig person|en människa|handläggare|ring mig|ringa mig|bli uppringd|ring upp|ringa upp|ring tillbaka|kundtjänstmedarbetare|prata med kundtjänst|inte en robot"),
		complaint:     list("inte nöjd|dålig upplevelse|klaga|klagomål|klagar|reklamera|reklamation|missnöjd|besviken|besvikna|oacceptabelt|under all kritik|usel*|hemsk*|dålig service|dålig kundservice|hopplöst|skandal*|konsumentverket|arn|ersättning|kräver pengarna|bedrägeri|aldrig mer|fruktansvärt"),
		urgent:        list("brådskande|bråttom|brådskar|omedelbart|omgående|snarast|så snart som möjligt|så fort som möjligt|asap|akut|genast|kritiskt|produktionen står|driftstopp|med en gång"),
		angry:         list("usel*|hemsk*|oacceptabelt|under all kritik|hopplöst|skandal*|löjlig*|idiot*|bedrägeri|trött på|aldrig mer|förbannad|fan|jävla|jävligt|arg|frustrerad|frustrerande|skamligt|fruktansvärt|skräp"),
		asks:          list("fråga|frågor|undrar|följande|behöver|önskar|pris på|svar på"),
		present:       list("är det någon där|är någon där|är det någon hemma|någon där|finns det någon där"),
		inverts:       list("så|då|nu|dessutom|förresten"),
		reach:         list("prata|tala|chatta|ringa|kontakt med|komma i kontakt|få tag i|få tag på|koppla mig|kopplas till"),
		people:        list("människa|människor|person|någon|handläggare|rådgivare|medarbetare|en anställd|chefen|chef"),
	}
}

func danish() *vocabulary {
	return &vocabulary{
		abbreviations: abbreviations("f.eks fx eks bl.a ang vedr evt ev pga p.g.a mht m.h.t ift iht tidl ifm i.f.m jan feb mar apr jun jul aug sep sept okt nov dec man tir tirs ons tor tors fre lør søn hr fr adr afd mio mia stk pr dvs d.v.s vha f kap fig tab mobil inkl ekskl hhv alm + osv o.s.v m.m mm m.v mv o.l ol m.fl mfl kr d.d"),
		price:         list("hvad koster|koster|koste|hvad skal i have|prisen|pris|priser|priserne|prisliste*|pristilbud|prisoverslag|tilbud på|hvad tager i|hvor dyr*|omkostning*|gebyr*|fragtpris*|hvor meget er|hvad bliver"),
		when:          list("hvornår|hvor længe|hvor lang tid|hvor hurtigt|leveringstid*|åbningstid*|hvilken dag|hvilke dage|hvilken dato|ventetid*|hvad tid"),
		where:         list("hvor|hvorfra|hvorhen|hvor henne"),
		howto:         list("hvordan|hvorledes|hvad gør jeg|hvad gør vi|hvad gør man|hvad skal jeg gøre|hvad kan jeg gøre|hvad må jeg gøre|vejledning"),
		howmuch:       list("hvor meget|hvor mange|hvor tit|hvor hårdt|hvor tæt|hvor varm*|hvor dyb*|hvor stor*|hvor lang|hvor langt|hvor høj*|hvor bred*|hvor tung*|hvor ofte|hvor gammel|hvor varm*"),
		which:         list("hvilken|hvilke|hvilket|hvad slags|hvad for"),
		why:           list("hvorfor|hvad skyldes"),
		what:          list("hvad|hvem"),
		verbs:         list("er|var|har|kan|kunne|vil|ville|skal|skulle|må|bør|får|findes|fungerer|virker|passer|fås|går|gælder|tager|tilbyder|leverer|sælger|sender|understøtter|dækker|koster|kommer|bliver|tåler|holder|inkluderer|følger|betyder|stemmer|burde|ved|hører"),
		subjects:      list("jeg|du|i|de|vi|man|en|et|det|den|dette|denne|disse|der|han|hun|nogen|noget|min|mit|mine|jeres|alle|hos|med|på"),
		wish:          list("jeg har brug for|vi har brug for|har brug for|jeg skal bruge|vi skal bruge|mangler en|mangler et|jeg undrer mig|tænkte på|ønsker|jeg vil gerne|vi vil gerne|vil gerne|ville gerne|kunne jeg få|send mig|send os|kan i|kan du|kunne i|vil i|giv mig|fortæl mig|giv besked|jeg vil have|jeg vil vide|beder om|leder efter|søger|bestille|afbestille|opsige|vil bytte|vil returnere|har spørgsmål om|har et spørgsmål om|spørgsmål om|spørgsmål til|information om|info om|oplysninger om|pris på|tilbud på"),
		whether:       list("vide om|tænkte på om|høre om|ved i om|sige om|tjekke om|spørge om|undrer mig over om|i tvivl om"),
		not:           list("ikke|ingen|intet"),
		problem:       list("virker ikke|fungerer ikke|går ikke|starter ikke|får ikke|kan ikke|lader ikke|åbner ikke|svarer ikke|ikke kommet|ikke modtaget|ikke fået|fejlmeddelelse*|fejlkode*|fejlbesked*|fejl|stopper|standser|slukker|hænger|hakker|lækker|utæt|ødelagt|knust|defekt|i stykker|gået i stykker|mangler|blinker|problem*|mærkelig lyd|larmer|skadet|beskadiget|slidt|forsinket|crasher|sidder fast|viser forkert|ikke længere|sort skærm|overophed*|låst ude"),
		and:           list("og|samt"),
		filler:        list("og|men|så|også|da|ja|nej|ok|okay|eller|hej|hejsa|hallo|tak|forresten|desuden|derudover|ps|p.s|spørgsmål"),
		follow:        list("hvad med|og hvad med|og for|og til|og hvis|hvad hvis|gælder det også|og den|og det|og på|samme for|eller for"),
		also:          list("også|samme|ligeledes"),
		pronoun:       list("det|den|dette|denne|disse|de|dem|der|han|hende|samme|sådan|sådant|begge"),
		there:         list("er det|går det|findes det|findes der|er der|var det|bliver det|det er|der er|skal det|må det|hvad er det|kommer der"),
		empty:         list("jeg|mig|du|dig|i|jer|vi|os|man|en|et|at|som|og|eller|men|på|til|for|fra|med|af|om|ved|efter|hos|over|under|ud|ind|op|er|var|bliver|blive|har|have|havde|kan|kunne|vil|ville|skal|skulle|må|får|få|fået|gør|gøre|koster|koste|tager|tage|gælder|går|gå|kommer|komme|da|så|nu|også|bare|lidt|meget|mange|mere|noget|nogen|nogle|ikke|ja|nej|tak|længe|lang|tid|stor|pris|prisen|eventuelt|egentlig|muligt|virker|fungerer|findes|brug|hvis|igen|stadig|gerne"),
		thanks:        list("tak|mange tak|tusind tak|tak for hjælpen|takker|super|perfekt|dejligt"),
		greeting:      list("hej|hejsa|hallo|goddag|god dag|godmorgen|god morgen|godaften|god aften|hej hej|dav|davs|kære|hej med jer"),
		human:         list("tale med et menneske|tale med en person|tale med en|tale med nogen|snakke med et menneske|snakke med en|snakke med nogen|rigtigt menneske|rigtig person|et menneske|medarbejder|sagsbehandler|ring til mig|ringe til mig|ringet op|ring tilbage|ringe tilbage|tale med kundeservice|ikke en robot"),
		complaint:     list("ikke tilfreds|dårlig oplevelse|klage|klager|reklamere|reklamation|utilfreds|skuffet|uacceptabelt|uhørt|elendig*|forfærdelig*|dårlig service|dårlig kundeservice|håbløst|håbløs|skandale*|forbrugerrådet|forbrugerklagenævnet|erstatning|kræver mine penge|svindel|aldrig mere"),
		urgent:        list("haster|det haster|omgående|øjeblikkeligt|snarest|hurtigst muligt|så hurtigt som muligt|asap|akut|straks|kritisk|produktionen står|driftsstop|med det samme"),
		angry:         list("elendig*|forfærdelig*|uacceptabelt|uhørt|håbløs*|træt af|fandeme|for fanden|sgu|skandale*|latterlig*|idiot*|svindel|aldrig mere|vred|frustreret|frustrerende|skammeligt|skrald"),
		asks:          list("spørgsmål|følgende|brug for|ønsker|pris på|svar på|vide"),
		present:       list("er der nogen|er der nogen der|er der nogen hjemme|er nogen der"),
		inverts:       list("så|da|nu|desuden|forresten"),
		reach:         list("tale|snakke|chatte|ringe|kontakt med|komme i kontakt|få fat i|stille mig om|stilles om|viderestilles"),
		people:        list("menneske*|person|nogen|sagsbehandler*|rådgiver*|medarbejder*|en ansat|chefen|chef|leder|lederen"),
	}
}

func finnish() *vocabulary {
	return &vocabulary{
		abbreviations: abbreviations("esim ns mm ao eo em ts n tms puh os ark ma ti ke to pe la su milj mrd kpl ko ks vrt s klo huom alv sis huh tammi helmi + jne ym yms tms"),
		price:         list("mitä maksaa|maksaa|maksavat|maksaisi|hinta|hinnan|hinnat|hinnasta|hintaa|hinnasto*|hintatie*|paljonko maksaa|kustannu*|tarjous|tarjouksen|mihin hintaan|toimituskulu*|maksu*"),
		when:          list("milloin|koska|kauanko|kuinka kauan|kuinka pian|kuinka nopeasti|toimitusai*|aukioloaj*|mihin aikaan|monelta|minä päivänä|moneltako"),
		where:         list("missä|mistä|mihin|minne|mistäpäin"),
		howto:         list("miten|kuinka|millä tavalla|mitä teen|mitä minun pitää tehdä|mitä pitäisi tehdä|mitä voin tehdä|ohjeet"),
		howmuch:       list("paljonko|kuinka paljon|kuinka monta|kuinka mon*|kuinka suuri|kuinka iso|kuinka pitkä|kuinka usein|kuinka korkea|montako"),
		which:         list("mikä|mitkä|minkä|minkälai*|millai*|millä|kumpi|kumman|kummat|mille"),
		why:           list("miksi|minkä vuoksi|mistä johtuu"),
		what:          list("mitä|kuka|kenen|ketä"),
		verbs:         list("onko|onkohan|onkos|voiko|voinko|voitteko|voimmeko|voisiko|voisitteko|saako|saanko|saammeko|kuuluuko|sopiiko|toimiiko|käykö|löytyykö|riittääkö|pitääkö|tuleeko|ovatko|oletteko|maksaako|kestääkö|tarvitaanko|sisältyykö|tarvitseeko|myyttekö|toimitatteko|tiedättekö|meneekö"),
		subjects:      list("minä|sinä|te|he|me|se|ne|tämä|nämä|minun|meidän|teidän|hän"),
		suffixes:      []string{"ko", "kö", "kohan", "köhän", "kos", "kös"},
		wish:          list("tarvitsen|tarvitsemme|tarvitsisin|haluan|haluamme|haluaisin|haluaisimme|mietin|mietimme|ihmettelen|lähettäkää|lähetä|voitteko|voisitteko|kertokaa|kerro|ilmoittakaa|pyydän|pyytäisin|etsin|etsimme|tilata|perua|irtisanoa|palauttaa|kysyisin|kysymys|tietoa|tarjous|olisin kiinnostunut|olen kiinnostunut"),
		whether:       list("mietin onko|tietää onko|tietää voiko|kysyä onko|mietin voiko|tietää, onko|tietää, voiko"),
		not:           list("en|emme|ei"),
		problem:       list("ei toimi|eivät toimi|ei käynnisty|ei lataa|ei avaudu|ei vastaa|ei tullut|ei ole tullut|ei ole saapunut|en pääse|emme pääse|en saa|emme saa|en voi|en saanut|en ole saanut|ei saa|ei mene|ei onnistu|ei näy|virheilmoitu*|virhekood*|vikakood*|virhe|virheen|vika|vikaa|pysähtyy|sammuu|jumissa|jumittaa|jumittuu|vuotaa|rikki|hajalla|hajosi|viallinen|puuttuu|puuttuvat|vilkkuu|ongelma*|outo ääni|vaurioitunut|myöhässä|kaatuu|väärin|ei enää|musta näyttö|ylikuumen*|lukittu|herjaa"),
		and:           list("ja|sekä"),
		filler:        list("ja|mutta|niin|myös|no|joo|kyllä|ei|ok|tai|hei|moi|terve|kiitos|lisäksi|ps|p.s|kysymys|entä"),
		follow:        list("entä|entäs|entäpä|ja entä|ja jos|koskeeko se|koskeeko tämä|päteekö|tai jos|onko sama"),
		also:          list("myös|sama|samoin|lisäksi"),
		pronoun:       list("se|sen|sitä|siihen|siitä|sillä|ne|niitä|niiden|niihin|tämä|tämän|tätä|tähän|tästä|nämä|näitä|tuo|tuon|sama|samat|sellainen|molemmat"),
		there:         list("onko mahdollista"),
		empty:         list("minä|minun|minulla|minulle|sinä|me|meidän|meillä|meille|te|teidän|teillä|teille|he|että|joka|jotka|ja|tai|mutta|kun|jos|on|ovat|ole|oli|olisi|ei|en|emme|voi|voinko|voiko|voitteko|saa|saanko|saako|pitää|tehdä|teen|maksaa|maksavat|hinta|käy|menee|kestää|koskee|koskeeko|koskevat|myös|vain|vähän|paljon|monta|vielä|nyt|niin|no|ok|kiitos|kauan|kauanko|aika|onko|ovatko|toimii|toimiiko|mahdollista|tarvitsen|yhä|edelleen|tulee|tuleeko"),
		thanks:        list("kiitos|kiitoksia|kiitokset|kiitti|kiitän|paljon kiitoksia|suurkiitos|mahtavaa|hienoa|loistavaa"),
		greeting:      list("hei|moi|moikka|terve|päivää|hyvää päivää|hyvää huomenta|huomenta|hyvää iltaa|iltaa|moro|heippa|hei vaan|arvoisa"),
		human:         list("puhua ihmisen kanssa|jutella ihmisen kanssa|puhua jonkun kanssa|oikea ihminen|oikean ihmisen|ihmisen kanssa|asiakaspalvelijan|asiakaspalvelijaa|soittakaa minulle|soita minulle|soittaa minulle|soittopyyntö|takaisinsoitto|soittakaa takaisin|en halua robottia|puhua asiakaspalvelun"),
		complaint:     list("en ole tyytyväinen|emme ole tyytyväisiä|huono kokemus|valitus|valituksen|valittaa|valitan|reklamaatio*|reklamoida|tyytymätön|pettynyt|pettyneitä|ei ole hyväksyttävää|kelvoton*|kamala*|surkea*|huono palvelu|huonoa palvelua|toivoton*|skandaali*|kuluttaja-asiamies|kuluttajariita*|korvaus|korvauksen|vaadin rahat|huijaus*|en enää ikinä|ala-arvoista"),
		urgent:        list("kiireellinen|kiireellisesti|kiire|kiireinen|välittömästi|heti|mahdollisimman pian|asap|pikaisesti|akuutti|kriittinen|tuotanto seisoo|ensi tilassa"),
		angry:         list("alkaa riittää|nyt riittää|kamala*|surkea*|kelvoton*|ala-arvoista|skandaali*|naurettava*|idiootti*|huijaus*|kyllästynyt|vihainen|perkele|vittu|helvetti|helvetin|saatana|turhautunut|raivostuttava*|häpeällistä|roska*"),
		asks:          list("kysymys|kysymyksiä|kysymystä|seuraavat|seuraavia|tarvitsen|tarvitsemme|haluaisin|hinta|vastaus"),
		present:       list("onko siellä ketään|onko ketään paikalla|onko siellä ketään paikalla|onko joku paikalla|onko ketään siellä"),
		inverts:       list(""),
		reach:         list("puhua|puhuisin|jutella|keskustella|yhdistäkää|yhdistää|yhteyden"),
		people:        list("ihmi*|henkilö*|joku|jonkun|jollekin|asiakaspalvelija*|neuvojan|neuvojaan|esimies|esimiehen|esimiehelle|päällikön|päällikölle|työntekijän"),
		peopleFirst:   true,
	}
}

func german() *vocabulary {
	return &vocabulary{
		abbreviations: abbreviations("z.b zb d.h dh bzw evtl ggf inkl exkl zzgl ca abs art-nr artikelnr best-nr u.a ua u.u i.d.r z.t zt z.zt o.g og s.o s.u sog vgl bspw jan febr feb mrz apr jun jul aug sept sep okt nov dez mo di mi do fr sa so hr fr frl mio mrd std stk str tsd geb gem hinsichtl bezgl bzgl lt mind u allg kfm dipl ing gmbh mfg + usw etc uvm u.v.m u.ä o.ä ff uhr"),
		price:         list("was kostet|was kosten|kostet|kosten|preis|preise|preisen|preisliste*|preisanfrage|angebot für|angebot über|ein angebot|wie teuer|gebühr*|versandkosten|wie viel ist|was verlangen sie|kostenvoranschlag"),
		when:          list("wann|wie lange|wie schnell|bis wann|ab wann|seit wann|lieferzeit*|öffnungszeit*|welchem tag|welches datum|um wie viel uhr|wartezeit*|lieferdatum|liefertermin"),
		where:         list("wo|woher|wohin|wo genau"),
		howto:         list("wie|was mache ich|was machen wir|was muss ich tun|was soll ich tun|was kann ich tun|was tun|wie kann ich|wie mache ich|anleitung"),
		howmuch:       list("wie viel|wieviel|wie viele|wieviele|wie groß|wie lang|wie hoch|wie breit|wie schwer|wie oft|wie alt|wie weit|wie warm"),
		which:         list("welche|welcher|welches|welchen|welchem|was für"),
		why:           list("warum|wieso|weshalb|woran liegt|wie kommt es"),
		what:          list("was|wer|wem|wen|wessen|womit|wofür|wozu|worin"),
		verbs:         list("ist|sind|war|hat|haben|habe|kann|können|könnte|könnten|könnt|will|wollen|soll|sollen|sollte|muss|müssen|darf|dürfen|wird|werden|würde|würden|gibt|geht|gilt|funktioniert|passt|passen|braucht|brauche|brauchen|bietet|bieten|liefert|liefern|verkauft|verkaufen|unterstützt|kostet|kommt|hält|enthält|gehört|bedeutet|stimmt|wissen|reicht|hättet|hätten|wäre|lässt|gelten"),
		subjects:      list("ich|du|sie|ihr|wir|man|es|das|der|die|er|ein|eine|mein|meine|ihre|ihr|dies|diese|dieser|dieses|jemand|alle|den|im|bei|auch"),
		wish:          list("ich brauche|wir brauchen|brauche|benötige|benötigen|ich benötige|frage mich|fragen uns|wüsste gern*|würde gern*|würden gern*|möchte|möchten|ich hätte gern*|wir hätten gern*|hätte gern*|schicken sie mir|senden sie mir|senden sie uns|schicken sie|können sie|könnten sie|kannst du|könnt ihr|geben sie mir|sagen sie mir|teilen sie mir|bitte um|bitten um|ich suche|wir suchen|bestellen|stornieren|kündigen|umtauschen|zurückgeben|habe eine frage|habe fragen|frage zu|fragen zu|informationen zu|informationen über|info zu|preis für|angebot für|wollte fragen|wollte wissen"),
		whether:       list("wissen ob|wissen, ob|frage mich ob|frage mich, ob|fragen ob|fragen, ob|sagen ob|sagen, ob|prüfen ob|prüfen, ob"),
		not:           list("nicht|kein|keine|keinen"),
		problem:       list("funktioniert nicht|funktionieren nicht|geht nicht|gehen nicht|startet nicht|lädt nicht|öffnet nicht|reagiert nicht|antwortet nicht|kann nicht|kann mich nicht|komme nicht|bekomme keine*|nicht angekommen|nicht erhalten|nicht bekommen|noch nicht da|fehlermeldung*|fehlercode*|fehler|stoppt|bleibt stehen|hält an|schaltet sich ab|schaltet ab|schaltet sich aus|hängt|ruckelt|leckt|undicht|verliert|kaputt|defekt*|zerbrochen|beschädigt*|fehlt|fehlen|blinkt|problem*|komisches geräusch|geräusche|verspätet|stürzt ab|abgestürzt|klemmt|zeigt falsch*|nicht mehr|bildschirm schwarz|schwarzer bildschirm|überhitzt|ausgesperrt"),
		and:           list("und|sowie"),
		filler:        list("und|aber|also|auch|dann|ja|nein|ok|okay|oder|hallo|hi|danke|übrigens|außerdem|zudem|ps|p.s|frage|guten tag|bitte"),
		follow:        list("was ist mit|wie sieht es mit|wie ist es mit|und für|und mit|und wenn|und bei|was wenn|gilt das auch|gilt dies auch|und der|und die|und das|oder für|und im|und wie"),
		also:          list("auch|ebenfalls|genauso|gleiche"),
		pronoun:       list("es|das|dies|diese|dieser|dieses|diesen|er|ihn|sie|der|die|den|dem|denen|davon|dafür|damit|dazu|dort|daran|darauf|solche|beide|dasselbe"),
		there:         list("gibt es|geht es|ist es|wäre es|es gibt|es ist|haben sie|können sie|könnten sie|bieten sie|liefern sie|verkaufen sie|sind sie|wissen sie|schicken sie|senden sie|würden sie|benötigen sie|brauchen sie|sagen sie|machen sie|verlangen sie|öffnen sie|der|die|den|dem|das gerät"),
		empty:         list("ich|mir|mich|du|dir|ihr|euch|wir|uns|man|ein|eine|einen|einem|einer|der|die|das|den|dem|des|dass|und|oder|aber|in|im|auf|zu|zum|zur|für|von|vom|mit|aus|an|am|bei|nach|über|unter|ist|sind|war|wird|werden|würde|hat|haben|habe|hatte|kann|können|könnte|könnten|will|soll|sollte|muss|müssen|darf|kostet|kosten|gilt|geht|gehen|kommt|kommen|macht|machen|mache|tun|da|dann|so|jetzt|auch|nur|etwas|viel|viele|mehr|noch|schon|nicht|kein|keine|ja|nein|danke|bitte|lange|lang|preis|genau|eigentlich|möglich|gibt|brauche|wenn|ob|wieder|immer|denn"),
		thanks:        list("danke|vielen dank|danke schön|dankeschön|besten dank|herzlichen dank|super|perfekt|klasse|tausend dank"),
		greeting:      list("hallo|guten tag|guten morgen|guten abend|hi|hey|moin|servus|grüß gott|grüezi|sehr geehrte*|liebe|lieber|liebes|schönen guten tag|tag"),
		human:         list("mit einem menschen|mit einer person|mit jemandem sprechen|mit jemand sprechen|echten menschen|echter mensch|einen menschen|mitarbeiter sprechen|mitarbeiterin sprechen|einem mitarbeiter|rufen sie mich|ruf mich an|rückruf|zurückrufen|bitte anrufen|persönlich sprechen|kein roboter|keinen bot|kein bot|sachbearbeiter*"),
		complaint:     list("nicht zufrieden|schlechte erfahrung*|beschwerde|beschweren|beschwere|reklamation|reklamieren|unzufrieden|enttäuscht|inakzeptabel|unakzeptabel|unverschämt*|katastroph*|miserab*|schrecklich*|schlechter service|schlechter kundenservice|hoffnungslos|skandal*|verbraucherzentrale|schadensersatz|schadenersatz|verlange mein geld|betrug|nie wieder|anwalt|frechheit"),
		urgent:        list("dringend|eilig|eilt|sofort|umgehend|schnellstmöglich|so schnell wie möglich|so bald wie möglich|asap|akut|unverzüglich|kritisch|produktionsausfall|fertigung steht|stillstand|notfall"),
		angry:         list("unverschämt*|katastroph*|miserab*|schrecklich*|inakzeptabel|unmöglich|frechheit|skandal*|lächerlich*|idiot*|betrug|nie wieder|wütend|sauer|verdammt*|scheiß*|scheiße|frustriert|frustrierend|zum kotzen|satt|schrott"),
		asks:          list("frage|fragen|folgende*|brauche|benötige|wissen|preis für|antwort auf"),
		present:       list("ist da jemand|jemand da|ist jemand da|ist dort jemand"),
		inverts:       list("dann|also|jetzt|nun|so|übrigens|außerdem|zudem"),
		reach:         list("sprechen|reden|chatten|telefonieren|verbinden|kontakt mit"),
		people:        list("mensch|menschen|person|jemand|jemanden|jemandem|mitarbeiter*|sachbearbeiter*|berater*|kundenberater*|vorgesetzte*|chef"),
		peopleFirst:   true,
	}
}

func english() *vocabulary {
	return &vocabulary{
		abbreviations: abbreviations("e.g eg i.e ie vs fig sec dept est approx jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs fri sat sun jr sr gen col sgt rev hon inc ltd co corp qty ext + a.m p.m am pm al"),
		price:         list("how much does|how much do|how much is|how much are|how much would|how much will|how much for|what does it cost|cost|costs|price|prices|pricing|priced|quote for|a quote|what do you charge|fee|fees|shipping cost*|how expensive|charge for|come to|sell for|set us back|set me back|price tag"),
		when:          list("when|how long|how soon|how quickly|how fast|what time|lead time*|delivery time*|opening hour*|business hour*|which day|what day|what date|until when|by when"),
		where:         list("where|where's|from where"),
		howto:         list("how do|how can|how to|how should|how does|how would|how could|how|how's|what should i do|what do i do|what can i do|what must i do|instructions for|steps to"),
		howmuch:       list("how much|how many|how big|how large|how tall|how wide|how heavy|how often|how old|how far|how hot|how high|how deep"),
		which:         list("which|what kind|what type|what sort|what size|what version|what model"),
		why:           list("why|how come|what causes|why's"),
		what:          list("what|who|whom|whose|what's|who's"),
		verbs:         list("is|are|was|were|do|does|did|can|could|will|would|should|shall|may|must|have|has|had|isn't|aren't|don't|doesn't|didn't|can't|couldn't|won't|wouldn't|haven't|hasn't"),
		subjects:      list("i|you|it|he|she|we|they|there|the|this|that|these|those|my|your|our|their|a|an|any|anyone|someone|all|one|his|her|its"),
		wish:          list("i need|we need|need|i'm wondering|i am wondering|wondering|i wonder|wanted to know|want to know|like to know|i'd like|we'd like|i would like|we would like|would like|i want|we want|send me|send us|please send|can you|could you|would you|give me|tell me|please tell|let me know|let us know|looking for|i'm after|please advise|please confirm|please provide|please cancel|cancel my|order|a question about|questions about|question about|information on|information about|info on|info about|a quote for|request"),
		whether:       list("wondering if|wondering whether|wonder if|wonder whether|know if|know whether|tell me if|tell me whether|check if|check whether|confirm if|confirm whether|confirm that|see if"),
		not:           list("not|no|nothing"),
		problem:       list("not working|doesn't work|does not work|don't work|do not work|didn't work|won't|will not|can't|cannot|can not|unable to|isn't working|stopped working|not start*|doesn't start|doesn't charge|not responding|hasn't arrived|has not arrived|haven't received|have not received|not received|never received|never arrived|didn't get|error|errors|error code|error message|fault|stops|stopped|shuts down|shuts off|turns off|freezes|frozen|hangs|leaks|leaking|broken|broke|cracked|defective|missing|blinks|blinking|flashing|problem*|issue|issues|strange noise|weird noise|damaged|late|delayed|crashes|crashed|stuck|wrong|no longer|black screen|blank screen|overheat*|locked out|keeps"),
		and:           list("and|&"),
		filler:        list("and|but|so|also|then|yes|yeah|no|ok|okay|or|hi|hello|hey|thanks|thank you|btw|by the way|ps|p.s|question|please|well|just"),
		follow:        list("what about|how about|and for|and with|and if|and in|and on|what if|does that also|does this also|does it also|is that also|same for|or for|and the|and that|and what about"),
		also:          list("also|too|as well|same|either"),
		pronoun:       list("it|its|that|this|these|those|they|them|there|he|him|she|her|one|ones|same|such|both"),
		there:         list("is it possible|is there|are there|was there|it is|there is|there are|is it true|will there|is it ok|is it okay|would it be possible|that the"),
		empty:         list("i|me|my|you|your|we|us|our|a|an|the|to|of|in|on|at|for|from|with|by|about|as|and|or|but|if|is|are|was|were|be|been|being|do|does|did|done|doing|have|has|had|can|could|will|would|should|shall|may|might|must|cost|costs|price|apply|applies|come|comes|take|takes|get|go|goes|work|works|work?|so|then|now|also|too|well|just|some|any|much|many|more|most|not|no|yes|please|thanks|long|big|exactly|actually|possible|need|needed|again|still|when|mean|means"),
		thanks:        list("thanks|thank you|many thanks|thx|cheers|great|perfect|awesome|much appreciated|appreciate it|ty"),
		greeting:      list("hi|hello|hey|hi there|hello there|good morning|good afternoon|good evening|good day|dear|greetings|hiya|howdy"),
		human:         list("talk to a human|speak to a human|speak with a human|talk to a person|speak to a person|speak with a person|talk to someone|speak to someone|speak with someone|talk to somebody|real person|real human|human being|a human|live agent|an agent|a representative|please call me|pls call me|call me back|call me at|call me on|call me asap|call me as soon|call me please|call me today|call me tomorrow|call me about|can you call me|could you call me|someone call me|somebody call me|want you to call me|phone me|ring me|call back|callback|not a bot|not a robot|speak to an|talk to an|your manager|a supervisor|customer service rep*"),
		complaint:     list("file a claim|make a claim|lodge a claim|filing a claim|making a claim|claim against|customer claim|consumer claim|reclamation|unsatisfied|not satisfied|bad experience|complain|complaint|complaining|dissatisfied|unhappy|disappointed|disappointing|unacceptable|outrageous|terrible|horrible|appalling|awful|poor service|bad service|worst|hopeless|scandal*|trading standards|compensation|want my money back|demand a refund|scam|never again|disgrace*|lawyer"),
		urgent:        list("urgent|urgently|asap|immediately|right away|right now|as soon as possible|emergency|critical|at once|production is down|downtime|time sensitive|time-sensitive|by today|straight away"),
		angry:         list("unacceptable|outrageous|terrible|horrible|appalling|awful|worst|ridiculous*|idiot*|scam|never again|disgrace*|angry|furious|fed up|sick of|damn|bloody|fuck*|shit*|bullshit|frustrated|frustrating|useless|rubbish|garbage|a complete joke|is this a joke|what a joke|bad joke|sick joke|your service is a joke"),
		asks:          list("question|questions|following|need|wondering|like to know|price for|prices for|answer"),
		present:       list("anybody there|anyone there|is anyone there|is anybody there|is someone there|somebody there|someone there"),
		inverts:       list(""),
		reach:         list("talk|talking|speak|speaking|chat|chatting|contact|contacting|connect me|transfer me|put me through|get hold of"),
		people:        list("human|humans|person|someone|somebody|agent|agents|operator|assistant|representative|rep|advisor|adviser|manager|supervisor|human being"),
	}
}
