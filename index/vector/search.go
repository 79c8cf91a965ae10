package vector

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"clipsearch/index/store"
	"clipsearch/internal/vec"
)

// Neighbor is one result of Search.
type Neighbor struct {
	ID         store.ID
	Similarity float32 // inner product, in [-1, 1]
}

// Search returns the k vectors most similar to q, best first, ties by ID. q has
// Dims values of any non-zero norm: ErrDims, ErrNotFinite, ErrZero. keep, if not
// nil, chooses the IDs that may be returned; it is called from several goroutines at
// once, and only with IDs that would enter the result. An index without vectors
// returns none, whatever q's length.
func (x *Index) Search(ctx context.Context, q []float32, k int, keep func(store.ID) bool) ([]Neighbor, error) {
	s := x.current.Load()
	if s.live == 0 || k <= 0 {
		return nil, ctx.Err()
	}
	unit, err := unitVector(q, s.dims)
	if err != nil {
		return nil, fmt.Errorf("search by vector: %w", err)
	}
	best, err := s.scan(ctx, unit, min(k, s.live), keep)
	if err != nil {
		return nil, err
	}
	sorted := best.Sorted()
	out := make([]Neighbor, 0, len(sorted))
	for _, b := range sorted {
		out = append(out, Neighbor{ID: b.ID, Similarity: b.Score})
	}
	return out, nil
}

// scan compares q with all live rows, the blocks shared among the cores.
func (s *snapshot) scan(ctx context.Context, q []float32, k int, keep func(store.ID) bool) (*vec.TopK[float32], error) {
	workers := min(runtime.GOMAXPROCS(0), len(s.blocks))
	parts := make([]*vec.TopK[float32], workers)
	var next atomic.Int64
	var wg sync.WaitGroup
	for w := range workers {
		parts[w] = vec.NewTopK[float32](k)
		wg.Go(func() {
			for ctx.Err() == nil {
				block := int(next.Add(1)) - 1
				if block >= len(s.blocks) {
					return
				}
				s.scanBlock(block, q, keep, parts[w])
			}
		})
	}
	wg.Wait()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	best := parts[0]
	for _, part := range parts[1:] {
		for _, n := range part.Sorted() {
			best.Push(n.ID, n.Score)
		}
	}
	return best, nil
}

func (s *snapshot) scanBlock(block int, q []float32, keep func(store.ID) bool, best *vec.TopK[float32]) {
	b, dead := s.blocks[block], s.deadOf(block)
	for row := range s.rowsOf(block) {
		if dead.has(row) {
			continue
		}
		// Rounding takes the product of unit vectors beyond 1 by a few units in the last place.
		similarity := max(-1, min(1, vec.Dot(q, s.vector(b, row))))
		id := b.ids[row]
		if best.Accepts(id, similarity) && (keep == nil || keep(id)) {
			best.Push(id, similarity)
		}
	}
}
