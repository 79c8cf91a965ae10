package text

import (
	"context"

	"github.com/blevesearch/bleve/v2/search"
	"github.com/blevesearch/bleve/v2/search/searcher"
	index "github.com/blevesearch/bleve_index_api"
)

// places is a set of documents by their place in the index.
type places map[uint32]bool

// filter is what a document must and must not have.
type filter struct {
	must    []places // be in each
	mustNot places
}

func (f *filter) passes(at uint32) bool {
	for _, set := range f.must {
		if !set[at] {
			return false
		}
	}
	return !f.mustNot[at]
}

// filter finds the documents with the query's phrases and excluded words. Phrases
// without a single word are ignored.
func (p planner) filter(ctx context.Context, r index.IndexReader, q Query) (*filter, error) {
	f := &filter{mustNot: places{}}
	for _, s := range q.Phrases {
		if len(p.terms(fieldTyped, s)) == 0 {
			continue
		}
		set := places{}
		for _, field := range p.exactFields() {
			if err := p.addPhrase(ctx, r, field, s, set); err != nil {
				return nil, err
			}
		}
		f.must = append(f.must, set)
	}
	for _, s := range q.Excluded {
		for _, field := range p.excludedFields(s) {
			if err := p.addPhrase(ctx, r, field, s, f.mustNot); err != nil {
				return nil, err
			}
		}
	}
	return f, nil
}

// exactFields are the fields that keep the words' positions.
func (p planner) exactFields() []string {
	var out []string
	for _, field := range p.fields {
		if fieldOptions(field) == positions {
			out = append(out, field)
		}
	}
	return out
}

// excludedFields are those to look in for an excluded word, in all its forms, or for
// an excluded phrase, as typed.
func (p planner) excludedFields(s string) []string {
	if len(p.terms(fieldTyped, s)) > 1 {
		return p.exactFields()
	}
	return p.fields
}

// addPhrase adds the documents with a phrase in a field to set.
func (p planner) addPhrase(ctx context.Context, r index.IndexReader, field, s string, set places) error {
	terms := p.phrase(field, s)
	if len(terms) == 0 {
		return nil
	}
	var found search.Searcher
	var err error
	options := search.SearcherOptions{Score: "none"}
	if len(terms) == 1 {
		found, err = searcher.NewTermSearcher(ctx, r, terms[0][0], field, 1, options)
	} else {
		found, err = searcher.NewMultiPhraseSearcher(ctx, r, terms, 0, false, field, 1, options)
	}
	if err != nil {
		return err
	}
	defer found.Close()
	pool := search.NewDocumentMatchPool(found.DocumentMatchPoolSize()+1, 0)
	sc := &search.SearchContext{DocumentMatchPool: pool, IndexReader: r}
	for n := 1; ; n++ {
		match, err := found.Next(sc)
		if match == nil || err != nil {
			return err
		}
		set[uint32(match.IndexInternalID.Value())] = true
		pool.Put(match)
		if n%contextEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
	}
}
