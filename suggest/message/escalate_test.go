package message_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/config"
	"github.com/sufflor/sufflor/suggest/message"
)

// escalateCases are messages and the marks they get, as "rule: words".
var escalateCases = []struct {
	language, body string
	want           []string
}{
	// Norwegian.
	{"nb", "Kan jeg få snakke med en person hos dere?", []string{"person: snakke med en person"}},
	{"nb", "Nå kontakter jeg advokaten min.", []string{"legal: advokaten"}},
	{"nb", "Saken er sendt til Forbrukerrådet.", []string{"legal: Forbrukerrådet", "complaint: Forbrukerrådet"}},
	{"nb", "Vi går til Finanstilsynet med dette", []string{"legal: Finanstilsynet"}},
	{"nb", "Dere er trukket to ganger på kortet mitt", []string{"payment: trukket to ganger"}},
	{"nb", "Vi vil si opp avtalen", []string{"leaving: si opp"}},
	{"nb", "Jeg legger dette ut på Facebook", []string{"threat: legger dette ut på"}},
	{"nb", "Det kommer røyk fra motoren!", []string{"danger: kommer røyk"}},
	{"nb", "Slett mine data hos dere", []string{"privacy: Slett mine data"}},
	{"nb", "Dette er helt uakseptabelt.", []string{"complaint: uakseptabelt", "anger: uakseptabelt"}},
	{"nb", "KAN DERE SVARE MEG NÅ HVOR BLIR DET AV PAKKEN", []string{"anger: KAN DERE SVARE MEG"}},
	{"nb", "Jeg spør nå for tredje gang: hva koster frakt?", []string{"repeated: for tredje gang"}},
	{"nb", "Dette er ingen klage, men hva koster frakt?", nil},
	{"nb", "Hvor mange ganger kan knivene slipes?", nil},
	{"nb", "Hva koster frakt til Bodø?", nil},
	// Swedish.
	{"sv", "Jag vill prata med en handläggare", []string{"person: prata med en"}},
	{"sv", "Då anmäler jag er till ARN.", []string{"legal: anmäler jag er", "complaint: ARN"}},
	{"sv", "Vi vill säga upp avtalet", []string{"leaving: säga upp"}},
	{"sv", "Jag kontaktar min bank och bestrider köpet", []string{"payment: kontaktar min bank"}},
	{"sv", "Det luktar gas i verkstaden", []string{"danger: luktar gas"}},
	{"sv", "Ni får en dålig recension på Trustpilot", []string{"threat: dålig recension"}},
	{"sv", "Radera mina uppgifter", []string{"privacy: Radera mina"}},
	{"sv", "Jag är missnöjd", []string{"complaint: missnöjd"}},
	{"sv", "Jag är trött på er", []string{"anger: trött på"}},
	{"sv", "Jag har fortfarande inte fått svar", []string{"repeated: fortfarande inte fått svar"}},
	{"sv", "Ingen advokat behövs. Vad kostar filtret?", nil},
	{"sv", "Vad kostar filtret?", nil},
	// Danish.
	{"da", "Jeg vil gerne tale med en medarbejder", []string{"person: tale med en"}},
	{"da", "Så går vi til Forbrugerombudsmanden", []string{"legal: Forbrugerombudsmanden"}},
	{"da", "Vi opsiger aftalen", []string{"leaving: opsiger"}},
	{"da", "Der er trukket dobbelt på mit kort", []string{"payment: trukket dobbelt"}},
	{"da", "En kollega kom til skade ved maskinen", []string{"danger: kom til skade"}},
	{"da", "Jeg går til pressen", []string{"threat: går til pressen"}},
	{"da", "Slet mine oplysninger", []string{"privacy: Slet mine oplysninger"}},
	{"da", "Jeg er skuffet over jer", []string{"complaint: skuffet"}},
	{"da", "Jeg er træt af det her", []string{"anger: træt af"}},
	{"da", "Jeg har ikke fået svar", []string{"repeated: har ikke fået svar"}},
	{"da", "Hvad koster filteret?", nil},
	// Finnish.
	{"fi", "Haluan puhua esimiehen kanssa", []string{"person: puhua esimiehen kanssa"}},
	{"fi", "Vien asian kuluttajariitalautakuntaan", []string{"legal: kuluttajariitalautakuntaan", "complaint: kuluttajariitalautakuntaan"}},
	{"fi", "Irtisanomme sopimuksen", []string{"leaving: Irtisanomme"}},
	{"fi", "Kortiltani on veloitettu kahdesti", []string{"payment: veloitettu kahdesti"}},
	{"fi", "Koneesta tulee savua", []string{"danger: savua"}},
	{"fi", "Poistakaa tietoni", []string{"privacy: Poistakaa tietoni"}},
	{"fi", "Olen pettynyt", []string{"complaint: pettynyt"}},
	{"fi", "Nyt alkaa riittää", []string{"anger: alkaa riittää"}},
	{"fi", "Kerron tästä somessa", []string{"threat: somessa"}},
	{"fi", "Tämä ei ole valitus, mitä toimitus maksaa?", nil},
	{"fi", "En ole saanut vastausta", []string{"repeated: En ole saanut vastausta"}},
	{"fi", "Mitä suodatin maksaa?", nil},
	// German.
	{"de", "Verbinden Sie mich bitte mit einem Mitarbeiter", []string{"person: einem Mitarbeiter"}},
	{"de", "Kann ich mit jemandem sprechen?", []string{"person: mit jemandem sprechen"}},
	{"de", "Ich schalte meinen Anwalt ein.", []string{"legal: Anwalt", "complaint: Anwalt"}},
	{"de", "Wir kündigen den Vertrag", []string{"leaving: kündigen"}},
	{"de", "Der Betrag wurde doppelt abgebucht", []string{"payment: doppelt abgebucht"}},
	{"de", "Aus dem Gerät kommt Rauch", []string{"danger: Rauch"}},
	{"de", "Ich mache das öffentlich, schlechte Bewertung folgt", []string{"threat: schlechte Bewertung"}},
	{"de", "Ich verlange die Löschung meiner Daten", []string{"privacy: Löschung meiner"}},
	{"de", "Ich schreibe zum dritten Mal", []string{"repeated: zum dritten Mal"}},
	{"de", "Ich bin sehr enttäuscht", []string{"complaint: enttäuscht"}},
	{"de", "Ich bin wütend", []string{"anger: wütend"}},
	{"de", "Das ist keine Beschwerde. Was kostet der Versand?", nil},
	{"de", "Was kostet ein Ersatz für den Verbrennungsmotor?", nil},
	// English.
	{"en", "I need to speak with a real agent", []string{"person: speak with a real"}},
	{"en", "My lawyer will contact you", []string{"legal: lawyer", "complaint: lawyer"}},
	{"en", "I will file a chargeback", []string{"payment: chargeback"}},
	{"en", "We are switching to a competitor", []string{"leaving: switching to a competitor"}},
	{"en", "The motor caught fire", []string{"danger: caught fire"}},
	{"en", "I'll warn others on Trustpilot", []string{"threat: warn others"}},
	{"en", "Please delete my data", []string{"privacy: delete my data"}},
	{"en", "I already asked about this", []string{"repeated: already asked"}},
	{"en", "I am disappointed", []string{"complaint: disappointed"}},
	{"en", "I am fed up", []string{"anger: fed up"}},
	{"en", "No lawyer needed, just tell me the price", nil},
	{"en", "How many times can I grind the blades?", nil},
	{"en", "What does freight cost?", nil},
	// Unknown language, and nothing.
	{"", "Forbrukerrådet", []string{"legal: Forbrukerrådet", "complaint: Forbrukerrådet"}},
	{"xx", "Ich schalte meinen Rechtsanwalt ein", []string{"legal: Rechtsanwalt"}},
	{"nb", "", nil},
}

