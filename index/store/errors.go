package store

import "errors"

// Errors of Open.
var (
	// ErrNotFound: there is no file at the path, and Options.Create was not set.
	ErrNotFound = errors.New("no library there")
	// ErrNotLibrary: the file exists but is not a clipsearch library.
	ErrNotLibrary = errors.New("not a clipsearch library")
	// ErrInUse: another process has the library open for writing, or, when
	// opening for writing, for reading.
	ErrInUse = errors.New("library in use by another process")
	// ErrNewer: the file was written by a newer version of clipsearch.
	ErrNewer = errors.New("library was made by a newer version of clipsearch")
	// ErrCorrupt: the file is damaged. Any method may return it.
	ErrCorrupt = errors.New("library is damaged")
)

// Errors of reading and writing.
var (
	// ErrNoDocument: there is no document with that ID or path.
	ErrNoDocument = errors.New("no such document")
	// ErrReadOnly: the store was opened with Options.ReadOnly.
	ErrReadOnly = errors.New("library is open for reading only")
	// ErrPath: a path is empty, too long, holds a NUL byte, or belongs to
	// another searchable document already.
	ErrPath = errors.New("path cannot be used")
	// ErrVector: a vector has the wrong size, is zero, or holds NaN or infinity.
	ErrVector = errors.New("vector cannot be used")
	// ErrModel: the library holds vectors of another model.
	ErrModel = errors.New("library was made with another model")
	// ErrNoSnapshot: no derived index has saved a snapshot of that name.
	ErrNoSnapshot = errors.New("no such snapshot")
	// ErrReplaced: the snapshot was replaced or deleted while it was read.
	ErrReplaced = errors.New("snapshot was replaced meanwhile")
	// ErrLogPruned: the log no longer has the changes asked for.
	ErrLogPruned = errors.New("changes so old are no longer in the log")
	// ErrClosed: the store has been closed.
	ErrClosed = errors.New("library is closed")
)
