package vector

import (
	"context"
	"math"
	mathbits "math/bits"
	"slices"
	"sync/atomic"

	"clipsearch/index/vector/kernel"
	"clipsearch/internal/parallel"
	"clipsearch/internal/vec"
)

// candidate is a row that may be among the k best.
type candidate struct {
	row  uint32
	most float32 // that its similarity can be
}

// gathering is the candidates of one query that one goroutine has found. k rows, of its own or of another's,
// have a similarity of at least floor, so that others need not be looked at.
type gathering struct {
	least  *vec.TopK[float32] // what the similarities of the k best rows are at least
	floor  float32
	shared *sharedFloor
	found  []candidate
}

// scan estimates the similarities of all live rows from first on with each query, the blocks shared
// among the cores, and returns what each goroutine has gathered for each query. It may use sketches, and make some.
func (x *Index) scan(ctx context.Context, s *snapshot, queries []*query, k, first int, keep filter, use sketches) [][]gathering {
	from := first / blockRows
	blocks := max(0, len(s.blocks)-from)
	parts := make([][]gathering, parallel.Workers(blocks)) // [worker][query]
	floors := newFloors(len(queries))
	var next atomic.Int64
	parallel.Do(len(parts), len(parts), func(_, w int) {
		parts[w] = newGatherings(floors, k)
		scanner := x.scanner(s, keep, use)
		defer x.scanners.Put(scanner)
		for n := int(next.Add(1)) - 1; n < blocks && ctx.Err() == nil; n = int(next.Add(1)) - 1 {
			block := from + n
			for i, q := range queries {
				scanner.scan(block, max(0, first-block*blockRows), q, &parts[w][i], i)
			}
		}
		for i, q := range queries {
			scanner.catchUp(q, &parts[w][i], i)
		}
		scanner.forget()
	})
	return parts
}

// scanner compares queries with the rows of blocks.
type scanner struct {
	s    *snapshot
	by   kernel.Kernel
	keep filter
	sketches
	dots   []int32                      // [blockRows]
	bits   bitmap                       // of the rows of a block that may be near
	picked []uint32                     // rows to compare by their codes
	codes  [][]uint8                    // theirs
	later  [sketchedQueries][]candidate // of each query, the rows that its sketches leave for when the floor is higher
}

// scanner returns one that has the memory of one before, if there is one.
func (x *Index) scanner(s *snapshot, keep filter, use sketches) *scanner {
	n, found := x.scanners.Get().(*scanner)
	if !found {
		n = &scanner{dots: make([]int32, blockRows)}
	}
	n.s, n.by, n.keep, n.sketches = s, x.kernel, keep, use
	return n
}

// forget drops what belongs to a snapshot: to the collector, codes in an area that is gone would be bad pointers.
func (n *scanner) forget() {
	clear(n.codes[:cap(n.codes)])
	n.s, n.keep = nil, filter{}
}

// scan adds the candidates of a block, from a row on, to g.
func (n *scanner) scan(block, from int, q *query, g *gathering, query int) {
	g.floor = g.shared.raise(g.floor)
	if n.keep.selective {
		n.pick(block, from)
		n.comparePicked(q, g)
		return
	}
	if k := n.sketchOf(block); k != nil && from == 0 {
		n.pickSketched(block, k, q, g, &n.later[query])
		n.comparePicked(q, g)
		return
	}
	s := n.s
	c, rows, stride := s.codes[block], s.rowsOf(block), len(q.coarse.codes)
	dots := n.dots[:rows-from]
	n.by.Dots(dots, q.coarse.codes, c.values[from*stride:rows*stride])
	n.by.Above(n.bits[:], dots, kernel.Rows{Bias: c.bias[from:rows], Scale: c.scale[from:rows], Margin: c.margin[from:rows]}, kernel.Estimate{
		Base: q.base, Tilt: q.tilt, Unit: q.coarse.scale, Spread: q.spread, Floor: g.floor - q.coarse.slack(s.reach),
	})
	for word, bits := range n.bits {
		for ; bits != 0; bits &= bits - 1 {
			i := 64*word + mathbits.TrailingZeros64(bits)
			n.try(uint32(block*blockRows+from+i), q, dots[i], g)
		}
	}
}

