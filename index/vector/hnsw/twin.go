package hnsw

import (
	"cmp"
	"slices"
)

// twin is a row that has the same vector as another, which is a node.
type twin struct{ of, row uint32 }

// twin returns a row found by w with the same vector as row, which w.probe is at. As
// equal vectors have equal similarities, only those need to be looked at that are as
// similar to the row as it is itself.
func (b *builder) twin(w *worker, row uint32) uint32 {
	self := w.score(&b.layers[0], []key{keyOf(0, row)})[0]
	for _, k := range w.best {
		if k.similarity() < self {
			break
		}
		if k.node() != row && b.space.Same(k.node(), row) {
			return k.node()
		}
	}
	return none
}

// findTwins finds rows of a batch with equal vectors, which don't see each other while
// they look for neighbours, but have found the same; and takes note of all twins.
func (b *builder) findTwins(rows []insertion) {
	order := make([]int, len(rows))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int {
		return cmp.Or(cmp.Compare(rows[i].first, rows[j].first), i-j)
	})
	for at, i := range order {
		for _, j := range slices.Backward(order[:at]) {
			if rows[j].first != rows[i].first || rows[i].twinOf != none {
				break
			}
			if rows[j].twinOf == none && b.space.Same(rows[i].row, rows[j].row) {
				rows[i].twinOf = rows[j].row
			}
		}
		if in := rows[i]; in.twinOf != none {
			b.twins = append(b.twins, twin{in.twinOf, in.row})
		}
	}
}

// chain returns Graph.twins for a number of rows.
func chain(rows int, twins []twin) []uint32 {
	if len(twins) == 0 {
		return nil
	}
	slices.SortFunc(twins, func(a, b twin) int { return cmp.Or(cmp.Compare(a.of, b.of), cmp.Compare(a.row, b.row)) })
	next := make([]uint32, rows)
	for i := range next {
		next[i] = none
	}
	for i, t := range twins {
		if last := i - 1; last >= 0 && twins[last].of == t.of {
			next[twins[last].row] = t.row
		} else {
			next[t.of] = t.row
		}
	}
	return next
}

// chains returns the twins that chain was given, sorted.
func chains(next []uint32) []twin {
	follows := followers(next)
	var twins []twin
	for of, row := range next {
		if follows[of] {
			continue
		}
		for ; row != none; row = next[row] {
			twins = append(twins, twin{uint32(of), row})
		}
	}
	return twins
}

// followers returns which rows follow another in a chain, nil if there are no chains.
func followers(next []uint32) []bool {
	if next == nil {
		return nil
	}
	follows := make([]bool, len(next))
	for _, row := range next {
		if row != none {
			follows[row] = true
		}
	}
	return follows
}
