package text

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	index "github.com/blevesearch/bleve_index_api"

	"clipsearch/index/store"
)

var (
	// ErrClosed: the index has been closed.
	ErrClosed = errors.New("caption index is closed")
	// ErrNotReady: the index is still being opened, or mended, in the background.
	ErrNotReady = errors.New("captions are still being prepared")
)

// Index is an open caption index. All methods are safe for concurrent use.
type Index struct {
	dir       string
	st        *store.Store
	opts      Options
	analyzers *analyzers
	scratch   sync.Pool // of *accumulator

	syncing     sync.Mutex // held while the engine is changed, opened or replaced
	badSnapshot bool       // the one in the library file is damaged; guarded by syncing

	mu      sync.RWMutex // held for reading while the engine is used
	closed  bool
	folder  *folder            // nil: not open yet, closed, or its replacement failed
	opened  chan struct{}      // closed when the opening has ended
	openErr error              // how
	cancel  context.CancelFunc // ends an opening
}

// Sync brings the index in step with its store.
func (x *Index) Sync(ctx context.Context) error {
	if err := x.Wait(ctx); err != nil {
		return err
	}
	x.syncing.Lock()
	defer x.syncing.Unlock()
	if err := x.sync(ctx); err != nil {
		return fmt.Errorf("update caption index in %s: %w", x.dir, err)
	}
	return nil
}

func (x *Index) sync(ctx context.Context) error {
	f := x.current()
	if f == nil {
		return x.reopen(ctx, suspect)
	}
	if f.err() != nil {
		return x.reopen(ctx, unusable)
	}
	err := x.follow(ctx, f.engine)
	if errors.Is(err, errEngine) {
		return x.reopen(ctx, suspect)
	}
	return err
}

// Len returns the number of documents in the index (hidden ones are not).
func (x *Index) Len() int {
	var n uint64
	_, err := x.try(func(f *folder) error {
		return f.read(func(r index.IndexReader) (err error) {
			n, err = r.DocCount()
			return err
		})
	})
	if err != nil {
		return 0
	}
	return int(n)
}

// Close writes what is pending and releases the folder. It waits for the calls in
// progress; a second call does nothing. Close the index before its store.
func (x *Index) Close() error {
	x.mu.RLock()
	x.cancel()
	x.mu.RUnlock()
	x.syncing.Lock()
	defer x.syncing.Unlock()
	f := x.current()
	if f != nil && !f.temporary && !x.opts.ReadOnly {
		ctx, cancel := context.WithTimeout(context.Background(), persistWait)
		defer cancel()
		// What doesn't get to disk is read from the store again next time.
		_ = f.flush(ctx)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.closed, x.folder = true, nil
	if f == nil {
		return nil
	}
	if err := f.close(); err != nil {
		return fmt.Errorf("close caption index in %s: %w", x.dir, err)
	}
	if !f.temporary {
		_ = os.Remove(trialPath(x.dir)) // mostly it is not there
	}
	return nil
}

// current returns the open folder, nil if there is none.
func (x *Index) current() *folder {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.folder
}

// use calls fn with the open folder, which stays open meanwhile. A folder that turns
// out to be damaged is replaced, once.
func (x *Index) use(ctx context.Context, fn func(f *folder) error) error {
	broken, err := x.try(fn)
	if !errors.Is(err, errEngine) {
		return err
	}
	if err := x.repair(ctx, broken); err != nil {
		return err
	}
	_, err = x.try(fn)
	return err
}

// try calls fn with the open folder and returns that.
func (x *Index) try(fn func(f *folder) error) (*folder, error) {
	x.mu.RLock()
	defer x.mu.RUnlock()
	switch {
	case x.closed:
		return nil, ErrClosed
	case x.folder != nil:
		return x.folder, fn(x.folder)
	case !isClosed(x.opened):
		return nil, ErrNotReady
	case x.openErr != nil:
		return nil, x.openErr
	}
	return nil, errEngine
}

// repair replaces a folder unless that has been done.
func (x *Index) repair(ctx context.Context, broken *folder) error {
	if x.opts.Background {
		return x.repairInBackground(ctx, broken)
	}
	x.syncing.Lock()
	defer x.syncing.Unlock()
	if x.current() != broken {
		return nil
	}
	return x.reopen(ctx, suspect)
}

// reopen replaces the folder. Searches wait. The caller holds syncing.
func (x *Index) reopen(ctx context.Context, t trust) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.closed {
		return ErrClosed
	}
	x.drop()
	f, err := x.open(ctx, t)
	if err != nil {
		return err
	}
	x.folder = f
	return nil
}

// drop gives up a folder that is of no use any more. The caller holds syncing and mu.
func (x *Index) drop() {
	if x.folder == nil {
		return
	}
	x.badSnapshot = x.badSnapshot || fromSnapshot(x.folder.dir)
	_ = x.folder.close()
	x.folder = nil
}
