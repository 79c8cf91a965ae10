package vec

import "math"

// Dot returns the inner product of a and b, which have the same length.
func Dot(a, b []float32) float32 {
	b = b[:len(a)] // one bounds check
	var s0, s1, s2, s3, s4, s5, s6, s7 float32
	for len(a) >= 8 {
		x, y := a[:8:8], b[:8:8]
		s0 += x[0] * y[0]
		s1 += x[1] * y[1]
		s2 += x[2] * y[2]
		s3 += x[3] * y[3]
		s4 += x[4] * y[4]
		s5 += x[5] * y[5]
		s6 += x[6] * y[6]
		s7 += x[7] * y[7]
		a, b = a[8:], b[8:]
	}
	for i, x := range a {
		s0 += x * b[i]
	}
	return (s0 + s4) + (s1 + s5) + ((s2 + s6) + (s3 + s7))
}

// Normalize scales v in place to unit L2 norm and returns the norm it had. A
// zero vector, and one whose norm is NaN or infinite, is left as it is.
func Normalize(v []float32) (norm float32) {
	var sum float64 // f32 squares overflow from 1.8e19 on
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	n := math.Sqrt(sum)
	if n == 0 || math.IsNaN(n) || math.IsInf(n, 0) {
		return float32(n)
	}
	inv := 1 / n
	for i, x := range v {
		v[i] = float32(float64(x) * inv)
	}
	return float32(n)
}
