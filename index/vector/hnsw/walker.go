package hnsw

import (
	"context"
	"slices"
)

// walker is the memory of a search of one layer after another.
type walker struct {
	seen     []uint64 // a bit a node
	touched  []uint32 // the nodes in seen
	best     ranking  // what was found
	room     ranking  // what best is a part of
	twinRoom ranking  // of withTwins
	cursor   int      // keys of best before it are expanded
	// frontier is what to expand next where rows are rejected, which best leaves out.
	frontier heap
	near     []uint32 // nodes to compare
	rows     []uint32 // theirs
	scores   []float32
}

// request is what to search a layer for.
type request struct {
	probe  Probe
	ef     int
	accept func(row uint32) bool // nil: all
	twins  []uint32              // of rows; nil if there are none or only nodes count
}

// accepts reports whether a row or a twin of it is accepted.
func (r *request) accepts(row uint32) bool {
	for !r.accept(row) {
		if r.twins == nil || r.twins[row] == none {
			return false
		}
		row = r.twins[row]
	}
	return true
}

// checkEvery is after how many expanded nodes a search looks at its context: some 10 µs.
const checkEvery = 64

// search leaves in w.best the nodes of a layer that are nearest to r.probe, as far as
// a walk from start finds them (algorithm 2 of the paper). If r.accept is set, the walk
// goes on through rejected rows until it has as many accepted ones. Twins of a node are
// not among them: they would make the walk stop beside a crowd of them.
func (w *walker) search(ctx context.Context, l *layer, start uint32, r *request) error {
	w.begin(l, r.ef)
	defer w.end()
	w.near = append(w.near[:0], start)
	w.seen[start/64] |= 1 << (start % 64)
	w.touched = append(w.touched, start)
	for steps := 1; ; steps++ {
		w.compare(l, r)
		node, found := w.next(r)
		if !found {
			return nil
		}
		if steps%checkEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		w.look(l, node)
	}
}

// begin makes room for a search.
func (w *walker) begin(l *layer, ef int) {
	if words := l.nodes()/64 + 1; len(w.seen) < words {
		w.seen = make([]uint64, words+words/8)
	}
	w.best = w.room.empty(ef)
	w.frontier, w.cursor = w.frontier[:0], 0
}

// end forgets what was seen.
func (w *walker) end() {
	for _, node := range w.touched {
		w.seen[node/64] = 0
	}
	w.touched = w.touched[:0]
}

// look puts the neighbours of a node that have not been seen into w.near.
func (w *walker) look(l *layer, node uint32) {
	near := slices.Grow(w.near[:0], l.degree)[:l.degree]
	n := 0
	for _, neighbor := range l.slots(node) {
		if neighbor == none {
			break
		}
		word, bit := &w.seen[neighbor/64], neighbor%64
		near[n] = neighbor
		n += int(^*word >> bit & 1) // no branch, as it could not be predicted
		*word |= 1 << bit
	}
	w.near = near[:n]
	w.touched = append(w.touched, w.near...)
}

// compare compares w.near and keeps what is near enough.
func (w *walker) compare(l *layer, r *request) {
	n := len(w.near)
	if n == 0 {
		return
	}
	rows := w.near
	if l.rows != nil {
		w.rows = w.rows[:0]
		for _, node := range w.near {
			w.rows = append(w.rows, l.rows[node])
		}
		rows = w.rows
	}
	w.scores = slices.Grow(w.scores[:0], n)[:n]
	r.probe.Similarities(w.scores, rows)
	for i, node := range w.near {
		k := keyOf(w.scores[i], node)
		if w.best.full() && k < w.best[r.ef-1] {
			continue
		}
		if r.accept == nil {
			w.cursor = min(w.cursor, w.best.insert(k))
			continue
		}
		w.frontier.push(k)
		if r.accepts(l.row(node)) {
			w.best.insert(k)
		}
	}
}

// next returns the nearest node that is not expanded, unless r.ef nearer ones are known.
func (w *walker) next(r *request) (node uint32, found bool) {
	if r.accept != nil {
		if len(w.frontier) == 0 {
			return 0, false
		}
		k := w.frontier.pop()
		return k.node(), !w.best.full() || k >= w.best[r.ef-1]
	}
	for ; w.cursor < len(w.best); w.cursor++ {
		if k := w.best[w.cursor]; k&expanded == 0 {
			w.best[w.cursor] |= expanded
			return k.node(), true
		}
	}
	return 0, false
}
