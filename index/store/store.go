package store

import (
	"context"
	"time"
)

// Store is an open library. All methods are safe for concurrent use.
type Store struct{}

// Options are the ways to open a library; the zero value opens an existing one
// for reading and writing.
type Options struct {
	ReadOnly bool          // share the file with other readers
	Create   bool          // make the file (0600) and its folder (0700) if absent; ignored with ReadOnly
	Timeout  time.Duration // to wait for other processes; 0 is one second
}

// Open opens the library at path. Errors name the path and are ErrNotFound,
// ErrNotLibrary, ErrInUse, ErrNewer, ErrCorrupt, or the system's.
func Open(path string, opts Options) (*Store, error) { panic("todo") }

// Close releases the file. It waits for the calls in progress; a second call does nothing.
func (s *Store) Close() error { panic("todo") }

// Path returns the path that Open was given.
func (s *Store) Path() string { panic("todo") }

// LibraryID returns the library's random name: 32 hex digits, fixed at creation.
func (s *Store) LibraryID() string { panic("todo") }

// Sequence returns the number of the last change in the log, 0 if there is none.
func (s *Store) Sequence() uint64 { panic("todo") }

// Put stores entries in one durable transaction and returns their IDs in order.
// An entry with ID 0 is new; another replaces the whole document of that ID,
// captions, vector and thumbnail included. Nothing is stored if it fails:
// ErrVector, ErrPath (both name the path), ErrNoDocument for an unknown ID.
// A skip remembered for the path is dropped. A hidden document stays hidden.
func (s *Store) Put(ctx context.Context, entries []Entry) ([]ID, error) { panic("todo") }

// Hide takes documents out of every search. Hidden ones stay hidden.
func (s *Store) Hide(ctx context.Context, ids ...ID) error { panic("todo") }

// Unhide undoes Hide. ErrPath if another searchable document has the path now.
func (s *Store) Unhide(ctx context.Context, ids ...ID) error { panic("todo") }

// Move changes the paths of documents, all at once: two may swap theirs.
// It keeps vectors, captions and the hidden state. ErrPath if afterwards two
// searchable documents had one path.
func (s *Store) Move(ctx context.Context, moves []Relocation) error { panic("todo") }

// Touch records new sizes and times of files whose content is unchanged. It
// logs nothing.
func (s *Store) Touch(ctx context.Context, stats map[ID]Stat) error { panic("todo") }

// SetCaptions replaces all captions of documents.
func (s *Store) SetCaptions(ctx context.Context, captions map[ID][]Caption) error { panic("todo") }

// SetTags replaces the tags of documents.
func (s *Store) SetTags(ctx context.Context, tags map[ID][]string) error { panic("todo") }

// SetVectors gives documents a vector, or another one.
func (s *Store) SetVectors(ctx context.Context, vectors map[ID][]float32) error { panic("todo") }

// Forget removes documents and all that belongs to them. Their IDs are not used again.
func (s *Store) Forget(ctx context.Context, ids ...ID) error { panic("todo") }

// Document returns a document; ErrNoDocument if there is none.
func (s *Store) Document(id ID) (Document, error) { panic("todo") }

// Records returns the documents with the given IDs and their captions in the
// order asked for, from one moment. IDs that don't exist are left out.
func (s *Store) Records(ids []ID) ([]Record, error) { panic("todo") }

// ByPath returns the document at a path, the searchable one if there is one, else
// the newest hidden one. ErrNoDocument if there is neither.
func (s *Store) ByPath(path string) (Document, error) { panic("todo") }

// ByHash returns the documents, hidden ones included, whose file has that SHA-256, in order.
func (s *Store) ByHash(hash [32]byte) ([]ID, error) { panic("todo") }

// Captions returns the captions of a document; ErrNoDocument if it doesn't exist.
func (s *Store) Captions(id ID) ([]Caption, error) { panic("todo") }

// Thumbnail returns the JPEG of a document, nil if it has none; ErrNoDocument if
// it doesn't exist.
func (s *Store) Thumbnail(id ID) ([]byte, error) { panic("todo") }

// Vector returns the unit vector of a document, nil if it has none; ErrNoDocument
// if it doesn't exist.
func (s *Store) Vector(id ID) ([]float32, error) { panic("todo") }

// EachDocument calls fn with every document, hidden ones included, in order of
// ID. An error of fn ends it and is returned. Documents that change meanwhile
// are seen before or after the change.
func (s *Store) EachDocument(ctx context.Context, fn func(Document) error) error { panic("todo") }

// EachRecord is EachDocument with captions.
func (s *Store) EachRecord(ctx context.Context, fn func(Record) error) error { panic("todo") }

// EachVector calls fn with the unit vector of every document that has one and is
// not hidden, in order of ID, as EachDocument does. fn may keep the vector.
func (s *Store) EachVector(ctx context.Context, fn func(ID, []float32) error) error { panic("todo") }

// EachFile calls fn with the file of every document, in order of path and ID, as
// EachDocument does, but several times faster.
func (s *Store) EachFile(ctx context.Context, fn func(File) error) error { panic("todo") }

// Changes calls fn with every change after sequence number from, in order.
func (s *Store) Changes(ctx context.Context, from uint64, fn func(Change) error) error {
	panic("todo")
}
