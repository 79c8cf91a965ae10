package hnsw

import "context"

// Candidate is a row that Search found.
type Candidate struct {
	Row        uint32
	Similarity float32 // as the probe says
}

// Search returns up to ef rows near to the probe's vector, best first, ties by row.
// The more, the more of the nearest are among them, and the longer it takes. accept,
// if not nil, chooses the rows that may be returned; it is called with rows that seem
// near enough, perhaps with others too. The search walks through rejected rows and
// goes on until it has ef accepted ones, so that it finds as many of the nearest as
// without accept, but takes about as many times longer as there are rows for an
// accepted one: a caller who accepts few of all rows should compare those instead.
// No error but the context's.
func (g *Graph) Search(ctx context.Context, probe Probe, ef int, accept func(row uint32) bool) ([]Candidate, error) {
	ef = min(ef, g.rows)
	if ef <= 0 || g.entry == none {
		return nil, ctx.Err()
	}
	w := g.walkers.Get().(*walker)
	defer g.walkers.Put(w)
	start, err := g.descend(ctx, w, probe, 0)
	if err != nil {
		return nil, err
	}
	r := request{probe: probe, ef: ef, accept: accept, twins: g.twins}
	if err := w.search(ctx, &g.layers[0], start, &r); err != nil {
		return nil, err
	}
	best := w.best
	if g.twins != nil {
		best = w.withTwins(&r)
	}
	found := make([]Candidate, len(best))
	for i, k := range best {
		found[i] = Candidate{Row: k.node(), Similarity: k.similarity()}
	}
	return found, nil
}

// descend walks through the layers above one to its row nearest to the probe's vector.
func (g *Graph) descend(ctx context.Context, w *walker, probe Probe, to int) (row uint32, err error) {
	row = g.entry
	r := request{probe: probe, ef: 1}
	for i := len(g.layers) - 1; i > to; i-- {
		l := &g.layers[i]
		if err := w.search(ctx, l, l.node(row), &r); err != nil {
			return none, err
		}
		row = l.row(w.best[0].node())
	}
	return row, nil
}

// withTwins returns the r.ef best of w.best and all their twins, as far as they are
// accepted. It is valid until the next call.
func (w *walker) withTwins(r *request) ranking {
	best := w.twinRoom.empty(r.ef)
	for _, k := range w.best {
		if row := k.node(); r.accept == nil || r.accept(row) {
			best.offer(keyOf(k.similarity(), row))
		}
		for twin := r.twins[k.node()]; twin != none; twin = r.twins[twin] {
			if t := keyOf(k.similarity(), twin); best.full() && t < best[r.ef-1] {
				break // nor can those that follow, which ascend
			} else if r.accept == nil || r.accept(twin) {
				best.offer(t)
			}
		}
	}
	return best
}
