package vector

// plain is the inner product of a, read as numbers of type S, and b, which is
// as long and read as int8. It cannot overflow: the numbers of a probe are at
// most 2047 (see [newProbe]) and there are at most [MaxDim].
func plain[T int16 | byte, S int16 | int8](a []T, b []byte) int32 {
	b = b[:len(a)]
	var s0, s1, s2, s3 int32
	for len(a) >= 8 {
		x, y := (*[8]T)(a), (*[8]byte)(b)
		s0 += int32(S(x[0]))*int32(int8(y[0])) + int32(S(x[4]))*int32(int8(y[4]))
		s1 += int32(S(x[1]))*int32(int8(y[1])) + int32(S(x[5]))*int32(int8(y[5]))
		s2 += int32(S(x[2]))*int32(int8(y[2])) + int32(S(x[6]))*int32(int8(y[6]))
		s3 += int32(S(x[3]))*int32(int8(y[3])) + int32(S(x[7]))*int32(int8(y[7]))
		a, b = a[8:], b[8:]
	}
	for i, x := range a {
		s0 += int32(S(x)) * int32(int8(b[i]))
	}
	return s0 + s1 + s2 + s3
}
