package search

import (
	"context"
	"errors"
	"time"

	"clipsearch/index/store"
)

// Engine answers queries on one library. It is safe for concurrent use, also while the library is being written.
type Engine struct {
	store   *store.Store
	text    TextLeg
	vectors VectorLeg
	encoder Encoder
	cache   *vectorCache
	sieve   *sieve
	catalog *catalog

	background *background
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
		cache: newVectorCache(cacheEntries), sieve: &sieve{store: deps.Store}, catalog: &catalog{store: deps.Store},
		background: &background{store: deps.Store},
	}
}

// Search answers one query. A query that finds nothing is no error. Errors: ErrEmptyQuery, ErrBadQuery, ErrBadPicture and
// ErrGone for what was asked; ErrNoEncoder, ErrNoVectors, ErrCancelled and what the encoder says where no leg is left to
// answer; ctx's.
func (e *Engine) Search(ctx context.Context, q Query) (*Result, error) {
	started := time.Now()
	q, err := q.withDefaults(e.store.Model().ID)
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
	f, err := e.find(ctx, q, p)
	if err != nil {
		return nil, err
	}
	result.Total, result.More = len(f.candidates), f.more
	result.Weaker, result.WeakerMore = f.weaker, f.weaker > 0 && (f.fullText || f.fullVectors)
	result.Partial = f.partial
	result.TextTook, result.VectorTook = f.textTook, f.vectorTook
	result.Notes = append(result.Notes, f.notes...)
	if q.Bare {
		result.Hits = bareHits(f.candidates, q)
		result.Took = time.Since(started)
		return result, nil
	}
	page, err := e.page(f.candidates, q)
	if err != nil {
		return nil, err
	}
	e.addTerms(ctx, p, page)
	describe, err := e.describer(ctx, q, p, f.answers)
	if err != nil {
		return nil, err
	}
	result.Notes = append(result.Notes, describe.notes...)
	for i, c := range page {
		hit, err := describe.hit(c)
		if err != nil {
			return nil, err
		}
		hit.Rank = q.Offset + i + 1
		result.Hits = append(result.Hits, hit)
	}
	result.Took = time.Since(started)
	return result, nil
}

// bareHits returns the hits asked for as far as the legs tell of them.
func bareHits(found []candidate, q Query) []Hit {
	found = found[min(q.Offset, len(found)):min(q.Offset+q.K, len(found))]
	hits := make([]Hit, len(found))
	for i, c := range found {
		hits[i] = Hit{Rank: q.Offset + i + 1, ID: c.id, Score: c.score, Ranks: Ranks{Text: c.text.rank, Vector: c.vector.rank}}
	}
	return hits
}

// findings are what the legs have found, fused.
type findings struct {
	answers
	candidates []candidate // in order of relevance
	weaker     int         // that lie outside the relevance window
	more       bool        // there may be further relevant ones
}

// find runs the legs, fuses, cuts and collapses. It asks the legs for more while too few of theirs may be shown, and, where
// all that is relevant is to be put in an order, while there may be more of that.
func (e *Engine) find(ctx context.Context, q Query, p plan) (f findings, err error) {
	depth := depthOf(q)
	if q.sortsAll() && q.Mode == ModeText {
		depth = MaxResults
	}
	for round := 0; ; round++ {
		if f.answers, err = e.ask(ctx, p, depth); err != nil {
			return f, err
		}
		w, err := e.windowOf(q, f.answers)
		if err != nil {
			return f, err
		}
		f.candidates, f.weaker = w.cut(fuse(f.answers, q))
		f.more = w.more(f.answers)
		if q.Dedupe {
			if f.candidates, err = e.load(f.candidates); err != nil {
				return f, err
			}
			if f.candidates, err = e.collapse(ctx, f.candidates); err != nil {
				return f, err
			}
		}
		wanted := q.sortsAll() || q.Dedupe && len(f.candidates) < q.Offset+q.K
		if !wanted || !f.more || round == widenings || depth >= MaxResults {
			return f, nil
		}
		depth = min(4*depth, MaxResults)
	}
}

// sortsAll reports whether all that is relevant is put in order before the page is cut out; see Sort.
func (q Query) sortsAll() bool {
	return q.Sort != SortRelevance && (q.Mode == ModeText || !q.All)
}

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

// stored returns a picture's vector, nil if it has none or has gone since the legs saw it.
func (e *Engine) stored(id store.ID) ([]float32, error) {
	v, err := e.store.Vector(id)
	if errors.Is(err, store.ErrNoDocument) {
		return nil, nil
	}
	return v, err
}
