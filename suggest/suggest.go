// Package suggest turns a customer's message into a draft for the agent:
// understand, retrieve, write, check, flag.
//
// Nothing here can reach the customer, and nothing here knows a help desk or
// a page. A draft rests on passages it cites; what no passage answers is said
// to be unanswered.
package suggest

import (
	"context"
	"time"

	"github.com/sufflor/sufflor/index"
	"github.com/sufflor/sufflor/store"
	"github.com/sufflor/sufflor/suggest/message"
)

// Version of the pipeline's rules; it is stored with each suggestion.
const Version = "2"

// Flag says how far a draft can be trusted.
type Flag string

// The flags, best first.
const (
	High   Flag = "high"   // every part answered, every sentence cited, checks passed
	Medium Flag = "medium" // read before use
	Low    Flag = "low"    // evidence rather than an answer
	None   Flag = "none"   // no draft: nothing to answer, or nothing that answers it
)

// Request is a customer's message and what is known around it.
type Request struct {
	Workspace string
	Text      string
	Subject   string
	Customer  string         // the customer's name, may be empty
	Language  string         // the desk's hint, such as "de-DE"; may be empty
	History   []Turn         // oldest first, without Text
	Facts     []message.Fact // what the desk knows of the customer, by name
	// Files that customers sent in this conversation, oldest first.
	Files []File
	// Hint is what an agent says the customer means. It takes the place of the
	// message's questions, which stay around it.
	Hint string
	// Collections that may be searched; none means all.
	Collections []string
}

// Turn is an earlier message of the conversation.
type Turn struct {
	Agent bool // else the customer
	Text  string
}

// Profile is what a workspace wants of its drafts.
type Profile struct {
	Name       string
	Language   string            // of the agents' hints
	Signatures map[string]string // closing lines per language; default Name
	Guidelines Guidelines
	Escalation message.Rules // when an agent is told to hand over
	// Trusted are the workspace's own domains, addresses and numbers. With any,
	// drafts hold no others, whatever documents say.
	Trusted []string
}

// Suggestion is everything about one draft that is needed to explain it.
type Suggestion struct {
	Language  string     `json:"language"` // of the customer, and of the draft
	Kind      string     `json:"kind"`     // question, thanks, greeting, human, complaint, request, other
	Mode      Mode       `json:"mode"`     // who wrote the sentences
	Urgent    bool       `json:"urgent,omitempty"`
	Angry     bool       `json:"angry,omitempty"`
	Escalate  []string   `json:"escalate,omitempty"` // rules of package message that it meets
	Asks      []Ask      `json:"asks"`
	Sentences []Sentence `json:"sentences"` // empty when the flag is none
	Evidence  []Evidence `json:"evidence"`  // cited first, in order of their numbers, then what else was found
	Missing   []string   `json:"missing,omitempty"`
	Conflicts []Conflict `json:"conflicts,omitempty"`
	Checks    []Check    `json:"checks"`
	Flag      Flag       `json:"flag"`
	// Probability that the draft can be sent as it is or lightly edited, 0 to 1.
	Probability float64 `json:"probability"`
	// Features of the draft as a whole, see [DraftFeatures]; those of its
	// answers stand with Asks.
	Features map[string]float64 `json:"features,omitempty"`
	Reasons  []Reason           `json:"reasons"`
	Degraded []string           `json:"degraded,omitempty"` // parts that were lost on the way
	Timings  Timings            `json:"timings"`
	Versions Versions           `json:"versions"`
}

// Ask is one thing the customer wants.
type Ask struct {
	Text     string             `json:"text"`
	Kind     string             `json:"kind"` // price, yesno, howto, when …
	Query    string             `json:"query"`
	Answered bool               `json:"answered"`
	Score    float64            `json:"score"` // probability that the documents answer it, 0 to 1
	Features map[string]float64 `json:"features,omitempty"`
	Missing  []string           `json:"missing,omitempty"` // its words that the best evidence does not hold
}

// SentenceKind tells facts, which need a source, from the frame around them.
type SentenceKind string

// The kinds of sentences.
const (
	Frame  SentenceKind = "frame"  // greeting, lead-in, closing: from our templates
	Fact   SentenceKind = "fact"   // from a passage, cited
	Open   SentenceKind = "open"   // says that a question is not answered
	Closes SentenceKind = "closes" // closing lines and signature
	Polite SentenceKind = "polite" // a model's words that are not on the matter
	Asks   SentenceKind = "asks"   // asks the customer back
)

