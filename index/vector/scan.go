package vector

import (
	"context"
	"math"
	"slices"

	"clipsearch/index/store"
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

// scan estimates the similarities of all live rows with each query, the blocks shared
// among the cores, and returns the candidates of each query.
func (s *snapshot) scan(ctx context.Context, by kernel.Kernel, queries []*query, k int, keep func(store.ID) bool) [][]candidate {
	parts := make([][]gathering, cores(len(s.blocks))) // [worker][query]
	dots := make([][]int32, len(parts))
	for w := range parts {
		dots[w] = make([]int32, blockRows)
		parts[w] = make([]gathering, len(queries))
		for i := range queries {
			parts[w][i] = gathering{least: vec.NewTopK[float32](k), floor: float32(math.Inf(-1))}
		}
	}
	parallel(len(s.blocks), func(w, block int) {
		if ctx.Err() != nil {
			return
		}
		for i, q := range queries {
			s.scanBlock(block, q, by, dots[w], keep, &parts[w][i])
		}
	})
	all := make([][]candidate, len(queries))
	for i := range queries {
		all[i] = merge(parts, i)
	}
	return all
}

// scanBlock adds the candidates of one block to g.
func (s *snapshot) scanBlock(block int, q *query, by kernel.Kernel, dots []int32, keep func(store.ID) bool, g *gathering) {
	b, c, dead := s.blocks[block], s.codes[block], s.deadOf(block)
	n, stride := s.rowsOf(block), len(q.coarse.codes)
	dots = dots[:n]
	by.Dots(dots, q.coarse.codes, c.values[:n*stride])
	scale, bias, margin := c.scale[:n], c.bias[:n], c.margin[:n]
	base, tilt, unit, spread, floor := q.base, q.tilt, q.coarse.scale, q.spread, g.floor-q.coarse.slack
	for r := range dots {
		similarity := base + tilt*bias[r] + unit*scale[r]*float32(dots[r])
		if similarity+spread*margin[r] < floor || dead.has(r) || keep != nil && !keep(b.ids[r]) {
			continue
		}
		by.Dots(dots[r:r+1], q.fine.codes, c.values[r*stride:(r+1)*stride])
		similarity += q.fine.scale * scale[r] * float32(dots[r])
		g.add(block*blockRows+r, similarity, spread*margin[r]+q.fine.slack)
		floor = g.floor - q.coarse.slack
	}
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
// goroutines have found together.
func merge(parts [][]gathering, query int) []candidate {
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
