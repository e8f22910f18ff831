package vector

// signed is a stored number, an int8 in a byte.
func signed(b byte) int32 { return int32(int8(b)) } //nolint:gosec // the two's complement is meant

// plain is the inner product of a, read as numbers of type S, and b, which is
// as long and read as int8. It cannot overflow: the numbers of a probe are at
// most 2047 (see [newProbe]) and there are at most [MaxDim].
func plain[T int16 | byte, S int16 | int8](a []T, b []byte) int32 {
	b = b[:len(a)]
	var s0, s1, s2, s3 int32
	for len(a) >= 8 {
		x, y := (*[8]T)(a), (*[8]byte)(b)
		s0 += int32(S(x[0]))*signed(y[0]) + int32(S(x[4]))*signed(y[4])
		s1 += int32(S(x[1]))*signed(y[1]) + int32(S(x[5]))*signed(y[5])
		s2 += int32(S(x[2]))*signed(y[2]) + int32(S(x[6]))*signed(y[6])
		s3 += int32(S(x[3]))*signed(y[3]) + int32(S(x[7]))*signed(y[7])
		a, b = a[8:], b[8:]
	}
	for i, x := range a {
		s0 += int32(S(x)) * signed(b[i])
	}
	return s0 + s1 + s2 + s3
}
