package stats

import (
	"encoding/json"
	"math"
	"strconv"
)

// Number is a figure that may be unknown: NaN, which is null in JSON. It is
// written with six decimals.
type Number float64

// Known reports whether n is a number.
func (n Number) Known() bool { return !math.IsNaN(float64(n)) && !math.IsInf(float64(n), 0) }

// MarshalJSON implements [json.Marshaler].
func (n Number) MarshalJSON() ([]byte, error) {
	if !n.Known() {
		return []byte("null"), nil
	}
	v := math.Round(float64(n)*1e6) / 1e6
	if v == 0 {
		v = 0 // no -0
	}
	return strconv.AppendFloat(nil, v, 'f', -1, 64), nil
}

// UnmarshalJSON implements [json.Unmarshaler].
func (n *Number) UnmarshalJSON(raw []byte) error {
	if string(raw) == "null" {
		*n = Number(math.NaN())
		return nil
	}
	return json.Unmarshal(raw, (*float64)(n))
}
