package vector

import (
	"context"
	"errors"

	"clipsearch/index/store"
)

// Errors of vectors and queries.
var (
	ErrDims      = errors.New("vector has the wrong number of dimensions")
	ErrNotFinite = errors.New("vector holds NaN or infinity")
	ErrZero      = errors.New("vector is zero")
)

// Neighbor is one result of Search.
type Neighbor struct {
	ID         store.ID
	Similarity float32 // inner product, in [-1, 1]
}

// Index is a set of unit vectors with IDs. All methods are safe for concurrent use;
// searches never wait for writers.
type Index struct{}

// New returns an empty index for vectors of dims values; it follows no store.
func New(dims int) *Index { panic("todo") }

// Load returns an index of the vectors in st that follows st's log by Sync.
// Without a model in st it is empty until a Sync finds one.
func Load(ctx context.Context, st *store.Store) (*Index, error) { panic("todo") }

// Sync brings the index in step with its store. Without a store it does nothing.
func (x *Index) Sync(ctx context.Context) error { panic("todo") }

// Add inserts the vector of id, normalised, replacing an older one. v is copied.
// ErrDims, ErrNotFinite, ErrZero.
func (x *Index) Add(id store.ID, v []float32) error { panic("todo") }

// Delete removes id; it reports whether it was there.
func (x *Index) Delete(id store.ID) bool { panic("todo") }

// Len returns the number of vectors.
func (x *Index) Len() int { panic("todo") }

// Dims returns the length of a vector, 0 while unknown.
func (x *Index) Dims() int { panic("todo") }

// Search returns the k vectors most similar to q, best first, ties by ID. q has
// Dims values of any non-zero norm: ErrDims, ErrNotFinite, ErrZero. keep, if not
// nil, chooses the IDs that may be returned; it is called from several goroutines at
// once, and only with IDs that would enter the result. An index without vectors
// returns none, whatever q's length.
func (x *Index) Search(ctx context.Context, q []float32, k int, keep func(store.ID) bool) ([]Neighbor, error) {
	panic("todo")
}
