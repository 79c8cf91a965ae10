package vector

import (
	"math"

	"clipsearch/index/vector/kernel"
	"clipsearch/internal/vec"
)

// center is what the codes of a snapshot are relative to: a mean, because the vectors
// of one encoder lie in a narrow cone, and what tells them apart is small beside what
// they share.
type center struct {
	mean   []float32
	square float32 // of mean's norm
	rows   int     // of the snapshot that mean was computed for
}

// codes are the rows of a block as 8-bit numbers: row ≈ mean + scale·(code − kernel.Zero).
type codes struct {
	values []uint8 // [blockRows, kernel.Padded(dims)]
	scale  [blockRows]float32
	// bias is the inner product of the mean with the residual row − mean.
	bias [blockRows]float32
	// margin is how far the inner product of a unit vector with the coded residual is from that with the residual, see
	// margin.
	margin [blockRows]float32
}

// deviations is how many standard deviations of its error an estimated similarity is taken to be off at most. The errors
// are sums of many small ones and so nearly normal. For a neighbour to be missed, its own error and that of one that
// takes its place must differ by more than twice this, which is 5·√2 deviations of their difference: once in 10¹² such
// pairs. On real vectors the largest error of an estimate is about 4.
const deviations = 5

// margin bounds the inner product of a unit vector with a rounding error, whose length is given, of numbers rounded to
// multiples of scale: by Cauchy and Schwarz it is at most the length; and as the errors of the values are spread evenly
// over ±scale/2, its standard deviation is scale/√12.
func margin(length, scale float32) float32 {
	return min(length, deviations*scale/float32(math.Sqrt(12)))
}

// recode computes the center of a snapshot and codes all rows, on all cores. Their
// codes are new: other snapshots keep theirs.
func (s *snapshot) recode() {
	s.center = s.computeCenter()
	s.codes, s.reach = nil, 0
	s.code(0)
}

// computeCenter returns the mean of all rows. Dead ones count: they are fewer than the
// live ones or gone.
func (s *snapshot) computeCenter() *center {
	c := &center{mean: make([]float32, s.dims), rows: s.rows}
	if s.rows < blockRows {
		return c // of so few the mean says little; it is computed once there are more
	}
	sums := make([][]float64, len(s.blocks))
	parallel(len(s.blocks), func(_, i int) {
		sum, row := make([]float64, s.dims), make([]float32, s.dims)
		for r := range s.rowsOf(i) {
			h := s.vector(i*blockRows + r)
			vec.FromF16(row, h.values)
			for j, x := range row {
				sum[j] += float64(x * h.inverse)
			}
		}
		sums[i] = sum
	})
	for _, sum := range sums[1:] {
		for j, x := range sum {
			sums[0][j] += x
		}
	}
	for j, x := range sums[0] {
		c.mean[j] = float32(x / float64(s.rows))
	}
	c.square = vec.Dot(c.mean, c.mean)
	return c
}

// code codes the rows from first on, which no other snapshot sees.
func (s *snapshot) code(first int) {
	for len(s.codes) < len(s.blocks) {
		s.codes = append(s.codes, &codes{values: make([]uint8, blockRows*kernel.Padded(s.dims))})
	}
	if first == s.rows {
		return
	}
	from := first / blockRows
	reach := make([]float32, len(s.blocks)-from)
	parallel(len(reach), func(_, n int) {
		row := make([]float32, s.dims)
		i := from + n
		for r := max(0, first-i*blockRows); r < s.rowsOf(i); r++ {
			h := s.vector(i*blockRows + r)
			vec.FromF16(row, h.values)
			for j := range row {
				row[j] = row[j]*h.inverse - s.center.mean[j]
			}
			reach[n] = max(reach[n], s.codes[i].set(r, row, s.center))
		}
	})
	for _, r := range reach {
		s.reach = max(s.reach, r)
	}
}

// set codes a residual, which it overwrites, as row r and returns its length once coded.
func (c *codes) set(r int, residual []float32, around *center) (length float32) {
	stride := len(c.values) / blockRows
	c.bias[r] = vec.Dot(residual, around.mean)
	scale, length, lost := quantize(c.values[r*stride:(r+1)*stride], residual)
	c.scale[r], c.margin[r] = scale, margin(lost, scale)
	return length
}

// quantize writes v as multiples of scale, kernel.Zero added, to dst, which may be
// longer and is filled with zeros; v becomes what is lost by that. It returns the
// lengths of the vector of multiples and of what is lost.
func quantize(dst []uint8, v []float32) (scale, length, lost float32) {
	var largest float32
	for _, x := range v {
		largest = max(largest, x, -x)
	}
	scale = largest / kernel.Limit
	inverse := 1 / scale
	if math.IsInf(float64(inverse), 0) { // of zero, and of what is as good as zero
		scale, inverse = 0, 0
	}
	var kept, rest float32
	for i, x := range v {
		code := int32(x*inverse + (kernel.Zero + 0.5)) // to nearest
		dst[i] = uint8(code)
		y := scale * float32(code-kernel.Zero)
		v[i] = x - y
		kept += y * y
		rest += v[i] * v[i]
	}
	for i := len(v); i < len(dst); i++ {
		dst[i] = kernel.Zero
	}
	return scale, float32(math.Sqrt(float64(kept))), float32(math.Sqrt(float64(rest)))
}
