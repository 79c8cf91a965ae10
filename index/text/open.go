package text

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"clipsearch/index/store"
)

// Options are the ways to open an index; the zero value is a writer's.
type Options struct {
	// ReadOnly lets other processes read the folder at the same time. A folder that
	// is far behind is brought up to date once; after that, what Sync finds stays in memory.
	ReadOnly bool
	// Background makes Open return at once. Until the index is open, Wait waits and
	// other methods return ErrNotReady.
	Background bool
	// Progress, if not nil, is called after each batch of a rebuild or replay with
	// the number of documents done and to do.
	Progress func(done, total int)
}

const (
	// readWait is how long to wait for a process that is bringing the folder up to
	// date: doing the same beside it would take longer.
	readWait = time.Minute
	// writeWait is how long to wait for readers. Some stay for days.
	writeWait = 2 * time.Second
	// overlayLimit is how many changes a reader keeps in memory rather than write them:
	// a fraction of a second's work.
	overlayLimit = 2000
)

// folder is a folder with an open engine.
type folder struct {
	*engine
	dir       string
	lock      *folderLock
	temporary bool
}

// Open opens the index of st in folder dir, which it makes if absent, and brings
// it in step with st. A folder that belongs to another library, is damaged or of
// another version is replaced. If dir cannot be used (not writable, disk full, in
// use by another process) a temporary folder serves and is removed by Close.
func Open(ctx context.Context, dir string, st *store.Store, opts Options) (*Index, error) {
	analyzers, err := newAnalyzers()
	if err != nil {
		return nil, fmt.Errorf("open caption index: %w", err)
	}
	x := &Index{dir: dir, st: st, opts: opts, analyzers: analyzers}
	x.syncing.Lock()
	x.startOpening(ctx, asItIs)
	if opts.Background {
		return x, nil
	}
	if err := x.Wait(context.WithoutCancel(ctx)); err != nil { // it ends soon if ctx does
		return nil, err
	}
	return x, nil
}

// trust is what is known about the folder.
type trust int

const (
	asItIs   trust = iota // use what is valid
	suspect               // what is in it is damaged
	unusable              // it cannot be written to
)

// open returns an engine that is in step with the store: on the folder if possible,
// else on a temporary one.
func (x *Index) open(ctx context.Context, t trust) (f *folder, err error) {
	switch {
	case t == unusable:
		err = errEngine
	case x.opts.ReadOnly:
		f, err = x.openShared(ctx, t == suspect)
	default:
		f, err = x.openExclusive(ctx, t == suspect)
	}
	if errors.Is(err, errEngine) {
		f, err = x.openTemporary(ctx)
	}
	return f, err
}

// openShared opens the folder for reading. If it is absent, useless or far behind, it
// is first brought up to date under an exclusive lock.
func (x *Index) openShared(ctx context.Context, suspect bool) (*folder, error) {
	for attempt := 0; ; attempt++ {
		if !suspect && (attempt > 0 || !x.killed(ctx)) {
			f, behind, err := x.tryShared(ctx)
			if err == nil && (behind <= overlayLimit || attempt > 0) {
				return f, x.followOrClose(ctx, f)
			}
			if f != nil {
				f.close()
			}
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
		}
		f, err := x.openExclusive(ctx, suspect)
		if err == nil {
			err = errors.Join(f.flush(ctx), f.close())
		}
		if err != nil && (attempt > 0 || suspect || !errors.Is(err, errEngine)) {
			return nil, err
		}
		suspect = false
	}
}

// killed reports whether the last process that used the folder died while that was on trial.
func (x *Index) killed(ctx context.Context) bool {
	if !onTrial(x.dir) {
		return false
	}
	lock, err := lockFolder(ctx, x.dir, true, 0)
	return err == nil && lock.close() == nil
}

// tryShared opens what is in the folder, and tells how many changes it is behind the store.
func (x *Index) tryShared(ctx context.Context) (f *folder, behind uint64, err error) {
	lock, err := lockFolder(ctx, x.dir, false, readWait)
	if err != nil {
		return nil, 0, err
	}
	e, err := openEngine(indexDir(x.dir), true)
	if err != nil {
		lock.close()
		return nil, 0, err
	}
	f = &folder{engine: e, dir: x.dir, lock: lock}
	if err := x.check(e.state); err != nil {
		return f, 0, err
	}
	return f, x.st.Sequence() - e.state.Sequence, nil
}

