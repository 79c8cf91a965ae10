package vector

import (
	"math"
	"math/rand/v2"
	"testing"

	"clipsearch/internal/vec"
)

// A rotation keeps inner products, and spreads what is in one value over all.
func TestRotation(t *testing.T) {
	rng := rand.New(rand.NewPCG(21, 22))
	for _, dims := range []int{1, 2, 3, 17, 64, 100, 512, 640, 768, 1000} {
		turn, one := newRotation(dims), make([]float32, dims)
		one[rng.IntN(dims)] = 1
		a, b := random(rng, dims), random(rng, dims)
		vec.Normalize(a)
		vec.Normalize(b)
		want := vec.Dot(a, b)
		for _, v := range [][]float32{a, b, one} {
			turn.apply(v)
		}
		if got := vec.Dot(a, b); math.Abs(float64(got-want)) > 1e-5 {
			t.Errorf("%d values: inner product %v, rotated %v", dims, want, got)
		}
		if got := vec.Dot(a, a); math.Abs(float64(got-1)) > 1e-5 {
			t.Errorf("%d values: a rotated unit vector is of square length %v", dims, got)
		}
		largest := 0.0
		for _, x := range one {
			largest = max(largest, math.Abs(float64(x)))
		}
		if most := 5 / math.Sqrt(float64(dims)); largest > most {
			t.Errorf("%d values: of a single 1 there is a value of %v, want at most %v", dims, largest, most)
		}
	}
}

// Codes in libraries depend on the rotation: it stays.
func TestRotationStays(t *testing.T) {
	v := []float32{1, 2, 3, 4, 5}
	newRotation(5).apply(v)
	want := []float32{-4, -3.5, 3.5, -3.5, 1.5}
	for i, x := range v {
		if math.Abs(float64(x-want[i])) > 1e-5 {
			t.Fatalf("rotated to %v, want %v", v, want)
		}
	}
}
