package hnsw

import "slices"

// edge is a link that a node is offered: to a node, as near as the key says.
type edge struct {
	from uint32
	to   key
}

// connect links the rows of a batch, which have chosen their neighbours, with those
// and those with them.
func (b *builder) connect(rows []insertion) {
	for i := range b.layers {
		l := &b.layers[i]
		b.edges = b.edges[:0]
		for j := range rows {
			if in := &rows[j]; in.twinOf == none && in.level >= i {
				b.link(l, l.node(in.row), in.chosen[i])
			}
		}
		b.linkBack(l)
	}
	for j := range rows {
		b.enter(&rows[j])
	}
}

// link writes the chosen links of a node and offers each the link back.
func (b *builder) link(l *layer, node uint32, chosen []key) {
	l.set(node, chosen)
	for _, k := range chosen {
		b.edges = append(b.edges, edge{from: k.node(), to: keyOf(k.similarity(), node)})
	}
}

// set makes the keys' nodes the links of a node.
func (l *layer) set(node uint32, keys []key) {
	slots := l.slots(node)
	for i := range slots {
		slots[i] = none
		if i < len(keys) {
			slots[i] = keys[i].node()
		}
	}
}

// enter makes a row the entry of the graph if it is on a layer above that.
func (b *builder) enter(in *insertion) {
	g := b.graph
	if in.twinOf != none || g.entry != none && in.level < len(g.layers) {
		return
	}
	g.entry = in.row
	g.layers = b.layers[:max(in.level+1, len(g.layers))]
}

// linkBack adds the edges to their nodes' links.
func (b *builder) linkBack(l *layer) {
	order := make([]uint64, len(b.edges)) // the edges by node, then as they were offered
	for i, e := range b.edges {
		order[i] = uint64(e.from)<<32 | uint64(i)
	}
	slices.Sort(order)
	var starts []int
	for i, o := range order {
		if i == 0 || o>>32 != order[i-1]>>32 {
			starts = append(starts, i)
		}
	}
	starts = append(starts, len(order))
	b.share(len(starts)-1, func(w *worker, i int) {
		w.offer(l, b.edges, order[starts[i]:starts[i+1]])
	})
}

// offer adds edges of one node to its links. If that makes too many, it chooses anew.
func (w *worker) offer(l *layer, edges []edge, order []uint64) {
	node := uint32(order[0] >> 32)
	slots := l.slots(node)
	old := l.neighbors(node)
	w.offered = w.offered[:0]
	for _, o := range order {
		if k := edges[uint32(o)].to; !slices.Contains(old, k.node()) {
			w.offered = append(w.offered, k)
		}
	}
	if len(old)+len(w.offered) <= len(slots) {
		for i, k := range w.offered {
			slots[len(old)+i] = k.node()
		}
		return
	}
	w.probe.At(l.row(node))
	w.nodes = append(w.keys(l, old), w.offered...)
	sortKeys(w.nodes)
	l.set(node, w.choose(l, w.nodes, l.degree))
}
