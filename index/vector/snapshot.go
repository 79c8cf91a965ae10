package vector

import (
	"maps"
	"slices"

	"clipsearch/index/store"
)

// blockRows is how many vectors a block holds: half a megabyte at 512 values, so
// that a scan has enough blocks to share among cores and looks at its context often.
const blockRows = 256

// block holds rows of which a snapshot sees the first ones; later ones may be
// written meanwhile.
type block struct {
	ids     [blockRows]store.ID
	vectors []float32 // [blockRows, dims]
}

// bitmap has a bit for each row of a block.
type bitmap [blockRows / 64]uint64

func (b *bitmap) has(row int) bool { return b != nil && b[row/64]>>(row%64)&1 != 0 }

// snapshot is one state of the index. It never changes.
type snapshot struct {
	dims   int
	blocks []*block
	dead   []*bitmap // of deleted rows, by block; nil or missing: none
	rows   int       // in use, dead ones included
	live   int
}

// rowsOf returns how many rows of a block are in use.
func (s *snapshot) rowsOf(block int) int { return min(blockRows, s.rows-block*blockRows) }

// deadOf returns the deleted rows of a block, nil if there are none.
func (s *snapshot) deadOf(block int) *bitmap {
	if block < len(s.dead) {
		return s.dead[block]
	}
	return nil
}

// vector returns a row of a block.
func (s *snapshot) vector(b *block, row int) []float32 {
	return b.vectors[row*s.dims : (row+1)*s.dims : (row+1)*s.dims]
}

// edit turns one snapshot into the next, copying what the old one shares.
type edit struct {
	next   snapshot
	rows   map[store.ID]int
	copied map[int]bool // blocks whose bitmap is a copy already
}

// add appends a unit vector, replacing that of the same ID.
func (e *edit) add(id store.ID, unit []float32) {
	e.delete(id)
	row := e.next.rows % blockRows
	if row == 0 {
		e.next.blocks = append(e.next.blocks, &block{vectors: make([]float32, blockRows*e.next.dims)})
	}
	last := e.next.blocks[len(e.next.blocks)-1]
	last.ids[row] = id
	copy(e.next.vector(last, row), unit)
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

// compact copies the live rows to new blocks once most are dead, so that each
// deletion pays for one copy at most.
func (e *edit) compact() {
	old := e.next
	if old.rows < 4*blockRows || old.live > old.rows/2 {
		return
	}
	e.next = snapshot{dims: old.dims}
	e.copied = nil
	ids := slices.SortedFunc(maps.Keys(e.rows), func(a, b store.ID) int { return e.rows[a] - e.rows[b] })
	from := e.rows
	e.rows = make(map[store.ID]int, len(ids))
	for _, id := range ids {
		row := from[id]
		e.add(id, old.vector(old.blocks[row/blockRows], row%blockRows))
	}
}
