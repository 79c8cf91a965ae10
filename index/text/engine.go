package text

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/blevesearch/bleve/v2/document"
	"github.com/blevesearch/bleve/v2/index/scorch"
	index "github.com/blevesearch/bleve_index_api"

	"clipsearch/index/store"
)

// errEngine is in every error that scorch or its folder is to blame for: another
// folder may do.
var errEngine = errors.New("caption index folder cannot be used")

// engine is one open scorch index.
type engine struct {
	scorch index.Index
	queue  *index.AnalysisQueue
	state  state // of the newest snapshot; changed by apply alone
	hot    hot

	batches   int          // applied
	persisted atomic.Int64 // of them, on disk
	failure   atomic.Pointer[error]
	dead      chan struct{} // closed when a goroutine of scorch has panicked
	closing   chan struct{}
}

// persistWait bounds how long close waits for scorch to write what is in memory.
const persistWait = time.Minute

// napTime is how long scorch gathers small segments in memory before it writes
// them: fewer files and less merging while a library is being indexed.
const napTime = 100 * time.Millisecond

// register guards scorch's registry of error callbacks, which it reads in NewScorch.
var register sync.Mutex

// openEngine opens the index in dir, empty if there is none. A read-only one
// writes nothing: what is applied to it stays in memory.
func openEngine(dir string, readOnly bool) (*engine, error) {
	e := &engine{dead: make(chan struct{}), closing: make(chan struct{}), queue: index.NewAnalysisQueue(1)}
	config := map[string]any{
		"path":                   dir,
		"read_only":              readOnly,
		"unsafe_batch":           true, // the store's log is our log
		"bolt_timeout":           "1s",
		"asyncErrorCallbackName": "clipsearch",
		"scorchPersisterOptions": map[string]any{"PersisterNapTimeMSec": napTime.Milliseconds(), "PersisterNapUnderNumFiles": 1000},
	}
	err := guard(func() (err error) {
		register.Lock()
		defer register.Unlock()
		scorch.RegistryAsyncErrorCallbacks["clipsearch"] = e.failed
		defer delete(scorch.RegistryAsyncErrorCallbacks, "clipsearch")
		e.scorch, err = scorch.NewScorch(scorch.Name, config, e.queue)
		return err
	})
	if err == nil {
		err = guard(e.scorch.Open)
	}
	if err == nil {
		err = e.readState()
	}
	if err != nil {
		close(e.closing)
		e.queue.Close()
		return nil, err
	}
	return e, nil
}

// readState reads the state of the newest snapshot; a new index has the zero state.
func (e *engine) readState() error {
	return e.read(func(r index.IndexReader) (err error) {
		e.state, err = readState(r)
		return err
	})
}

func readState(r index.IndexReader) (state, error) {
	data, err := r.GetInternal(stateKey)
	if data == nil || err != nil {
		return state{}.clone(), err
	}
	s, err := decodeState(data)
	return s.clone(), err
}

// read calls fn with a snapshot. Errors are errEngine unless the context's.
func (e *engine) read(fn func(index.IndexReader) error) error {
	return guard(func() (err error) {
		r, err := e.scorch.Reader()
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, r.Close()) }()
		return fn(r)
	})
}

// change is what a batch does to one document: nil deletes it.
type change struct {
	id  store.ID
	new *analyzed
}

// apply makes changes to different documents, and the sequence number, visible at once.
func (e *engine) apply(changes []change, library string, sequence uint64) error {
	next := e.state.clone()
	next.Layout, next.Library, next.Sequence = layout, library, sequence
	batch := index.NewBatch()
	err := e.read(func(r index.IndexReader) error {
		for _, c := range changes {
			if err := next.replace(r, c); err != nil {
				return err
			}
			if c.new == nil {
				batch.Delete(key(c.id))
			} else {
				batch.Update(c.new.document)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	batch.SetInternal(stateKey, next.encode())
	e.batches++
	n := int64(e.batches)
	batch.SetPersistedCallback(func(err error) {
		if err == nil {
			e.persisted.Store(n)
		}
	})
	if err := e.submit(batch); err != nil {
		return err
	}
	e.state = next
	return nil
}

// submit hands a batch to scorch, which would wait for ever for a goroutine that
// has panicked.
func (e *engine) submit(batch *index.Batch) error {
	done := make(chan error, 1)
	go func() {
		done <- guard(func() error { return e.scorch.Batch(batch) })
	}()
	select {
	case err := <-done:
		return err
	case <-e.dead:
		return e.err()
	}
}

// replace accounts for a change in the sums.
func (s *state) replace(r index.IndexReader, c change) error {
	if c.id <= s.LastID { // otherwise it cannot be there
		old, err := readLengths(r, c.id)
		if err != nil {
			return err
		}
		s.add(old, -1)
	}
	if c.new != nil {
		s.add(c.new.lengths, +1)
		s.LastID = max(s.LastID, c.id)
	}
	return nil
}

// readLengths returns the lengths stored with a document, nil if it isn't indexed.
func readLengths(r index.IndexReader, id store.ID) (l lengths, err error) {
	doc, err := r.Document(key(id))
	if doc == nil || err != nil {
		return nil, err
	}
	found := false
	doc.VisitFields(func(f index.Field) {
		if f.Name() == fieldLengths {
			found = true
			l, err = decodeLengths(f.(*document.TextField).Value())
		}
	})
	if err == nil && !found {
		err = fmt.Errorf("document %d has no lengths", id)
	}
	return l, err
}

// failed is called by scorch when it could not write to its folder, and will try again
// as soon as failed returns.
func (e *engine) failed(err error, _ string) {
	if e.failure.CompareAndSwap(nil, &err) && errors.Is(err, scorch.ErrAsyncPanic) {
		close(e.dead)
	}
	select {
	case <-e.closing:
	case <-time.After(time.Second):
	}
}

// err returns why the folder cannot be written to, nil if it can.
func (e *engine) err() error {
	if err := e.failure.Load(); err != nil {
		return fmt.Errorf("%w: %w", errEngine, *err)
	}
	return nil
}

// flush waits until all batches are on disk.
func (e *engine) flush(ctx context.Context) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for e.persisted.Load() < int64(e.batches) {
		if err := e.err(); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
	return nil
}

// close releases the folder.
func (e *engine) close() error {
	close(e.closing)
	err := guard(e.scorch.Close)
	e.queue.Close()
	return err
}

// guard turns the panics and page faults with which scorch meets damaged files into
// errors, and marks all errors but the context's as errEngine.
func guard(fn func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v", errEngine, r)
		}
	}()
	err = fn()
	switch {
	case err == nil, errors.Is(err, errEngine), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	}
	return fmt.Errorf("%w: %w", errEngine, err)
}
