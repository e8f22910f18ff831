package guard

import (
	"strings"
	"sync"
)

// class is a set of what a word can do in an instruction.
type class uint64

// The classes. A rule wants several of them near each other.
const (
	ignore     class = 1 << iota // ignore, forget, override
	rules                        // instructions, rules, prompts
	prior                        // previous, all, above
	sources                      // the price list, the documents
	machine                      // AI, assistant, language model
	nowYou                       // you are now, act as, pretend to be
	freed                        // developer mode, no restrictions
	reveal                       // show, print, repeat
	prompt                       // system prompt
	yourOwn                      // your instructions
	always                       // always, from now on, no matter what
	only                         // only, exactly
	say                          // reply, answer, say, state
	reply                        // answer, draft
	tell                         // tell, inform, confirm to
	customer                     // the customer, the user
	that                         // that
	include                      // include, add, insert
	link                         // link, image, address
	send                         // send, forward
	data                         // conversation, customer data, passwords
	note                         // note, message, attention
	to                           // to, for
	boss                         // administrator, developer, management
	orders                       // orders, has approved
	mark_                        // set, mark
	high                         // high, verified
	sure                         // confidence, flag
	cite                         // cite
	as                           // as
	inTongue                     // in Russian
	must                         // must, shall
	refund                       // refund, free of charge
	promise                      // promise, grant
	fresh                        // new, updated
	checks                       // checks, review
	opens                        // begin or end with
	each                         // every, your
	override                     // override, as a noun
	task                         // task, conversation: what is over now
	over                         // ends here, is finished
	user                         // the user
	dear                         // dear, hey
	address_                     // part of a web or mail address
	edit                         // leave out, translate, recommend
	reader                       // whoever summarises this
	produce                      // write, compose
	literature                   // poems, stories, essays
)

