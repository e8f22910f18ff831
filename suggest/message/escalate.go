package message

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Rule is a reason to hand a conversation to somebody who may decide more than
// the agent at hand.
type Rule string

// The rules, in the order in which their marks are given.
const (
	Danger    Rule = "danger"    // fire, smoke, shock, injury
	Person    Rule = "person"    // asks for a person
	Legal     Rule = "legal"     // lawyers, courts, authorities, boards of complaint
	Threat    Rule = "threat"    // of violence, the press or bad reviews
	Payment   Rule = "payment"   // disputes a payment, goes to the bank
	Privacy   Rule = "privacy"   // wants own data seen or deleted, tells of a leak
	Leaving   Rule = "leaving"   // ends a contract, goes to a competitor
	Complaint Rule = "complaint" // complains
	Anger     Rule = "anger"     // is upset
	Repeated  Rule = "repeated"  // says again that answers did not help
	Important Rule = "important" // is a customer whom the workspace named
)

// AllRules is every rule, in the order of its marks.
func AllRules() []Rule {
	return []Rule{Danger, Person, Legal, Threat, Payment, Privacy, Leaving, Complaint, Anger, Repeated, Important}
}

// Rules is what a workspace wants to be told. The zero value uses all rules
// with our own words.
type Rules struct {
	Off []Rule
	// Words are looked for besides ours, per rule and language. A "*" at the
	// end stands for the rest of a word.
	Words map[Rule]map[string][]string
	// Repeats is how many of a customer's messages must say that an answer
	// did not help; 0 means 2.
	Repeats int
	// Important is, by the name of a customer's fact, the values that make
	// the customer important, such as "plan": "Enterprise".
	Important map[string][]string
}

// Turn is an earlier message of a conversation.
type Turn struct {
	Agent bool // else the customer
	Text  string
}

// Mark is a rule that a message meets.
type Mark struct {
	Rule  Rule
	Where Span   // of the words in the body, empty when they are not in it
	Text  string // the words, or the fact of an important customer
}

// maxTurn bounds how much of an earlier message is looked at.
const maxTurn = 4 << 10

// Escalate gives the rules that a cleaned body meets, each once, with the
// first words that say so. It is a hint for an agent and changes no draft.
// Words right after a negation ("no complaint") do not count. History is
// oldest first, without the body; facts are what the desk knows of the
// customer.
func Escalate(rules Rules, language, body string, history []Turn, facts []Fact) []Mark {
	e := escalation{rules: rules, language: language, v: vocabularyOf(language), s: signalsOf(language), body: clip(body, maxBody)}
	e.folded = fold(e.body)
	e.search()
	var out []Mark
	for _, rule := range AllRules() {
		if slices.Contains(rules.Off, rule) {
			continue
		}
		if m, ok := e.mark(rule, history, facts); ok {
			out = append(out, m)
		}
	}
	return out
}

type escalation struct {
	rules        Rules
	language     string
	v            *vocabulary
	s            matcher
	body, folded string
	found        map[Rule]Span // the first words of each rule
}

// search finds the first words of each rule that no negation stands before,
// the longest where several begin.
func (e *escalation) search() {
	own := matcher{}
	for _, rule := range AllRules() {
		own.add(rule, e.own(rule))
	}
	e.found = map[Rule]Span{}
	for _, m := range []matcher{e.s, own} {
		for rule, at := range m.find(e.folded) {
			first, ok := e.found[rule]
			if !ok || at.Start < first.Start || at.Start == first.Start && at.End > first.End {
				if !e.negated(at.Start) {
					e.found[rule] = at
				}
			}
		}
	}
}

// first is the mark of the words that were found for a rule, up to the end of
// the last one.
func (e *escalation) first(rule, as Rule) (Mark, bool) {
	at, ok := e.found[rule]
	if !ok {
		return Mark{}, false
	}
	if wordAfter(e.folded, at.End) {
		at.End = wordEnd(e.folded, at.End)
	}
	return Mark{Rule: as, Where: at, Text: e.body[at.Start:at.End]}, true
}

func (e *escalation) mark(rule Rule, history []Turn, facts []Fact) (Mark, bool) {
	if m, ok := e.first(rule, rule); ok {
		return m, true
	}
	switch rule {
	case Person:
		if i := e.v.person(e.folded); i >= 0 && !e.negated(i) {
			text := wordsAt(e.body, i)
			return Mark{Rule: rule, Where: Span{i, i + len(text)}, Text: text}, true
		}
	case Anger:
		if shouts(e.body) {
			return Mark{Rule: rule, Text: wordsAt(e.body, 0)}, true
		}
	case Repeated:
		return e.repeated(history)
	case Important:
		return e.important(facts)
	}
	return Mark{}, false
}

