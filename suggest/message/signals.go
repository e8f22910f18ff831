package message

import "sync"

// signals are the words that escalation rules look for, folded, by rule.
// Those of [Person], [Complaint] and [Anger] are in the vocabulary.
type signals map[Rule]phrases

// signalsOf finds the words of all rules in a language, or in any when it is
// unknown.
func signalsOf(language string) matcher {
	all := allSignals()
	if s, ok := all[language]; ok {
		return s
	}
	return all[""]
}

// again are the words of somebody who wrote before: weak ones say that an
// answer did not help, strong ones that it is not the first time.
const (
	weakAgain   Rule = "again"
	strongAgain Rule = "again and again"
)

var allSignals = sync.OnceValue(func() map[string]matcher {
	lists := map[string]signals{
		"nb": {
			Legal: list(`advokat*|jurist|juristen|juridiske skritt|juridisk bistand|rettslige skritt|rettssak*|gå til retten|går til retten|saksøke*|stevning*|stevne dere|søksmål*|forliksrådet|tingretten|finanstilsynet|forbrukerrådet|forbrukertilsynet|forbrukerklageutvalget|
finansklagenemnda|klagenemnd*|datatilsynet|arbeidstilsynet|politianmeld*|anmelde dere|anmelder dere|inkasso*|erstatningskrav`),
			Payment:   list("chargeback|tilbakeføre betaling*|tilbakefører betaling*|bestride betaling*|bestrider betaling*|bestrider kravet|bestrider faktura*|kontakte banken|kontakter banken|reklamere til banken|sperre kortet|feiltrekk|trukket to ganger|belastet to ganger|trukket dobbelt|uautorisert*"),
			Leaving:   list("si opp|sier opp|sagt opp|oppsigelse*|avslutte abonnement*|avslutter abonnement*|avslutte kundeforhold*|avslutter kundeforhold*|avslutte avtalen|avslutter avtalen|heve kjøpet|hever kjøpet|bytte leverandør|bytter leverandør|gå til en konkurrent|går til en konkurrent|gå til konkurrent*|går til konkurrent*|slette kontoen*|slett kontoen*"),
			Threat:    list("truer|drepe|banke opp|skal ta dere|til avisen*|til avisa*|journalist*|gå til media|går til media|kontakter media|i sosiale medier|på sosiale medier|trustpilot|dårlig omtale|legge dette ut på|legger dette ut på|advare andre|advarer andre"),
			Danger:    list("det brenner|begynte å brenne|tok fyr|tar fyr|brann i|brannfare|brannvesenet|kommer røyk|ryker det|ryker av|kortslut*|strømstøt|elektrisk støt|fikk støt|får støt|gasslekkasje*|lukter gass|lukter svidd|lukter brent|eksploder*|skadet seg|skada seg|personskade*|en ulykke|ulykken|sykehus*|legevakt*|brannskade*|giftig|livsfarlig*"),
			Privacy:   list("mine personopplysninger|slette mine data|slett mine data|slette mine opplysninger|slett mine opplysninger|slette alt om meg|slett alt om meg|innsyn i mine|innsyn i hva dere|retten til å bli glemt|datalekkasje*|datainnbrudd*|blitt hacket|er hacket"),
			weakAgain: list("hjalp ikke|hjelper ikke|hjalp det ikke|fortsatt ikke|fremdeles ikke|fungerer fortsatt|virker fortsatt|samme feil|samme problem|som jeg skrev|som sagt|som nevnt|har allerede prøvd|svarer ikke på spørsmålet|svarte ikke på|svarer ikke på det|det er ikke det jeg spør om"),
			strongAgain: list(`for andre gang|for tredje gang|for fjerde gang|andre gangen jeg|tredje gangen|fjerde gangen|gang på gang|hvor mange ganger må jeg|hvor mange ganger skal jeg|hvor mange ganger må vi|igjen og igjen|har ikke fått svar|ikke fått noe svar|fortsatt ikke fått svar|fortsatt ikke svar|hører ingenting fra dere|
purrer|har spurt før|spurte om dette`),
		},
		"sv": {
			Legal: list(`advokat*|jurist|juristen|juridiska åtgärder|juridisk hjälp|rättsliga åtgärder|rättslig åtgärd|stämma er|stämmer er|stämning|stämningsansökan|domstol*|tingsrätten|finansinspektionen|konsumentverket|konsumentombudsmannen|allmänna reklamationsnämnden|arn|kronofogden|
konsumentvägledare*|integritetsskyddsmyndigheten|polisanmäl*|anmäla er|anmäler er|anmäler jag er|inkasso*|skadestånd*`),
			Payment:     list("chargeback|bestrid*|kontakta min bank|kontaktar min bank|kontakta banken|kontaktar banken|reklamera till banken|reklamerar till banken|spärra kortet|dragits två gånger|dragit två gånger|dragits dubbelt|obehörig*"),
			Leaving:     list("säga upp|säger upp|sagt upp|uppsägning*|avsluta abonnemang*|avslutar abonnemang*|avsluta mitt|avslutar mitt|avsluta avtalet|avslutar avtalet|häva köpet|häver köpet|byta leverantör|byter leverantör|gå till en konkurrent|går till en konkurrent|radera mitt konto|radera kontot|ta bort mitt konto"),
			Threat:      list("hotar|mörda|slå ihjäl|till tidningen*|till tidningarna|journalist*|gå till media|går till media|kontaktar media|i sociala medier|på sociala medier|trustpilot|dålig recension|dåliga recensioner|lägga ut detta|lägger ut detta|varna andra|varnar andra"),
			Danger:      list("det brinner|börjat brinna|började brinna|fattade eld|fattat eld|brand i|brandfara*|brandkåren|kommer rök|ryker det|ryker ur|ryker från|kortslut*|elstöt*|elektrisk stöt|fick en stöt|gasläck*|luktar gas|luktar bränt|exploder*|skadade sig|skadat sig|personskad*|en olycka|olyckan|sjukhus*|brännskad*|giftig*|livsfarlig*"),
			Privacy:     list("mina personuppgifter|registerutdrag*|radera mina|radera alla mina|rätten att bli glömd|dataläck*|dataintrång*|blivit hackad*|är hackad*|blivit hackat|är hackat"),
			weakAgain:   list("hjälpte inte|hjälper inte|hjälpte det inte|fortfarande inte|fungerar fortfarande|funkar fortfarande|fortfarande samma|samma fel|samma problem|som jag skrev|som sagt|som jag nämnde|redan provat|redan testat|svarar inte på frågan|svarade inte på|svarar inte på min fråga|det är inte det jag frågar"),
			strongAgain: list("för andra gången|för tredje gången|för fjärde gången|andra gången jag|tredje gången|fjärde gången|gång på gång|hur många gånger ska jag|hur många gånger måste jag|hur många gånger ska vi|om och om igen|har inte fått svar|inte fått något svar|fortfarande inte fått svar|fortfarande inget svar|hör ingenting från er|påminner om|har frågat förut|frågade om detta"),
		},
		"da": {
			Legal: list(`advokat*|jurist|juristen|juridiske skridt|juridisk bistand|retslige skridt|sagsøg*|stævning*|stævne jer|stævner jer|retssag*|gå i retten|går i retten|fogedretten|finanstilsynet|forbrugerrådet|forbrugerombudsmanden|forbrugerklagenævnet|nævnenes hus|klagenævn*|
datatilsynet|arbejdstilsynet|politianmeld*|anmelde jer|anmelder jer|inkasso*|erstatningskrav`),
			Payment:     list("chargeback|gør indsigelse|gøre indsigelse|indsigelse mod|kontakte min bank|kontakter min bank|kontakte banken|kontakter banken|spærre kortet|trukket to gange|hævet to gange|trukket dobbelt|hævet dobbelt|uautoriseret*|uberettiget træk"),
			Leaving:     list("opsige|opsiger|opsagt|opsigelse*|afmelde abonnement*|afmelder abonnement*|stoppe abonnement*|ophæve købet|ophæver købet|ophæve aftalen|ophæver aftalen|skifte leverandør|skifter leverandør|gå til en konkurrent|går til en konkurrent|slette min konto|slet min konto"),
			Threat:      list("truer|dræbe|slå ihjel|tæske|til avisen|til aviserne|journalist*|gå til pressen|går til pressen|gå til medierne|går til medierne|på sociale medier|på de sociale medier|trustpilot|dårlig anmeldelse|dårlige anmeldelser|lægge det ud på|lægger det ud på|advare andre|advarer andre"),
			Danger:      list("det brænder|begyndte at brænde|brød i brand|går i brand|gik i brand|brand i|brandfare*|brandvæsenet|kommer røg|ryger det|ryger fra|kortslut*|elektrisk stød|fik stød|får stød|gaslæk*|lugter af gas|lugter brændt|eksploder*|kom til skade|kommet til skade|personskade*|en ulykke|ulykken|hospital*|skadestue*|forbrændinger|brandsår|giftig|livsfarlig*"),
			Privacy:     list("mine personoplysninger|indsigt i mine|slette mine data|slet mine data|slette mine oplysninger|slet mine oplysninger|retten til at blive glemt|datalæk*|databrud*|blevet hacket|er hacket"),
			weakAgain:   list("hjalp ikke|hjælper ikke|hjalp det ikke|stadig ikke|stadigvæk ikke|virker stadig|samme fejl|samme problem|som jeg skrev|som sagt|som nævnt|har allerede prøvet|svarer ikke på spørgsmålet|svarede ikke på|svarer ikke på mit|det er ikke det, jeg spørger om|det er ikke det jeg spørger om"),
			strongAgain: list("for anden gang|for tredje gang|for fjerde gang|anden gang jeg|tredje gang jeg|fjerde gang jeg|gang på gang|hvor mange gange skal jeg|hvor mange gange skal vi|igen og igen|har ikke fået svar|ikke fået noget svar|stadig ikke fået svar|stadig intet svar|hører ikke fra jer|hører intet fra jer|rykker for|rykker igen|har spurgt før|spurgte om det"),
		},
		"fi": {
			Legal:       list("asianajaja*|lakimie*|juristi*|oikeuteen|oikeustoimi*|oikeudelli*|haastan teidät|käräjäoikeu*|finanssivalvon*|kuluttaja-asiamie*|kuluttajariitalautakun*|kuluttajaneuvon*|kuluttajavirasto*|kkv|tietosuojavaltuutet*|aluehallintovirasto*|rikosilmoitu*|ilmoitus poliisille|poliisille|perintätoimisto*|perintään|vahingonkorvau*"),
			Payment:     list("chargeback|takaisinveloitu*|kiistän maksun|kiistää maksun|kiistän laskun|kiistää laskun|riitautan|riitauttaa|otan yhteyttä pankki*|yhteyttä pankkiin*|veloitettu kahdesti|veloitettiin kahdesti|veloitus kahdesti|luvaton veloitus|luvattoman veloituksen|sulkea kortin"),
			Leaving:     list("irtisano*|lopettaa tilau*|lopetan tilau*|lopettaa sopimu*|lopetan sopimu*|purkaa kaup*|puran kaup*|purkaa sopimu*|puran sopimu*|vaihdan toimittaj*|vaihtaa toimittaj*|siirryn kilpailija*|siirtyä kilpailija*|kilpailijalle|poistaa tilini|poistakaa tilini"),
			Threat:      list("uhkaan|uhkailen|tapan teidät|tappaa teidät|hakkaan|menen lehteen|lehdistöön|lehdistölle|iltalehteen|iltasanomiin|ilta-sanomiin|mediaan|toimittajalle asiasta|somessa|sosiaalisessa mediassa|trustpilot*|huonon arvostelun|huonot arvostelut|varoitan muita|varoittaa muita"),
			Danger:      list("tulipalo*|syttyi palamaan|syttyi tuleen|syttyy tuleen|palokun*|palovaara*|savua|savuaa|savuttaa|oikosul*|sähköisku*|kaasuvuo*|haisee kaasu*|kaasun haju*|palaneen haju*|palaneen käry*|haisee palaneelta|räjäh*|loukkaantu*|tapaturma*|henkilövahin*|sairaala*|palovamma*|myrkylli*|hengenvaar*"),
			Privacy:     list("henkilötietoni|henkilötietojani|poistaa tietoni|poistakaa tietoni|tietojeni poist*|tietojen poistamista|oikeus tulla unohdetuksi|tietovuo*|tietomurto*|hakkeroitu"),
			weakAgain:   list("ei auttanut|ei auta|eivät auttaneet|ei edelleenkään|edelleenkään ei|ei vieläkään|vieläkään ei|edelleen sama|sama vika|sama ongelma|sama virhe|kuten kirjoitin|kuten sanoin|kuten mainitsin|olen jo kokeillut|kokeilin jo|ei vastaa kysymykseen*|ette vastanneet|en kysynyt sitä"),
			strongAgain: list("toisen kerran|toista kertaa|kolmannen kerran|kolmatta kertaa|neljännen kerran|monta kertaa minun|montako kertaa minun|jo monta kertaa|uudestaan ja uudestaan|kerta toisensa jälkeen|yhä uudelleen|en ole saanut vastausta|emme ole saaneet vastausta|ette ole vastanneet|kysyin jo|olen kysynyt tätä|muistutan"),
		},
		"de": {
			Legal: list(`anwalt*|anwält*|rechtsanwalt*|rechtsanwält*|rechtliche schritte|rechtsweg|juristische schritte|vor gericht|gerichtlich*|verklagen|verklage|klage einreichen|klage erheben|bafin|verbraucherzentrale|verbraucherschutz*|bundesnetzagentur|datenschutzbehörde*|
landesdatenschutz*|schlichtungsstelle|schlichtung|ombudsmann|strafanzeige|anzeige erstatten|erstatte anzeige|bei der polizei|mahnbescheid|inkasso*|abmahnung|schadensersatz|schadenersatz`),
			Payment:     list("chargeback|rückbuchung|rückbuchen|zurückbuchen|zurückbuche|lastschrift zurück*|meine bank einschalten|meine bank kontaktieren|meine bank informieren|doppelt abgebucht|zweimal abgebucht|doppelt belastet|unberechtigt abgebucht|nicht autorisiert*|käuferschutz|widerspreche der zahlung|widerspreche der rechnung|karte sperren"),
			Leaving:     list("kündige|kündigen|gekündigt|kündigung*|vom vertrag zurücktreten|vom kauf zurücktreten|rücktritt vom|trete zurück|trete vom|vertrag widerrufen|widerrufe|anbieter wechseln|lieferanten wechseln|wechseln den anbieter|wechsle den anbieter|zur konkurrenz|zu einem konkurrenten|konto löschen|mein konto gelöscht"),
			Threat:      list("drohe|umbringen|bringe euch um|verprügeln|an die presse|zur presse|an die zeitung|in die zeitung|journalist*|an die medien|in den sozialen medien|auf social media|in sozialen netzwerken|trustpilot|schlechte bewertung*|negative bewertung*|öffentlich machen|öffentlich mache|andere warnen|warne andere"),
			Danger:      list("es brennt|hat gebrannt|feuer gefangen|in brand|brandgefahr|feuerwehr|rauch|qualm|qualmt|raucht|kurzschluss|stromschlag|stromschläge|einen schlag bekommen|gasleck*|gasgeruch|riecht nach gas|riecht verbrannt|riecht verschmort|explodiert|explosion|hat sich verletzt|wurde verletzt|personenschaden|ein unfall|einen unfall|unfall mit|krankenhaus|verbrennungen|giftig*|lebensgefahr*"),
			Privacy:     list("meine personenbezogenen daten|meiner personenbezogenen daten|meine daten löschen|meine daten zu löschen|löschung meiner|datenauskunft|auskunft über meine|recht auf vergessen*|datenleck*|datenpanne*|gehackt"),
			weakAgain:   list("hat nicht geholfen|hilft nicht|hilft mir nicht|half nicht|immer noch nicht|noch immer nicht|weiterhin nicht|geht immer noch|gleicher fehler|gleiche fehler|gleichen fehler|derselbe fehler|dasselbe problem|gleiche problem|wie ich schrieb|wie gesagt|wie bereits|schon versucht|bereits versucht|schon probiert|beantwortet meine frage nicht|meine frage nicht beantwortet|das war nicht meine frage"),
			strongAgain: list("zum zweiten mal|zum dritten mal|zum vierten mal|zum wiederholten mal*|immer wieder das gleiche|wie oft noch|wie oft muss ich noch|wie oft soll ich noch|keine antwort erhalten|keine antwort bekommen|noch keine antwort|bisher keine antwort|habe schon gefragt|schon einmal gefragt|schon mehrfach|bereits mehrfach|erneute anfrage|ich erinnere"),
		},
		"en": {
			Legal: list(`lawyer*|attorney*|solicitor*|legal action|legal advice|legal team|legal proceedings|sue you|suing you|will sue|lawsuit*|to court|in court|small claims|ombudsman|trading standards|financial conduct authority|consumer protection|better business bureau|
consumer rights|attorney general|citizens advice|information commissioner|data protection authority|police report|to the police|report you to|regulator|debt collect*|claim damages`),
			Payment:     list("chargeback*|charge back|dispute the charge|dispute this charge|disputing the charge|dispute the payment|disputing the payment|dispute the invoice|contact my bank|contacting my bank|call my bank|through my bank|credit card company|charged twice|charged me twice|double charged|billed twice|unauthorised charge*|unauthorized charge*|unauthorised payment*|unauthorized payment*|fraudulent charge*|block my card"),
			Leaving:     list("cancel my subscription|cancel our subscription|cancel my contract|cancel our contract|cancel my membership|cancel my account|cancel our account|close my account|close our account|end my contract|end our contract|terminate my|terminate our|terminate the contract|switch supplier*|switching supplier*|switch to a competitor|switching to a competitor|go to a competitor|going to a competitor|business elsewhere|delete my account|leaving you"),
			Threat:      list("kill you|hurt you|beat you up|know where you|to the press|to the media|to the newspaper*|journalist*|on social media|all over social media|on twitter|on facebook|trustpilot|bad review*|negative review*|one star review*|one-star review*|warn others|warn other|warn everyone|expose you|go public|going public"),
			Danger:      list("on fire|caught fire|a fire|fire hazard|fire brigade|fire department|smoke|smoking|smokes|burning smell|smell of burning|smells burnt|smells like burning|electric shock*|got a shock|short circuit*|short-circuit*|gas leak*|smell of gas|smells of gas|smell gas|exploded|explosion|was injured|got injured|is injured|injury|injuries|an accident|the accident|in hospital|to hospital|the hospital|toxic|life threatening|life-threatening"),
			Privacy:     list("my personal data|my personal information|delete my data|delete all my data|erase my data|subject access|right to be forgotten|data breach*|data leak*|been hacked|was hacked|is hacked|got hacked"),
			weakAgain:   list("did not help|didn't help|doesn't help|does not help|not helping|not helpful|still not|still doesn't|still does not|still can't|still cannot|still getting|still get|same error|same problem|same issue|as i said|as i wrote|as mentioned|as i mentioned|already tried|doesn't answer my question|does not answer my question|didn't answer my question|did not answer my question|not what i asked"),
			strongAgain: list("second time i|for the second time|third time|fourth time|for the last time|again and again|over and over|how many times do i have|how many times must i|how many times have i|no reply|no response|haven't heard back|have not heard back|haven't had a reply|still waiting for a reply|still waiting for an answer|still no answer|asked this before|already asked|asked you before|keep asking|chasing this|chasing you|chasing up"),
		},
	}
	m := map[string]matcher{"": {}}
	for _, l := range []string{"nb", "sv", "da", "fi", "de", "en"} {
		v := vocabularyOf(l)
		lists[l][Person], lists[l][Complaint], lists[l][Anger] = v.human, v.complaint, v.angry
		m[l] = matcher{}
		for _, rule := range append(AllRules(), weakAgain, strongAgain) {
			m[l].add(rule, lists[l][rule])
			m[""].add(rule, lists[l][rule])
		}
	}
	return m
})
