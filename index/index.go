package index

import (
	"errors"
	"time"
)

// Errors of opening an index.
var (
	// ErrLocked means that another process has the index open.
	ErrLocked = errors.New("index is in use by another process")
	// ErrCorrupt means that the files cannot be read; the index is derived
	// and can be rebuilt from the store (sufflor reindex).
	ErrCorrupt = errors.New("index is damaged")
	// ErrVersion means that the files were written by another format version.
	ErrVersion = errors.New("index has another format version")
)

// Query is what is searched for.
type Query struct {
	Workspace string // required; no query crosses workspaces
	Text      string
	Language  string // of Text; "" searches every language alike
	// Context is earlier text that explains Text, such as the customer's
	// previous message. Weights are fractions of Text's weight.
	Context []Weighted
	// Sentence is Text as a person would ask it, for finding by meaning; empty
	// when Text is that already.
	Sentence string
	// Translated is Text for passages in other languages, by their language.
	Translated map[string]string
	// Near is passages that lie near in meaning, nearest first. They are
	// candidates whatever their words. Package hybrid fills it in.
	Near   []Near
	Filter Filter
	Limit  int // number of hits; 0 means 10
}

// Near is a passage that was found by its vector.
type Near struct {
	ID     string
	Cosine float64 // -1 to 1
}

// Weighted is a text and its weight, 0 to 1.
type Weighted struct {
	Text   string
	Weight float64
}

// Hit is a found passage.
type Hit struct {
	ID       string // of the passage
	Document string
	Language string
	Kind     Kind
	Score    float64 // comparable within one result only
	Parts    Parts
}

// Parts are the features behind a score, kept for explanation and for the
// flag's probability.
type Parts struct {
	BM25        float64 `json:"bm25"`        // stemmed text in the passage's language
	Identifiers float64 `json:"identifiers"` // exact identifiers
	Grams       float64 `json:"grams"`       // character n-grams
	Kin         float64 `json:"kin"`         // words spelled like those of the query
	Coverage    float64 `json:"coverage"`    // share of the query's IDF mass found in the passage, 0 to 1
	Ideal       float64 `json:"ideal"`       // Score / the score of a passage that holds every query term, 0 to 1
	Same        bool    `json:"same"`        // passage is in the query's language
	Near        float64 `json:"near"`        // how much nearer in meaning than the last of [Query.Near], 0 to 1; 0 also when it is not among them

	Features Features `json:"features"` // of the second look; zero when there was none
}

// Result is the hits, best first, ties broken by id, and how they came about.
type Result struct {
	Hits     []Hit
	Degraded []string // legs that did not answer, in words
	Took     time.Duration
}

// Batch is a change that becomes visible all at once or not at all.
type Batch struct {
	Put    []Passage
	Delete []string // passage ids
}

// Token is a word of analysed text.
type Token struct {
	Term       string // what is compared: stem, or normalised identifier
	Start, End int    // byte offsets in the analysed text
	Stop       bool   // a function word: carries no evidence
	Identifier bool   // product code, error code, norm, number with unit, price
}