// own is the workspace's words for a rule.
func (e *escalation) own(rule Rule) phrases {
	byLanguage := e.rules.Words[rule]
	languages := []string{e.language}
	if _, ok := allSignals()[e.language]; !ok || e.language == "" {
		languages = []string{"nb", "sv", "da", "fi", "de", "en"}
	}
	var ps phrases
	for _, l := range languages {
		for _, w := range byLanguage[l] {
			if w = strings.TrimSpace(fold(w)); strings.Trim(w, "* ") != "" {
				ps = append(ps, w)
			}
		}
	}
	return ps
}

// negated reports whether one of the two words before i takes back what stands
// there: "kein Anwalt", "not a complaint". Farther off it may belong to
// something else: "if you do not answer, my lawyer will".
func (e *escalation) negated(i int) bool {
	from := max(0, i-40)
	before := e.folded[from:i]
	if cut := strings.LastIndexAny(before, ".!?,;:\n"); cut >= 0 {
		before = before[cut+1:]
	}
	words := wordSpans(before)
	for _, w := range words[max(0, len(words)-2):] {
		word := before[w.Start:w.End]
		if slices.Contains(e.negations(), word) {
			return true
		}
	}
	return false
}

// negations before a word that take it back. Those that other languages have
// as another word are left out when the language is unknown.
func (e *escalation) negations() []string {
	switch e.language {
	case "nb":
		return []string{"ingen", "ikke", "ikkje", "uten"}
	case "sv":
		return []string{"ingen", "inget", "inga", "inte", "ej", "utan"}
	case "da":
		return []string{"ingen", "ikke", "intet", "uden"}
	case "fi":
		return []string{"en", "emme", "ei", "ilman"}
	case "de":
		return []string{"kein", "keine", "keinen", "keinem", "keiner", "nicht", "ohne"}
	case "en":
		return []string{"no", "not", "without", "don't", "never"}
	}
	return []string{"ingen", "ikke", "inte", "kein", "keine", "keinen", "no", "not"}
}

// repeated tells whether the customer says, and not for the first time, that
// an answer did not help: with words for it, or by asking the same once more.
func (e *escalation) repeated(history []Turn) (Mark, bool) {
	if m, ok := e.first(strongAgain, Repeated); ok {
		return m, true
	}
	var asked [][]string // the content words of each customer message
	answered := 0        // how many of them an agent has answered
	failed := 0
	for _, t := range history {
		if t.Agent {
			answered = len(asked)
			continue
		}
		f := fold(Clean(clip(t.Text, maxTurn)).Body)
		words := e.content(f)
		if answered > 0 && (e.s.has(f, weakAgain, strongAgain) || anyAlike(words, asked[:answered])) {
			failed++
		}
		asked = append(asked, words)
	}
	m, says := e.first(weakAgain, Repeated)
	if answered == 0 || !says && !anyAlike(e.content(clip(e.folded, maxTurn)), asked[:answered]) {
		return Mark{}, false
	}
	if limit := cmp.Or(max(e.rules.Repeats, 0), 2); failed+1 < limit {
		return Mark{}, false
	}
	if !says {
		m = Mark{Rule: Repeated, Text: wordsAt(e.body, 0)}
	}
	return m, true
}

// content is the words of a folded text that name something, sorted, each once.
func (e *escalation) content(folded string) []string {
	var out []string
	for _, w := range wordSpans(folded) {
		if word := folded[w.Start:w.End]; utf8.RuneCountInString(word) > 3 && !slices.Contains(e.v.empty, word) {
			out = append(out, word)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// alikeShare is the share of all their words that two messages have in common
// which ask the same.
const alikeShare = 0.7

// anyAlike reports whether words ask the same as one of others.
func anyAlike(words []string, others [][]string) bool {
	for _, o := range others {
		both := 0
		for _, w := range words {
			if _, ok := slices.BinarySearch(o, w); ok {
				both++
			}
		}
		if both >= 3 && float64(both) >= alikeShare*float64(len(words)+len(o)-both) {
			return true
		}
	}
	return false
}

// important is the mark of a customer whom the workspace named.
func (e *escalation) important(facts []Fact) (Mark, bool) {
	for _, f := range facts {
		for name, values := range e.rules.Important {
			if !sameName(name, f.Name) {
				continue
			}
			for _, v := range values {
				if strings.EqualFold(strings.TrimSpace(v), strings.TrimSpace(f.Value)) {
					return Mark{Rule: Important, Text: f.Name + ": " + f.Value}, true
				}
			}
		}
	}
	return Mark{}, false
}
