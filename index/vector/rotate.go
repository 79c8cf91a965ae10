package vector

import (
	"math"
	"math/bits"
)

// rotation turns vectors in a way that looks random but is the same in every process: signs of values are changed, then
// a Walsh-Hadamard transform makes each value a sum of all. Inner products stay. What was in few values, as an encoder's
// vectors have some that are many times as large as the others, is spread over all of them: a scale for all values then
// loses less, and errors of rounding have little to do with any query (Gao, Long, RaBitQ, 2024).
type rotation struct {
	span  int         // the length of a transform, a power of two
	flips [][]float32 // [transforms, dims]: signs, those of a transform's values over the square root of their number
}

// rotationSeed gives the signs; another one changes all codes and so needs another snapshotVersion.
const rotationSeed = 0x636c697073

// newRotation returns the rotation of vectors of dims values. If that is no power of two, transforms of as many values as
// there may be, by turns the first and the last ones, mix all.
func newRotation(dims int) *rotation {
	if dims == 0 {
		return &rotation{}
	}
	r := &rotation{span: 1 << (bits.Len(uint(dims)) - 1), flips: make([][]float32, 4)}
	if r.span == dims {
		r.flips = r.flips[:1]
	}
	state := uint64(rotationSeed)
	for i := range r.flips {
		r.flips[i] = make([]float32, dims)
		for j := range r.flips[i] {
			r.flips[i][j] = 1
			if state = splitmix(state); state>>63 == 1 {
				r.flips[i][j] = -1
			}
		}
		for j, x := range r.window(r.flips[i], i) {
			r.window(r.flips[i], i)[j] = x / float32(math.Sqrt(float64(r.span)))
		}
	}
	return r
}

// splitmix returns what follows a number in a sequence that looks random (Steele, Lea, Flood 2014, with the state mixed).
func splitmix(z uint64) uint64 {
	z += 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// window returns the values of v that a transform mixes.
func (r *rotation) window(v []float32, transform int) []float32 {
	if transform%2 == 0 {
		return v[:r.span]
	}
	return v[len(v)-r.span:]
}

// apply turns v.
func (r *rotation) apply(v []float32) {
	for i, flips := range r.flips {
		for j, f := range flips[:len(v)] {
			v[j] *= f
		}
		hadamard(r.window(v, i))
	}
}

// hadamard makes v, whose length n is a power of two, its Walsh-Hadamard transform, which is √n times as long.
func hadamard(v []float32) {
	h := 1
	for ; h < len(v)/2; h *= 4 { // two steps at once, so that values are read and written half as often
		for i := 0; i < len(v); i += 4 * h {
			a, b, c, d := v[i:i+h], v[i+h:][:h], v[i+2*h:][:h], v[i+3*h:][:h]
			for j := range a {
				p, q, r, s := a[j]+b[j], a[j]-b[j], c[j]+d[j], c[j]-d[j]
				a[j], b[j], c[j], d[j] = p+r, q+s, p-r, q-s
			}
		}
	}
	if h < len(v) {
		a, b := v[:h], v[h:][:h]
		for j := range a {
			a[j], b[j] = a[j]+b[j], a[j]-b[j]
		}
	}
}
