package measure

// The readers, for fuzzing without files.
var (
	ParseText       = parseText
	ReadRunFrom     = readRun
	ReadJudgements  = readJudgements
	LanguagesOf     = languagesOf
	Percentile      = percentile
	MaxLine         = maxLine
	MaxJudgedScore  = maxScore
	MaxIDBytes      = maxID
	GapExampleCount = maxExamples
)
