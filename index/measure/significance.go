package measure

import (
	"math"
	"math/rand/v2"
)

// permutations is how often [Randomization] swaps, and seed makes the swaps the
// same ones each time. The smallest p is 1/10,001.
const (
	permutations = 10_000
	seed         = 2007
)

// Randomization is the p value of the difference between the means of a and b,
// the scores of the same questions in two runs: how often a difference at least
// as large, in either direction, comes about when for each question chance
// decides which run got which score. It is Fisher's paired randomization test
// (Smucker, Allan and Carterette, CIKM 2007) on 10,000 samples of the
// permutations, the observed one counted in, so that p is never 0. The same
// input gives the same p. a and b must have the same length.
func Randomization(a, b []float64) float64 {
	var differences []float64 // questions with none change nothing
	var observed float64
	for i := range a {
		if d := a[i] - b[i]; d != 0 {
			differences = append(differences, d)
			observed += d
		}
	}
	// Sums of the same numbers in another order differ in their last bits.
	observed = math.Abs(observed) - 1e-9
	random := rand.New(rand.NewPCG(seed, seed)) //nolint:gosec // a test of chance, not a secret; it must repeat
	extreme := 1
	for range permutations {
		var sum float64
		var bits uint64
		for i, d := range differences {
			if i%64 == 0 {
				bits = random.Uint64()
			}
			if bits&1 == 1 {
				d = -d
			}
			bits >>= 1
			sum += d
		}
		if math.Abs(sum) >= observed {
			extreme++
		}
	}
	return float64(extreme) / (permutations + 1)
}
