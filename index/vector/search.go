package vector

import (
	"context"
	"fmt"
	"runtime"

	"clipsearch/index/store"
)

// Neighbor is one result of Search.
type Neighbor struct {
	ID         store.ID
	Similarity float32 // inner product, in [-1, 1]
}

// Beam widths of a graph: how many rows a search follows at a time. Texts' vectors lie apart from those of pictures, which
// the graph connects: among a million it takes them longer to find 90 % than a scan to find all, so that only an index of
// kind HNSW lets a graph answer them. doc/vectors.md has the curves.
const (
	EfImages = 96
	EfTexts  = 1536
)

// Options are how to search. The zero value searches all vectors.
type Options struct {
	// Keep chooses the IDs that may be returned; nil: all. It is called from several goroutines at once.
	Keep func(store.ID) bool
	// Ef is the width of the beam where a graph is searched, k at least. 0: all vectors are compared, or, by an index of kind
	// HNSW, a graph is searched with EfTexts.
	Ef int
}

// Search returns the k vectors most similar to q, best first, ties by ID. q has
// Dims values of any non-zero norm: ErrDims, ErrNotFinite, ErrZero. An index without vectors
// returns none, whatever q's length. Where all are compared these are exactly the most similar ones; by a graph nearly always.
func (x *Index) Search(ctx context.Context, q []float32, k int, opts Options) ([]Neighbor, error) {
	all, err := x.search(ctx, [][]float32{q}, k, opts)
	if err != nil {
		return nil, fmt.Errorf("search by vector: %w", err)
	}
	return all[0], nil
}

// SearchBatch returns what Search returns for each of several queries, of one
// snapshot. Where all vectors are compared it reads the codes once, so that a query costs less than one of its own.
func (x *Index) SearchBatch(ctx context.Context, queries [][]float32, k int, opts Options) ([][]Neighbor, error) {
	all, err := x.search(ctx, queries, k, opts)
	if err != nil {
		return nil, fmt.Errorf("search by %d vectors: %w", len(queries), err)
	}
	return all, nil
}

func (x *Index) search(ctx context.Context, vectors [][]float32, k int, opts Options) ([][]Neighbor, error) {
	s := x.current.Load()
	defer runtime.KeepAlive(s) // see areaBlocks
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
	parts, err := s.gather(ctx, x, queries, k, opts)
	if err != nil {
		return nil, err
	}
	for i := range results {
		if results[i], err = s.rank(ctx, queries[i], k, merge(parts, i)); err != nil {
			return nil, err
		}
	}
	return results, nil
}

// gather finds the candidates of each query, by the graph if there is one and it pays, or by comparing all rows.
func (s *snapshot) gather(ctx context.Context, x *Index, queries []*query, k int, opts Options) ([][]gathering, error) {
	keep := newFilter(s, opts.Keep)
	ef := opts.Ef
	if ef == 0 && x.kind == HNSW {
		ef = EfTexts
	}
	beam := max(k, ef)
	if s.graph == nil || ef == 0 || !s.worthWalking(beam, keep) && (x.kind != HNSW || keep.keep != nil) {
		parts := x.scan(ctx, s, queries, k, 0, keep, x.sketches(s, len(queries)))
		return parts, ctx.Err()
	}
	walked, err := s.walk(ctx, x.kernel, queries, k, beam, keep)
	if err != nil {
		return nil, err
	}
	parts := x.scan(ctx, s, queries, k, s.graph.Rows(), keep, sketches{}) // what the graph does not have yet
	return append(parts, walked), ctx.Err()
}

// rowsPerStep is how many rows a scan compares while a search of the graph takes one step, that is, widens its beam by one:
// 11 ns and 3.4 µs at 1,000,000 vectors, see doc/vectors.md.
const rowsPerStep = 300

// worthWalking reports whether a search of the graph takes less time than a scan. A filter lets it take as many more steps as
// it keeps fewer rows.
func (s *snapshot) worthWalking(ef int, keep filter) bool {
	return float64(ef)*rowsPerStep < float64(s.graph.Rows())*keep.share
}
