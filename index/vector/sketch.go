package vector

import (
	"math"
	mathbits "math/bits"

	"clipsearch/index/vector/kernel"
	"clipsearch/internal/parallel"
)

// sketch is the rows of a block as numbers of two bits, of a fourth of the size of their codes: residual ≈ scale·crumb,
// where a crumb is −3, −1, 1 or 3. It costs a scan a fourth of the memory's time to tell which rows can't be among the
// best; of the others it reads the codes. Sketches are made of codes, see sketches.
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
	crumbs := make([]uint8, 4*stride)
	for r := range blockRows {
		length := k.set(r, crumbs, c, dims)
		k.reach = max(k.reach, length)
		kernel.PackCrumbs(k.values[r*stride:(r+1)*stride], crumbs)
	}
	return k
}

// set sketches a row of codes, writes its crumbs to dst and returns its length once sketched.
//
// The scale makes the inner product of the residual with its sketch that of the residual with itself, so that what the
// sketch adds is at right angles to the residual, and to that of a row nearly the same. With another vector it has a
// direction that rotation has made as good as random, so that their inner product has a standard deviation of their
// lengths over √dims (Gao, Long, RaBitQ, 2024, theorem 3.2).
func (k *sketch) set(r int, dst []uint8, c *codes, dims int) (length float32) {
	dot, square, norm := crumble(dst, c.row(r)[:dims])
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

// crumble writes the crumbs of numbers to dst and returns the inner product of the numbers with what the
// crumbs stand for, and those of both with themselves.
//
// The outer crumbs are for magnitudes above the standard deviation, which loses least of normally distributed numbers
// (Max, 1960, with evenly spaced numbers).
func crumble(dst, codes []uint8) (dot, square, norm int) {
	for _, code := range codes {
		x := int(code) - kernel.Zero
		square += x * x
	}
	crossing := int(math.Round(math.Sqrt(float64(square) / float64(len(codes)))))
	var inner, outer, outers int // sums of magnitudes, and how many of them are beyond crossing
	dst = dst[:len(codes)]
	for j, code := range codes { // without branches, which could not be predicted
		x := int(code) - kernel.Zero
		negative := x >> 63 // all ones or none
		magnitude := x ^ negative - negative
		far := (crossing - magnitude) >> 63
		inner, outer, outers = inner+magnitude, outer+magnitude&far, outers-far
		dst[j] = uint8(2&^negative | (far^negative)&1)
	}
	return inner + 2*outer, square, len(codes) + 8*outers
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
	// sketchedShare is the share of all blocks that a scan makes sketches of: for as many searches, each takes a few times
	// as long as later ones.
	sketchedShare = 1.0 / 32
)

// sketches says whether a scan uses sketches, and lets it make some.
type sketches struct {
	use  bool
	make int // how many at most; each goroutine's
}

// sketches returns what a scan may do. The first one since the index was made makes none, as a process that searches once
// would wait for nothing in return.
func (x *Index) sketches(s *snapshot, queries int) sketches {
	k := sketches{use: s.dims >= sketchedDims && queries <= sketchedQueries && x.kernel.HasCrumbs()}
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
