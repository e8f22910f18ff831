package office

import "strconv"

// MaxNumber is the highest number a list counts to.
const MaxNumber = 30_000

// Marker is the sign of an item in a list without numbers; which one a file
// shows is a matter of its look.
const Marker = "•"

// Integer is a decimal within bounds, lo when it is none.
func Integer(s string, lo, hi int) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return lo
	}
	return min(max(n, lo), hi)
}
