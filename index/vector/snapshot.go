package vector

import (
	"clipsearch/index/store"
	"clipsearch/index/vector/hnsw"
)

// blockRows is how many vectors a block holds: 128 KB of codes at 512 values, which
// stay in a core's cache for all queries of a batch; and a scan has enough blocks to
// share among cores and looks at its context often.
const blockRows = 256

// block holds rows of which a snapshot sees the first ones; later ones may be
// written meanwhile.
type block struct {
	ids    [blockRows]store.ID
	values []uint16 // [blockRows, dims], half precision; nil if the store has them
}

// bitmap has a bit for each row of a block.
type bitmap [blockRows / 64]uint64

func (b *bitmap) has(row int) bool { return b != nil && b[row/64]>>(row%64)&1 != 0 }

// snapshot is one state of the index. It never changes.
type snapshot struct {
	dims   int
	st     *store.Store // that has the vectors; nil: the blocks have them
	blocks []*block
	codes  []*codes  // of each block
	turn   *rotation // what vectors are turned by before they are coded
	center *center   // what codes is relative to
	reach  float32   // the longest residual in codes
	dead   []*bitmap // of deleted rows, by block; nil or missing: none
	rows   int       // in use, dead ones included
	live   int

	graph     *hnsw.Graph // of the first rows; nil: none
	repaired  int         // dead rows when the graph was made or repaired
	replaced  int         // rows that repairs have taken out of the graph since it was made
	numbering int         // changes when rows get other numbers
}

func emptySnapshot(dims int, st *store.Store) *snapshot {
	return &snapshot{dims: dims, st: st, turn: newRotation(dims), center: &center{mean: make([]float32, dims)}}
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

// id returns the ID of a row.
func (s *snapshot) id(row int) store.ID { return s.blocks[row/blockRows].ids[row%blockRows] }

// isDead reports whether a row is deleted.
func (s *snapshot) isDead(row int) bool { return s.deadOf(row / blockRows).has(row % blockRows) }

// copyRow makes the last row of s, which no search sees yet, a copy of a row of another snapshot with the same center.
func (s *snapshot) copyRow(from *snapshot, row int) {
	s.growCodes()
	last := s.rows - 1
	to, r := s.codes[last/blockRows], last%blockRows
	source, i := from.codes[row/blockRows], row%blockRows
	stride := len(to.values) / blockRows
	copy(to.values[r*stride:(r+1)*stride], source.values[i*stride:])
	to.scale[r], to.bias[r], to.margin[r] = source.scale[i], source.bias[i], source.margin[i]
	if s.st == nil {
		copy(s.blocks[last/blockRows].values[r*s.dims:(r+1)*s.dims], from.blocks[row/blockRows].values[i*s.dims:])
	}
}

// growCodes gives each block its codes.
func (s *snapshot) growCodes() {
	for len(s.codes) < len(s.blocks) {
		s.codes = append(s.codes, s.newCodes())
	}
}

// eachVector calls fn with the vectors of rows, in order, and their places in rows. Rows whose document the store has
// forgotten since are left out. fn must not keep a vector.
func (s *snapshot) eachVector(rows []int, fn func(i int, v half)) error {
	if s.st == nil {
		for i, row := range rows {
			r := row % blockRows
			fn(i, s.blocks[row/blockRows].values[r*s.dims:(r+1)*s.dims])
		}
		return nil
	}
	ids := make([]store.ID, len(rows))
	for i, row := range rows {
		ids[i] = s.id(row)
	}
	return s.st.VectorsOf(ids, func(i int, v []uint16) {
		if len(v) == s.dims {
			fn(i, v)
		}
	})
}
