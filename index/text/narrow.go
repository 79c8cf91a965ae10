package text

import (
	"context"
	"slices"

	"clipsearch/index/store"
)

// narrow is the state of a search in which the words left to do cannot lift a document
// without a score among the best any more: from then on they are looked up only for the
// documents that still can be (MaxScore: Turtle and Flood, Query Evaluation: Strategies and
// Optimizations, 1995, section 4.2).
type narrow struct{ places []uint32 } // sorted

const (
	// narrowFrom is how many postings must be left for narrowing to pay: looking for
	// the k best takes as long as reading some thousand.
	narrowFrom = 1 << 12
	// roundingSlack is more than what the order of additions changes in a score.
	roundingSlack = 1e-9
)

// narrowDown drops the documents that the words left cannot lift among the k best.
func (s *scorer) narrowDown(left []lookup) error {
	rest, postings := 0.0, 0
	for _, l := range left {
		rest += s.idf(l.least)
		postings += l.total
	}
	if len(s.acc.hits) == 0 || postings < narrowFrom {
		return nil
	}
	least, err := s.threshold()
	if err != nil || s.narrow == nil && rest >= least {
		return err
	}
	var n narrow
	for _, at := range s.places() {
		if s.acc.score[at]+rest >= least {
			n.places = append(n.places, at)
		}
	}
	slices.Sort(n.places)
	s.narrow = &n
	return nil
}

// threshold returns what a document must score, with the words left, to be among the
// k best: 0 if there are fewer yet.
func (s *scorer) threshold() (float64, error) {
	id := s.id
	if s.keep == nil { // who it is doesn't matter, and takes time to find out
		id = func(at uint32) (store.ID, error) { return store.ID(at), nil }
	}
	best, err := s.top(id)
	if err != nil || len(best) < s.k {
		return 0, err
	}
	return best[s.k-1].Score - roundingSlack, nil
}

// each reads the postings of the places that are left.
func (n *narrow) each(p postings, ctx context.Context, fn func(at uint32, f float64)) error {
	return p.among(ctx, n.places, fn)
}

// simple reports whether the word is a single term in few fields, so that its documents
// are counted faster than read.
func (l lookup) simple() bool {
	for _, g := range l.groups {
		if len(g.terms) > 1 {
			return false
		}
	}
	return len(l.groups) <= maxSimple
}

const maxSimple = 8 // groups

// documents returns how many documents have a simple word in any field.
func (l lookup) documents(ctx context.Context) (int, error) {
	if len(l.groups) == 0 {
		return 0, nil
	}
	most := 0
	for i, g := range l.groups {
		if g.terms[0].count > l.groups[most].terms[0].count {
			most = i
		}
	}
	var others []uint32
	for i, g := range l.groups {
		var err error
		if i == most {
			continue
		}
		if others, err = g.terms[0].appendPlaces(others); err != nil {
			return 0, err
		}
	}
	slices.Sort(others)
	others = slices.Compact(others)
	main := l.groups[most].terms[0]
	both, err := main.has(ctx, others)
	return main.count + len(others) - both, err
}
