package vector

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"clipsearch/index/store"
	"clipsearch/index/vector/hnsw"
	"clipsearch/index/vector/kernel"
	"clipsearch/internal/vec"
)

// Index is a set of unit vectors with IDs. All methods are safe for concurrent use;
// searches never wait for writers.
type Index struct {
	current  atomic.Pointer[snapshot] // what searches see
	kernel   kernel.Kernel
	kind     Kind
	scanned  atomic.Bool   // by a search
	scanners sync.Pool     // of *scanner, whose memory searches use again
	edited   chan struct{} // has one while there are changes that Tend hasn't seen

	building sync.Mutex          // of Build
	mu       sync.Mutex          // of writers
	rows     map[store.ID]uint32 // where in current an ID's vector is; nil: not known yet, see places

	following sync.Mutex   // of Sync
	st        *store.Store // nil: none
	sequence  uint64       // of st's log, reached
	// what Save wrote last
	savedGraph    *hnsw.Graph
	savedSequence uint64
}

// New returns an empty index for vectors of dims values; it follows no store.
func New(dims int, kind Kind) *Index {
	x := &Index{kernel: kernel.Best(), kind: kind, edited: make(chan struct{}, 1)}
	x.current.Store(emptySnapshot(dims, nil))
	return x
}

// Len returns the number of vectors.
func (x *Index) Len() int { return x.current.Load().live }

// Dims returns the length of a vector, 0 while unknown.
func (x *Index) Dims() int { return x.current.Load().dims }

// Bytes returns the memory that the index holds: vectors unless a store has them, codes, sketches and the graph.
func (x *Index) Bytes() (n int) {
	s := x.current.Load()
	for i, c := range s.codes {
		n += blockRows*(8+3*4) + len(c.values) + 2*len(s.blocks[i].values)
		if k := c.sketch.Load(); k != nil {
			n += blockRows*2*4 + len(k.values)
		}
	}
	if s.graph != nil {
		n += s.graph.Bytes()
	}
	return n
}

// Add inserts the vector of id, normalised, in half precision, replacing an older one.
// v is copied. ErrDims, ErrNotFinite, ErrZero. When the set has doubled, and when most
// rows are dead, it codes all vectors anew, on all cores; searches go on meanwhile.
func (x *Index) Add(id store.ID, v []float32) error {
	h, err := newHalf(v, x.Dims())
	if err != nil {
		return fmt.Errorf("add vector of document %d: %w", id, err)
	}
	return x.edit(func(e *edit) { e.add(id, h) })
}

// Delete removes id; it reports whether it was there.
func (x *Index) Delete(id store.ID) (found bool) {
	// What can fail is only to code rows better than they are.
	_ = x.edit(func(e *edit) { found = e.delete(id) })
	return found
}

// edit lets fn change the index; searches see all of it at once, afterwards.
func (x *Index) edit(fn func(e *edit)) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	old := x.current.Load()
	defer runtime.KeepAlive(old) // see areaBlocks
	e := &edit{next: *old, rows: x.places()}
	fn(e)
	err := e.finish()
	x.rows = e.rows
	x.publish(&e.next)
	return err
}

// publish lets searches see s.
func (x *Index) publish(s *snapshot) {
	x.current.Store(s)
	select {
	case x.edited <- struct{}{}:
	default:
	}
}

// places returns x.rows, which a restored index makes when it is first changed.
func (x *Index) places() map[store.ID]uint32 {
	if x.rows == nil {
		s := x.current.Load()
		x.rows = make(map[store.ID]uint32, s.live)
		for row := range s.rows {
			if !s.isDead(row) {
				x.rows[s.id(row)] = uint32(row)
			}
		}
	}
	return x.rows
}

// unitVector returns a normalised copy of v.
func unitVector(v []float32, dims int) ([]float32, error) {
	if len(v) != dims || dims == 0 {
		return nil, fmt.Errorf("%w: %d instead of %d", ErrDims, len(v), dims)
	}
	unit := slices.Clone(v)
	norm := float64(vec.Normalize(unit))
	switch {
	case math.IsNaN(norm) || math.IsInf(norm, 0):
		return nil, ErrNotFinite
	case norm == 0:
		return nil, ErrZero
	}
	return unit, nil
}
