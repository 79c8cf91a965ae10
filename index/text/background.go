package text

import (
	"context"
	"errors"
	"fmt"

	"clipsearch/index/store"
)

// Wait returns when the index is open, with the error of opening it, or when ctx ends.
func (x *Index) Wait(ctx context.Context) error {
	x.mu.RLock()
	opened := x.opened
	x.mu.RUnlock()
	select {
	case <-opened:
	case <-ctx.Done():
		return ctx.Err()
	}
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.openErr
}

// Ready reports whether searches are answered, rather than refused by ErrNotReady.
func (x *Index) Ready() bool {
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.folder != nil
}

// startOpening opens the index beside the caller, who holds syncing: the opening
// releases it. Close waits for the end.
func (x *Index) startOpening(ctx context.Context, t trust) {
	ctx, cancel := context.WithCancel(ctx)
	opened := make(chan struct{})
	x.mu.Lock()
	x.opened, x.openErr, x.cancel = opened, nil, cancel
	x.mu.Unlock()
	go func() {
		defer x.syncing.Unlock()
		defer cancel()
		f, err := x.open(ctx, t)
		if err != nil {
			f, err = nil, fmt.Errorf("open caption index in %s: %w", x.dir, err)
		}
		x.mu.Lock()
		defer x.mu.Unlock()
		x.folder, x.openErr = f, err
		close(opened)
	}()
}

// repairInBackground begins to replace a folder unless that is being done or has been
// done, and returns ErrNotReady.
func (x *Index) repairInBackground(ctx context.Context, broken *folder) error {
	if !x.syncing.TryLock() {
		return ErrNotReady
	}
	x.mu.Lock()
	replaced := x.closed || x.folder != broken
	if !replaced {
		x.drop()
	}
	x.mu.Unlock()
	if replaced {
		x.syncing.Unlock()
		return ErrNotReady
	}
	x.startOpening(context.WithoutCancel(ctx), suspect)
	return ErrNotReady
}

// Rebuild makes the index anew from the captions in its store, whatever the folder and the snapshot hold, and deletes the
// snapshot; Save makes a new one. Until that is
// done other methods return ErrNotReady. When ctx ends Rebuild returns, but the making goes on. It is not for an index
// that is ReadOnly.
func (x *Index) Rebuild(ctx context.Context) error {
	if err := x.Wait(ctx); err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	x.syncing.Lock()
	x.mu.Lock()
	if x.closed {
		x.mu.Unlock()
		x.syncing.Unlock()
		return ErrClosed
	}
	x.drop()
	x.badSnapshot = true
	x.mu.Unlock()
	x.startOpening(context.WithoutCancel(ctx), suspect)
	if err := x.Wait(ctx); err != nil {
		return err
	}
	if err := x.st.DeleteSnapshot(ctx, SnapshotName); !errors.Is(err, store.ErrNoSnapshot) {
		return err
	}
	return nil
}

// isClosed reports whether a channel has been closed.
func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
