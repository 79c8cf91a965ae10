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
	var moved *handover.Host
	compacted, err := w.library.store.Compact(ctx, store.CompactOptions{Progress: countMiB(report.Meter(), "copying")}, func(info os.FileInfo) (err error) {
		moved, err = w.library.hostAt(ctx, info)
		return err
	})
	w.library.move(moved, err)
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

// move closes the host's old place, whose commands find the new one, or, if the file did not change, the new one. It does not
// wait: the command that asked for it may be one of them.
func (h *holding) move(moved *handover.Host, failed error) {
	if moved == nil {
		return
	}
	h.mu.Lock()
	old := h.host
	if failed == nil {
		h.host = moved
	} else {
		old = moved
	}
	h.mu.Unlock()
	h.moving.Go(func() { old.Close() })
}
