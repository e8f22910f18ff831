package measure

import (
	"bytes"
	"context"
)

// For tests of what is inside.
var (
	ReadRunFrom = readRun
	LanguagesOf = languagesOf
	Percentile  = percentile
)

// The bounds of what is read.
const (
	MaxLine         = maxLine
	MaxJudgedScore  = maxScore
	MaxIDBytes      = maxID
	GapExampleCount = maxExamples
)

// ParseText is the id of a line of documents or questions.
func ParseText(raw []byte) (id string, ok bool) {
	t, err := parseText(raw)
	return t.id, err == nil
}

// Judgement is a line of judgements.
type Judgement struct {
	Question, Document string
	Score              int
}

// Judgements reads a file of judgements; it is empty when that is not one.
func Judgements(ctx context.Context, raw []byte) []Judgement {
	read, err := readJudgements(ctx, "fuzz.tsv", bytes.NewReader(raw))
	if err != nil {
		return nil
	}
	var out []Judgement
	for _, j := range read.lines {
		out = append(out, Judgement{j.question, j.document, j.score})
	}
	return out
}
