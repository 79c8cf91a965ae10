package vector

import (
	"errors"
	"math"
	"sync/atomic"

	"clipsearch/index/vector/kernel"
	"clipsearch/internal/pages"
	"clipsearch/internal/parallel"
	"clipsearch/internal/vec"
)

// center is what the codes of a snapshot are relative to: a mean of rotated vectors, because the vectors
// of one encoder lie in a narrow cone, and what tells them apart is small beside what
// they share.
type center struct {
	mean   []float32
	square float32 // of mean's norm
	rows   int     // of the snapshot that mean was computed for
}

// codes are the rows of a block, rotated, as 8-bit numbers: row ≈ mean + scale·(code − kernel.Zero).
type codes struct {
	values []uint8 // [blockRows, kernel.Padded(dims)]
	scale  [blockRows]float32
	// bias is the inner product of the mean with the residual row − mean.
	bias [blockRows]float32
	// margin is how far the inner product of a unit vector with the coded residual is from that with the residual, see
	// margin.
	margin [blockRows]float32
	// sketch is that of the block; nil until one is made, for which sketching is set first.
	sketch    atomic.Pointer[sketch]
	sketching atomic.Bool
	// area has the memory of values and of sketch's values; nil: they are in Go's heap.
	area         *pages.Area
	sketchMemory []uint8
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

// centerRows is how many rows a mean is computed of at most: the standard error of a mean of so many is a 256th of the
// deviation, far below what codes can tell.
const centerRows = 1 << 16

// recode computes the center of a snapshot and codes all rows, on all cores. Their
// codes are new: other snapshots keep theirs.
func (s *snapshot) recode() error {
	center, err := s.computeCenter()
	if err != nil {
		return err
	}
	next := *s
	next.center, next.codes, next.reach = center, nil, 0
	next.growCodes()
	err = next.codeBlocks(0, func(block int, set func(r int, v half)) error {
		return next.eachVector(next.rowsIn(block), set)
	})
	if err == nil {
		*s = next
	}
	return err
}

// rowsIn lists the rows of a block.
func (s *snapshot) rowsIn(block int) []int {
	rows := make([]int, s.rowsOf(block))
	for r := range rows {
		rows[r] = block*blockRows + r
	}
	return rows
}

// computeCenter returns the mean of the rows. Dead ones count: they are fewer than the
// live ones or gone.
func (s *snapshot) computeCenter() (*center, error) {
	if s.rows < blockRows {
		return &center{mean: make([]float32, s.dims), rows: s.rows}, nil
	}
	blocks := min(len(s.blocks), centerRows/blockRows)
	sums, errs := make([]*total, blocks), make([]error, blocks)
	parallel.Do(parallel.Workers(blocks), blocks, func(_, i int) {
		sums[i] = newTotal(s.dims)
		errs[i] = s.eachVector(s.rowsIn(i), func(_ int, v half) { sums[i].add(v) })
	})
	return meanOf(sums, s.rows, s.turn), errors.Join(errs...)
}

// centerOf returns the mean of rows.
func (s *snapshot) centerOf(rows []half) *center {
	if len(rows) < blockRows {
		return &center{mean: make([]float32, s.dims)} // of so few the mean says little; it is computed once there are more
	}
	sums := make([]*total, (len(rows)+blockRows-1)/blockRows)
	parallel.Do(parallel.Workers(len(sums)), len(sums), func(_, i int) {
		sums[i] = newTotal(s.dims)
		for _, v := range rows[i*blockRows : min(len(rows), (i+1)*blockRows)] {
			sums[i].add(v)
		}
	})
	return meanOf(sums, len(rows), s.turn)
}

// total is a sum of unit vectors.
type total struct {
	sum  []float64
	n    int
	unit []float32
}

func newTotal(dims int) *total {
	return &total{sum: make([]float64, dims), unit: make([]float32, dims)}
}

func (t *total) add(v half) {
	v.unit(t.unit)
	for j, x := range t.unit {
		t.sum[j] += float64(x)
	}
	t.n++
}

// meanOf returns the mean of what sums have, rotated, as that of a set of rows.
func meanOf(sums []*total, rows int, turn *rotation) *center {
	all := sums[0]
	for _, part := range sums[1:] {
		for j, x := range part.sum {
			all.sum[j] += x
		}
		all.n += part.n
	}
	c := &center{mean: make([]float32, len(all.sum)), rows: rows}
	for j, x := range all.sum {
		c.mean[j] = float32(x / float64(max(1, all.n)))
	}
	turn.apply(c.mean)
	c.square = vec.Dot(c.mean, c.mean)
	return c
}

// code codes the rows from first on, which no other snapshot sees; vectors has them all.
func (s *snapshot) code(first int, vectors []half) {
	s.growCodes()
	if len(vectors) == 0 {
		return
	}
	// Without a store to be read nothing can fail.
	_ = s.codeBlocks(first/blockRows, func(block int, set func(r int, v half)) error {
		for r := max(0, first-block*blockRows); r < s.rowsOf(block); r++ {
			set(r, vectors[block*blockRows+r-first])
		}
		return nil
	})
}

// codeBlocks calls fill with each block from one on, on all cores; what it sets becomes codes.
func (s *snapshot) codeBlocks(from int, fill func(block int, set func(r int, v half)) error) error {
	n := len(s.blocks) - from
	reach, errs := make([]float32, n), make([]error, n)
	parallel.Do(parallel.Workers(n), n, func(_, i int) {
		row := make([]float32, s.dims)
		errs[i] = fill(from+i, func(r int, v half) {
			v.unit(row)
			s.turn.apply(row)
			for j := range row {
				row[j] -= s.center.mean[j]
			}
			reach[i] = max(reach[i], s.codes[from+i].set(r, row, s.center))
		})
	})
	for _, r := range reach {
		s.reach = max(s.reach, r)
	}
	return errors.Join(errs...)
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
	scale = largest(v) / kernel.Limit
	inverse := 1 / scale
	if math.IsInf(float64(inverse), 0) { // of zero, and of what is as good as zero
		scale, inverse = 0, 0
	}
	var kept, rest [2]float32 // two sums each, so that additions needn't wait for each other
	to := dst[:len(v)]
	for i, x := range v {
		code := int32(x*inverse + (kernel.Zero + 0.5)) // to nearest
		to[i] = uint8(code)
		y := scale * float32(code-kernel.Zero)
		lost := x - y
		v[i] = lost
		kept[i&1] += y * y
		rest[i&1] += lost * lost
	}
	for i := len(v); i < len(dst); i++ {
		dst[i] = kernel.Zero
	}
	return scale, float32(math.Sqrt(float64(kept[0] + kept[1]))), float32(math.Sqrt(float64(rest[0] + rest[1])))
}

// largest returns the largest magnitude in v, whose values are finite.
func largest(v []float32) float32 {
	var most uint32 // numbers above zero are in the order of their bits
	for _, x := range v {
		most = max(most, math.Float32bits(x)&^(1<<31))
	}
	return math.Float32frombits(most)
}

// row returns the codes of a row.
func (c *codes) row(i int) []uint8 {
	stride := len(c.values) / blockRows
	return c.values[i*stride : (i+1)*stride : (i+1)*stride]
}
