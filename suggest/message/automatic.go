package message

import "strings"

// autoSubjects begin the subjects of messages that no person sent.
var autoSubjects = list(`automatic reply|automatic response|auto-reply|autoreply|auto reply|auto-response|autoresponse|out of office|out of the office|ooo|undeliverable|undelivered mail*|mail delivery failed|delivery status notification|delivery failure|returned mail|read:|
automatisk svar|autosvar|autorespons|fraværsmelding|fravær|ikke til stede|ikke på kontoret|ikkje til stades|kan ikke leveres|kunne ikke leveres|ikke levert|lest:|
automatiskt svar|automatsvar|frånvaromeddelande|frånvaro|frånvarande|ej på plats|inte på kontoret|kunde inte levereras|går inte att leverera|olevererbar*|läst:|
automatisk besvarelse|autobesvarelse|fraværsbesked|fraværsmeddelelse|ude af kontoret|ikke på kontoret|ikke-leveret|kunne ikke leveres|læst:|
automaattinen vastaus|automaattivastaus|poissaoloviesti|poissaoloilmoitus|poissa|poissa toimistolta|lomavastaus|ei voitu toimittaa|toimittaminen epäonnistui|luettu:|
automatische antwort|automatische antwort:|abwesenheitsnotiz|abwesenheitsbenachrichtigung|abwesenheitsmeldung|abwesenheit|abwesend|nicht im büro|unzustellbar|nicht zustellbar|gelesen:`)

// autoSays are sentences in which a message itself says that it is automatic.
var autoSays = list(`this is an automatic reply|this is an automated reply|this is an automatic response|this is an automated response|this is an automatic message|this is an automated message|this is an auto-reply|this email was generated automatically|this message was generated automatically|
your message could not be delivered|your message wasn't delivered|delivery has failed to these recipients|
dette er et automatisk svar|dette er ein automatisk svar|dette er et autosvar|dette er en automatisk melding|dette er en automatisk generert|denne meldingen er generert automatisk|denne e-posten er generert automatisk|meldingen kunne ikke leveres|
detta är ett automatiskt svar|detta är ett autosvar|detta är ett automatsvar|det här är ett automatiskt svar|detta är ett automatiskt meddelande|det här är ett automatiskt meddelande|detta meddelande har skapats automatiskt|ditt meddelande kunde inte levereras|
dette er en automatisk besvarelse|dette er en automatisk besked|dette er en automatisk meddelelse|denne mail er genereret automatisk|denne besked er genereret automatisk|
tämä on automaattinen vastaus|tämä on automaattivastaus|tämä on automaattinen viesti|tämä viesti on lähetetty automaattisesti|tämä viesti on luotu automaattisesti|viestiäsi ei voitu toimittaa|
dies ist eine automatische antwort|dies ist eine automatisch generierte|dies ist eine automatisch erstellte|dies ist eine automatische nachricht|diese nachricht wurde automatisch|diese e-mail wurde automatisch|ihre nachricht konnte nicht zugestellt werden|das ist eine automatische antwort`)

// away are sentences of somebody who is not there. People write them in
// messages of their own, too, so they need one of back beside them.
var (
	away = list(`i am out of office|i am out of the office|i'm out of office|i'm out of the office|i am currently out|i'm currently out|i am away from the office|i am on vacation|i'm on vacation|i am on holiday|i am on annual leave|i am on leave|i am on parental leave|i will be out of the office|i am currently away|thank you for your email. i am|
jeg er ikke på kontoret|jeg er ute av kontoret|jeg er ikke til stede|jeg er bortreist|jeg er på ferie|jeg har ferie|jeg avvikler ferie|jeg har permisjon|jeg er i permisjon|eg er ikkje på kontoret|eg er på ferie|eg har ferie|
jag är inte på kontoret|jag är ej på kontoret|jag är på semester|jag har semester|jag är ledig|jag är tjänstledig|jag är föräldraledig|jag är bortrest|jag är inte på plats|jag är ej på plats|jag är frånvarande|
jeg er ude af kontoret|jeg holder ferie|jeg er på barsel|jeg er på orlov|jeg er fraværende|
olen poissa|olen lomalla|olen vuosilomalla|olen kesälomalla|olen talvilomalla|en ole toimistolla|en ole paikalla|olen vanhempainvapaalla|olen perhevapaalla|olen virkavapaalla|olen matkoilla|
ich bin nicht im büro|ich bin derzeit nicht im büro|ich bin zurzeit nicht im büro|ich bin im urlaub|ich bin derzeit im urlaub|ich bin bis|ich bin vom|ich bin ab|ich befinde mich im urlaub|ich befinde mich derzeit|ich bin abwesend|ich bin derzeit abwesend|ich bin zurzeit abwesend|ich bin derzeit nicht erreichbar|ich bin in elternzeit`)
	back = list(`until|returning|i will return|will be back|be back on|back in the office|limited access|no access to|in urgent cases|for urgent matters|if urgent|if your matter is urgent|in my absence|please contact|
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
	if n := autoSubjects.starts(f); n > 0 && !strings.Contains(f, "?") {
		return s[:n], true
	}
	const head = 600 // bytes; such notes come to the point
	top := clip(strings.TrimSpace(body), head)
	f = fold(top)
	if at, _ := autoSays.find(f); at >= 0 {
		return wordsAt(top, at), true
	}
	at, _ := away.find(f)
	if at < 0 || strings.Contains(body, "?") || !back.in(f) {
		return "", false
	}
	return wordsAt(top, at), true
}

// Words of offers that nobody asked for. One may stand in a customer's own
// message; a message with three of them, or with two and a link, is spam.
var spam = list(`guest post*|backlink*|link building|seo service*|seo expert*|search engine optimization|first page of google|page one of google|rank higher|ranking on google|increase your traffic|more traffic|website redesign|redesign your website|web design service*|mobile app development|
lead generation|qualified leads|email list*|mailing list of|outsourc*|white label|crypto*|bitcoin*|forex|casino|betting|loan offer*|business loan*|low interest|inheritance|million dollars|lottery|you have won|claim your prize|act now|limited time offer|risk free|100% free|viagra|cialis|
unsubscribe|opt out|dear sir/madam|dear business owner|business proposal|quick call this week|grow your business|boost your|our company offers|we are a leading|leading manufacturer|factory price|best price from china|
tjene penger|gratis lån|lånetilbud|vunnet|lotteri|søkemotoroptimalisering|første side på google|øke trafikken|ny nettside|meld deg av|tjäna pengar|lånerbjudande|du har vunnit|sökmotoroptimering|första sidan på google|ökad trafik|ny hemsida|avregistrera|
tjen penge|lånetilbud|du har vundet|søgemaskineoptimering|første side på google|mere trafik|ny hjemmeside|afmeld|ansaitse rahaa|lainatarjou*|olet voittanut|hakukoneoptimoin*|googlen ensimmäise*|lisää liikennettä|uudet verkkosivut|peruuta tilaus tästä|
geld verdienen|kreditangebot*|sie haben gewonnen|suchmaschinenoptimierung|erste seite bei google|erste seite von google|mehr besucher|neue website|newsletter abbestellen|abmelden`)

// unasked reports whether folded text offers what nobody asked for.
func unasked(f string) bool {
	n := 0
	for _, p := range spam {
		if index(f, p) >= 0 {
			if n++; n > 2 {
				return true
			}
		}
	}
	return n > 1 && (strings.Contains(f, "http") || strings.Contains(f, "www."))
}
