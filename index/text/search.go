package text

import (
	"context"
	"errors"
	"fmt"

	index "github.com/blevesearch/bleve_index_api"

	"clipsearch/index/store"
)

// Match is one result of Search.
type Match struct {
	ID    store.ID
	Score float64 // BM25, positive; comparable within one query
}

// Search returns the k best matches of q that keep lets pass, best first, ties by
// ID. keep may be nil; it is called only with IDs that would enter the result, and
// must not call methods of the index.
func (x *Index) Search(ctx context.Context, q Query, k int, keep func(store.ID) bool) ([]Match, error) {
	if err := ctx.Err(); k <= 0 || err != nil {
		return nil, err
	}
	var matches []Match
	err := x.use(ctx, func(f *folder) error {
		return f.read(func(r index.IndexReader) (err error) {
			matches, err = x.search(ctx, r, &f.hot, q, k, keep)
			return err
		})
	})
	if err != nil && !errors.Is(err, ctx.Err()) {
		return nil, fmt.Errorf("search captions: %w", err)
	}
	return matches, err
}

func (x *Index) search(ctx context.Context, r index.IndexReader, hot *hot, q Query, k int, keep func(store.ID) bool) ([]Match, error) {
	st, err := readState(r)
	if err != nil {
		return nil, err
	}
	p := x.planner(st)
	clauses := p.clauses(q)
	filter, err := p.filter(ctx, r, q)
	if len(clauses) == 0 || err != nil {
		return nil, err
	}
	s := &scorer{ctx: ctx, reader: r, state: st, k: k, filter: filter, keep: keep, acc: x.accumulator(), hot: hot}
	if err := s.count(); err != nil {
		return nil, err
	}
	best, err := s.run(clauses)
	if err != nil {
		return nil, err
	}
	s.acc.reset() // after an error or panic it is not used again
	x.scratch.Put(s.acc)
	matches := make([]Match, len(best))
	for i, b := range best {
		matches[i] = Match{b.ID, b.Score}
	}
	return matches, nil
}

// accumulator returns an empty one.
func (x *Index) accumulator() *accumulator {
	if a, ok := x.scratch.Get().(*accumulator); ok {
		return a
	}
	return &accumulator{}
}
