package config

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Escalation says when an agent is told that a conversation should go to
// somebody else. Nothing set means every rule with Sufflør's own words.
type Escalation struct {
	Off []string `yaml:"off"` // rules that are not wanted
	// Words are looked for besides Sufflør's own, per rule and language.
	Words map[string]map[string][]string `yaml:"words"`
	// Repeats is how many of a customer's messages must say that an answer
	// did not help, 1 to 10; 0 means 2.
	Repeats int `yaml:"repeats"`
	// Important is, by the name of a fact that the desk knows of its
	// customer, the values that make a customer important.
	Important map[string][]string `yaml:"important"`
}

// escalationRules are the rules there are, as package message names them.
var escalationRules = []string{"danger", "person", "legal", "threat", "payment", "privacy", "leaving", "complaint", "anger", "repeated", "important"}

// Limits of what can be added.
const (
	maxEscalationWords = 200 // of a rule in a language, and values of a fact
	maxEscalationWord  = 80  // bytes
)

func (e Escalation) validate(at string) (errs []error) {
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(at+".escalation."+format, args...)) }
	known := strings.Join(escalationRules, ", ")
	for i, rule := range e.Off {
		if !slices.Contains(escalationRules, rule) {
			bad("off[%d]: no rule %q; one of %s", i, rule, known)
		}
	}
	for _, rule := range slices.Sorted(maps.Keys(e.Words)) {
		switch {
		case !slices.Contains(escalationRules, rule):
			bad("words.%s: no such rule; one of %s", rule, known)
			continue
		case rule == "important":
			bad("words.important: goes by facts of the customer, not by words; use escalation.important")
			continue
		case slices.Contains(e.Off, rule):
			bad("words.%s: the rule is off; take it out of escalation.off or its words away", rule)
		}
		for _, l := range slices.Sorted(maps.Keys(e.Words[rule])) {
			if !slices.Contains(languages, l) {
				bad("words.%s.%s: no such language; one of %s", rule, l, strings.Join(languages, ", "))
				continue
			}
			errs = append(errs, validWords(fmt.Sprintf("%s.escalation.words.%s.%s", at, rule, l), e.Words[rule][l])...)
		}
	}
	if e.Repeats < 0 || e.Repeats > 10 {
		bad("repeats: %d; between 1 and 10, or 0 for the usual 2", e.Repeats)
	}
	for _, fact := range slices.Sorted(maps.Keys(e.Important)) {
		if strings.TrimSpace(fact) == "" {
			bad("important: a fact without a name; use the desk's, such as plan")
		}
		values := e.Important[fact]
		if len(values) == 0 || len(values) > maxEscalationWords {
			bad("important.%s: %d values; between 1 and %d", fact, len(values), maxEscalationWords)
		}
		for i, v := range values {
			if strings.TrimSpace(v) == "" {
				bad("important.%s[%d]: empty", fact, i)
			}
		}
	}
	return errs
}

func validWords(at string, words []string) (errs []error) {
	if len(words) > maxEscalationWords {
		errs = append(errs, fmt.Errorf("%s: %d words; at most %d", at, len(words), maxEscalationWords))
	}
	for i, w := range words {
		stem := strings.TrimSuffix(strings.TrimSpace(w), "*")
		switch {
		case len([]rune(stem)) < 2:
			errs = append(errs, fmt.Errorf("%s[%d]: %q would be found everywhere; use two letters or more", at, i, w))
		case strings.Contains(stem, "*"):
			errs = append(errs, fmt.Errorf("%s[%d]: %q: a * may only stand at the end, for the rest of a word", at, i, w))
		case len(w) > maxEscalationWord:
			errs = append(errs, fmt.Errorf("%s[%d]: %d bytes; at most %d", at, i, len(w), maxEscalationWord))
		}
	}
	return errs
}
