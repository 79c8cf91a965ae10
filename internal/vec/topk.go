package vec

import "slices"

// Scored is an ID with its score.
type Scored[S float32 | float64] struct {
	ID    uint64
	Score S
}

// better reports whether a ranks before b: by score, then by ID.
func (a Scored[S]) better(b Scored[S]) bool {
	return a.Score > b.Score || a.Score == b.Score && a.ID < b.ID
}

// TopK keeps the k best of what is pushed: highest scores first, ties by lower
// ID, whatever the order of pushing. Scores are not NaN. It is a heap with the
// worst at the root. Not safe for concurrent use.
type TopK[S float32 | float64] struct {
	k    int
	heap []Scored[S]
}

// NewTopK returns an empty TopK; with k ≤ 0 it stays so.
func NewTopK[S float32 | float64](k int) *TopK[S] {
	return &TopK[S]{k: k, heap: make([]Scored[S], 0, max(0, min(k, 1024)))}
}

// Accepts reports whether Push would keep the item.
func (t *TopK[S]) Accepts(id uint64, score S) bool {
	if len(t.heap) < t.k {
		return true
	}
	return t.k > 0 && Scored[S]{id, score}.better(t.heap[0])
}

// Threshold returns the score that an item must reach to be kept, and whether
// there is one: not before k items are held.
func (t *TopK[S]) Threshold() (score S, ok bool) {
	if len(t.heap) < t.k || t.k <= 0 {
		return 0, false
	}
	return t.heap[0].Score, true
}

// Push keeps the item if it is among the k best.
func (t *TopK[S]) Push(id uint64, score S) {
	if !t.Accepts(id, score) {
		return
	}
	item := Scored[S]{id, score}
	if len(t.heap) < t.k {
		t.heap = append(t.heap, item)
		t.up(len(t.heap) - 1)
		return
	}
	t.heap[0] = item
	t.down(0)
}

// Sorted returns what is kept, best first, and empties t.
func (t *TopK[S]) Sorted() []Scored[S] {
	out := t.heap
	t.heap = nil
	slices.SortFunc(out, func(a, b Scored[S]) int {
		switch {
		case a.better(b):
			return -1
		case b.better(a):
			return 1
		}
		return 0
	})
	return out
}

func (t *TopK[S]) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if !t.heap[parent].better(t.heap[i]) {
			return
		}
		t.heap[parent], t.heap[i] = t.heap[i], t.heap[parent]
		i = parent
	}
}

func (t *TopK[S]) down(i int) {
	for {
		worst := i
		for child := 2*i + 1; child <= 2*i+2 && child < len(t.heap); child++ {
			if t.heap[worst].better(t.heap[child]) {
				worst = child
			}
		}
		if worst == i {
			return
		}
		t.heap[worst], t.heap[i] = t.heap[i], t.heap[worst]
		i = worst
	}
}
