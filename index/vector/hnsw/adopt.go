package hnsw

import (
	"context"
	"slices"
)

// adopt makes all rows of the bottom layer that aren't absent reachable from the entry:
// a node whose neighbours have all found nearer ones has no link left that leads to it.
// Those are inserted anew; whatever still isn't reached then takes the place of the
// last link of the node that is nearest to it.
func (b *builder) adopt(ctx context.Context, absent func(row uint32) bool) error {
	l := &b.graph.layers[0]
	lost := b.graph.unreached(absent)
	for batch := range slices.Chunk(lost, maxBatch) {
		err := b.inBatch(l, batch, func(w *worker, row uint32) ([]key, error) { return b.rejoin(ctx, w, row) })
		if err != nil {
			return err
		}
	}
	if len(lost) == 0 {
		return nil
	}
	for _, row := range b.graph.unreached(absent) {
		keys, err := b.rejoin(ctx, b.workers[0], row)
		if err != nil {
			return err
		}
		if len(keys) > 0 {
			nearest := keys[0].node()
			l.slots(nearest)[min(len(l.neighbors(nearest)), l.degree-1)] = row
		}
	}
	return nil
}

// rejoin chooses neighbours for a row that is a node already.
func (b *builder) rejoin(ctx context.Context, w *worker, row uint32) ([]key, error) {
	w.probe.At(row)
	start, err := b.graph.descend(ctx, &w.walker, w.probe, 0)
	if err != nil {
		return nil, err
	}
	l := &b.graph.layers[0]
	if err := b.candidates(ctx, w, l, start); err != nil {
		return nil, err
	}
	found := slices.DeleteFunc(w.best, func(k key) bool { return k.node() == row })
	return w.choose(l, found, b.graph.config.M), nil
}

// unreached returns the rows of the bottom layer that no way leads to from the entry,
// absent ones left out.
func (g *Graph) unreached(absent func(row uint32) bool) []uint32 {
	if g.entry == none {
		return nil
	}
	l := &g.layers[0]
	reached := make([]uint64, g.rows/64+1)
	reached[g.entry/64] |= 1 << (g.entry % 64)
	for ahead := []uint32{g.entry}; len(ahead) > 0; {
		node := ahead[len(ahead)-1]
		ahead = ahead[:len(ahead)-1]
		for _, n := range l.neighbors(node) {
			if reached[n/64]>>(n%64)&1 == 0 {
				reached[n/64] |= 1 << (n % 64)
				ahead = append(ahead, n)
			}
		}
	}
	var lost []uint32
	for row := range uint32(g.rows) {
		if reached[row/64]>>(row%64)&1 == 0 && !absent(row) {
			lost = append(lost, row)
		}
	}
	return lost
}