// try adds a row whose product with q's coarse digits is known to g, unless it is dead or kept out, or the floor has risen
// above it.
func (n *scanner) try(row uint32, q *query, dot int32, g *gathering) {
	c, r := n.s.at(row)
	similarity := q.estimate(c.bias[r], c.scale[r], dot)
	if similarity+q.spread*c.margin[r] < g.floor-q.coarse.slack(n.s.reach) || n.s.isDead(int(row)) || !n.keep.has(n.s.id(int(row))) {
		return
	}
	g.refine(n, q, row, similarity)
}

// pick lists the live rows of a block, from a row on, that the filter keeps.
func (n *scanner) pick(block, from int) {
	b, c, dead := n.s.blocks[block], n.s.codes[block], n.s.deadOf(block)
	for r := from; r < n.s.rowsOf(block); r++ {
		if !dead.has(r) && n.keep.has(b.ids[r]) {
			n.picked, n.codes = append(n.picked, uint32(block*blockRows+r)), append(n.codes, c.row(r))
		}
	}
}

// comparePicked compares the rows that were picked by their codes; none are picked then.
func (n *scanner) comparePicked(q *query, g *gathering) {
	dots := n.dots[:len(n.picked)]
	n.by.DotsAt(dots, q.coarse.codes, n.codes)
	for i, row := range n.picked {
		n.try(row, q, dots[i], g)
	}
	n.picked, n.codes = n.picked[:0], n.codes[:0]
}

// refine adds a row whose similarity is estimated by q's coarse digits, if its fine ones leave it among the k best.
func (g *gathering) refine(n *scanner, q *query, row uint32, similarity float32) {
	c, r := n.s.at(row)
	var dot [1]int32
	n.by.Dots(dot[:], q.fine.codes, c.row(r))
	similarity += q.fine.scale * c.scale[r] * float32(dot[0])
	g.add(row, similarity, q.spread*c.margin[r]+q.fine.slack(n.s.reach))
}

// newGatherings returns one for each query, of which floors has as many, for its k best.
func newGatherings(floors []sharedFloor, k int) []gathering {
	all := make([]gathering, len(floors))
	for i := range all {
		all[i] = gathering{least: vec.NewTopK[float32](k), floor: floors[i].raise(float32(math.Inf(-1))), shared: &floors[i]}
	}
	return all
}

// add adds a row whose similarity is off by at most margin.
func (g *gathering) add(row uint32, similarity, margin float32) {
	if similarity+margin < g.floor {
		return
	}
	g.found = append(g.found, candidate{row, similarity + margin})
	g.least.Push(uint64(row), similarity-margin)
	if floor, full := g.least.Threshold(); full {
		g.floor = max(g.floor, floor)
	}
}

// sharedFloor is the highest floor that the goroutines of a search have found for a query.
type sharedFloor struct{ bits atomic.Uint32 }

// newFloors returns n floors below everything.
func newFloors(n int) []sharedFloor {
	floors := make([]sharedFloor, n)
	for i := range floors {
		floors[i].bits.Store(math.Float32bits(float32(math.Inf(-1))))
	}
	return floors
}

// raise raises f to a floor that one goroutine has found, unless it is as high already, and returns it.
func (f *sharedFloor) raise(floor float32) float32 {
	for {
		bits := f.bits.Load()
		if shared := math.Float32frombits(bits); shared >= floor {
			return shared
		}
		if f.bits.CompareAndSwap(bits, math.Float32bits(floor)) {
			return floor
		}
	}
}

// merge returns the candidates of a query that are left with the floor that all
// gatherings have found together.
func merge(parts [][]gathering, query int) []candidate {
	if len(parts) == 0 {
		return nil
	}
	first := &parts[0][query]
	for _, part := range parts[1:] {
		first.found = append(first.found, part[query].found...)
		for _, row := range part[query].least.Sorted() {
			first.least.Push(row.ID, row.Score)
		}
	}
	if floor, full := first.least.Threshold(); full {
		return slices.DeleteFunc(first.found, func(c candidate) bool { return c.most < floor })
	}
	return first.found
}
