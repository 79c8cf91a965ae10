package vector

import "clipsearch/index/store"

// blockRows is how many vectors a block holds: 128 KB of codes at 512 values, which
// stay in a core's cache for all queries of a batch; and a scan has enough blocks to
// share among cores and looks at its context often.
const blockRows = 256

// block holds rows of which a snapshot sees the first ones; later ones may be
// written meanwhile.
type block struct {
	ids     [blockRows]store.ID
	inverse [blockRows]float32
	values  []uint16 // [blockRows, dims], see half
}

// bitmap has a bit for each row of a block.
type bitmap [blockRows / 64]uint64

func (b *bitmap) has(row int) bool { return b != nil && b[row/64]>>(row%64)&1 != 0 }

// snapshot is one state of the index. It never changes.
type snapshot struct {
	dims   int
	blocks []*block
	codes  []*codes  // of each block
	center *center   // what codes is relative to
	reach  float32   // the longest residual in codes
	dead   []*bitmap // of deleted rows, by block; nil or missing: none
	rows   int       // in use, dead ones included
	live   int
}

func emptySnapshot(dims int) *snapshot {
	return &snapshot{dims: dims, center: &center{mean: make([]float32, dims)}}
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

// vector returns a row.
func (s *snapshot) vector(row int) half {
	b, i := s.blocks[row/blockRows], row%blockRows
	return half{values: b.values[i*s.dims : (i+1)*s.dims : (i+1)*s.dims], inverse: b.inverse[i]}
}