// openExclusive opens the folder for writing and brings it in step with the store,
// from nothing if what is there is of no use.
func (x *Index) openExclusive(ctx context.Context, suspect bool) (*folder, error) {
	lock, err := lockFolder(ctx, x.dir, true, writeWait)
	if err != nil {
		return nil, err
	}
	f, err := x.openWritable(ctx, x.dir, suspect)
	if err != nil {
		lock.close()
		return nil, err
	}
	f.lock = lock
	return f, nil
}

// openTemporary makes an index in a folder of its own.
func (x *Index) openTemporary(ctx context.Context) (*folder, error) {
	dir, err := os.MkdirTemp("", "clipsearch-text-")
	if err != nil {
		return nil, err
	}
	f, err := x.openWritable(ctx, dir, false)
	if err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	f.temporary = true
	return f, nil
}

// openWritable opens dir, which nobody else uses: what is there, else the snapshot, else
// an index made anew.
func (x *Index) openWritable(ctx context.Context, dir string, suspect bool) (*folder, error) {
	suspect = suspect || onTrial(dir)
	x.badSnapshot = x.badSnapshot || suspect && fromSnapshot(dir)
	if suspect {
		if err := guard(func() error { return discard(dir) }); err != nil {
			return nil, err
		}
	}
	if !x.badSnapshot {
		f, err := x.openBest(ctx, dir)
		if err == nil || !errors.Is(err, errEngine) {
			return f, err
		}
	}
	if err := guard(func() error { return discard(dir) }); err != nil {
		return nil, err
	}
	return x.openValid(ctx, dir)
}

// openBest opens what is in dir, or the snapshot if that is better.
func (x *Index) openBest(ctx context.Context, dir string) (*folder, error) {
	saved, err := x.saved()
	if err != nil {
		return nil, err
	}
	reached := x.reached(dir)
	if saved > reached && (reached == 0 || x.st.Sequence()-reached > restoreFrom) {
		// If it cannot be used, what is there is, or is made.
		err := x.restore(ctx, dir)
		if ctx.Err() != nil {
			return nil, err
		}
		if err == nil && x.reached(dir) == 0 {
			return nil, fmt.Errorf("%w: it came from a snapshot of no use", errEngine)
		}
	}
	return x.openValid(ctx, dir)
}

// reached returns the sequence of the index in dir, 0 if it is of no use.
func (x *Index) reached(dir string) uint64 {
	if _, err := os.Stat(indexDir(dir)); err != nil {
		return 0
	}
	e, err := openEngine(indexDir(dir), true)
	if err != nil {
		return 0
	}
	defer e.close()
	if x.check(e.state) != nil {
		return 0
	}
	return e.state.Sequence
}

// openValid opens what is in dir, or an empty index, and brings it in step.
func (x *Index) openValid(ctx context.Context, dir string) (*folder, error) {
	e, err := openEngine(indexDir(dir), false)
	if err != nil {
		return nil, err
	}
	f := &folder{engine: e, dir: dir}
	if e.state.Layout != 0 || e.state.Sequence != 0 { // not new
		if err := x.check(e.state); err != nil {
			f.close()
			return nil, err
		}
	}
	if err := x.followOrClose(ctx, f); err != nil {
		return nil, err
	}
	return f, nil
}

// check returns errEngine unless s is a state of this store's index.
func (x *Index) check(s state) error {
	switch {
	case s.Layout != layout:
		return fmt.Errorf("%w: it has layout %d", errEngine, s.Layout)
	case s.Library != x.st.LibraryID():
		return fmt.Errorf("%w: it belongs to library %s", errEngine, s.Library)
	case s.Sequence > x.st.Sequence():
		return fmt.Errorf("%w: it is ahead of the library", errEngine)
	case s.Sequence < x.st.Pruned():
		return fmt.Errorf("%w: the log no longer has what it lacks", errEngine)
	}
	return nil
}

func (x *Index) followOrClose(ctx context.Context, f *folder) error {
	err := x.follow(ctx, f.engine)
	if ctx.Err() != nil && f.lock == nil { // a writer's: the next one goes on where this one ended
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), persistWait)
		defer cancel()
		_ = f.flush(ctx)
	}
	if err == nil && !x.opts.ReadOnly {
		err = f.err()
	}
	if err != nil {
		f.close()
	}
	return err
}

// indexDir is where scorch keeps its files: beside the lock.
func indexDir(dir string) string { return filepath.Join(dir, "scorch") }

// close releases a folder, and removes a temporary one.
func (f *folder) close() error {
	err := f.engine.close()
	if f.lock != nil {
		err = errors.Join(err, f.lock.close())
	}
	if f.temporary {
		err = errors.Join(err, os.RemoveAll(f.dir))
	}
	return err
}
