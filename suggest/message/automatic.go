package message

import "strings"

// autoSubjects begin the subjects of messages that no person sent.
var autoSubjects = later(`automatic reply|automatic response|auto-reply|autoreply|auto reply|auto-response|autoresponse|out of office|out of the office|ooo|undeliverable|undelivered mail*|mail delivery failed|delivery status notification|delivery failure|returned mail|read:|
automatisk svar|autosvar|autorespons|fraværsmelding|fravær|ikke til stede|ikke på kontoret|ikkje til stades|kan ikke leveres|kunne ikke leveres|ikke levert|lest:|
automatiskt svar|automatsvar|frånvaromeddelande|frånvaro|frånvarande|ej på plats|inte på kontoret|kunde inte levereras|går inte att leverera|olevererbar*|läst:|
automatisk besvarelse|autobesvarelse|fraværsbesked|fraværsmeddelelse|ude af kontoret|ikke på kontoret|ikke-leveret|kunne ikke leveres|læst:|
automaattinen vastaus|automaattivastaus|poissaoloviesti|poissaoloilmoitus|poissa|poissa toimistolta|lomavastaus|ei voitu toimittaa|toimittaminen epäonnistui|luettu:|
automatische antwort|automatische antwort:|abwesenheitsnotiz|abwesenheitsbenachrichtigung|abwesenheitsmeldung|abwesenheit|abwesend|nicht im büro|unzustellbar|nicht zustellbar|gelesen:`)

// autoSays are sentences in which a message itself says that it is automatic.
var autoSays = later(`this is an automatic reply|this is an automated reply|this is an automatic response|this is an automated response|this is an automatic message|this is an automated message|this is an auto-reply|this email was generated automatically|this message was generated automatically|
your message could not be delivered|your message wasn't delivered|delivery has failed to these recipients|
dette er et automatisk svar|dette er ein automatisk svar|dette er et autosvar|dette er en automatisk melding|dette er en automatisk generert|denne meldingen er generert automatisk|denne e-posten er generert automatisk|meldingen kunne ikke leveres|
detta är ett automatiskt svar|detta är ett autosvar|detta är ett automatsvar|det här är ett automatiskt svar|detta är ett automatiskt meddelande|det här är ett automatiskt meddelande|detta meddelande har skapats automatiskt|ditt meddelande kunde inte levereras|
dette er en automatisk besvarelse|dette er en automatisk besked|dette er en automatisk meddelelse|denne mail er genereret automatisk|denne besked er genereret automatisk|
tämä on automaattinen vastaus|tämä on automaattivastaus|tämä on automaattinen viesti|tämä viesti on lähetetty automaattisesti|tämä viesti on luotu automaattisesti|viestiäsi ei voitu toimittaa|
dies ist eine automatische antwort|dies ist eine automatisch generierte|dies ist eine automatisch erstellte|dies ist eine automatische nachricht|diese nachricht wurde automatisch|diese e-mail wurde automatisch|ihre nachricht konnte nicht zugestellt werden|das ist eine automatische antwort`)

// away are sentences of somebody who is not there. People write them in
// messages of their own, too, so they need one of back beside them.
var (
	away = later(`i am out of office|i am out of the office|i'm out of office|i'm out of the office|i am currently out|i'm currently out|i am away from the office|i am on vacation|i'm on vacation|i am on holiday|i am on annual leave|i am on leave|i am on parental leave|i will be out of the office|i am currently away|thank you for your email. i am|
jeg er ikke på kontoret|jeg er ute av kontoret|jeg er ikke til stede|jeg er bortreist|jeg er på ferie|jeg har ferie|jeg avvikler ferie|jeg har permisjon|jeg er i permisjon|eg er ikkje på kontoret|eg er på ferie|eg har ferie|
jag är inte på kontoret|jag är ej på kontoret|jag är på semester|jag har semester|jag är ledig|jag är tjänstledig|jag är föräldraledig|jag är bortrest|jag är inte på plats|jag är ej på plats|jag är frånvarande|
jeg er ude af kontoret|jeg holder ferie|jeg er på barsel|jeg er på orlov|jeg er fraværende|
olen poissa|olen lomalla|olen vuosilomalla|olen kesälomalla|olen talvilomalla|en ole toimistolla|en ole paikalla|olen vanhempainvapaalla|olen perhevapaalla|olen virkavapaalla|olen matkoilla|
ich bin nicht im büro|ich bin derzeit nicht im büro|ich bin zurzeit nicht im büro|ich bin im urlaub|ich bin derzeit im urlaub|ich bin bis|ich bin vom|ich bin ab|ich befinde mich im urlaub|ich befinde mich derzeit|ich bin abwesend|ich bin derzeit abwesend|ich bin zurzeit abwesend|ich bin derzeit nicht erreichbar|ich bin in elternzeit`)
	back = later(`until|returning|i will return|will be back|be back on|back in the office|limited access|no access to|in urgent cases|for urgent matters|if urgent|if your matter is urgent|in my absence|please contact|
tilbake|til og med|haster det|ved hastesaker|i hastesaker|ved behov|i mitt fravær|ta kontakt med|kontakt min kollega|lese e-post|leser ikke e-post|svarer så snart|
tillbaka|till och med|åter på kontoret|åter den|vid brådskande|i brådskande|under min frånvaro|läser inte min|läser ej|svarar när jag|kontakta min|vänligen kontakta|
tilbage|til og med|ved hastende|i hastende|under mit fravær|i mit fravær|kontakt venligst|kontakt min kollega|læser ikke mine|
saakka|asti|palaan|takaisin|kiireellisissä|kiireisissä|poissaoloni aikana|luen viestejä|en lue|vastaan viesteihin|ota yhteyttä|ottakaa yhteyttä|
bis zum|bis einschließlich|wieder erreichbar|wieder im büro|zurück|in dringenden fällen|in dringenden angelegenheiten|während meiner abwesenheit|nicht weitergeleitet|wenden sie sich|an meine kolleg*|an meinen kolleg*|abwesend|urlaub`)
)

