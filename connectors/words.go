package connectors

import (
	"slices"
	"strings"
)

// Words are the fixed texts of a note, in one language of agents.
type Words struct {
	Title    string // above the draft, saying that only agents see it
	Why      string // above the reasons of a flag
	Sources  string
	Open     string // opens the suggestion in the panel
	NoAnswer string // instead of a draft when nobody's documents answer
	High     string // the flags, in the panel's words
	Medium   string
	Low      string
	None     string
	Use      string
	Edit     string
	Up       string
	Down     string
	Thanks   string
	Save     string
	Cancel   string
	Reply    string
	Asked    string // after a command
	NotAgent string // to somebody who is not on the list of agents
	Show     string // leads to the conversation at the desk
	Refresh  string // asks for the present suggestion again
	Keep     string // puts what an agent made of a draft into an internal note

	Attachment  string // what a customer's file is, beside its name
	NotInserted string // the agent looks at another conversation by now, or the editor is closed
}

var words = map[string]Words{
	"en": {
		Title: "Suggested reply (agents only)", Why: "Why this flag", Sources: "Sources", Open: "Open in panel",
		Attachment: "attachment of this conversation",
		NoAnswer:   "The documents do not answer this.",
		High:       "Ready to use", Medium: "Read before use", Low: "Evidence only", None: "No draft",
		Use: "Use", Edit: "Edit", Up: "Helpful", Down: "Not helpful", Thanks: "Thank you, noted.",
		Save: "Save", Cancel: "Cancel", Reply: "Reply", Asked: "Looking for a suggestion …",
		NotAgent: "You are not on the list of agents of this copilot.",
		Show:     "Show conversation",
		Refresh:  "Refresh", Keep: "Save as internal note",
		NotInserted: "Not inserted: this is another conversation, or the editor is closed.",
	},
	"de": {
		Title: "Antwortvorschlag (nur für das Team)", Why: "Warum diese Einstufung", Sources: "Quellen", Open: "Im Panel öffnen",
		Attachment: "Anhang dieses Gesprächs",
		NoAnswer:   "Die Dokumente beantworten das nicht.",
		High:       "Kann verwendet werden", Medium: "Erst prüfen", Low: "Nur Fundstellen", None: "Kein Entwurf",
		Use: "Übernehmen", Edit: "Bearbeiten", Up: "Hilfreich", Down: "Nicht hilfreich", Thanks: "Danke, notiert.",
		Save: "Speichern", Cancel: "Abbrechen", Reply: "Antwort", Asked: "Ein Vorschlag wird gesucht …",
		NotAgent: "Sie stehen nicht auf der Agentenliste dieses Copiloten.",
		Show:     "Unterhaltung zeigen",
		Refresh:  "Aktualisieren", Keep: "Als interne Notiz ablegen",
		NotInserted: "Nicht eingefügt: Das ist ein anderes Gespräch, oder der Editor ist geschlossen.",
	},
	"da": {
		Title: "Svarforslag (kun for medarbejdere)", Why: "Hvorfor denne vurdering", Sources: "Kilder", Open: "Åbn i panelet",
		Attachment: "bilag i denne samtale",
		NoAnswer:   "Dokumenterne besvarer det ikke.",
		High:       "Kan bruges", Medium: "Læs igennem først", Low: "Kun fund", None: "Intet udkast",
		Use: "Brug", Edit: "Redigér", Up: "Nyttigt", Down: "Ikke nyttigt", Thanks: "Tak, det er noteret.",
		Save: "Gem", Cancel: "Annullér", Reply: "Svar", Asked: "Leder efter et forslag …",
		NotAgent: "Du står ikke på listen over medarbejdere i denne copilot.",
		Show:     "Vis samtalen",
		Refresh:  "Opdatér", Keep: "Gem som intern note",
		NotInserted: "Ikke indsat: Det er en anden samtale, eller editoren er lukket.",
	},
	"nb": {
		Title: "Svarforslag (bare for medarbeidere)", Why: "Hvorfor denne vurderingen", Sources: "Kilder", Open: "Åpne i panelet",
		Attachment: "vedlegg i denne samtalen",
		NoAnswer:   "Dokumentene svarer ikke på dette.",
		High:       "Kan brukes", Medium: "Les gjennom først", Low: "Bare funn", None: "Ikke noe utkast",
		Use: "Bruk", Edit: "Rediger", Up: "Nyttig", Down: "Ikke nyttig", Thanks: "Takk, det er notert.",
		Save: "Lagre", Cancel: "Avbryt", Reply: "Svar", Asked: "Leter etter et forslag …",
		NotAgent: "Du står ikke på listen over medarbeidere i denne copiloten.",
		Show:     "Vis samtalen",
		Refresh:  "Oppdater", Keep: "Lagre som intern merknad",
		NotInserted: "Ikke satt inn: Dette er en annen samtale, eller editoren er lukket.",
	},
	"sv": {
		Title: "Svarsförslag (endast för medarbetare)", Why: "Varför denna bedömning", Sources: "Källor", Open: "Öppna i panelen",
		Attachment: "bilaga i det här samtalet",
		NoAnswer:   "Dokumenten svarar inte på detta.",
		High:       "Kan användas", Medium: "Läs igenom först", Low: "Bara träffar", None: "Inget utkast",
		Use: "Använd", Edit: "Redigera", Up: "Användbart", Down: "Inte användbart", Thanks: "Tack, det är noterat.",
		Save: "Spara", Cancel: "Avbryt", Reply: "Svar", Asked: "Letar efter ett förslag …",
		NotAgent: "Du står inte på listan över medarbetare i denna copilot.",
		Show:     "Visa konversationen",
		Refresh:  "Uppdatera", Keep: "Spara som intern anteckning",
		NotInserted: "Inte infogat: Det är ett annat samtal, eller så är redigeraren stängd.",
	},
	"fi": {
		Title: "Vastausehdotus (vain työntekijöille)", Why: "Miksi tämä arvio", Sources: "Lähteet", Open: "Avaa paneelissa",
		Attachment: "tämän keskustelun liite",
		NoAnswer:   "Asiakirjat eivät vastaa tähän.",
		High:       "Käyttövalmis", Medium: "Tarkista ensin", Low: "Vain löydöksiä", None: "Ei luonnosta",
		Use: "Käytä", Edit: "Muokkaa", Up: "Hyödyllinen", Down: "Ei hyödyllinen", Thanks: "Kiitos, merkitty muistiin.",
		Save: "Tallenna", Cancel: "Peruuta", Reply: "Vastaus", Asked: "Haetaan ehdotusta …",
		NotAgent: "Et ole tämän avustajan työntekijäluettelossa.",
		Show:     "Näytä keskustelu",
		Refresh:  "Päivitä", Keep: "Tallenna sisäiseksi muistiinpanoksi",
		NotInserted: "Ei lisätty: tämä on toinen keskustelu, tai muokkain on kiinni.",
	},
}

// WordsIn are the words in a language such as "de" or "de-AT", English for
// those we do not have.
func WordsIn(language string) Words {
	base, _, _ := strings.Cut(strings.ToLower(language), "-")
	if w, ok := words[base]; ok {
		return w
	}
	return words["en"]
}

// Languages lists what [WordsIn] knows, sorted.
func Languages() []string {
	var all []string
	for l := range words {
		all = append(all, l)
	}
	slices.Sort(all)
	return all
}

// Flag is a note's flag in words.
func (w Words) Flag(flag string) string {
	switch flag {
	case "high":
		return w.High
	case "medium":
		return w.Medium
	case "low":
		return w.Low
	default:
		return w.None
	}
}