// Sentence is a piece of the draft. Break says what comes before it.
type Sentence struct {
	Text      string       `json:"text"`
	Kind      SentenceKind `json:"kind"`
	Ask       int          `json:"ask"`             // index into Asks, -1 for none
	Break     string       `json:"break,omitempty"` // "" a space, "\n" a line, "\n\n" a paragraph
	Citations []Citation   `json:"citations,omitempty"`
	Verdict   string       `json:"verdict,omitempty"` // why a check struck it; "" is fine
}

// Citation ties a sentence to a part of a passage.
type Citation struct {
	Number  int    `json:"number"`  // from 1, index into Evidence + 1
	Passage string `json:"passage"` // passage id
	Start   int    `json:"start"`   // bytes in the passage's text; both 0: the whole passage
	End     int    `json:"end"`
}

// Evidence is a passage as it was when the draft was made.
type Evidence struct {
	Passage index.Passage `json:"passage"`
	Score   float64       `json:"score"`
	Parts   index.Parts   `json:"parts"`
	Cited   bool          `json:"cited"`
	// Elsewhere is how many other documents said the same when the draft was
	// made. They are not shown themselves.
	Elsewhere int `json:"elsewhere,omitempty"`
	// Attachment is the name of the customer's file that it is from. It is of
	// this conversation, for agents only, and in no index.
	Attachment string `json:"attachment,omitempty"`
}

// Check is the verdict of one rule.
type Check struct {
	Name   string `json:"name"` // supported, anchors, answered, language, audience
	Passed bool   `json:"passed"`
	Detail string `json:"detail,omitempty"`
	// Findings are the sentences it is about, with verdict and reason.
	Findings []Finding `json:"findings,omitempty"`
}

// Reason says in words what a flag rests on.
type Reason struct {
	Code string `json:"code"`
	Text string `json:"text"` // in the agents' language
}

// Timings of the steps, in milliseconds.
type Timings struct {
	Understand float64 `json:"understand_ms"`
	Retrieve   float64 `json:"retrieve_ms"`
	Write      float64 `json:"write_ms"`
	Check      float64 `json:"check_ms"`
	Model      float64 `json:"model_ms,omitempty"`
	Total      float64 `json:"total_ms"`
}

// Versions of what made the draft.
type Versions struct {
	Pipeline string `json:"pipeline"`
	Index    string `json:"index"`
	Writer   string `json:"writer"`
	Weights  string `json:"weights"`
	// Guidelines that it was written by; Prompt and Model when a model did.
	Guidelines string `json:"guidelines,omitempty"`
	Prompt     string `json:"prompt,omitempty"`
	Model      string `json:"model,omitempty"`
}

// Mode is who wrote a draft.
type Mode string

// The modes.
const (
	Extractive Mode = "extractive" // quoted, see package extract
	Written    Mode = "model"      // by a language model, and checked
)

// Brief is what a writer gets.
type Brief struct {
	Said     string // all that the customer wrote in the conversation, as it came
	Language string
	Customer string // first name, may be empty
	Upset    bool   // complains or is angry
	Profile  Profile
	Asks     []BriefAsk
}

// BriefAsk is one question with its hits, best first, public passages only.
type BriefAsk struct {
	Question message.Question
	Focus    string   // the question with what it refers to
	Bridge   []string // codes that lead from the question's words to the documents': the kit behind "an upgrade"
	Hits     []Scored
	IDF      map[string]float64
	Unknown  float64 // weight of words that no document holds
}

// Scored is a hit with its passage.
type Scored struct {
	Hit     index.Hit
	Passage index.Passage
	// Elsewhere is the ids of other documents that say the same to the same
	// readers and were found, too, sorted. They are folded into this hit.
	Elsewhere []string
	// Planted says that the passage tried to instruct; that part is left out.
	Planted bool
	// Votes are what agents thought of drafts that cite the passage.
	Votes store.Votes
}

// Answer is what a writer found for one ask.
type Answer struct {
	Features  map[string]float64 // of the best unit, see flag.go
	Sentences []Quote            // empty: nothing worth quoting
	Missing   []string
	Order     []string // ids of the ask's passages by what they could contribute, best first
}

// Quote is a sentence with the place it was taken from.
type Quote struct {
	Text    string
	Break   string
	Passage string
	Start   int
	End     int
	// Language is the passage's; Foreign says that it is not the customer's.
	Language string
	Foreign  bool
}

// Writer finds, for each ask of the brief, the sentences that answer it. It
// returns as many answers as there are asks.
type Writer interface {
	Write(ctx context.Context, b Brief) ([]Answer, error)
	Version() string
}

// Framer puts answers into a letter in the customer's language.
type Framer interface {
	// Frame composes sentences in order: greeting, per ask its facts or an
	// honest word that it is open, closing. Numbers of citations are filled
	// in by the pipeline.
	Frame(b Brief, answers []Answer, answered []bool) []Sentence
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
