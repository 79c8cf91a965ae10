package search

import (
	"context"
	"errors"
	"time"

	"clipsearch/index/store"
	"clipsearch/internal/vec"
)

// Engine answers queries on one library. It is safe for concurrent use, also while the library is being written.
type Engine struct {
	store   *store.Store
	text    TextLeg
	vectors VectorLeg
	encoder Encoder
	cache   *vectorCache
	sieve   *sieve
}

// Deps are what an Engine is made of. The engine closes none of them.
type Deps struct {
	Store   *store.Store
	Text    TextLeg
	Vectors VectorLeg
	Encoder Encoder // of the library's model; nil: there is none, and only words and stored vectors can be searched by
}

// New returns an engine. The legs follow the store by their own means.
func New(deps Deps) *Engine {
	return &Engine{
		store: deps.Store, text: deps.Text, vectors: deps.Vectors, encoder: deps.Encoder,
		cache: newVectorCache(cacheEntries), sieve: &sieve{store: deps.Store},
	}
}

// Search answers one query. A query that finds nothing is no error. Errors: ErrEmptyQuery, ErrBadQuery, ErrBadPicture and
// ErrGone for what was asked; ErrNoEncoder, ErrNoVectors, ErrCancelled and what the encoder says where no leg is left to
// answer; ctx's.
func (e *Engine) Search(ctx context.Context, q Query) (*Result, error) {
	started := time.Now()
	q, err := q.withDefaults()
	if err != nil {
		return nil, err
	}
	p, err := e.plan(ctx, q)
	if err != nil {
		return nil, err
	}
	result := &Result{Hits: []Hit{}, Notes: p.notes}
	if p.keep != nil && len(p.keep) == 0 {
		result.Notes = append(result.Notes, "no picture passes the filters")
		result.Took = time.Since(started)
		return result, nil
	}
	found, a, err := e.find(ctx, q, p)
	if err != nil {
		return nil, err
	}
	result.Total, result.More = len(found), a.full
	result.Notes = append(result.Notes, a.notes...)
	result.Partial = a.partial
	page, err := e.page(found, q)
	if err != nil {
		return nil, err
	}
	e.addTerms(ctx, p, page)
	for i, c := range page {
		hit := c.hit(q)
		hit.Rank = q.Offset + i + 1
		if hit.Similarity, err = e.similarity(c, a.vector); err != nil {
			return nil, err
		}
		result.Hits = append(result.Hits, hit)
	}
	result.Took = time.Since(started)
	return result, nil
}

// find runs the legs, fuses and collapses; the candidates are in order of relevance.
func (e *Engine) find(ctx context.Context, q Query, p plan) ([]candidate, answers, error) {
	window := windowOf(q)
	if q.sortsAll() {
		window = MaxResults
	}
	for round := 0; ; round++ {
		a, err := e.ask(ctx, p, window)
		if err != nil {
			return nil, a, err
		}
		found := fuse(a, q)
		if !q.Dedupe {
			return found, a, nil
		}
		if found, err = e.load(found); err != nil {
			return nil, a, err
		}
		if found, err = e.collapse(ctx, found); err != nil {
			return nil, a, err
		}
		if len(found) >= q.Offset+q.K || !a.full || round == widenings {
			return found, a, nil
		}
		window *= 4
	}
}

// sortsAll reports whether all that was found is put in order before the page is cut out; see Sort.
func (q Query) sortsAll() bool { return q.Mode == ModeText && q.Sort != SortRelevance }

// page cuts the hits asked for out of what was found and puts them in order.
func (e *Engine) page(found []candidate, q Query) ([]candidate, error) {
	cut := func() {
		found = found[min(q.Offset, len(found)):min(q.Offset+q.K, len(found))]
	}
	if !q.sortsAll() {
		cut()
	}
	found, err := e.load(found)
	if err != nil {
		return nil, err
	}
	arrange(found, q.Sort, q.Seed)
	if q.sortsAll() {
		cut()
	}
	return found, nil
}

// load fills in the candidates' records. It drops those that were hidden or forgotten since the legs saw them.
func (e *Engine) load(found []candidate) ([]candidate, error) {
	var ids []store.ID
	for _, c := range found {
		if c.record.Document.ID == 0 {
			ids = append(ids, c.id)
		}
	}
	records, err := e.store.Records(ids)
	if err != nil {
		return nil, err
	}
	byID := make(map[store.ID]store.Record, len(records))
	for _, r := range records {
		byID[r.Document.ID] = r
	}
	var loaded []candidate
	for _, c := range found {
		if c.record.Document.ID == 0 {
			c.record = byID[c.id]
		}
		if c.record.Document.ID != 0 && !c.record.Document.Hidden {
			loaded = append(loaded, c)
		}
	}
	return loaded, nil
}

// similarity returns the inner product of the query's and the picture's vector, nil if one of them is not known.
func (e *Engine) similarity(c candidate, query []float32) (*float64, error) {
	if c.vector.rank > 0 {
		return &c.vector.raw, nil
	}
	if query == nil {
		return nil, nil
	}
	v, err := e.stored(c.id)
	if err != nil || len(v) != len(query) {
		return nil, err
	}
	s := float64(vec.Dot(v, query))
	return &s, nil
}

// stored returns a picture's vector, nil if it has none or has gone since the legs saw it.
func (e *Engine) stored(id store.ID) ([]float32, error) {
	v, err := e.store.Vector(id)
	if errors.Is(err, store.ErrNoDocument) {
		return nil, nil
	}
	return v, err
}
