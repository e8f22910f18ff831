package index

// Recipe is [recipe] for measurements.
type Recipe struct {
	Heading, Question, Grams, Bigrams, Common float64
	Terms, GramMax                            int
}

// Standard is what searches use.
func Standard() Recipe {
	s := standard
	return Recipe{s.heading, s.question, s.grams, s.bigrams, s.common, s.terms, s.gramMax}
}

// Saturation and InverseDocumentFrequency are the two factors of BM25.
var (
	Saturation               = saturation
	InverseDocumentFrequency = idf
)

// Cook makes x search by r. Not safe while searches run.
func (x *Local) Cook(r Recipe) {
	x.recipe = recipe{
		heading: r.Heading, question: r.Question, grams: r.Grams, bigrams: r.Bigrams,
		terms: r.Terms, gramMax: r.GramMax, common: r.Common,
	}
}
