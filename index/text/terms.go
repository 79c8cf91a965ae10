package text

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/blevesearch/bleve/v2/analysis"

	"clipsearch/index/store"
	"clipsearch/internal/vec"
)

// terms are the terms of a query by field.
type terms map[string]map[string]bool

func (t terms) add(g group) {
	if t[g.field] == nil {
		t[g.field] = map[string]bool{}
	}
	for _, term := range g.terms {
		t[g.field][term] = true
	}
}

// matches completes results by the words of the documents that matched.
func (x *Index) matches(best []vec.Scored[float64], used terms) ([]Match, error) {
	ids := make([]store.ID, len(best))
	for i, b := range best {
		ids[i] = b.ID
	}
	records, err := x.st.Records(ids)
	if err != nil {
		return nil, fmt.Errorf("read matching documents: %w", err)
	}
	words := make(map[store.ID][]string, len(records))
	for i := range records {
		words[records[i].Document.ID] = x.analyzers.matched(&records[i], used)
	}
	out := make([]Match, len(best))
	for i, b := range best {
		out[i] = Match{ID: b.ID, Score: b.Score, Terms: words[b.ID]}
	}
	return out, nil
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
