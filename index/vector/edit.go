package vector

import (
	"maps"
	"slices"

	"clipsearch/index/store"
)

// edit turns one snapshot into the next, copying what the old one shares.
type edit struct {
	next   snapshot
	rows   map[store.ID]int
	copied map[int]bool // blocks whose bitmap is a copy already
}

// add appends a vector, replacing that of the same ID.
func (e *edit) add(id store.ID, v half) {
	e.delete(id)
	i := e.next.rows % blockRows
	if i == 0 {
		e.next.blocks = append(e.next.blocks, &block{values: make([]uint16, blockRows*e.next.dims)})
	}
	last := e.next.blocks[len(e.next.blocks)-1]
	last.ids[i], last.inverse[i] = id, v.inverse
	copy(last.values[i*e.next.dims:], v.values)
	e.rows[id] = e.next.rows
	e.next.rows++
	e.next.live++
}

// delete marks the row of id as dead.
func (e *edit) delete(id store.ID) bool {
	row, found := e.rows[id]
	if !found {
		return false
	}
	delete(e.rows, id)
	bits := e.deadBits(row / blockRows)
	bits[row%blockRows/64] |= 1 << (row % 64)
	e.next.live--
	return true
}

// deadBits returns a bitmap of a block that no snapshot sees.
func (e *edit) deadBits(block int) *bitmap {
	if e.copied == nil {
		e.copied = map[int]bool{}
		dead := make([]*bitmap, len(e.next.blocks))
		copy(dead, e.next.dead)
		e.next.dead = dead
	}
	for len(e.next.dead) <= block {
		e.next.dead = append(e.next.dead, nil)
	}
	if !e.copied[block] {
		e.copied[block] = true
		fresh := bitmap{}
		if old := e.next.dead[block]; old != nil {
			fresh = *old
		}
		e.next.dead[block] = &fresh
	}
	return e.next.dead[block]
}

// finish makes the snapshot fit to be searched, of which the rows from first on are
// new.
func (e *edit) finish(first int) {
	switch {
	case e.compact():
		e.next.recode()
	case e.next.rows-e.next.center.rows >= max(blockRows, e.next.center.rows):
		// As many rows have come as there were: their mean may be another. So each vector is coded twice on average.
		e.next.recode()
	default:
		e.next.code(first)
	}
}

// compact copies the live rows to new blocks once most are dead, so that each
// deletion pays for one copy at most. It reports whether it did.
func (e *edit) compact() bool {
	old := e.next
	if old.rows < 4*blockRows || old.live > old.rows/2 {
		return false
	}
	e.next = *emptySnapshot(old.dims)
	e.copied = nil
	ids := slices.SortedFunc(maps.Keys(e.rows), func(a, b store.ID) int { return e.rows[a] - e.rows[b] })
	from := e.rows
	e.rows = make(map[store.ID]int, len(ids))
	for _, id := range ids {
		e.add(id, old.vector(from[id]))
	}
	return true
}
