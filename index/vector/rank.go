package vector

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"clipsearch/internal/parallel"
	"clipsearch/internal/vec"
)

// rankChunk is how many candidates a goroutine compares before it looks at its
// context; fewer are not worth a second goroutine.
const rankChunk = 256

// rank returns the k best of the candidates by their vectors. This is the only place
// where similarities that are returned are computed, so that neither codes nor
// kernels change the order. Candidates whose document was forgotten meanwhile are left out.
func (s *snapshot) rank(ctx context.Context, q *query, k int, found []candidate) ([]Neighbor, error) {
	slices.SortFunc(found, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.most, a.most), cmp.Compare(a.row, b.row))
	})
	chunks := (len(found) + rankChunk - 1) / rankChunk
	parts, errs := make([]*vec.TopK[float32], max(1, parallel.Workers(chunks))), make([]error, chunks)
	for w := range parts {
		parts[w] = vec.NewTopK[float32](k)
	}
	parallel.Do(len(parts), chunks, func(w, chunk int) {
		if errs[chunk] = ctx.Err(); errs[chunk] != nil {
			return
		}
		errs[chunk] = s.rankChunk(q, found[chunk*rankChunk:min(len(found), (chunk+1)*rankChunk)], parts[w])
	})
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	for _, part := range parts[1:] {
		for _, n := range part.Sorted() {
			parts[0].Push(n.ID, n.Score)
		}
	}
	best := make([]Neighbor, 0, min(k, len(found)))
	for _, n := range parts[0].Sorted() {
		best = append(best, Neighbor{ID: n.ID, Similarity: n.Score})
	}
	return best, nil
}

// rankChunk adds the best of some candidates, of which the most promising come first, to best.
func (s *snapshot) rankChunk(q *query, found []candidate, best *vec.TopK[float32]) error {
	if least, full := best.Threshold(); full && found[0].most < least {
		return nil // nor can those that follow
	}
	rows := make([]int, len(found))
	for i, c := range found {
		rows[i] = int(c.row)
	}
	return s.eachVector(rows, func(i int, v half) {
		if least, full := best.Threshold(); !full || found[i].most >= least {
			best.Push(s.id(rows[i]), v.similarity(q.unit))
		}
	})
}
