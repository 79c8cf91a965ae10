package vector

import "clipsearch/index/store"

// sampledRows is how many rows tell how much a filter keeps: the standard error of the share is below 2 %.
const sampledRows = 1024

// filter is what chooses the documents that may be found.
type filter struct {
	keep      func(store.ID) bool // nil: all
	share     float64             // of the rows, that it keeps; estimated
	selective bool                // it pays to ask it before rows are compared
}

// newFilter tries keep on some rows of s.
func newFilter(s *snapshot, keep func(store.ID) bool) filter {
	if keep == nil || s.rows == 0 {
		return filter{share: 1}
	}
	tried, kept := min(s.rows, sampledRows), 0
	for i := range tried {
		if keep(s.id(i * s.rows / tried)) {
			kept++
		}
	}
	share := max(0.5, float64(kept)) / float64(tried) // of none kept among so many, half a one is expected at best
	return filter{keep: keep, share: share, selective: share < 0.25}
}

func (f filter) has(id store.ID) bool { return f.keep == nil || f.keep(id) }
