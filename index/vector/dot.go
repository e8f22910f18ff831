package vector

// square is the inner product of v with itself.
func square(v []byte) int32 {
	var s int32
	for _, x := range v {
		s += int32(int8(x)) * int32(int8(x))
	}
	return s
}

// plainProduct is the inner product of a and b, which is as long; b's bytes are
// int8. It cannot overflow: a's numbers are at most 2047 (see [newProbe]) and
// there are at most [MaxDim].
func plainProduct(a []int16, b []byte) int32 {
	b = b[:len(a)]
	var s0, s1, s2, s3 int32
	for len(a) >= 16 {
		x, y := (*[16]int16)(a), (*[16]byte)(b)
		s0 += int32(x[0])*int32(int8(y[0])) + int32(x[4])*int32(int8(y[4])) + int32(x[8])*int32(int8(y[8])) + int32(x[12])*int32(int8(y[12]))
		s1 += int32(x[1])*int32(int8(y[1])) + int32(x[5])*int32(int8(y[5])) + int32(x[9])*int32(int8(y[9])) + int32(x[13])*int32(int8(y[13]))
		s2 += int32(x[2])*int32(int8(y[2])) + int32(x[6])*int32(int8(y[6])) + int32(x[10])*int32(int8(y[10])) + int32(x[14])*int32(int8(y[14]))
		s3 += int32(x[3])*int32(int8(y[3])) + int32(x[7])*int32(int8(y[7])) + int32(x[11])*int32(int8(y[11])) + int32(x[15])*int32(int8(y[15]))
		a, b = a[16:], b[16:]
	}
	for i, x := range a {
		s0 += int32(x) * int32(int8(b[i]))
	}
	return s0 + s1 + s2 + s3
}
