package vector

import "clipsearch/index/store"

// codedAtOnce is how many new rows are coded together: enough to occupy all cores.
const codedAtOnce = 4096

// edit turns one snapshot into the next, copying what the old one shares.
type edit struct {
	next   snapshot
	rows   map[store.ID]uint32
	fresh  []half       // the last rows of next, which have no codes yet
	copied map[int]bool // blocks whose bitmap is a copy already
}

// add appends a vector, which it keeps, replacing that of the same ID.
func (e *edit) add(id store.ID, v half) {
	e.place(id)
	if e.next.st == nil {
		row := e.next.rows - 1
		copy(e.next.blocks[row/blockRows].values[row%blockRows*e.next.dims:], v)
	}
	e.fresh = append(e.fresh, v)
	if len(e.fresh) >= codedAtOnce && (e.next.center.rows > 0 || len(e.fresh) >= centerRows) {
		e.flush()
	}
}

// place gives id a new row instead of the one it may have.
func (e *edit) place(id store.ID) {
	e.delete(id)
	i := e.next.rows % blockRows
	if i == 0 {
		b := new(block)
		if e.next.st == nil {
			b.values = make([]uint16, blockRows*e.next.dims)
		}
		e.next.blocks = append(e.next.blocks, b)
	}
	e.next.blocks[len(e.next.blocks)-1].ids[i] = id
	e.rows[id] = uint32(e.next.rows)
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
	bits := e.deadBits(int(row) / blockRows)
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

// flush codes the fresh rows. The first rows of all have a mean of their own.
func (e *edit) flush() {
	if len(e.fresh) == e.next.rows {
		e.next.center = e.next.centerOf(e.fresh)
	}
	e.next.code(e.next.rows-len(e.fresh), e.fresh)
	e.fresh = nil
}

// finish makes the snapshot fit to be searched. An error leaves it fit, but with codes coarser than need be.
func (e *edit) finish() error {
	e.flush()
	s := &e.next
	compacted := s.graph == nil && s.mostlyDead()
	if compacted {
		e.removeDead()
	}
	grown := s.rows - s.center.rows
	switch {
	case compacted && s.rows <= centerRows: // what is left may have another mean
		return s.recode()
	case grown >= max(blockRows, s.center.rows) && s.center.rows < centerRows:
		// As many rows have come as there were: their mean may be another. So each vector is coded twice on average.
		return s.recode()
	}
	return nil
}

// mostlyDead reports whether it is time to copy the live rows, so that each deletion pays for one copy at most.
func (s *snapshot) mostlyDead() bool { return s.rows >= 4*blockRows && s.live <= s.rows/2 }

// removeDead copies the live rows to new blocks, in order. Row i becomes to[i], a dead one ^0. There is no graph any more.
func (e *edit) removeDead() (to []uint32) {
	old := e.next
	e.next = *emptySnapshot(old.dims, old.st)
	e.next.center, e.next.reach, e.next.numbering = old.center, old.reach, old.numbering+1
	e.copied = nil
	e.rows = make(map[store.ID]uint32, old.live)
	to = make([]uint32, old.rows)
	for row := range to {
		if to[row] = ^uint32(0); !old.isDead(row) {
			to[row] = uint32(e.next.rows)
			e.place(old.id(row))
			e.next.copyRow(&old, row)
		}
	}
	return to
}
