package hnsw

import "slices"

// worker is what one goroutine needs to connect rows.
type worker struct {
	walker
	probe  RowProbe
	chosen []key
	rest   []key
}

// choose returns up to limit neighbours for a node out of candidates, which are best
// first and are overwritten: each is nearer to the node than to any chosen before it
// (algorithm 4 of the paper), so that links point into all directions and not just to
// the next cluster. The result is valid until the next call. It moves the probe.
func (w *worker) choose(l *layer, candidates []key, limit int) []key {
	w.chosen = w.chosen[:0]
	for len(candidates) > 0 {
		best := candidates[0]
		w.chosen = append(w.chosen, best)
		if len(w.chosen) == limit {
			break
		}
		candidates = w.without(l, candidates[1:], best.node())
	}
	return w.chosen
}

// without returns the candidates that are not nearer to a node than to that which they
// are candidates of.
func (w *worker) without(l *layer, candidates []key, node uint32) []key {
	if len(candidates) == 0 {
		return nil
	}
	w.probe.At(l.row(node))
	scores := w.score(l, candidates)
	kept := candidates[:0]
	for i, k := range candidates {
		if scores[i] < k.similarity() {
			kept = append(kept, k)
		}
	}
	return kept
}

// score returns the similarities of the probe with some nodes, valid until the next
// call.
func (w *worker) score(l *layer, keys []key) []float32 {
	w.rows = w.rows[:0]
	for _, k := range keys {
		w.rows = append(w.rows, l.row(k.node()))
	}
	w.scores = slices.Grow(w.scores[:0], len(keys))[:len(keys)]
	w.probe.Similarities(w.scores, w.rows)
	return w.scores
}
