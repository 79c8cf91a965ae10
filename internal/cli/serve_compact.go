package cli

import (
	"context"
	"errors"
	"os"
	"time"

	"clipsearch/index/store"
	"clipsearch/internal/handover"
	"clipsearch/internal/jobs"
)

// compact writes the library's file anew while it is searched, and goes on with the new one. What is derived is put into the
// file first, so that it need not be made anew where the log has been cut.
func (w *worker) compact(ctx context.Context, report *jobs.Report) (any, error) {
	done, err := w.turn(ctx, report)
	if err != nil {
		return nil, err
	}
	defer done()
	if err := w.library.save(ctx, report.Meter()); err != nil {
		return nil, err
	}
	compacted, err := w.library.store.Compact(ctx, store.CompactOptions{Progress: countMiB(report.Meter(), "copying")},
		func(next os.FileInfo) (func(bool), error) {
			host, err := w.library.hostAt(ctx, next)
			return func(moved bool) { w.library.move(host, moved) }, err
		})
	if err != nil {
		return nil, err
	}
	return compactJSON(compacted), nil
}

// hostAt takes the host's place of a file that is about to get the library's name; nil if the library has no host. A desk
// belongs to a file, not to a name.
func (h *holding) hostAt(ctx context.Context, info os.FileInfo) (*handover.Host, error) {
	if h.hosting() == nil {
		return nil, nil
	}
	desk, me := handover.At(h.getenv, info), handover.Holder{Command: h.command, PID: os.Getpid(), Version: version}
	for {
		host, err := desk.Host(me, h.handle)
		if !errors.Is(err, handover.ErrHosted) {
			return host, err
		}
		select { // the system has given the file the number of one that we have just left: its place is being closed
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// hosting returns the host; nil if there is none.
func (h *holding) hosting() *handover.Host {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.host
}

// move closes the host's old place, whose commands find that of next, or, if the library has not moved there, that of next. It
// does not wait: the command that asked for it may be one of them. next is nil where there is no host.
func (h *holding) move(next *handover.Host, moved bool) {
	if next == nil {
		return
	}
	left := next
	if moved {
		h.mu.Lock()
		left, h.host = h.host, next
		h.mu.Unlock()
	}
	h.moving.Go(func() { left.Close() })
}
