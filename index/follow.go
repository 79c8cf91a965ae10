package index

import (
	"context"

	"golang.org/x/sync/errgroup"
)

// following keeps the derived indexes near the library while a run writes to it.
type following struct {
	followers []Follower
	wake      chan struct{} // one slot: "there is something new"
	stop      chan struct{}
	ended     chan error
}

// startFollowing begins to bring the followers in step, beside the run, whenever follow is called.
func (r *run) startFollowing(ctx context.Context) *following {
	f := &following{
		followers: r.opts.Followers, wake: make(chan struct{}, 1), stop: make(chan struct{}), ended: make(chan error, 1),
	}
	r.wake = f.wake
	go func() { f.ended <- f.loop(ctx) }()
	return f
}

// loop ends with the first error, with ctx, or when the run is over.
func (f *following) loop(ctx context.Context) error {
	for {
		select {
		case <-f.wake:
			if err := f.sync(ctx); err != nil {
				return err
			}
		case <-f.stop:
			return nil
		case <-ctx.Done():
			return nil
		}
	}
}

// sync brings every follower in step.
func (f *following) sync(ctx context.Context) error {
	g, gctx := errgroup.WithContext(ctx)
	for _, follower := range f.followers {
		g.Go(func() error { return follower.Sync(gctx) })
	}
	return g.Wait()
}

// finish waits for the loop and brings the followers in step for the last time, unless ctx has ended: what they miss
// they read from the log when they are opened again.
func (f *following) finish(ctx context.Context) error {
	close(f.stop)
	if err := <-f.ended; err != nil {
		return err
	}
	if ctx.Err() != nil {
		return nil
	}
	return f.sync(ctx)
}

// follow tells the followers that the library has changed. It never waits.
func (r *run) follow() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}
