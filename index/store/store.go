package store

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// maxDims bounds the length of a vector; the largest known CLIP models give 1,664.
const maxDims = 65536

// Store is an open library. All methods are safe for concurrent use.
type Store struct {
	path     string
	readOnly bool
	library  string
	format   uint64 // version of the file's layout; lower than ours only if readOnly
	now      func() time.Time
	written  func()       // for tests: called after each transaction that was written; may be nil
	open     sync.RWMutex // held while db or file is used; locked while others take their place
	db       *bolt.DB
	file     *os.File                // of db; closed by us if db cannot be closed any more
	broken   atomic.Bool             // a write panicked: db's locks may be held for ever
	checked  map[string]*atomic.Bool // buckets whose pages are good, if readOnly

	writing sync.Mutex // held during a write and the update of the following

	mu    sync.Mutex // guards the following, which change at the end of a write
	model Model
	last  counters

	saving sync.Mutex // held while a snapshot is written

	closing sync.Mutex
	closed  bool
}

// Path returns the path that Open was given.
func (s *Store) Path() string { return s.path }

// LibraryID returns the library's random name: 32 hex digits, fixed at creation.
func (s *Store) LibraryID() string { return s.library }

// Sequence returns the number of the last change in the log, 0 if there is none.
func (s *Store) Sequence() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last.sequence
}

// Pruned returns the number of the last change that the log no longer has, 0 if it
// has all. Changes works from there on.
func (s *Store) Pruned() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last.pruned
}

// Model returns the library's model; the zero Model if there is none.
func (s *Store) Model() Model {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.model
}

// Close releases the file. It waits for the calls in progress; a second call does
// nothing.
func (s *Store) Close() error {
	s.closing.Lock()
	defer s.closing.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	s.open.RLock() // not Lock: db waits by itself for those who use it
	defer s.open.RUnlock()
	if s.broken.Load() {
		return s.file.Close() // releases the lock; the map stays until the process ends
	}
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("close %s: %w", s.path, err)
	}
	return nil
}

// view runs fn in a read transaction, in which it must stay: nothing that fn
// returns may alias the file, and fn must not call a method of the store.
func (s *Store) view(fn func(tx *txn) error) error {
	if s.broken.Load() {
		return ErrCorrupt
	}
	s.open.RLock()
	defer s.open.RUnlock()
	return s.guard(func() error { return s.db.View(func(tx *bolt.Tx) error { return fn(&txn{tx, s}) }) })
}

// update runs fn in the write transaction; what it did is durable when update
// returns nil, and undone otherwise.
func (s *Store) update(fn func(tx *txn) error) error {
	if s.readOnly {
		return ErrReadOnly
	}
	if s.broken.Load() {
		return ErrCorrupt
	}
	panicked := true
	defer func() {
		if panicked {
			s.broken.Store(true)
		}
	}()
	s.open.RLock()
	defer s.open.RUnlock()
	return s.guard(func() error {
		err := s.db.Update(func(tx *bolt.Tx) error { return fn(&txn{tx, s}) })
		panicked = false
		if err == nil && s.written != nil {
			s.written()
		}
		return err
	})
}

// guard turns the panics and page faults with which bbolt meets a damaged or
// shortened file into ErrCorrupt.
func (s *Store) guard(fn func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		switch r := recover().(type) {
		case nil:
		case error:
			err = r
			if !errors.Is(err, ErrCorrupt) {
				err = fmt.Errorf("%w: %w", ErrCorrupt, r)
			}
		default:
			err = fmt.Errorf("%w: %v", ErrCorrupt, r)
		}
	}()
	err = fn()
	if errors.Is(err, berrors.ErrDatabaseNotOpen) {
		return ErrClosed
	}
	return err
}

// failed names the operation and the library in an error of view or update.
func (s *Store) failed(operation string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s in %s: %w", operation, s.path, err)
}
