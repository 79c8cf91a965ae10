package vec

import "math"

// Dot returns the inner product of a and b, which have the same length.
func Dot(a, b []float32) float32 {
	// Four sums, so that additions needn't wait for each other; both lengths in the
	// condition, so that the compiler drops the bounds checks.
	var s0, s1, s2, s3 float32
	for len(a) >= 8 && len(b) >= 8 {
		s0 += a[0]*b[0] + a[4]*b[4]
		s1 += a[1]*b[1] + a[5]*b[5]
		s2 += a[2]*b[2] + a[6]*b[6]
		s3 += a[3]*b[3] + a[7]*b[7]
		a, b = a[8:], b[8:]
	}
	for i, x := range a {
		s0 += x * b[i]
	}
	return (s0 + s1) + (s2 + s3)
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
