package vector

import (
	"math"

	"clipsearch/index/vector/kernel"
	"clipsearch/internal/vec"
)

// query is a unit vector made ready to be compared with the codes of a snapshot.
//
// With row = mean + residual, the similarity of q is ⟨q,mean⟩ + ⟨q,residual⟩. The part
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
	spread float32 // what of codes.margin concerns q
}

// digits are 8-bit numbers of a query.
type digits struct {
	codes []int8 // [kernel.Padded(dims)]
	scale float32
	slack float32 // a similarity is off by at most this for what the digits lose
}

// roundoff is more than what the arithmetic in float32 adds to the error of a similarity, estimated or not.
const roundoff = 2e-6

func newQuery(unit []float32, s *snapshot) *query {
	q := &query{unit: unit, base: vec.Dot(unit, s.center.mean)}
	if s.center.square > 0 {
		q.tilt = q.base / s.center.square
	}
	rest := make([]float32, s.dims)
	for j, x := range unit {
		rest[j] = x - q.tilt*s.center.mean[j]
	}
	q.spread = float32(math.Sqrt(float64(vec.Dot(rest, rest))))
	q.coarse = newDigits(rest, s.reach)
	q.fine = newDigits(rest, s.reach)
	return q
}

// estimate returns the similarity with a row, of whose codes dot is the product with q's coarse digits.
func (q *query) estimate(c *codes, r int, dot int32) float32 {
	return q.base + q.tilt*c.bias[r] + q.coarse.scale*c.scale[r]*float32(dot)
}

// newDigits codes rest, which becomes what is lost by that.
func newDigits(rest []float32, reach float32) digits {
	unsigned := make([]uint8, kernel.Padded(len(rest)))
	scale, _, lost := quantize(unsigned, rest)
	d := digits{codes: make([]int8, len(unsigned)), scale: scale, slack: reach*margin(lost, scale) + roundoff}
	for j, code := range unsigned {
		d.codes[j] = int8(int(code) - kernel.Zero)
	}
	return d
}
