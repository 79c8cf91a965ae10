package vector

import (
	"context"
	"fmt"

	"clipsearch/index/store"
)

// Neighbor is one result of Search.
type Neighbor struct {
	ID         store.ID
	Similarity float32 // inner product, in [-1, 1]
}

// Search returns the k vectors most similar to q, best first, ties by ID. q has
// Dims values of any non-zero norm: ErrDims, ErrNotFinite, ErrZero. keep, if not
// nil, chooses the IDs that may be returned; it is called from several goroutines at
// once, and only with IDs that seem to be near enough. An index without vectors
// returns none, whatever q's length.
func (x *Index) Search(ctx context.Context, q []float32, k int, keep func(store.ID) bool) ([]Neighbor, error) {
	all, err := x.search(ctx, [][]float32{q}, k, keep)
	if err != nil {
		return nil, fmt.Errorf("search by vector: %w", err)
	}
	return all[0], nil
}

// SearchBatch returns what Search returns for each of several queries, of one
// snapshot. It reads the codes once, so that a query costs less than one of its own.
func (x *Index) SearchBatch(ctx context.Context, queries [][]float32, k int, keep func(store.ID) bool) ([][]Neighbor, error) {
	all, err := x.search(ctx, queries, k, keep)
	if err != nil {
		return nil, fmt.Errorf("search by %d vectors: %w", len(queries), err)
	}
	return all, nil
}

func (x *Index) search(ctx context.Context, vectors [][]float32, k int, keep func(store.ID) bool) ([][]Neighbor, error) {
	s := x.current.Load()
	results := make([][]Neighbor, len(vectors))
	if s.live == 0 || k <= 0 || len(vectors) == 0 {
		return results, ctx.Err()
	}
	queries := make([]*query, len(vectors))
	for i, v := range vectors {
		unit, err := unitVector(v, s.dims)
		if err != nil {
			return nil, fmt.Errorf("query %d: %w", i+1, err)
		}
		queries[i] = newQuery(unit, s)
	}
	k = min(k, s.live)
	for i, found := range s.scan(ctx, x.kernel, queries, k, keep) {
		results[i] = s.rank(ctx, queries[i], k, found)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return results, nil
}
