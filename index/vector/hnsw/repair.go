package hnsw

import (
	"context"
	"fmt"
	"slices"
)

// Repair returns a graph in which no link leads to a dead row, on all cores. Live rows
// that were linked with dead ones choose new neighbours among theirs, and those that
// can't be reached any more are inserted anew. dead, which may be called from several
// goroutines, tells all rows that are dead by now, those of former repairs too as long
// as Renumber hasn't removed them.
func (g *Graph) Repair(ctx context.Context, space Space, dead func(row uint32) bool) (*Graph, error) {
	old := g.promoteTwins(dead)
	absent := old.absent(dead)
	b := newBuilder(space, nil, changedBeam*g.config.EfConstruction)
	b.graph = old.without(absent)
	b.layers = b.graph.layers
	for i := range b.layers {
		if err := b.mend(ctx, &old.layers[i], &b.layers[i], dead); err != nil {
			return nil, fmt.Errorf("repair a graph of %d rows: %w", g.rows, err)
		}
	}
	if err := b.adopt(ctx, absent); err != nil {
		return nil, fmt.Errorf("repair a graph of %d rows: %w", g.rows, err)
	}
	return b.graph, nil
}

// promoteTwins returns the graph without dead twins, where the first live twin of a
// dead node is the node.
func (g *Graph) promoteTwins(dead func(row uint32) bool) *Graph {
	to := make([]uint32, g.rows)
	for row := range to {
		to[row] = uint32(row)
	}
	n := g
	var live []twin
	for _, t := range chains(g.twins) {
		switch {
		case dead(t.row):
		case dead(t.of) && to[t.of] == t.of:
			to[t.of], to[t.row] = t.row, t.of
			n = nil
		default:
			live = append(live, twin{to[t.of], t.row})
		}
	}
	if n == nil {
		n = g.Renumber(to)
	}
	promoted := *n
	promoted.twins = chain(g.rows, live)
	return &promoted
}

// absent returns whether a row is no node or shouldn't be: dead or a twin of another.
func (g *Graph) absent(dead func(row uint32) bool) func(row uint32) bool {
	follows := followers(g.twins)
	return func(row uint32) bool { return dead(row) || follows != nil && follows[row] }
}

// without returns the graph without the links from and to absent rows.
func (g *Graph) without(absent func(row uint32) bool) *Graph {
	to := make([]uint32, g.rows)
	for row := range to {
		to[row] = none
		if !absent(uint32(row)) {
			to[row] = uint32(row)
		}
	}
	n := *g
	n.layers = []layer{g.layers[0].renumberRows(to, g.rows)}
	for _, l := range g.layers[1:] {
		n.layers = append(n.layers, l.renumber(to))
	}
	if n.entry != none {
		n.entry = to[n.entry]
	}
	n.chooseEntry(absent)
	return &n
}

// mend lets the nodes of a layer that have lost neighbours choose new ones.
func (b *builder) mend(ctx context.Context, old, l *layer, dead func(row uint32) bool) error {
	var hurt []uint32
	for node := range uint32(l.nodes()) {
		if len(l.neighbors(node)) < len(old.neighbors(old.node(l.row(node)))) && !dead(l.row(node)) {
			hurt = append(hurt, node)
		}
	}
	for batch := range slices.Chunk(hurt, maxBatch) {
		err := b.inBatch(l, batch, func(w *worker, node uint32) ([]key, error) {
			return w.chooseAnew(old, l, node, dead), ctx.Err()
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// inBatch links nodes of a layer with those that choose returns, and back.
func (b *builder) inBatch(l *layer, nodes []uint32, choose func(w *worker, node uint32) ([]key, error)) error {
	chosen, errs := make([][]key, len(nodes)), make([]error, len(nodes))
	b.share(len(nodes), func(w *worker, i int) {
		keys, err := choose(w, nodes[i])
		chosen[i], errs[i] = slices.Clone(keys), err
	})
	b.edges = b.edges[:0]
	for i, node := range nodes {
		if errs[i] != nil {
			return errs[i]
		}
		b.link(l, node, chosen[i])
	}
	b.linkBack(l)
	return nil
}

// chooseAnew chooses links of a node out of those that it has and those of the dead
// nodes that it had links with.
func (w *worker) chooseAnew(old, l *layer, node uint32, dead func(row uint32) bool) []key {
	nodes := append(w.near[:0], l.neighbors(node)...)
	for _, d := range old.neighbors(old.node(l.row(node))) {
		if !dead(old.row(d)) {
			continue
		}
		for _, n := range old.neighbors(d) {
			if row := old.row(n); !dead(row) && row != l.row(node) {
				nodes = append(nodes, l.node(row))
			}
		}
	}
	slices.Sort(nodes)
	nodes = slices.Compact(nodes)
	w.near = nodes
	w.probe.At(l.row(node))
	keys := w.keys(l, nodes)
	sortKeys(keys)
	return w.choose(l, keys, l.degree)
}
