package vector

import (
	"cmp"
	"context"
	"slices"

	"clipsearch/internal/vec"
)

// rankChunk is how many candidates a goroutine compares before it looks at its
// context; fewer are not worth a second goroutine.
const rankChunk = 256

// rank returns the k best of the candidates by their vectors. This is the only place
// where similarities that are returned are computed, so that neither codes nor
// kernels change the order.
func (s *snapshot) rank(ctx context.Context, q *query, k int, found []candidate) []Neighbor {
	slices.SortFunc(found, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.most, a.most), a.row-b.row)
	})
	chunks := (len(found) + rankChunk - 1) / rankChunk
	parts := make([]*vec.TopK[float32], max(1, cores(chunks)))
	buffers := make([][]float32, len(parts))
	for w := range parts {
		parts[w], buffers[w] = vec.NewTopK[float32](k), make([]float32, s.dims)
	}
	parallel(chunks, func(w, chunk int) {
		if ctx.Err() != nil {
			return
		}
		for _, c := range found[chunk*rankChunk : min(len(found), (chunk+1)*rankChunk)] {
			if least, full := parts[w].Threshold(); full && c.most < least {
				return // nor can those that follow, which are sorted
			}
			parts[w].Push(s.id(c.row), s.vector(c.row).similarity(q.unit, buffers[w]))
		}
	})
	for _, part := range parts[1:] {
		for _, n := range part.Sorted() {
			parts[0].Push(n.ID, n.Score)
		}
	}
	best := make([]Neighbor, 0, k)
	for _, n := range parts[0].Sorted() {
		best = append(best, Neighbor{ID: n.ID, Similarity: n.Score})
	}
	return best
}
