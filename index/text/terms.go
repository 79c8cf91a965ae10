package text

import (
	"context"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/blevesearch/bleve/v2/analysis"
	index "github.com/blevesearch/bleve_index_api"

	"clipsearch/index/store"
)

// Terms returns, for each record, its words that q looks for, lower case and sorted. It
// takes the records as they are, whether the index has them or not.
func (x *Index) Terms(ctx context.Context, q Query, records []store.Record) ([][]string, error) {
	var used terms
	err := x.use(ctx, func(f *folder) error {
		return f.read(func(r index.IndexReader) (err error) {
			used, err = x.used(r, q)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("look up the words found: %w", err)
	}
	out := make([][]string, len(records))
	var wg sync.WaitGroup
	workers := min(runtime.GOMAXPROCS(0), len(records))
	for w := range workers {
		wg.Go(func() {
			for i := w; i < len(records); i += workers {
				out[i] = x.analyzers.matched(&records[i], used)
			}
		})
	}
	wg.Wait()
	return out, nil
}

// terms are the terms of a query by field.
type terms map[string]map[string]bool

// used returns what a query comes to.
func (x *Index) used(r index.IndexReader, q Query) (terms, error) {
	st, err := readState(r)
	if err != nil {
		return nil, err
	}
	used := terms{}
	for _, c := range x.planner(st).clauses(q) {
		groups, err := expand(r, c)
		if err != nil {
			return nil, err
		}
		for _, g := range groups {
			used.add(g)
		}
	}
	return used, nil
}

func (t terms) add(g group) {
	if t[g.field] == nil {
		t[g.field] = map[string]bool{}
	}
	for _, term := range g.terms {
		t[g.field][term] = true
	}
}

// matched returns the words of a record whose terms are among those used.
func (a *analyzers) matched(rec *store.Record, used terms) []string {
	found := map[string]bool{}
	for _, t := range texts(rec) {
		wanted := used[t.field]
		if wanted == nil {
			continue
		}
		text := normalize(t.value)
		eachToken(a.analyzer(t.field), text, func(term []byte, start, end int) {
			if wanted[string(term)] {
				found[strings.ToLower(string(text[start:end]))] = true
			}
		})
	}
	return slices.Sorted(maps.Keys(found))
}

// eachToken calls fn with the terms and places of all tokens, without building a
// stream of them where the analyzer allows.
func eachToken(a analysis.Analyzer, input []byte, fn func(term []byte, start, end int)) {
	if c, ok := a.(*wordCache); ok {
		c.each(input, func(start int, w word) {
			for _, t := range w.tokens {
				fn(t.Term, start+t.Start, start+t.End)
			}
		})
		return
	}
	for _, t := range a.Analyze(input) {
		fn(t.Term, t.Start, t.End)
	}
}
