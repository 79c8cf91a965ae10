package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"sync"

	"golang.org/x/sync/errgroup"

	"clipsearch/index/store"
	"clipsearch/index/text"
	"clipsearch/index/vector"
	"clipsearch/internal/handover"
	"clipsearch/internal/jobs"
	"clipsearch/internal/progress"
	"clipsearch/search"
)

// library is a command's use of an open library; see [openLibrary]. It is also the index.Follower that brings in step what
// is derived from the library.
type library struct {
	*holding
	lent     bool // by the process that hosts the command, which keeps it open
	returned bool // a host that has ended had begun with the command
}

// Close ends the use.
func (l *library) Close() error {
	if l.lent {
		return nil
	}
	return l.close()
}

// leave hands what lasts back to those whose commands it is, as Close does at first; a command that ends says so before it lets
// the next one begin, which would be cut off in its midst.
func (l *library) leave() {
	if !l.lent {
		l.holding.leave()
	}
}

// holding is a library that this process has open, with what is derived from it: opened once, when first needed, and shared
// by the process's own command and those that it runs for others.
type holding struct {
	store    *store.Store
	places   places
	writable bool

	host    *handover.Host // nil: nobody can hand anything over; changed by move alone
	getenv  func(string) string
	command string         // that this process was started with
	moving  sync.WaitGroup // hosts that are being closed; see move

	claim  *handover.Claim // nil: nobody learns that we read
	ready  chan struct{}   // closed: the store is open
	ending chan struct{}   // closed: what lasts must end
	leaves sync.Once       // closes ending

	writing chan struct{} // one slot; see turn
	running *progress.Meter
	jobs    *jobs.Queue // what a page asks for, and the runs that write

	mu      sync.Mutex // guards the following, and running
	kind    vector.Kind
	words   *text.Index
	vectors *vector.Index
	shared  *engine
	key     engineKey
}

func newHolding(p Process, places places, writable bool) *holding {
	return &holding{
		getenv: p.Getenv, command: p.Args[0], places: places, writable: writable, ready: make(chan struct{}), ending: make(chan struct{}), writing: make(chan struct{}, 1),
		jobs: jobs.New(),
	}
}

// lend gives the library to a command that this process runs for another one, if it is the file that the command means.
func (h *holding) lend(path string) (*library, error) {
	mine, err := os.Stat(h.store.Path())
	if err != nil {
		return nil, err
	}
	if theirs, err := os.Stat(path); err != nil || !os.SameFile(mine, theirs) {
		return nil, fmt.Errorf("the file at %s has been replaced", path)
	}
	return &library{holding: h, lent: true}, nil
}

// close ends the commands of others, releases the file, and only then tells those who wait for it.
func (h *holding) close() error {
	h.leave()
	for host := h.hosting(); host != nil; {
		host.Drain()
		last := host
		if host = h.hosting(); host == last { // else the library has moved meanwhile
			break
		}
	}
	h.moving.Wait()
	var errs []error
	if h.shared != nil {
		errs = append(errs, h.shared.encoder.Close())
	}
	if h.words != nil {
		errs = append(errs, h.words.Close())
	}
	if h.store != nil {
		errs = append(errs, h.store.Close())
	}
	if h.host != nil {
		errs = append(errs, h.host.Close())
	}
	return errors.Join(append(errs, h.claim.Close())...)
}

func (h *holding) leave() { h.leaves.Do(func() { close(h.ending) }) }

// turn waits until no other run writes to the library, and shows that run's progress meanwhile; done ends the turn. meter
// is what those who wait will see. In a process that is about to end no other begins.
func (h *holding) turn(ctx context.Context, p Process, meter *progress.Meter, quiet bool) (done func(), err error) {
	select {
	case h.writing <- struct{}{}:
	default:
		if err := h.await(ctx, p, quiet); err != nil {
			return nil, err
		}
	}
	done = func() { <-h.writing }
	select {
	case <-h.ending:
		done()
		<-ctx.Done() // as it is at once, for what lasts; see handle
		return nil, ctx.Err()
	default:
	}
	h.setRunning(meter)
	return done, nil
}

