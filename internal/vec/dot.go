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

// square returns the sum of v's squares. Those of float32 overflow from 1.8e19 on.
func square(v []float32) float64 {
	var s0, s1, s2, s3 float64
	for len(v) >= 4 { // four sums, as in Dot
		a, b, c, d := float64(v[0]), float64(v[1]), float64(v[2]), float64(v[3])
		s0, s1, s2, s3 = s0+a*a, s1+b*b, s2+c*c, s3+d*d
		v = v[4:]
	}
	for _, x := range v {
		s0 += float64(x) * float64(x)
	}
	return (s0 + s1) + (s2 + s3)
}

// Normalize scales v in place to unit L2 norm and returns the norm it had. A
// zero vector, and one whose norm is NaN or infinite, is left as it is.
func Normalize(v []float32) (norm float32) {
	n := math.Sqrt(square(v))
	if n == 0 || math.IsNaN(n) || math.IsInf(n, 0) {
		return float32(n)
	}
	inv := 1 / n
	for i, x := range v {
		v[i] = float32(float64(x) * inv)
	}
	return float32(n)
}
