package text

import (
	"context"
	"errors"
	"fmt"

	index "github.com/blevesearch/bleve_index_api"

	"clipsearch/index/store"
	"clipsearch/internal/vec"
)

// Match is one result of Search.
type Match struct {
	ID    store.ID
	Score float64  // BM25, positive; comparable within one query
	Terms []string // words of the document that matched, lower case, sorted
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
			matches, err = x.search(ctx, r, q, k, keep)
			return err
		})
	})
	if err != nil && !errors.Is(err, ctx.Err()) {
		return nil, fmt.Errorf("search captions: %w", err)
	}
	return matches, err
}

func (x *Index) search(ctx context.Context, r index.IndexReader, q Query, k int, keep func(store.ID) bool) ([]Match, error) {
	st, err := readState(r)
	if err != nil {
		return nil, err
	}
	n, err := r.DocCount()
	if err != nil {
		return nil, err
	}
	p := x.planner(st)
	clauses := p.clauses(q)
	filter, err := p.filter(ctx, r, q)
	if len(clauses) == 0 || err != nil {
		return nil, err
	}
	s := &scorer{ctx: ctx, reader: r, state: st, documents: float64(n), acc: x.accumulator(), used: terms{}}
	for _, c := range clauses {
		if err := s.add(c); err != nil {
			return nil, err
		}
	}
	best, err := s.best(k, filter, keep)
	if err != nil {
		return nil, err
	}
	s.acc.reset() // after an error or panic it is not used again
	x.scratch.Put(s.acc)
	return x.matches(best, s.used)
}

// best returns the k best documents that pass. A document's ID is looked up, and
// keep asked, only if its score suffices.
func (s *scorer) best(k int, f *filter, keep func(store.ID) bool) ([]vec.Scored[float64], error) {
	top := vec.NewTopK[float64](k)
	var internal index.IndexInternalID
	for _, at := range s.acc.hits {
		score := s.acc.score[at]
		if least, full := top.Threshold(); full && score < least || !f.passes(at) {
			continue
		}
		internal = index.NewIndexInternalID(internal, uint64(at))
		name, err := s.reader.ExternalID(internal)
		if err != nil {
			return nil, err
		}
		id, err := parseKey(name)
		if err != nil {
			return nil, err
		}
		if top.Accepts(id, score) && (keep == nil || keep(id)) {
			top.Push(id, score)
		}
	}
	return top.Sorted(), nil
}

// accumulator returns an empty one.
func (x *Index) accumulator() *accumulator {
	if a, ok := x.scratch.Get().(*accumulator); ok {
		return a
	}
	return &accumulator{}
}
