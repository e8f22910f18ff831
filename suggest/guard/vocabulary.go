package guard

import (
	_ "embed"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
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
	labels                       // set, mark
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
	contact                      // part of a web or mail address
	edit                         // leave out, translate, recommend
	reader                       // whoever summarises this
	produce                      // write, compose
	literature                   // poems, stories, essays
)

//go:embed vocabulary.yaml
var vocabularyYAML []byte

// classes are the names of vocabulary.yaml.
var classes = map[string]class{
	"ignore":     ignore,
	"rules":      rules,
	"prior":      prior,
	"sources":    sources,
	"machine":    machine,
	"nowYou":     nowYou,
	"freed":      freed,
	"reveal":     reveal,
	"prompt":     prompt,
	"yourOwn":    yourOwn,
	"always":     always,
	"only":       only,
	"say":        say,
	"reply":      reply,
	"tell":       tell,
	"customer":   customer,
	"user":       user,
	"dear":       dear,
	"produce":    produce,
	"literature": literature,
	"address":    contact,
	"that":       that,
	"include":    include,
	"link":       link,
	"send":       send,
	"data":       data,
	"note":       note,
	"to":         to,
	"boss":       boss,
	"orders":     orders,
	"mark":       labels,
	"high":       high,
	"sure":       sure,
	"cite":       cite,
	"as":         as,
	"inTongue":   inTongue,
	"must":       must,
	"refund":     refund,
	"promise":    promise,
	"fresh":      fresh,
	"checks":     checks,
	"opens":      opens,
	"each":       each,
	"override":   override,
	"task":       task,
	"over":       over,
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
	var lists map[string]string
	if err := yaml.Unmarshal(vocabularyYAML, &lists); err != nil {
		panic("vocabulary.yaml: " + err.Error()) // embedded; a test loads it
	}
	for name, list := range lists {
		c, ok := classes[name]
		if !ok {
			panic("vocabulary.yaml: " + name + " is no class") // embedded; a test loads it
		}
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
