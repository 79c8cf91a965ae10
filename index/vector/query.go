package vector

import (
	"math"
	"slices"

	"clipsearch/index/vector/kernel"
	"clipsearch/internal/vec"
)

// query is a unit vector made ready to be compared with the codes of a snapshot.
//
// Mean, residual and what a query is compared by are rotated, see rotation. With row = mean + residual, the similarity of q is ⟨q,mean⟩ + ⟨q,residual⟩. The part
// of q along the mean makes tilt·⟨mean,residual⟩, where codes.bias is the product; the
// rest of q is coded as rows are, and kernels multiply the codes. As one value of a
// text's vector is often several times as large as all others, which leaves little
// precision to those, what the codes lose is coded again, for the few rows that matter.
type query struct {
	unit   []float32
	base   float32 // ⟨q,mean⟩
	tilt   float32
	coarse digits
	fine   digits  // what coarse loses
	crumbs []int8  // coarse's codes, as long as kernel.CrumbDots wants them
	spread float32 // what of codes.margin concerns q
}

// digits are 8-bit numbers of a query.
type digits struct {
	codes  []int8 // [kernel.Padded(dims)]
	scale  float32
	margin float32 // of the inner product with a unit vector, for what the digits lose
}

// slack is how far a similarity with a residual, no longer than reach, is off at most for what the digits lose.
func (d *digits) slack(reach float32) float32 { return reach*d.margin + roundoff }

// roundoff is more than what the arithmetic in float32 adds to the error of a similarity, estimated or not.
const roundoff = 2e-6

func newQuery(unit []float32, s *snapshot) *query {
	rest := slices.Clone(unit)
	s.turn.apply(rest)
	q := &query{unit: unit, base: vec.Dot(rest, s.center.mean)}
	if s.center.square > 0 {
		q.tilt = q.base / s.center.square
	}
	for j := range rest {
		rest[j] -= q.tilt * s.center.mean[j]
	}
	q.spread = float32(math.Sqrt(float64(vec.Dot(rest, rest))))
	q.coarse = newDigits(rest)
	q.fine = newDigits(rest)
	q.crumbs = make([]int8, kernel.CrumbPadded(s.dims))
	copy(q.crumbs, q.coarse.codes)
	return q
}

// estimate returns the similarity with a row that has a bias and codes of a scale, or a sketch, whose product with q's
// coarse digits is dot.
func (q *query) estimate(bias, scale float32, dot int32) float32 {
	return q.base + q.tilt*bias + q.coarse.scale*scale*float32(dot)
}

// newDigits codes rest, which becomes what is lost by that.
func newDigits(rest []float32) digits {
	unsigned := make([]uint8, kernel.Padded(len(rest)))
	scale, _, lost := quantize(unsigned, rest)
	d := digits{codes: make([]int8, len(unsigned)), scale: scale, margin: margin(lost, scale)}
	for j, code := range unsigned {
		d.codes[j] = int8(int(code) - kernel.Zero)
	}
	return d
}
