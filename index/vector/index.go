package vector

import (
	"fmt"
	"math"
	"slices"
	"sync"
	"sync/atomic"

	"clipsearch/index/store"
	"clipsearch/index/vector/kernel"
	"clipsearch/internal/vec"
)

// Index is a set of unit vectors with IDs. All methods are safe for concurrent use;
// searches never wait for writers.
type Index struct {
	current atomic.Pointer[snapshot] // what searches see
	kernel  kernel.Kernel

	mu   sync.Mutex       // of writers
	rows map[store.ID]int // where in current an ID's vector is

	following sync.Mutex   // of Sync
	st        *store.Store // nil: none
	sequence  uint64       // of st's log, reached
}

// New returns an empty index for vectors of dims values; it follows no store.
func New(dims int) *Index {
	x := &Index{kernel: kernel.Best(), rows: map[store.ID]int{}}
	x.current.Store(emptySnapshot(dims))
	return x
}

// Len returns the number of vectors.
func (x *Index) Len() int { return x.current.Load().live }

// Dims returns the length of a vector, 0 while unknown.
func (x *Index) Dims() int { return x.current.Load().dims }

// Add inserts the vector of id, normalised, in half precision, replacing an older one.
// v is copied. ErrDims, ErrNotFinite, ErrZero. When the set has doubled, and when most
// rows are dead, it codes all vectors anew, on all cores; searches go on meanwhile.
func (x *Index) Add(id store.ID, v []float32) error {
	h, err := newHalf(v, x.Dims())
	if err != nil {
		return fmt.Errorf("add vector of document %d: %w", id, err)
	}
	x.edit(func(e *edit) { e.add(id, h) })
	return nil
}

// Delete removes id; it reports whether it was there.
func (x *Index) Delete(id store.ID) (found bool) {
	x.edit(func(e *edit) { found = e.delete(id) })
	return found
}

// edit lets fn change the index; searches see all of it at once, afterwards.
func (x *Index) edit(fn func(e *edit)) {
	x.mu.Lock()
	defer x.mu.Unlock()
	e := &edit{next: *x.current.Load(), rows: x.rows}
	first := e.next.rows
	fn(e)
	e.finish(first)
	x.rows = e.rows
	x.current.Store(&e.next)
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
