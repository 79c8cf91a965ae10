package vector

import (
	"context"
	"math"
	mathbits "math/bits"
	"slices"

	"clipsearch/index/vector/kernel"
	"clipsearch/internal/vec"
)

// candidate is a row that may be among the k best.
type candidate struct {
	row  int
	most float32 // that its similarity can be
}

// gathering is the candidates of one query that one goroutine has found. k of them
// have a similarity of at least floor, so that others need not be looked at.
type gathering struct {
	least *vec.TopK[float32] // what the similarities of the k best rows are at least
	floor float32
	found []candidate
}

// scan estimates the similarities of all live rows from first on with each query, the blocks shared
// among the cores, and returns what each goroutine has gathered for each query.
func (s *snapshot) scan(ctx context.Context, by kernel.Kernel, queries []*query, k, first int, keep filter) [][]gathering {
	from := first / blockRows
	blocks := max(0, len(s.blocks)-from)
	parts := make([][]gathering, cores(blocks)) // [worker][query]
	scanners := make([]scanner, len(parts))
	for w := range parts {
		scanners[w] = scanner{s: s, by: by, keep: keep, dots: make([]int32, blockRows)}
		parts[w] = newGatherings(len(queries), k)
	}
	parallel(blocks, func(w, n int) {
		if ctx.Err() != nil {
			return
		}
		block := from + n
		for i, q := range queries {
			scanners[w].scan(block, max(0, first-block*blockRows), q, &parts[w][i])
		}
	})
	return parts
}

// scanner compares queries with the rows of blocks.
type scanner struct {
	s    *snapshot
	by   kernel.Kernel
	keep filter
	dots []int32   // [blockRows]
	bits bitmap    // of the rows of a block that may be near
	kept []int     // rows of a block that the filter keeps
	rows [][]uint8 // their codes
}

// scan adds the candidates of a block, from a row on, to g.
func (n *scanner) scan(block, from int, q *query, g *gathering) {
	if n.keep.selective {
		n.scanKept(block, from, q, g)
		return
	}
	s := n.s
	c, rows, stride := s.codes[block], s.rowsOf(block), len(q.coarse.codes)
	dots := n.dots[:rows-from]
	n.by.Dots(dots, q.coarse.codes, c.values[from*stride:rows*stride])
	n.by.Above(n.bits[:], dots, kernel.Rows{Bias: c.bias[from:rows], Scale: c.scale[from:rows], Margin: c.margin[from:rows]}, kernel.Estimate{
		Base: q.base, Tilt: q.tilt, Unit: q.coarse.scale, Spread: q.spread, Floor: g.floor - q.coarse.slack,
	})
	for word, bits := range n.bits {
		for ; bits != 0; bits &= bits - 1 {
			i := 64*word + mathbits.TrailingZeros64(bits)
			n.try(block, from+i, q, dots[i], g)
		}
	}
}

// try adds a row whose product with q's coarse digits is known to g, unless it is dead or kept out, or the floor has risen
// above it.
func (n *scanner) try(block, r int, q *query, dot int32, g *gathering) {
	c := n.s.codes[block]
	similarity := q.estimate(c, r, dot)
	if similarity+q.spread*c.margin[r] < g.floor-q.coarse.slack || n.s.deadOf(block).has(r) || !n.keep.has(n.s.blocks[block].ids[r]) {
		return
	}
	g.refine(n, q, block*blockRows+r, similarity)
}

// scanKept asks the filter first and compares what it keeps.
func (n *scanner) scanKept(block, from int, q *query, g *gathering) {
	b, c, dead := n.s.blocks[block], n.s.codes[block], n.s.deadOf(block)
	n.kept, n.rows = n.kept[:0], n.rows[:0]
	for r := from; r < n.s.rowsOf(block); r++ {
		if !dead.has(r) && n.keep.has(b.ids[r]) {
			n.kept, n.rows = append(n.kept, r), append(n.rows, c.row(r))
		}
	}
	dots := n.dots[:len(n.kept)]
	n.by.DotsAt(dots, q.coarse.codes, n.rows)
	for i, r := range n.kept {
		similarity := q.estimate(c, r, dots[i])
		if similarity+q.spread*c.margin[r] >= g.floor-q.coarse.slack {
			g.refine(n, q, block*blockRows+r, similarity)
		}
	}
}

// refine adds a row whose similarity is estimated by q's coarse digits, if its fine ones leave it among the k best.
func (g *gathering) refine(n *scanner, q *query, row int, similarity float32) {
	c, r := n.s.at(uint32(row))
	var dot [1]int32
	n.by.Dots(dot[:], q.fine.codes, c.row(r))
	similarity += q.fine.scale * c.scale[r] * float32(dot[0])
	g.add(row, similarity, q.spread*c.margin[r]+q.fine.slack)
}

// newGatherings returns one for each of n queries for its k best.
func newGatherings(n, k int) []gathering {
	all := make([]gathering, n)
	for i := range all {
		all[i] = gathering{least: vec.NewTopK[float32](k), floor: float32(math.Inf(-1))}
	}
	return all
}

// add adds a row whose similarity is off by at most margin.
func (g *gathering) add(row int, similarity, margin float32) {
	if similarity+margin < g.floor {
		return
	}
	g.found = append(g.found, candidate{row, similarity + margin})
	g.least.Push(uint64(row), similarity-margin)
	if floor, full := g.least.Threshold(); full {
		g.floor = floor
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
