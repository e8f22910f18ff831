package office

import (
	"slices"
	"strconv"
	"strings"
)

// maxPlaces is how many places a warning names.
const maxPlaces = 20

// Places are the numbers of the first paragraphs or slides in which something
// was found, for a warning. The zero value is ready for use.
type Places []int

// Add takes the number of a place, none lower than the last.
func (p *Places) Add(n int) {
	if k := len(*p); k <= maxPlaces && (k == 0 || (*p)[k-1] != n) {
		*p = append(*p, n)
	}
}

// String is "2, 3, 7", with "and others" behind the twentieth.
func (p Places) String() string {
	var words []string
	for _, n := range p[:min(len(p), maxPlaces)] {
		words = append(words, strconv.Itoa(n))
	}
	out := strings.Join(words, ", ")
	if len(p) > maxPlaces {
		out += " and others"
	}
	return out
}

// With are the places of both.
func (p Places) With(other Places) Places {
	all := slices.Compact(slices.Sorted(slices.Values(slices.Concat(p, other))))
	return all[:min(len(all), maxPlaces+1)]
}