// Automatic tells whether no person sent a message: an out-of-office note, a
// receipt or a mail that came back. Nothing is to be answered then. The text
// that says so is returned with it. Body is cleaned; subject may be empty.
func Automatic(subject, body string) (string, bool) {
	s := strings.TrimSpace(clip(subject, 200))
	f := fold(s)
	// "Re: Automatic reply" is somebody who answers one.
	if n := autoSubjects().starts(f); n > 0 && !strings.Contains(f, "?") {
		return s[:n], true
	}
	const head = 600 // bytes; such notes come to the point
	top := clip(strings.TrimSpace(body), head)
	f = fold(top)
	if at, _ := autoSays().find(f); at >= 0 {
		return wordsAt(top, at), true
	}
	at, _ := away().find(f)
	if at < 0 || strings.Contains(body, "?") || !back().in(f) {
		return "", false
	}
	return wordsAt(top, at), true
}

// Words of messages that nobody asked for: what is offered or won, and what
// one is to do at once. A customer may write any of them.
var (
	offers = later(`guest post*|backlink*|link building|seo|seo service*|search engine optimization|page of google|page one of google|top of google|rank higher|increase your traffic|more traffic|website redesign|redesign your website|web design service*|app development|lead generation|qualified leads|
email list*|mailing list|outsourc*|white label|crypto*|bitcoin*|forex|casino|betting|loan offer*|business loan*|grow your business|boost your|our company offers|we are a leading|leading manufacturer of|factory price|we offer|dear business owner|business proposal|
vi tilbyr|vi kan løfte|på google|søkemotoroptimalisering|lånetilbud|kjære bedriftseier|øke trafikken|ny nettside til|tjene penger|vi erbjuder|sökmotoroptimering|lånerbjudande|ökad trafik|ny hemsida till|tjäna pengar|bäste företagare|vi tilbyder|søgemaskineoptimering|mere trafik|
ny hjemmeside til|tjen penge|kære virksomhedsejer|tarjoamme|hakukoneoptimoin*|googlen kärk*|googlessa|lainatarjou*|uudet verkkosivut|ansaitse rahaa|hyvä yrittäjä|wir bieten|suchmaschinenoptimierung|bei google|kreditangebot*|mehr besucher|geld verdienen|sehr geehrter unternehmer`)
	prizes = later(`you have won|you won|have been selected|has been selected|winner|lottery|your prize|free cruise|gift card|inheritance|million dollars|million usd|du har vunnet|er trukket ut|er valgt ut|vinner av|lotteri*|premien din|gavekort|du har vunnit|har blivit utvald|vinnare|din vinst|presentkort|
du har vundet|er udtrukket|er blevet udtrukket|er udvalgt|vinder af|din præmie|olet voittanut|voita uusi|sinut on valittu|voittaja|arvontaan|arvonnan|arpajais*|palkintosi|lahjakort*|sie haben gewonnen|gewonnen|wurden ausgewählt|gewinner|gewinnspiel*|ihr gewinn|gutschein gewonnen`)
	hooks = later(`click here|click to|click the link|click below|act now|limited time|confirm your|bank details|bank account details|within 24 hours|reply yes|quick call|free analysis|free audit|risk free|interested in a call|
klikk her|klikk på lenken|bekreft din|bekreft kontoen|bankopplysninger|innen 24 timer|svar ja|gratis analyse|uforpliktende prat|kort samtale|klicka här|klicka på länken|bekräfta ditt|bekräfta din|bankuppgifter|inom 24 timmar|svara ja|kostnadsfri analys|vi ringer upp|kort samtal|
klik her|klik på linket|bekræft din|bekræfte din|bankoplysninger|inden 24 timer|svar ja|gratis analyse|kort snak|klikkaa tästä|klikkaa linkkiä|vahvista tilisi|vahvista tietosi|pankkitie*|24 tunnin|vastaa kyllä|vastaa tähän viestiin|osallistut arvontaan|ilmainen analyysi|
hier klicken|klicken sie hier|klicken sie auf|bestätigen sie ihre|kontodaten|innerhalb von 24 stunden|antworten sie mit ja|kostenlose analyse|kostenloses erstgespräch|kurzes gespräch`)
	leave = later("unsubscribe|opt out|meld deg av|avregistrera*|afmeld dig|peruuta uutiskirje|abbestellen|newsletter abmelden")
)

// maxPitch bounds how much of a message is searched for an offer, in bytes.
const maxPitch = 4 << 10

// unasked reports whether folded text offers what nobody asked for: words of
// two of the lists, or two offers and a link.
func unasked(f string) bool {
	f = clip(f, maxPitch)
	lists := 0
	for _, ps := range []phrases{offers(), prizes(), hooks(), leave()} {
		if ps.in(f) {
			lists++
		}
	}
	if lists != 1 || !strings.Contains(f, "http") && !strings.Contains(f, "www.") {
		return lists > 1
	}
	n := 0
	for _, p := range offers() {
		if index(f, p) >= 0 {
			n++
		}
	}
	return n > 1
}
