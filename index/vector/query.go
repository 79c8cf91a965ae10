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
// rest of q is coded as rows are, and kernels multiply the codes.
type query struct {
	unit  []float32
	codes []int8  // [kernel.Padded(dims)]
	base  float32 // ⟨q,mean⟩
	tilt  float32
	scale float32 // of codes
	// An estimated similarity is off by at most spread·codes.margin + slack.
	spread, slack float32
}

// roundoff bounds what the arithmetic in float32 adds to the error of a similarity, estimated or not.
const roundoff = 2e-6

func newQuery(unit []float32, s *snapshot) *query {
	q := &query{unit: unit, codes: make([]int8, kernel.Padded(s.dims)), base: vec.Dot(unit, s.center.mean)}
	if s.center.square > 0 {
		q.tilt = q.base / s.center.square
	}
	rest := make([]float32, s.dims)
	var square float64
	for j, x := range unit {
		rest[j] = x - q.tilt*s.center.mean[j]
		square += float64(rest[j]) * float64(rest[j])
	}
	var lost float32
	q.scale, _, lost = quantize(rest, func(j int, code int8) { q.codes[j] = code })
	q.spread = float32(math.Sqrt(square))
	q.slack = s.reach*margin(lost, q.scale) + roundoff
	return q
}

// estimate returns the similarity with a row by its code, and how far that is off at
// most; dot is the inner product of the codes.
func (q *query) estimate(c *codes, row int, dot int32) (similarity, margin float32) {
	similarity = q.base + q.tilt*c.bias[row] + q.scale*c.scale[row]*float32(dot)
	return similarity, q.spread*c.margin[row] + q.slack
}