// lists are words and expressions per class in the six languages, ours and
// never complete. "_" joins an expression, "*" ends a stem.
var lists = map[class]string{
	ignore: `ignore ignores ignoring ignored disregard* forget override overrule bypass neglect stop_following do_not_follow don't_follow pay_no_attention pay_no_heed take_no_notice skip skip_all
		ignorer ignorér ignorerer overse glem se_bort_fra ikke_følg tilsidesett overstyr tilsidesæt følg_ikke ikke_ta_hensyn tag_ikke_hensyn hoppe_over hopp_over springe spring
		ignorera glöm bortse_från strunta_i åsidosätt följ_inte ta_ingen_hänsyn hoppa_över
		ohita unohda unohtakaa jätä_huomiotta jätä_huomioimatta älä_noudata älä_välitä älä_ota_huomioon sivuuta ohittaa ohittamaan sivuuttaa
		ignoriere ignorieren ignorierst vergiss vergessen missachte missachten setze_dich_über überschreibe umgehe befolge_nicht beachte_nicht überspringe überspringen umgehen`,
	rules: `instruction* instruks* instruktion* instrukt* anvisning* anweisung* vorgabe* ohje ohjeet ohjeita ohjeesi ohjeistu* ohjeist* guideline* guidance retningslinj* riktlinj* richtlinie*
		prompt* directive* direktiv* command* befehl* kommando* programming regler reglene regelen reglerne reglerna rules säännöt sääntöjä regeln polic* restriction* begrensning* begrænsning* begränsning* rajoitu* einschränkung* beskjeder you_were_told you_have_been_told du_fikk_beskjed du_fikk_høre du_blev_tillsagd du_fått_veta du_fik_besked du_fik_at_vide sinulle_sanottiin sinulle_aiemmin_sanottiin dir_gesagt dir_vorher_gesagt ihnen_gesagt_wurde nye_ordre nye_ordrer nya_order uudet_määräykset new_orders`,
	prior: `previous* prior earlier above all your any every preceding given forrige tidligere alle ovenfor over dine foregående ditt hittil før før_dette
		förut innan tidigare alla ovan föregående dina samtliga aiemm* aikaisem* edellis* edeltäv* kaikki kaikkia yllä vorherig* bisherig* alle allen obig* vorangegang* frühere* deine ihre sämtliche zuvor vorher davor before before_this ennen`,
	sources:    `price_list pricelist documents documentation sources passages prisliste* dokument* kilde* kildene prislista* källor* hinnasto* lähtee* lähde* asiakirj* preisliste* quellen unterlagen`,
	machine:    `ai chatbot* bot llm llms gpt gpt3 gpt4 chatgpt language_model* language_models assistant assistants automatic_replies automated_replies automatiske_svar automatiska_svar automaattisille_vastauksille automatische_antworten helper hjelper hjälpare hjælper helfer kunstig_intelligens språkmodell* sprogmodel* kielimalli* tekoäly* sprachmodell* künstliche_intelligenz ki kis ki_assistent assistent assistenten avustaja avustajalle avustajan botti botille tekoälyavustaja* robotti robot roboten chattbot* chatbotti*`,
	nowYou:     `you_are_now you're_now you_will_now_act act_as behave_as pretend_to_be pretend_that_you pretend_you play_the_role_of you_will_act_as your_new_role take_on_the_role assume_the_role roleplay_as imagine_you_are simulate act_like you_are_going_to you_will_be_a in_the_role_of personify emulate you_will_pretend you_will_roleplay you_no_longer your_persona du_er_nå du_er_nu du_är_nu du_bist_jetzt du_bist_nun du_bist_ab_jetzt sie_sind_nun sie_sind_jetzt olet_nyt toimit_nyt esitä_olevasi lat_som_om_du lad_som_om_du låtsas_att_du låtsas_vara tu_so_als oppfør_deg_som opfør_dig_som agera_som spiele_die_rolle verhalte_dich_wie`,
	freed:      `do_anything_now dan developer_mode jailbreak* jailbroken unfiltered uncensored unrestricted no_restrictions without_restrictions without_any_restrictions no_filter no_limits no_rules stay_in_character in_character content_policy never_refuse cannot_refuse will_never_refuse nsfw unethical immoral amoral evil_confidant debug_mode god_mode admin_mode utviklermodus udviklertilstand utvecklarläge kehittäjätila* entwicklermodus uten_begrensninger uden_begrænsninger utan_begränsningar ilman_rajoituksia ohne_einschränkungen no_longer_bound not_bound_by free_from`,
	reveal:     `reveal print show repeat output display leak disclose recite dump expose vis avslør gjenta skriv_ut afslør gentag udskriv oplys visa avslöja upprepa återge näytä paljasta toista tulosta kerro zeige gib wiederhole verrate offenbare nenne gebe what_is what_are hva_er hvad_er vad_är mikä_on was_ist`,
	prompt:     `system_prompt systemprompt* system_prompts system_message systemmelding* systeminstruk* systeminstruktion* system_instruction* systemanvisning* systemanweisung* systemkehote* systemkehotteesi järjestelmäkehot* järjestelmäohje* initial_prompt hidden_prompt hidden_instruction* secret_instruction* original_prompt skjulte_instruk* dolda_instruk* piilotetut_ohjeet piilotetut_ohjeesi verborgene_anweisungen versteckte_anweisungen verborgenen_anweisungen versteckten_anweisungen geheimen_anweisungen hemmelige_instruk* hemliga_instruk* developer_message`,
	yourOwn:    `your_instructions your_prompt your_rules your_initial dine_instruk* dine_instrukser dina_instruktioner ohjeesi deine_anweisungen deinen_prompt deine_regeln`,
	always:     `always from_now_on henceforth regardless no_matter never instead alltid fra_nå_av altid fra_nu_af uansett uanset från_och_med_nu hädanefter oavsett aina tästä_lähtien tästä_eteenpäin riippumatta immer ab_jetzt ab_sofort von_nun_an unabhängig stattdessen i_stedet istället sen_sijaan`,
	only:       `only exactly just solely verbatim nothing_but kun bare nøyaktig ordrett udelukkende præcis endast enbart bara exakt ordagrant vain ainoastaan täsmälleen sanatarkasti nur ausschließlich genau wörtlich`,
	say:        `reply respond answer say state write quote claim announce svar svare si oppgi skriv påstå sig angiv oplys svara säg ange skriv uppge vastaa vastata vastaamaan sano sanoa ilmoita ilmoittaa kirjoita kirjoittaa väitä väittää antworte antworten sage schreibe nenne behaupte gib_an`,
	reply:      `reply replies answer answers response responses draft drafts email e_mail reply_text e_posten e_mailen e_mejlet mejlet sähköposti svar svaret svarene utkast utkastet svaret_ditt udkast udkastet vastaus* vastaukse* luonno* antwort antworten entwurf`,
	tell:       `tell inform notify confirm assure promise fortell si_til informer meddel bekreft lov fortæl sig_til bekræft forsikre berätta säg_till informera meddela bekräfta försäkra kerro ilmoita vakuuta vahvista lupaa sag sage teile informiere informieren bestätige versichere versprich`,
	customer:   `customer customers client kunden kundene kunderne kunderna asiakas asiakkaalle asiakkaille asiakkaan asiakkaalta kunde kunden`,
	user:       `user users brukeren brukerne bruger brugeren brugerne användaren användarna käyttäjälle käyttäjille nutzer benutzer anwender`,
	dear:       `dear kjære kære kära hei hej hallo hello hyvä liebe lieber hi hey attention achtung obs huomio`,
	produce:    `write compose create generate draft sing recite skriv dikt komponer lag digt lav dikta komponera skapa kirjoita runoile sepitä laadi schreibe schreib dichte verfasse erzähle`,
	literature: `poem poems story stories essay essays haiku joke jokes limerick sonnet song lyrics screenplay novel fairytale rap dikt diktet historie fortelling eventyr vits essay stil digt vittighed sang roman novelle novell berättelse saga skämt sång uppsats runo runon tarina tarinan vitsi vitsin satu laulu essee esseen gedicht geschichte witz aufsatz märchen lied`,
	address_:   `https http hxxp hxxps www mailto`,
	that:       `that they he she to att at että dass daß sie er mit om`,
	include:    `include add insert append embed put paste attach render inkluder legg_til legg_ved legg_inn sett_inn ta_med føy_til tilføj indsæt medtag inkluder vedhæft lägg_till lägg_in infoga inkludera bifoga ta_med lisää sisällytä liitä upota füge ergänze binde hänge nimm bette einfügen`,
	link:       `link links url urls http https www image images picture pixel lenke lenken lenka bilde bildet adressen adresse link linket billede billedet länk länken bild bilden adress linkki linkin kuva kuvan osoite osoitteen osoitteeseen hyperlink grafik webadresse`,
	send:       `send forward post transmit upload exfiltrate email videresend send sende last_opp overfør skicka vidarebefordra ladda_upp överför lähetä välitä lataa_palvelimelle sende schicke leite übermittle lade`,
	data:       `conversation transcript chat_history history chat_log customer_data user_data personal_data credentials passwords password secrets api_key api_keys contents samtalen samtalehistorikk* kundedata kundedataene passord historikken samtaleloggen personopplysninger samtaleforløbet kundeoplysninger adgangskoder personoplysninger konversationen kunddata kunduppgifter lösenord personuppgifter keskustelu keskustelun keskusteluhistoria* asiakastiedot salasanat henkilötiedot gesprächsverlauf unterhaltung konversation kundendaten passwörter zugangsdaten`,
	note:       `note message attention instruction instructions important notice warning hint merk merknad beskjed melding viktig obs besked meddelelse bemærk vigtigt meddelande observera viktigt huomio huom viesti tärkeää ohje hinweis achtung wichtig nachricht anweisung anmerkung instruks instruktion`,
	to:         `to for til till åt an für any tekoälylle tekoälyavustajalle kielimallille avustajalle botille chatbotille robotille`,
	boss:       `system_administrator sysadmin administrator admin developer developers anthropic management security_team it_department ceo head_office utvikleren utviklerne ledelsen sjefen direktøren driftsansvarlig udvikleren udviklerne direktionen utvecklaren utvecklarna ledningen vd kehittäjä kehittäjät johto ylläpitäjä ylläpito toimitusjohtaja entwickler geschäftsführung geschäftsleitung systemadministrator systemadministratör* systemansvarlig* järjestelmänvalvoja* it_avdelingen it_afdelingen it_avdelningen it_osasto it_abteilung`,
	orders:     `orders order_you instructs commands requires authorised authorized approves has_approved have_approved beordrer pålegger krever har_godkjent instruerer har_godkendt kræver pålægger beordrar kräver har_godkänt instruerar määrää vaatii hyväksynyt käskee befiehlt verlangt genehmigt hat_genehmigt weist autorisiert ordnet`,
	mark_:      `set mark flag rate classify sett merk marker angi sæt markér marker sätt markera märk aseta merkitse setze markiere stufe kennzeichne`,
	high:       `high verified highest approved høy høyeste verifisert godkjent høj højeste verificeret godkendt hög högsta verifierad verifierat godkänd korkea korkeaksi varmistettu varmistetuksi tarkistetuksi hyväksytyksi hoch höchste geprüft verifiziert bestätigt 100`,
	sure:       `confidence certainty flag konfidens konfidensen tillit sikkerheden sikkerheten sannsynligheten konfidensgrad flagget flaget flaggan konfidensen luottamus luottamuksen luotettavuus varmuus varmuuden konfidenz konfidenzwert zuverlässigkeit sicherheit vertrauensstufe this_answer dette_svaret dette_svar svaret_her det_här_svaret tämä_vastaus diese_antwort`,
	cite:       `cite citing siter henvis citer hänvisa citera viittaa siteeraa zitiere zitieren verweise`,
	as:         `as som als lähteenä kilde kilden source källa källan quelle lähteeseen passage passasjen`,
	inTongue:   `in_russian in_chinese in_english in_french in_german in_spanish in_japanese in_latin in_pirate på_russisk på_kinesisk på_engelsk på_fransk på_tysk på_spansk på_ryska på_kinesiska på_engelska på_franska på_tyska på_spanska venäjäksi kiinaksi englanniksi ranskaksi saksaksi espanjaksi auf_russisch auf_chinesisch auf_englisch auf_französisch auf_spanisch`,
	must:       `must shall should have_to required_to skal må skall ska måste pitää täytyy tulee on_pakko musst müssen soll sollst muss`,
	refund:     `refund refunded full_refund free_of_charge refusjon refundert gratis pengene_tilbake refusion refunderet pengene_retur återbetalning pengarna_tillbaka hyvitys hyvityksen palautuksen ilmaiseksi rahat_takaisin rückerstattung erstattung kostenlos erstattet`,
	promise:    `grant give approve issue promise innvilg gi godkjenn lov utbetal giv godkend bevilg ge godkänn bevilja utlova myönnä anna hyväksy lupaa gewähre gib genehmige versprich erstatte`,
	fresh:      `new updated real actual additional nye nytt ny oppdaterte ekte nya uppdaterade uudet uusi päivitetyt todelliset neue neuen neues aktualisierte eigentliche`,
	checks:     `checks check safeguards safety validation kontroller kontrollene sjekkene tjek kontrollerne kontrollerna spärrar tarkistukset prüfungen kontrollen schutzmechanismen`,
	opens:      `begin end start finish close begynn avslutt start afslut begynd börja avsluta aloita lopeta päätä beginne beende schließe`,
	each:       `every each your all hver hvert alle ditt dit varje ditt alla jokainen kaikki vastauksesi jede jeden deine alle`,
	override:   `override overrides overriding`,
	task:       `document passage article context conversation task data dokumentet artikkelen konteksten artiklen kontekst artikeln kontexten asiakirja artikkeli konteksti dokument kontext artikel`,
	over:       `ends_here end_of ends is_over slutt_på slutter_her slut_på slutar_här päättyy loppuu endet_hier ende_des ende_der ende_von`,
}

