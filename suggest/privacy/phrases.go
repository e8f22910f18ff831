package privacy

import (
	"strings"
	"sync"
)

// set makes a set of phrases, which commas part, when it is first asked for:
// processes that mask nothing start sooner.
func set(phrases string) func() map[string]bool {
	return sync.OnceValue(func() map[string]bool {
		m := map[string]bool{}
		for phrase := range strings.SplitSeq(phrases, ",") {
			if phrase = strings.Join(strings.Fields(phrase), " "); phrase != "" {
				m[phrase] = true
			}
		}
		return m
	})
}

// list makes a list of words, which spaces part, when it is first asked for.
func list(words string) func() []string {
	return sync.OnceValue(func() []string { return strings.Fields(words) })
}

// begins are the first words of all phrases, so that most words of a text are
// looked up once.
var begins = sync.OnceValue(func() map[string]bool {
	m := map[string]bool{}
	for _, phrases := range []map[string]bool{greetings(), closings(), labels(), introductions(), presented()} {
		for p := range phrases {
			first, _, _ := strings.Cut(p, " ")
			m[first] = true
		}
	}
	return m
})

// Norwegian, Swedish, Danish, Finnish, German, English.
var (
	greetings = set(`hei, heisann, hallo, hei på deg, kjære, god dag, god morgen, god kveld, goddag,
		hej, hejsan, hallå, tjena, kära, käre, bästa, bäste, god morgon, god kväll, godmorgon,
		kære, godmorgen, hej med dig,
		moi, hei hei, terve, hyvä, arvoisa, hyvää päivää, huomenta, rakas,
		guten tag, guten morgen, guten abend, liebe, lieber, grüß gott, sehr geehrter herr, sehr geehrte frau, lieber herr, liebe frau, servus, moin, hallo herr, hallo frau, guten tag herr, guten tag frau,
		hi, hello, dear, hey, good morning, good afternoon, good evening, hi there, dear mr, dear mrs, dear ms, dear dr, takk, tack, tak, kiitos, danke, thanks, thank you, mange takk, tack så mycket, hi again, hei igjen, hej igen, hej igjen`)

	closings = set(`mvh, vh, med vennlig hilsen, vennlig hilsen, beste hilsen, hilsen, hilsning, med venleg helsing, helsing, vennlige hilsener, ha en fin dag, på forhånd takk, alt godt,
		med vänliga hälsningar, vänliga hälsningar, med vänlig hälsning, vänlig hälsning, hälsningar, hälsning, tack på förhand, bästa hälsningar, allt gott,
		med venlig hilsen, venlig hilsen, bedste hilsner, kærlig hilsen, hilsner, vh fra, på forhånd tak, de bedste hilsner,
		ystävällisin terveisin, ystävällisesti, terveisin, parhain terveisin, yst terv, kiitos etukäteen, t, terv,
		mit freundlichen grüßen, freundliche grüße, viele grüße, liebe grüße, beste grüße, mit freundlichem gruß, schöne grüße, herzliche grüße, gruß, grüße, mfg, vg, lg, besten dank, hochachtungsvoll,
		best regards, kind regards, regards, sincerely, yours sincerely, yours truly, yours faithfully, best wishes, cheers, best, warm regards, many thanks, thanks, thank you, takk, tack, tak, kiitos, danke, hilsen fra, br, rgds, thanks in advance`)

	// farewells are last words of closings that are nothing else.
	farewells = set(`hilsen, helsing, hilsener, mvh, vh, hälsningar, hälsning, hilsner, terveisin, ystävällisesti, terv, grüßen, grüße, gruß, mfg, vg, lg, regards, sincerely, wishes, cheers, truly, faithfully`)

	labels = set(`navn, namn, nimi, name, kontaktperson, kontakt, contact, contact person, contact name, yhteyshenkilö, ansprechpartner, kunde, kund, asiakas, customer, customer name, kundens navn, fullt navn, full name, fornavn, etternavn,
		förnamn, efternamn, efternavn, etunimi, sukunimi, vorname, nachname, first name, last name, surname, mottaker, mottagare, modtager, vastaanottaja, empfänger, recipient, fra, från, von, from, lähettäjä, absender, avsender, avsändare, afsender`)

	introductions = set(`jeg heter, mitt navn er, navnet mitt er, eg heiter, namnet mitt er, navnet er,
		jag heter, mitt namn är, namnet är, jeg hedder, mit navn er, nimeni on, minun nimeni on,
		ich heiße, ich heisse, mein name ist, my name is, my name's, the name is, i am called, his name is, her name is, hans navn er, hennes navn er, hans namn är, hennes namn är, er heißt, sie heißt, hän on nimeltään`)

	// presented are followed by other things than names, too: they need a
	// first and a last name.
	presented = set(`jeg er, dette er, det er, her er, jag är, det här är, det är, detta är, jeg er, olen, täällä, minä olen, ich bin, hier ist, hier spricht, das ist, i am, i'm, i’m, this is, it is, it's, snakket med, snakka med, pratade med, talte med, puhuin, sprach mit, gesprochen mit, spoke to, spoke with, talked to, hilsen til, fra kunden, kunden`)

	writing = set(`wrote, skrev, schrieb, kirjoitti, writes, skriver, schreibt, kirjoittaa`)

	titles = set(`mr, mrs, ms, miss, dr, herr, frau, fru, frk, hr, prof`)

	particles = set(`von, van, de, der, den, af, av, du, la, le, zu, zum, di, da, dos, el, bin, al, te`)

	// nobody are words that stand where names do.
	nobody = set(`alle, all, alla, kaikki, team, teamet, support, kundeservice, kundtjänst, kundservice, asiakaspalvelu, kundendienst, kundensupport, customer, service, sir, madam, dere, du, deg, dig, er, eder, dem, dig,
		as, asa, ab, oy, oyj, aps, gmbh, ltd, inc, ag, kg, llc, plc, se, ug, sa, ba, da, enk, nuf, damen, herren, damer, herrer, damer og herrer, kunde, kunder, kund, asiakas, kunden, everyone, everybody, there, igjen, igen, på, for, til, i, av, og, och, ja, und, and,
		takk, tack, tak, kiitos, danke, thanks, thank, fra, från, from, avdeling, avdelning, afdeling, osasto, abteilung, department, the, den, det, de, der, die, das, ein, eine, en, et, ett, a, an, vi, jeg, jag, ich, minä, we, us, folks, guys, again, wieder, taas,
		hvor, hva, hvordan, når, kan, har, er, var, vad, hur, när, kan, hvad, hvordan, hvornår, miten, missä, milloin, voiko, onko, wie, was, wann, wo, können, kann, haben, ist, how, what, when, where, can, could, do, does, is, are, my, your, our, min, mitt, mine, mein, meine,
		sent, sendt, skickat, lähetetty, gesendet, mvh, hilsen, regards, best, hei, hej, hi, hello, hallo, moi, tlf, tel, mobil, telefon, phone, email, epost, mail, ordre, order, tilaus, bestellung, faktura, invoice, rechnung, lasku, dear, kjære, kära, kære, herr, frau, fru, hr, mr, mrs, ms, dr,
		manager, leder, chef, johtaja, leiter, sales, salg, försäljning, myynti, vertrieb, teknisk, technical, technik, drift, økonomi, ekonomi, admin, administrator, info, office, kontor, kontoret, toimisto, büro, selger, säljare, sælger, myyjä, verkäufer, sirs, ladies, gentlemen, colleagues, kollega, kolleger, kollegor, kollegat, kollegen, viele, grüße, grüßen, gruß, liebe, freundliche, freundlichen, schöne, herzliche, hälsning, hälsningar, helsing, hilsner, vennlig, vänlig, venlig, terveisin, terveiset, ystävällisin, ystävällisesti, parhain, kind, warm, many, wishes, sincerely, yours, faithfully, truly, cheers,
		om, hvis, if, wenn, jos, som, at, att, dass, at, eller, oder, or, tai, but, men, aber, mutta, så, so, then, da, da, nå, nu, nyt, jetzt, now, ikke, inte, nicht, ei, not, with, med, mit, by, to, in, on, of, du, ihr, sie, er, es, hun, han, hon, he, she, they, it, this, that, dette, dere, ni, te, he,
		marketing, markkinointi, marknad, billing, accounts, account, noreply, reply, booking, orders, web, webmaster, post, kontakt, contact, hr, it, security, alerts, news, newsletter, shop, butikk, butik, kauppa, user, bruker, användare, bruger, käyttäjä, benutzer, test, example,
		text, question, questions, application, mandag, tirsdag, onsdag, torsdag, fredag, lørdag, søndag, måndag, tisdag, lördag, söndag, montag, dienstag, mittwoch, donnerstag, freitag, samstag, sonntag, monday, tuesday, wednesday, thursday, friday, saturday, sunday,
		happy, glad, sorry, nei, nej, nein, no, yes, ok, okay, god, good, gute, guten, hyvä, hyvää`)

	// ambiguous are names that are words as well; at the start of a sentence
	// and in small letters they are taken for the word.
	ambiguous = set(`per, bo, liv, even, odd, will, mark, grace, hope, rose, frank, hans, stein, bjørn, björn, bjorn, ulf, sol, max, may, tor, dag, gro, roy, sten, lind, berg, vik, dahl, dal, lund, bakke, haug, lie, moe, mo, aamu, ilta, toivo, onni, lumi, meri, satu, helmi, armas,
		veli, virta, mäki, niemi, joki, koski, lahti, salmi, ranta, saari, aalto, kivi, salo, lampi, lehto, laine, aho, pelto, bauer, schmidt, koch, könig, klein, kleine, lange, lang, wolf, fuchs, weiß, schwarz, groß, kurz, kaiser, vogel, stark, winter, sommer, herbst, freitag, montag, sonntag, engel, ernst, gut, neumann,
		young, brown, white, black, green, king, long, short, small, smith, cook, baker, page, bill, rob, art, gene, guy, jack, joy, faith, dawn, drew, chase, grant, dale, glen, heath, lane, miles, pat, penny, rich, sandy, skip, sue, summer, autumn, april, june, august, violet, ruby, amber, crystal, pearl, ivy, iris, lily, daisy, holly, olive, ginger, robin, jay, martin, dean, duke, earl, prince, major, judge, carter, hunter, mason, taylor, turner, walker, wood, woods, stone, hill, field, fields, park, parks, rivers, lake, banks, bridge, church, house, hall, street, price, cash, sharp, best, good, love, power, powers, wise, moody, swift, strong, early, day, weeks, knight, bishop, pope, abbott, marsh, brook, brooks, ford, cross, bush, rice, bean, berry, cherry, bass, pike, crane, swan, finch, wren, fox, lamb, bull, hart, wolfe,
		olen, ola, ole, ove, over, siv, sture, stig, alf, alt, ask, eik, ene, eva, fred, fredrik, geir, gunn, helg, helge, inge, inga, ingen, iver, ivar, kai, kaj, kim, knut, lars, leif, lena, lise, lars, mari, mats, nils, ole, olav, pål, rolf, rune, runa, simen, sindre, stian, storm, sving, svein, tone, toner, trond, vår, ørn, åse, høst, vinter, björk, gran, ek, alm, ask, holm, ström, nord, syd, øst, vest, norden, kvist, gren, löv, blom, rosen, lilja, lilje, sjö, sjø, å, ö, ås, fors, strand, sand, sten, stål, järn, guld, silver, svärd, sköld, hjelm, hjälm, modig, rask, frisk, glad, stor, ung, gammel, lille, bonde, smed, møller, mølle, skov, skog, bro, kirke, hus, gård, have, toft, kjær, bjerg, krog, juul, jul, friis, falk, ravn, due, hane, ulv, ræv, hjort, lam, fisk, torsk, sild, laks, poika, onnela, rauha, sulo, suvi, kesä, talvi, kevät, tuuli, pilvi, sade, taika, venla, kukka, oksa, orvokki, vuokko, lilja, pihla, ruusu, kielo, vanamo, mesi, impi, rinne, harju, vuori, kangas, korpi, suo, noro, oja, puro, lähde, koivu, kuusi, mänty, haapa, leppä, paju, pihlaja, tammi, lepistö, karhu, susi, kettu, jänis, hirvi, kotka, haukka, joutsen, kurki, varis, halla, routa, pakkanen, seppä, suutari, räätäli, nieminen, pitkä, musta, valkea, punainen, ruskea, nils`)
)
