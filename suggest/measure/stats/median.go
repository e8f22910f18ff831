package stats

import (
	"math"
	"slices"
)

// Median is the median of values and its standard error, from the order
// statistics that bound its 95 % interval (McKean and Schrader, Communications
// in Statistics B 13:6, 1984). For differences of medians the squares of errors
// add up (Bonett and Price, Psychological Methods 7:3, 2002). Of fewer than six
// values the error is NaN.
func Median(values []float64) (median, deviation float64) {
	n := len(values)
	if n == 0 {
		return math.NaN(), math.NaN()
	}
	sorted := slices.Sorted(slices.Values(values))
	median = (sorted[(n-1)/2] + sorted[n/2]) / 2
	const z = 1.959963984540054
	c := int(math.Round(float64(n+1)/2 - z*math.Sqrt(float64(n)/4)))
	if c < 1 || n < 6 {
		return median, math.NaN()
	}
	return median, (sorted[n-c] - sorted[c-1]) / (2 * z)
}
