package hnsw

import "slices"

// worker is what one goroutine needs to connect rows.
type worker struct {
	walker
	probe   RowProbe
	chosen  []key
	nodes   []key
	offered []key
}

// slack is how many times farther from the node than from a neighbour chosen before a
// candidate must be (in squared distance, 2 − 2·similarity) to be left out, as α in
// DiskANN (Subramanya et al., 2019). With 1, the paper's rule, real vectors (50,000 of
// CLIP) have 12.4 links instead of 20.1, and ANN recall@10 of text queries is .928
// instead of .963 with ef 512, .964 instead of .983 with 1024.
const slack = 1.2

// choose returns up to limit neighbours for a node out of candidates, which are best
// first and are overwritten: each is nearer to the node than to any chosen before it,
// give or take the slack (algorithm 4 of the paper), so that links point into all
// directions and not just to the next cluster. The result is valid until the next call.
// It moves the probe.
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

// without returns the candidates that are not slack times nearer to a node than to that
// which they are candidates of.
func (w *worker) without(l *layer, candidates []key, node uint32) []key {
	if len(candidates) == 0 {
		return nil
	}
	w.probe.At(l.row(node))
	scores := w.score(l, candidates)
	kept := candidates[:0]
	for i, k := range candidates {
		if slack*(1-scores[i]) > 1-k.similarity() {
			kept = append(kept, k)
		}
	}
	return kept
}

// keys returns the keys of some nodes, as similar as they are to the probe, valid until
// the next call.
func (w *worker) keys(l *layer, nodes []uint32) []key {
	w.nodes = w.nodes[:0]
	for _, n := range nodes {
		w.nodes = append(w.nodes, keyOf(0, n))
	}
	if len(nodes) > 0 {
		for i, score := range w.score(l, w.nodes) {
			w.nodes[i] = keyOf(score, nodes[i])
		}
	}
	return w.nodes
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
