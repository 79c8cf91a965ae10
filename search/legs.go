package search

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"clipsearch/index/store"
	"clipsearch/index/text"
	"clipsearch/index/vector"
)

// TextLeg finds documents by words. *text.Index is one; its methods say what is expected.
type TextLeg interface {
	Search(ctx context.Context, q text.Query, k int, keep func(store.ID) bool) ([]text.Match, error)
	Terms(ctx context.Context, q text.Query, records []store.Record) ([][]string, error)
}

// VectorLeg finds documents by vector. *vector.Index is one; its methods say what is expected.
type VectorLeg interface {
	Search(ctx context.Context, q []float32, k int, opts vector.Options) ([]vector.Neighbor, error)
}

// answers are the raw results of the legs, best first.
type answers struct {
	matches   []text.Match
	neighbors []vector.Neighbor
	vector    []float32 // the query's; nil if there is none
	notes     []string
	partial   bool // a leg failed

	textTook, vectorTook time.Duration

	fullText, fullVectors bool // the leg may have more than it was asked for
}

// ask runs the legs that the plan calls for side by side, each for its depth best. If one fails and the other was asked
// too, the other's results stand and a note says why; if none is left, the error is returned.
func (e *Engine) ask(ctx context.Context, p plan, depth int) (answers, error) {
	var a answers
	var textErr, vectorErr error
	byWords := len(p.words.Words)+len(p.words.Phrases) > 0
	byVector := len(p.terms) > 0
	var legs sync.WaitGroup
	if byWords {
		legs.Go(func() {
			defer clock(&a.textTook)()
			a.matches, textErr = e.text.Search(ctx, p.words, depth, p.filter())
		})
	}
	if byVector {
		legs.Go(func() {
			defer clock(&a.vectorTook)()
			a.neighbors, a.vector, vectorErr = e.nearest(ctx, p, depth)
		})
	}
	legs.Wait()
	if err := ctx.Err(); err != nil {
		return a, err
	}
	for _, err := range []error{textErr, vectorErr} {
		if errors.Is(err, ErrGone) || errors.Is(err, ErrBadPicture) {
			return a, err // the query is wrong, not the leg
		}
	}
	switch {
	case textErr != nil && (!byVector || vectorErr != nil):
		return a, fmt.Errorf("search the words: %w", textErr)
	case vectorErr != nil && !byWords:
		return a, vectorErr
	case errors.Is(textErr, ErrNotReady):
		a.notes = append(a.notes, "the captions are still being prepared: these are ranked by what pictures show alone")
	case textErr != nil:
		a.notes = append(a.notes, fmt.Sprintf("searched by what pictures show alone: the words could not be searched: %v", textErr))
	case vectorErr != nil:
		a.notes = append(a.notes, fmt.Sprintf("searched by words alone: %v", vectorErr))
	}
	a.partial = textErr != nil || vectorErr != nil
	a.fullText, a.fullVectors = len(a.matches) >= depth, len(a.neighbors) >= depth
	return a, nil
}

// clock starts a clock and returns what stops it.
func clock(took *time.Duration) (stop func()) {
	started := time.Now()
	return func() { *took = time.Since(started) }
}

// nearest runs the vector leg. It leaves out what the words exclude, which the caption index alone can tell: of the nearest
// pictures, and of more if too few are left.
func (e *Engine) nearest(ctx context.Context, p plan, depth int) ([]vector.Neighbor, []float32, error) {
	q, err := e.queryVector(ctx, p.terms, p.prompts)
	if err != nil {
		return nil, nil, err
	}
	for size, round := depth, 0; ; size, round = 4*size, round+1 {
		neighbors, err := e.vectors.Search(ctx, q, size, vector.Options{Keep: p.filter(), Ef: beam(p.terms)})
		if err != nil {
			return nil, q, fmt.Errorf("search the vectors: %w", err)
		}
		left, err := e.withoutExcluded(ctx, p.excluded, neighbors)
		if err != nil {
			return nil, q, err
		}
		if len(left) >= depth || len(neighbors) < size || round == widenings {
			return left[:min(depth, len(left))], q, nil
		}
	}
}

// beam returns how wide a graph of vectors is to be searched for a query; 0, which compares all vectors, where it has texts.
func beam(terms []Term) int {
	for _, t := range terms {
		if t.Kind == TermText {
			return 0
		}
	}
	return vector.EfImages
}

// withoutExcluded drops the neighbors that have one of the words or phrases.
func (e *Engine) withoutExcluded(ctx context.Context, items []string, neighbors []vector.Neighbor) ([]vector.Neighbor, error) {
	left := make(map[store.ID]bool, len(neighbors))
	for _, n := range neighbors {
		left[n.ID] = true
	}
	for _, item := range items {
		matches, err := e.text.Search(ctx, textQuery(item), len(neighbors), func(id store.ID) bool { return left[id] })
		if err != nil {
			return nil, fmt.Errorf("leave out %q: %w", item, err)
		}
		for _, m := range matches {
			delete(left, m.ID)
		}
	}
	return slices.DeleteFunc(neighbors, func(n vector.Neighbor) bool { return !left[n.ID] }), nil
}

// textQuery returns the query that finds what an excluded item excludes: a word in all its forms, a phrase as typed.
func textQuery(item string) text.Query {
	if strings.ContainsFunc(item, func(r rune) bool { return !searchableRune(r) && !unicode.IsMark(r) }) {
		return text.Query{Phrases: []string{item}}
	}
	return text.Query{Words: []string{item}}
}

// addTerms fills in which words of the candidates the query looks for. That is decoration: where the caption index cannot
// say, the hits stand without.
func (e *Engine) addTerms(ctx context.Context, p plan, page []candidate) {
	if len(p.words.Words)+len(p.words.Phrases) == 0 {
		return
	}
	records := make([]store.Record, len(page))
	for i, c := range page {
		records[i] = c.record
	}
	terms, err := e.text.Terms(ctx, p.words, records)
	if err != nil {
		return
	}
	for i := range page {
		page[i].terms = terms[i]
	}
}