// await takes the slot of a run that is under way.
func (h *holding) await(ctx context.Context, p Process, quiet bool) error {
	h.mu.Lock()
	meter := h.running
	h.mu.Unlock()
	if !quiet {
		fmt.Fprintln(p.Stderr, "clipsearch: waiting for another run on this library to end")
	}
	printer := startPrinter(p.Stderr, meter, quiet)
	defer printer.finish()
	select {
	case h.writing <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (h *holding) setRunning(meter *progress.Meter) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.running = meter
}

// Sync brings the caption index in step, and the vectors if a query has needed them.
func (h *holding) Sync(ctx context.Context) error {
	h.mu.Lock()
	words, err := h.openWords(ctx)
	vectors := h.vectors
	h.mu.Unlock()
	if err != nil {
		return err
	}
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { return words.Sync(gctx) })
	if vectors != nil {
		g.Go(func() error { return vectors.Sync(gctx) })
	}
	return g.Wait()
}

// save puts what is derived into the file, so that nobody need make it anew; meter says so.
func (h *holding) save(ctx context.Context, meter *progress.Meter) error {
	meter.Phase("preparing the search")
	// Nearly all of the heap is codes of vectors then, which hold no pointers: to collect often costs little, and otherwise
	// it would grow to twice what it needs.
	defer debug.SetGCPercent(debug.SetGCPercent(20))
	h.mu.Lock()
	words, err := h.openWords(ctx)
	vectors, vectorErr := h.openVectors(ctx)
	h.mu.Unlock()
	if err := errors.Join(err, vectorErr); err != nil {
		return err
	}
	if err := errors.Join(words.Save(ctx), vectors.Sync(ctx)); err != nil {
		return err
	}
	if vectors.NeedsBuild() {
		meter.Phase("connecting the vectors")
		if err := vectors.Build(ctx); err != nil {
			return err
		}
	}
	return vectors.Save(ctx)
}

// dropVectors removes the copy of the vectors' codes from the file, so that the next to open it makes them anew.
func (h *holding) dropVectors(ctx context.Context) error {
	if err := h.store.DeleteSnapshot(ctx, vector.SnapshotName); !errors.Is(err, store.ErrNoSnapshot) {
		return err
	}
	return nil
}

// openWords begins to open the caption index: until it is ready, searches are answered by vectors alone. The caller holds
// mu.
func (h *holding) openWords(ctx context.Context) (*text.Index, error) {
	if h.words == nil {
		words, err := text.Open(context.WithoutCancel(ctx), h.places.textCache(h.store.LibraryID()), h.store, text.Options{
			ReadOnly: !h.writable, Background: true, // for all, whoever needs it first: it ends with the library
		})
		if err != nil {
			return nil, err
		}
		h.words = words
	}
	return h.words, nil
}

// legs opens the derived indexes that a mode needs.
func (h *holding) legs(ctx context.Context, mode search.Mode) (*text.Index, *vector.Index, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	words, err := h.openWords(ctx)
	if err != nil {
		return nil, nil, err
	}
	if h.vectors == nil && mode == search.ModeText {
		return words, vector.New(h.store.Model().Dims, vector.Exact), nil
	}
	vectors, err := h.openVectors(ctx)
	return words, vectors, err
}

// searchBy says how vectors are to be searched, if they are not open yet.
func (h *holding) searchBy(kind vector.Kind) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if kind != vector.Auto {
		h.kind = kind
	}
}

// openVectors opens the vectors. If a graph was asked for and the file has none, it is made first. The caller holds mu.
func (h *holding) openVectors(ctx context.Context) (*vector.Index, error) {
	if h.vectors != nil {
		return h.vectors, nil
	}
	vectors, err := vector.Load(ctx, h.store, h.kind)
	if err == nil && h.kind == vector.HNSW && vectors.NeedsBuild() {
		err = vectors.Build(ctx)
	}
	if err != nil {
		return nil, err
	}
	h.vectors = vectors
	return vectors, nil
}
