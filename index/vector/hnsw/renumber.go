package hnsw

import (
	"cmp"
	"slices"
)

// Renumber returns the graph with row i as row to[i], or without it where that is
// ^uint32(0): what a compaction of the rows leaves. to has Rows values; those of rows
// that stay are the numbers from 0 on, each once, in any order. Only dead rows that
// Repair has taken out may go: otherwise searches find less.
func (g *Graph) Renumber(to []uint32) *Graph {
	kept := 0
	for _, row := range to {
		if row != none {
			kept++
		}
	}
	n := *g
	n.rows = kept
	n.layers = []layer{g.layers[0].renumberRows(to, kept)}
	for _, l := range g.layers[1:] {
		n.layers = append(n.layers, l.renumber(to))
	}
	var twins []twin
	for _, t := range chains(g.twins) {
		if t = (twin{to[t.of], to[t.row]}); t.of != none && t.row != none {
			twins = append(twins, t)
		}
	}
	n.twins = chain(kept, twins)
	if g.entry != none {
		n.entry = to[g.entry]
	}
	n.chooseEntry(nil)
	return &n
}

// renumberRows returns the bottom layer with other numbers of rows, below rows.
func (l *layer) renumberRows(to []uint32, rows int) layer {
	n := layer{degree: l.degree}
	n.links = make([]uint32, 0, rows*l.degree)
	n.grow(rows)
	for node, row := range to {
		if row != none {
			copyLinks(n.slots(row), l.neighbors(uint32(node)), to)
		}
	}
	return n
}

// renumber returns a layer above the bottom with other numbers of rows.
func (l *layer) renumber(to []uint32) layer {
	var order []uint32 // nodes that stay, by their new rows
	for node, row := range l.rows {
		if to[row] != none {
			order = append(order, uint32(node))
		}
	}
	slices.SortFunc(order, func(a, b uint32) int { return cmp.Compare(to[l.rows[a]], to[l.rows[b]]) })
	n := layer{degree: l.degree}
	toNode := make([]uint32, len(l.rows))
	for i := range toNode {
		toNode[i] = none
	}
	for i, node := range order {
		toNode[node] = uint32(i)
		n.rows = append(n.rows, to[l.rows[node]])
	}
	n.grow(len(order))
	for i, node := range order {
		copyLinks(n.slots(uint32(i)), l.neighbors(node), toNode)
	}
	return n
}

// copyLinks writes links with other numbers to slots that are none.
func copyLinks(slots, links, to []uint32) {
	i := 0
	for _, n := range links {
		if to[n] != none {
			slots[i] = to[n]
			i++
		}
	}
}

// chooseEntry drops layers that are empty; if there are some or the entry is gone, it
// makes another row of the top layer the entry: one with links, if there is one.
// absent, if not nil, tells rows of the bottom that are no nodes.
func (g *Graph) chooseEntry(absent func(row uint32) bool) {
	top := len(g.layers) - 1
	for top > 0 && len(g.layers[top].rows) == 0 {
		top--
	}
	if g.entry != none && top == len(g.layers)-1 {
		return
	}
	g.layers, g.entry = g.layers[:top+1], none
	l := &g.layers[top]
	for node := range uint32(l.nodes()) {
		linked := len(l.neighbors(node)) > 0
		if (g.entry == none || linked) && (absent == nil || !absent(l.row(node))) {
			g.entry = l.row(node)
		}
		if linked && g.entry == l.row(node) {
			return
		}
	}
}
