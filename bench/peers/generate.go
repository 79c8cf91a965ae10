package main

import (
	"math"
	"math/rand/v2"

	"github.com/viterin/vek/vek32"

	"clipsearch/internal/npy"
	"clipsearch/internal/vec"
)

// shape is a normal distribution: mean + lower·z, where z has independent standard normal values.
//
// Vectors drawn from one that is fitted to real vectors lie in the same narrow cone and have the same spectrum, which
// decides how well codes represent them; but they have none of their clusters and near-duplicates, so their neighbours are
// no nearer than chance makes them. A graph finds those harder to tell apart than real ones.
type shape struct {
	mean  []float32
	lower [][]float32 // Cholesky's factor of the covariance; row i has i+1 values

	// Of each vector that is drawn, less the mean, this share is a real one, so that those drawn from the same one lie
	// together; what is drawn by chance has √(1 − share²), which leaves the covariance as it is.
	share float32
	real  matrix
}

// sampled is how many rows a shape is fitted to at most: far more than there are dimensions.
const sampled = 20_000

// fit returns the shape with the mean and covariance of rows spread evenly over m.
func fit(m matrix) shape {
	step := max(1, m.rows()/sampled)
	n := (m.rows() + step - 1) / step
	mean := make([]float64, m.dims)
	for r := 0; r < m.rows(); r += step {
		for j, x := range m.row(r) {
			mean[j] += float64(x) / float64(n)
		}
	}
	covariance, residual := make([][]float64, m.dims), make([]float64, m.dims)
	for i := range covariance {
		covariance[i] = make([]float64, i+1)
	}
	for r := 0; r < m.rows(); r += step {
		for j, x := range m.row(r) {
			residual[j] = float64(x) - mean[j]
		}
		for i, row := range covariance {
			x := residual[i] / float64(n)
			for j := range row {
				row[j] += x * residual[j]
			}
		}
	}
	s := shape{mean: make([]float32, m.dims), lower: cholesky(covariance)}
	for j, x := range mean {
		s.mean[j] = float32(x)
	}
	return s
}

// cholesky returns L with L·Lᵀ = a, of which it takes the lower triangle and changes it. Directions without variance stay so.
func cholesky(a [][]float64) [][]float32 {
	lower := make([][]float32, len(a))
	for i, row := range a {
		lower[i] = make([]float32, i+1)
		for j := range row {
			for k := range j {
				row[j] -= row[k] * a[j][k]
			}
			switch {
			case j == i:
				row[j] = math.Sqrt(max(0, row[j]))
			case a[j][j] > 0:
				row[j] /= a[j][j]
			default:
				row[j] = 0
			}
			lower[i][j] = float32(row[j])
		}
	}
	return lower
}

// draw writes one vector of unit norm, in half precision as real ones are, to dst. z is a buffer as long.
func (s shape) draw(rng *rand.Rand, dst, z []float32, half []uint16) {
	for j := range z {
		z[j] = float32(rng.NormFloat64())
	}
	chance := float32(math.Sqrt(float64(1 - s.share*s.share)))
	for i, row := range s.lower {
		dst[i] = s.mean[i] + chance*vek32.Dot(row, z[:i+1])
	}
	if s.share > 0 {
		for i, x := range s.real.row(rng.IntN(s.real.rows())) {
			dst[i] += s.share * (x - s.mean[i])
		}
	}
	vec.Normalize(dst)
	vec.ToF16(half, dst)
	vec.FromF16(dst, half)
}

// seed of generated vectors: every run has the same.
const seed = 20

// each calls fn with n vectors, which it overwrites.
func (s shape) each(n int, fn func(i int, v []float32) error) error {
	rng := rand.New(rand.NewPCG(seed, 1))
	v, z, half := make([]float32, len(s.mean)), make([]float32, len(s.mean)), make([]uint16, len(s.mean))
	for i := range n {
		s.draw(rng, v, z, half)
		if err := fn(i, v); err != nil {
			return err
		}
	}
	return nil
}

// generate returns n vectors of unit norm.
func generate(s shape, n int) matrix {
	m := matrix{len(s.mean), make([]float32, n*len(s.mean))}
	// Nothing in these two can fail.
	_ = s.each(n, func(i int, v []float32) error { copy(m.row(i), v); return nil })
	_ = m.normalize()
	return m
}

// writeGenerated writes n vectors to a file in half precision.
func writeGenerated(path string, s shape, n int) error {
	file, err := npy.Create(path, len(s.mean), npy.F16)
	if err != nil {
		return err
	}
	err = s.each(n, func(_ int, v []float32) error { return file.Append(v) })
	if closed := file.Close(); err == nil {
		err = closed
	}
	return err
}
