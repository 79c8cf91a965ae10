package search

import (
	"context"
	"fmt"

	"clipsearch/internal/vec"
)

// describer turns candidates into hits that say what the query asked to know of them.
type describer struct {
	engine *Engine
	query  Query
	vector []float32  // the query's; nil if there is none
	words  []omission // if it is to be explained
	labels *labeller  // nil: none
	notes  []string   // what could not be told
}

// describer prepares what the hits need. Words that cannot be left out one by one are a note; labels that cannot be
// encoded are an error, as they were asked for.
func (e *Engine) describer(ctx context.Context, q Query, p plan, a answers) (d describer, err error) {
	d = describer{engine: e, query: q, vector: a.vector}
	if d.labels, err = e.newLabeller(ctx, q); err != nil {
		return d, fmt.Errorf("rank the labels: %w", err)
	}
	if q.Explain && a.vector != nil {
		if d.words, err = e.omissions(ctx, p); err != nil {
			d.notes = append(d.notes, fmt.Sprintf("which words draw the query to a picture could not be told: %v", err))
		}
	}
	return d, ctx.Err()
}

// hit describes one candidate; its rank is filled in by the caller.
func (d describer) hit(c candidate) (Hit, error) {
	hit := c.hit(d.query)
	if c.vector.rank > 0 {
		hit.Similarity = &c.vector.raw
	}
	if hit.Similarity != nil && d.words == nil && d.labels == nil {
		return hit, nil
	}
	v, err := d.engine.stored(c.id)
	if err != nil || v == nil {
		return hit, err
	}
	if len(v) == len(d.vector) {
		if hit.Similarity == nil {
			s := float64(vec.Dot(v, d.vector))
			hit.Similarity = &s
		}
		hit.Pulls = pulls(d.words, d.vector, v)
	}
	if d.labels != nil {
		hit.Labels = d.labels.rank(v)
	}
	return hit, nil
}
