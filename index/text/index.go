package text

import (
	"context"
	"errors"

	"clipsearch/index/store"
)

// ErrClosed: the index has been closed.
var ErrClosed = errors.New("caption index is closed")

// Options are the ways to open an index; the zero value is a writer's.
type Options struct {
	// ReadOnly lets other processes read the folder at the same time. What is missing
	// is still brought up to date on opening, but Sync does nothing.
	ReadOnly bool
	// Progress, if not nil, is called between batches of a rebuild or replay with
	// the number of documents done and to do.
	Progress func(done, total int)
}

// Query is what to look for. All strings are words or phrases of the user's language, not
// query syntax. A query without Words and Phrases matches nothing.
type Query struct {
	Words    []string // documents with more and rarer ones score higher; one suffices
	Phrases  []string // each must occur, its words next to each other
	Excluded []string // words or phrases that must not occur
	Prefix   bool     // the last of Words may be the beginning of a word
}

// Match is one result of Search.
type Match struct {
	ID    store.ID
	Score float64  // BM25, positive; comparable within one query
	Terms []string // words of the document that matched, lower case, sorted
}

// Index is an open caption index. All methods are safe for concurrent use.
type Index struct{}

// Open opens the index of st in folder dir, which it makes if absent, and brings
// it in step with st. A folder that belongs to another library, is damaged or of another version is
// replaced. If dir cannot be used (not writable, disk full, in use by another process) a
// temporary folder serves and is removed by Close.
func Open(ctx context.Context, dir string, st *store.Store, opts Options) (*Index, error) {
	panic("todo")
}

// Close writes what is pending and releases the folder. It waits for the calls in progress; a second
// call does nothing. Close the index before its store.
func (x *Index) Close() error { panic("todo") }

// Sync brings the index in step with its store.
func (x *Index) Sync(ctx context.Context) error { panic("todo") }

// Len returns the number of documents in the index (hidden ones are not).
func (x *Index) Len() int { panic("todo") }

// Search returns the k best matches of q that keep lets pass, best first, ties by
// ID. keep may be nil; it is called only with IDs that would enter the result.
func (x *Index) Search(ctx context.Context, q Query, k int, keep func(store.ID) bool) ([]Match, error) {
	panic("todo")
}