func TestEscalate(t *testing.T) {
	for _, c := range escalateCases {
		t.Run(c.language+" "+c.body, func(t *testing.T) {
			var got []string
			for _, m := range message.Escalate(message.Rules{}, c.language, c.body, nil, nil) {
				if m.Where.End > 0 {
					require.Equal(t, m.Text, c.body[m.Where.Start:m.Where.End])
				}
				got = append(got, fmt.Sprintf("%s: %s", m.Rule, m.Text))
			}
			require.Equal(t, strings.Join(c.want, "\n"), strings.Join(got, "\n"))
		})
	}
}

func TestAnswersThatDidNotHelpAreCounted(t *testing.T) {
	for _, c := range []struct {
		name, language, body string
		history              []message.Turn
		repeats              int
		want                 bool
	}{
		{"the second time it did not help", "nb", "Det hjelper ikke.", turns("c: Pumpa går ikke", "a: Prøv å skru den av.", "c: Det virker fortsatt ikke", "a: Prøv igjen."), 0, true},
		{"the first time it did not help", "nb", "Det hjelper ikke.", turns("c: Pumpa går ikke", "a: Prøv å skru den av."), 0, false},
		{"the first time is enough where a workspace says so", "nb", "Det hjelper ikke.", turns("c: Pumpa går ikke", "a: Prøv å skru den av."), 1, true},
		{"nobody answered yet", "en", "It still doesn't work", turns("c: It does not help"), 1, false},
		{"the same question again and again", "en", "What does freight to Leeds cost?", turns("c: What does the freight to Leeds cost?", "a: See our site.", "c: what does freight to Leeds cost", "a: See our site."), 0, true},
		{"another question", "en", "What does service cost?", turns("c: What does the freight to Leeds cost?", "a: £12.", "c: And what about insurance for it?", "a: £2."), 0, false},
		{"what did not help long ago is settled", "en", "Great, thanks!", turns("c: It broke", "a: Try X.", "c: That didn't help", "a: Try Y."), 0, false},
		{"in Swedish", "sv", "Det hjälpte inte heller", turns("c: Pumpen läcker", "a: Byt packningen.", "c: Samma fel", "a: Dra åt."), 0, true},
		{"in Danish", "da", "Det hjalp ikke", turns("c: Pumpen lækker", "a: Skift pakningen.", "c: Samme problem", "a: Spænd den."), 0, true},
		{"in Finnish", "fi", "Ei auttanut", turns("c: Pumppu vuotaa", "a: Vaihda tiiviste.", "c: Sama ongelma", "a: Kiristä."), 0, true},
		{"in German", "de", "Das hat nicht geholfen", turns("c: Die Pumpe leckt", "a: Dichtung tauschen.", "c: Geht immer noch nicht", "a: Festziehen."), 0, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			rules := message.Rules{Repeats: c.repeats}
			got := rulesOf(message.Escalate(rules, c.language, c.body, c.history, nil))
			if c.want {
				require.Contains(t, got, message.Repeated)
			} else {
				require.NotContains(t, got, message.Repeated)
			}
		})
	}
}