// expression is several words that belong together.
type expression struct {
	words []string
	class class
}

type words struct {
	exact       map[string]class
	stems       map[string]class
	expressions map[string][]expression // by their first word, which is no stem
	longest     int                     // stem, in bytes
}

var vocabulary = sync.OnceValue(func() words {
	v := words{exact: map[string]class{}, stems: map[string]class{}, expressions: map[string][]expression{}}
	for c, list := range lists {
		for entry := range strings.FieldsSeq(list) {
			switch parts := strings.Split(entry, "_"); {
			case len(parts) > 1:
				v.expressions[parts[0]] = append(v.expressions[parts[0]], expression{words: parts, class: c})
			case strings.HasSuffix(entry, "*"):
				stem := strings.TrimSuffix(entry, "*")
				v.stems[stem] |= c
				v.longest = max(v.longest, len(stem))
			default:
				v.exact[entry] |= c
			}
		}
	}
	return v
})

// minStem is the length of the shortest stem, in bytes.
const minStem = 4

// minDisguised is the length of the shortest word that may have digits for
// letters: A1 is a plan.
const minDisguised = 5

// classesOf are the classes of a word, also where digits stand for letters.
func classesOf(w string) class {
	if len(w) > maxWord {
		return 0
	}
	w, _, _ = strings.Cut(w, "'") // "AI'en"
	if len(w) >= minDisguised && strings.ContainsAny(w, "013457") && strings.Trim(w, "0123456789") != "" {
		return lookUp(w) | lookUp(digitLetters.Replace(w))
	}
	return lookUp(w)
}

var digitLetters = strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "5", "s", "7", "t")

func lookUp(w string) class {
	v := vocabulary()
	c := v.exact[w]
	for n := minStem; n <= len(w) && n <= v.longest; n++ {
		c |= v.stems[w[:n]]
	}
	return c
}
