package hnsw

import "context"

// insertion is a row on its way into the graph.
type insertion struct {
	row    uint32
	level  int
	first  key     // the nearest row found, 0 if none
	twinOf uint32  // a row with an equal vector, none if there is none
	chosen [][]key // neighbours, by layer
	err    error
}

// insert inserts a batch of rows.
func (b *builder) insert(ctx context.Context, batch []place) error {
	for len(b.rows) < len(batch) {
		b.rows = append(b.rows, insertion{})
	}
	rows := b.rows[:len(batch)]
	b.share(len(batch), func(w *worker, i int) {
		rows[i].begin(batch[i].row, level(batch[i].draw, b.graph.config.M))
		rows[i].err = b.find(ctx, w, &rows[i])
	})
	for i := range rows {
		if rows[i].err != nil {
			return rows[i].err
		}
	}
	b.findTwins(rows)
	b.connect(rows)
	b.linked += len(rows)
	return nil
}

// begin makes in that of a row, reusing its memory.
func (in *insertion) begin(row uint32, level int) {
	chosen := in.chosen
	for len(chosen) <= level {
		chosen = append(chosen, nil)
	}
	for i := range chosen {
		chosen[i] = chosen[i][:0]
	}
	*in = insertion{row: row, level: level, twinOf: none, chosen: chosen}
}

// find chooses the neighbours of a row on all its layers (algorithm 1 of the paper).
func (b *builder) find(ctx context.Context, w *worker, in *insertion) error {
	g := b.graph
	if g.entry == none {
		return ctx.Err()
	}
	w.probe.At(in.row)
	start, err := g.descend(ctx, &w.walker, w.probe, in.level)
	if err != nil {
		return err
	}
	for i := min(in.level, len(g.layers)-1); i >= 0; i-- {
		l := &g.layers[i]
		if err := b.candidates(ctx, w, l, l.node(start)); err != nil {
			return err
		}
		start = l.row(w.best[0].node())
		if i == 0 {
			in.first = w.best[0] &^ expanded
			if in.twinOf = b.twin(w, in.row); in.twinOf != none {
				return nil
			}
		}
		in.chosen[i] = append(in.chosen[i], w.choose(l, w.best, g.config.M)...)
		if i > 0 {
			w.probe.At(in.row)
		}
	}
	return nil
}

// candidates searches a layer for rows near to that of the probe: live ones, unless all
// that can be reached are dead.
func (b *builder) candidates(ctx context.Context, w *worker, l *layer, start uint32) error {
	r := request{probe: w.probe, ef: min(b.beam, l.nodes()), accept: b.accept}
	if err := w.search(ctx, l, start, &r); err != nil || len(w.best) > 0 {
		return err
	}
	r.accept = nil
	return w.search(ctx, l, start, &r)
}