func rulesOf(marks []message.Mark) (out []message.Rule) {
	for _, m := range marks {
		out = append(out, m.Rule)
	}
	return out
}

func TestAWorkspaceChoosesItsRules(t *testing.T) {
	const body = "Dette er uakseptabelt, Bransjenemnda får saken"
	rules := message.Rules{Words: map[message.Rule]map[string][]string{message.Legal: {"nb": {"Bransjenemnd*"}, "de": {"uakseptabelt"}}}}
	require.Equal(t, []message.Rule{message.Legal, message.Complaint, message.Anger}, rulesOf(message.Escalate(rules, "nb", body, nil, nil)))
	rules.Off = []message.Rule{message.Complaint, message.Anger}
	marks := message.Escalate(rules, "nb", body, nil, nil)
	require.Equal(t, []message.Mark{{Rule: message.Legal, Where: message.Span{Start: 23, End: 36}, Text: "Bransjenemnda"}}, marks)
}

func TestImportantCustomersAreKnownByTheirFacts(t *testing.T) {
	rules := message.Rules{Important: map[string][]string{"support_plan": {"Enterprise", "Gold"}}}
	facts := []message.Fact{{Name: "Machine", Value: "XY-2000"}, {Name: "Support plan", Value: "gold"}}
	require.Equal(t, []message.Mark{{Rule: message.Important, Text: "Support plan: gold"}}, message.Escalate(rules, "nb", "Hei", nil, facts))
	require.Empty(t, message.Escalate(rules, "nb", "Hei", nil, facts[:1]))
	require.Empty(t, message.Escalate(message.Rules{}, "nb", "Hei", nil, facts))
}

func TestConfigurationKnowsTheRules(t *testing.T) {
	for _, rule := range message.AllRules() {
		_, err := config.Parse("t.yaml", fmt.Appendf(nil, "workspaces: [{id: a, name: A, language: nb, escalation: {off: [%s]}}]\n", rule), func(string) (string, bool) { return "", false })
		require.NoError(t, err)
	}
}

func FuzzEscalate(f *testing.F) {
	for _, c := range escalateCases {
		f.Add(c.language, c.body, "It still doesn't work", "legal*")
	}
	f.Add("nb", "\xff\xfe advokat \x00 İ ẞ ingen", "\xff", "*")
	f.Fuzz(func(t *testing.T, language, body, earlier, word string) {
		rules := message.Rules{Words: map[message.Rule]map[string][]string{message.Legal: {"nb": {word}, language: {word}}}}
		history := []message.Turn{{Text: earlier}, {Agent: true, Text: "x"}, {Text: body}, {Agent: true}}
		marks := message.Escalate(rules, language, body, history, nil)
		seen := map[message.Rule]bool{}
		for _, m := range marks {
			require.False(t, seen[m.Rule], "each rule once")
			seen[m.Rule] = true
			require.GreaterOrEqual(t, m.Where.End, m.Where.Start)
			require.LessOrEqual(t, m.Where.End, len(body))
			if m.Where.End > 0 {
				require.Equal(t, m.Text, body[m.Where.Start:m.Where.End])
			}
		}
		require.Equal(t, marks, message.Escalate(rules, language, body, history, nil))
	})
}

func BenchmarkEscalate(b *testing.B) {
	history := turns("c: Pumpa går ikke", "a: Prøv å skru den av.", "c: Det virker fortsatt ikke", "a: Prøv igjen.")
	for _, c := range []struct{ name, language, body string }{
		{"message", "nb", "Maskinen viser E-4419 og stopper. Det hjalp ikke! Kan dere hjelpe?"},
		{"long, language unknown", "", strings.Repeat("Maskinen viser E-4419 og stopper etter noen minutter. ", 600)},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				message.Escalate(message.Rules{}, c.language, c.body, history, nil)
			}
		})
	}
}

func TestEveryRuleHasWordsInEveryLanguage(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range escalateCases {
		for _, m := range message.Escalate(message.Rules{}, c.language, c.body, nil, nil) {
			seen[c.language+" "+string(m.Rule)] = true
		}
	}
	for _, l := range []string{"nb", "sv", "da", "fi", "de", "en"} {
		for _, rule := range message.AllRules() {
			require.True(t, rule == message.Important || seen[l+" "+string(rule)], "%s %s", l, rule)
		}
	}
}
