package vector

import (
	"math"
	mathbits "math/bits"

	"clipsearch/index/vector/kernel"
	"clipsearch/internal/parallel"
)

// sketch is the rows of a block as numbers of two bits, of a fourth of the size of their codes: residual ≈ scale·crumb,
// where a crumb is −3, −1, 1 or 3. It costs a scan a fourth of the memory's time to tell which rows can't be among the
// best; of the others it reads the codes. Sketches are made of codes, only while there is no graph, see sketches.
type sketch struct {
	values []uint8 // [blockRows, kernel.CrumbPadded(dims) / 4]
	scale  [blockRows]float32
	// margin is how far the inner product of a unit vector with the sketched residual is from that with the residual.
	margin [blockRows]float32
	reach  float32 // the longest sketched residual
}

// sketchDeviations is how many standard deviations of its error a sketched similarity is taken to be off at most. A
// neighbour is missed only if its own error is more than that, to the wrong side: one in 30,000 of those that are no nearer
// than the k-th. With 5 deviations, as codes have, a scan for a text compares twice as many rows by their codes.
const sketchDeviations = 4

// sketchStride returns the bytes of a sketched row.
func sketchStride(dims int) int { return kernel.CrumbPadded(dims) / 4 }

// newSketch returns that of a block whose rows are all in use, once for each.
func newSketch(c *codes, dims int) *sketch {
	stride := sketchStride(dims)
	k := &sketch{values: c.sketchMemory}
	if k.values == nil {
		k.values = make([]uint8, blockRows*stride)
	}
	for r := range blockRows {
		length := k.set(r, k.values[r*stride:(r+1)*stride], c, dims)
		k.reach = max(k.reach, length)
	}
	return k
}

// set sketches a row of codes and returns its length once sketched.
//
// The scale makes the inner product of the residual with its sketch that of the residual with itself, so that what the
// sketch adds is at right angles to the residual, and to that of a row nearly the same. With another vector it has a
// direction that rotation has made as good as random, so that their inner product has a standard deviation of their
// lengths over √dims (Gao, Long, RaBitQ, 2024, theorem 3.2).
func (k *sketch) set(r int, dst []uint8, c *codes, dims int) (length float32) {
	row := c.row(r)[:dims]
	crossing := spread(row)
	var dot, square, norm int
	for j, code := range row {
		x := int(code) - kernel.Zero
		crumb := 0
		if x >= 0 {
			crumb = 2
		}
		if magnitude := max(x, -x); (magnitude > crossing) == (x >= 0) {
			crumb++
		}
		kernel.PutCrumb(dst, j, uint8(crumb))
		y := 2*crumb - 3
		dot, square, norm = dot+x*y, square+x*x, norm+y*y
	}
	if dot == 0 { // of zero
		k.scale[r], k.margin[r] = 0, c.margin[r]
		return 0
	}
	k.scale[r] = c.scale[r] * float32(square) / float32(dot)
	length = k.scale[r] * float32(math.Sqrt(float64(norm)))
	residual := c.scale[r] * float32(math.Sqrt(float64(square)))
	lost := float32(math.Sqrt(float64(max(0, length*length-residual*residual))))
	k.margin[r] = min(lost, sketchDeviations*lost/float32(math.Sqrt(float64(dims)))) + c.margin[r]
	return length
}

// spread returns the standard deviation of codes: the magnitude from which on a number is an outer one, which loses least
// of normally distributed ones (Max, 1960, with evenly spaced numbers).
func spread(row []uint8) int {
	square := 0
	for _, code := range row {
		x := int(code) - kernel.Zero
		square += x * x
	}
	return int(math.Round(math.Sqrt(float64(square) / float64(len(row)))))
}

// pickSketched picks the rows of a block that are near by their sketches, and notes for later those that may be: the floor
// will be higher then.
func (n *scanner) pickSketched(block int, k *sketch, q *query, g *gathering, later *[]candidate) {
	c, slack := n.s.codes[block], q.coarse.slack(k.reach)
	n.by.CrumbDots(n.dots, q.crumbs, k.values)
	n.by.Above(n.bits[:], n.dots, kernel.Rows{Bias: c.bias[:], Scale: k.scale[:], Margin: k.margin[:]}, kernel.Estimate{
		Base: q.base, Tilt: q.tilt, Unit: q.coarse.scale, Spread: q.spread, Floor: g.floor - slack,
	})
	for word, bits := range n.bits {
		for ; bits != 0; bits &= bits - 1 {
			r := 64*word + mathbits.TrailingZeros64(bits)
			similarity := q.estimate(c.bias[r], k.scale[r], n.dots[r])
			if similarity < g.floor {
				*later = append(*later, candidate{uint32(block*blockRows + r), similarity + q.spread*k.margin[r] + slack})
				continue
			}
			n.picked, n.codes = append(n.picked, uint32(block*blockRows+r)), append(n.codes, c.row(r))
		}
	}
}

// catchUp compares what was left for later of a query, as far as the floor hasn't risen above it.
func (n *scanner) catchUp(q *query, g *gathering, query int) {
	if query >= len(n.later) {
		return // so many are compared with codes
	}
	g.floor = g.shared.raise(g.floor)
	for _, l := range n.later[query] {
		if l.most < g.floor {
			continue
		}
		c, r := n.s.at(l.row)
		n.picked, n.codes = append(n.picked, l.row), append(n.codes, c.row(r))
		if len(n.picked) == len(n.dots) {
			n.comparePicked(q, g)
		}
	}
	n.comparePicked(q, g)
	n.later[query] = n.later[query][:0]
}

const (
	// sketchedDims is how many values a vector has at least for sketches to pay, as they are padded to as many.
	sketchedDims = kernel.CrumbAlign
	// sketchedQueries: more queries at once are compared with codes, which stay in the cache meanwhile.
	sketchedQueries = 3
	// sketchedShare is the share of all blocks that a scan makes sketches of, which then takes about twice as long.
	sketchedShare = 1.0 / 16
)

// sketches says whether a scan uses sketches, and lets it make some.
type sketches struct {
	use  bool
	make int // how many at most; each goroutine's
}

// sketches returns what a scan may do. The first one since the index was made makes none, as a process that searches once
// would wait for nothing in return.
func (x *Index) sketches(s *snapshot, queries int) sketches {
	k := sketches{use: s.graph == nil && s.dims >= sketchedDims && queries <= sketchedQueries && x.kernel.HasCrumbs()}
	if k.use && x.scanned.Swap(true) {
		k.make = 1 + int(sketchedShare*float64(len(s.blocks)))/parallel.Workers(len(s.blocks))
	}
	return k
}

// sketchOf returns the sketch of a block, which it makes if it may; nil if there is none.
func (n *scanner) sketchOf(block int) *sketch {
	if !n.use {
		return nil
	}
	c := n.s.codes[block]
	k := c.sketch.Load()
	if k == nil && n.make > 0 && n.s.rowsOf(block) == blockRows && c.sketching.CompareAndSwap(false, true) {
		n.make--
		k = newSketch(c, n.s.dims)
		c.sketch.Store(k)
	}
	return k
}
