package hnsw

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"clipsearch/internal/parallel"
)

// Build connects the rows below rows that are not dead, on all cores; dead may be nil.
// It fails with the context only, or with more rows than MaxRows.
func Build(ctx context.Context, space Space, rows int, dead func(row uint32) bool, config Config) (*Graph, error) {
	return newGraph(config.withDefaults()).Extend(ctx, space, rows, dead)
}

// Extend returns a graph with the rows from Rows to rows as well, on all cores. Rows
// that are dead by now get no new links, but the walk through them goes on; dead must
// tell those of former calls too. It copies g, so that many rows at once cost less.
func (g *Graph) Extend(ctx context.Context, space Space, rows int, dead func(row uint32) bool) (*Graph, error) {
	if rows > MaxRows {
		return nil, fmt.Errorf("graph of %d rows: more than %d", rows, MaxRows)
	}
	if rows <= g.rows {
		return g, ctx.Err()
	}
	b := newBuilder(space, dead, g.config.EfConstruction)
	if g.entry != none {
		b.beam *= changedBeam
	}
	order := b.admit(g, rows)
	for len(order) > 0 {
		n := b.batch(order)
		if err := b.insert(ctx, order[:n]); err != nil {
			return nil, fmt.Errorf("connect %d rows: %w", rows, err)
		}
		order = order[n:]
	}
	b.graph.twins = chain(rows, append(chains(g.twins), b.twins...))
	if rows-g.rows < g.rows/adoptShare {
		return b.graph, nil
	}
	if err := b.adopt(ctx, b.graph.absent(func(row uint32) bool { return !b.alive(row) })); err != nil {
		return nil, fmt.Errorf("connect %d rows: %w", rows, err)
	}
	return b.graph, nil
}

// adoptShare: rows that can't be reached, one in some thousands, are looked for where a
// graph grows by this part at least, as that costs about as much as inserting one row
// for a thousand in the graph.
const adoptShare = 64

// changedBeam is how many times as wide as a new graph's the beam is with which neighbours are looked for in a graph that
// changes: rows that come few at a time and rows that repairs leave alone would otherwise be linked a little worse each time.
const changedBeam = 2

// builder makes a graph out of another. Rows are inserted in batches: all rows of one
// look for their neighbours at once, in the graph as it was before, and then all links
// are written, each node's by one goroutine. So there are no locks, and the cores'
// number changes nothing (Manohar et al., ParlayANN, 2024).
type builder struct {
	space   Space
	dead    func(row uint32) bool // nil: none is
	accept  func(row uint32) bool // alive, but nil if all nodes are
	beam    int                   // among how many nearest rows neighbours are chosen
	graph   *Graph
	layers  []layer // those of graph, and those that its entry isn't on yet
	linked  int     // how many rows are nodes
	workers []*worker
	rows    []insertion // of the batch
	edges   []edge      // of the batch in one layer
	twins   []twin
}

// place is a row that is to be inserted.
type place struct {
	draw uint64
	row  uint32
}

func newBuilder(space Space, dead func(row uint32) bool, beam int) *builder {
	b := &builder{space: space, dead: dead, beam: beam, workers: make([]*worker, parallel.Workers(maxBatch))}
	for i := range b.workers {
		b.workers[i] = &worker{probe: space.NewRowProbe()}
	}
	return b
}

// share shares n tasks among the workers.
func (b *builder) share(n int, fn func(w *worker, task int)) {
	parallel.Do(len(b.workers), n, func(worker, task int) { fn(b.workers[worker], task) })
}

func (b *builder) alive(row uint32) bool { return b.dead == nil || !b.dead(row) }

// admit makes b.graph a copy of g with unlinked nodes for the live rows from g.rows to
// rows, and returns these in the order in which to insert them: that of their draws, so
// that those on high layers come first and a batch has rows from everywhere.
func (b *builder) admit(g *Graph, rows int) []place {
	if g.someRow(func(row uint32) bool { return !b.alive(row) }) {
		b.accept = b.alive
	}
	order := make([]place, 0, rows-g.rows)
	for row := uint32(g.rows); row < uint32(rows); row++ {
		if b.alive(row) {
			order = append(order, place{draw(g.config.Seed, row), row})
		}
	}
	graph := *g
	b.graph = &graph
	b.layers = make([]layer, len(g.layers))
	for i := 1; i < len(g.layers); i++ {
		b.layers[i] = g.layers[i].clone(0)
	}
	b.layers[0] = g.layers[0].clone(rows - g.rows)
	b.layers[0].grow(rows - g.rows)
	for _, p := range order {
		for i := 1; i <= level(p.draw, g.config.M); i++ {
			if i == len(b.layers) {
				b.layers = append(b.layers, layer{degree: g.config.degree(i)})
			}
			b.layers[i].rows = append(b.layers[i].rows, p.row)
		}
	}
	for i := 1; i < len(b.layers); i++ {
		b.layers[i].grow(len(b.layers[i].rows) - b.layers[i].nodes())
	}
	graph.rows, graph.layers = rows, b.layers[:len(g.layers)]
	if g.entry != none {
		b.linked = g.rows
	}
	slices.SortFunc(order, func(x, y place) int { return cmp.Or(cmp.Compare(x.draw, y.draw), cmp.Compare(x.row, y.row)) })
	return order
}

const (
	// batchShare: a batch has at most one row for so many in the graph, as its rows don't
	// see each other.
	batchShare = 8
	maxBatch   = 1024 // rows, enough for many cores and to make waiting for the last one short
)

// batch returns how many rows of order to insert at once: one, if it opens a layer.
func (b *builder) batch(order []place) int {
	if b.graph.entry == none || level(order[0].draw, b.graph.config.M) >= len(b.graph.layers) {
		return 1
	}
	return min(max(b.linked/batchShare, 1), maxBatch, len(order))
}
