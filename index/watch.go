package index

import (
	"context"
	"errors"
	"slices"
	"time"

	"clipsearch/index/store"
	"clipsearch/internal/imgio"
	"clipsearch/internal/progress"
	"clipsearch/internal/scan"
)

// Pass is one run of Watch.
type Pass struct {
	Number  int // from 1
	Reason  scan.Reason
	Summary Summary
	Err     error // what Run would have returned; nil if there is nothing to complain about
	Ended   bool  // Watch ends with this pass and returns Err
	Limit   error // why not all folders are watched (scan.ErrWatchLimit): changes in them wait for the next rescan
}

// Changed reports whether the pass did anything to the library.
func (p Pass) Changed() bool {
	s := p.Summary
	return s.Added+s.Updated+s.Moved+s.Returned+s.Hidden+s.Captioned > 0
}

// WatchOptions says how Watch follows the folders. The zero value of each field is its default.
type WatchOptions struct {
	Rescan time.Duration         // from one pass to the next without a change; 0 is 15 min
	Begin  func(*progress.Meter) // called before each pass with what counts it; may be nil
	Done   func(Pass)            // called after each pass; may be nil

	wait scan.WatchOptions // tests shorten the rest
}

// Watch runs Run, then again whenever something changed in the folders, until ctx ends. Ended between two passes it
// returns nil, in a pass ctx's error. Without opts.Dirs each pass takes the folders that the library knows then.
//
// An error that ends the first pass is returned; complaints (see Run) and the errors of later passes are told to Done, and
// the next pass tries again, unless the library itself is damaged, closed, or another model's now. A folder that is away
// is looked for every few seconds. opts.Meter is not used, and opts.Matched is called in the first pass only.
func Watch(ctx context.Context, st *store.Store, opts Options, watch WatchOptions) (err error) {
	wait := watch.wait
	wait.Picture, wait.Rescan = imgio.PictureExtension, watch.Rescan
	watcher := scan.NewWatcher(wait)
	defer func() { err = errors.Join(err, watcher.Close()) }()
	opts.enter = watcher.Enter
	var reason scan.Reason
	for number := 1; ; number++ {
		opts.Meter = new(progress.Meter)
		if watch.Begin != nil {
			watch.Begin(opts.Meter)
		}
		summary, err, complaint := once(ctx, st, opts)
		watcher.Await(awayFrom(summary))
		ended := err != nil && (number == 1 || endsWatch(ctx, err))
		if watch.Done != nil {
			watch.Done(Pass{Number: number, Reason: reason, Summary: summary, Err: errors.Join(err, complaint), Ended: ended, Limit: watcher.Limit()})
		}
		if ended {
			return err
		}
		opts.Matched = nil
		if reason, err = watcher.Wait(ctx); err != nil {
			return nil // an idle watch that is stopped has done all it could
		}
	}
}

// endsWatch reports whether no later pass could do better.
func endsWatch(ctx context.Context, err error) bool {
	return ctx.Err() != nil || errors.Is(err, store.ErrCorrupt) || errors.Is(err, store.ErrClosed) || errors.Is(err, ErrModel)
}

// awayFrom returns the folders that a pass did not find as they were.
func awayFrom(s Summary) []scan.Problem {
	away := slices.Clone(s.Away)
	for _, folder := range s.Emptied {
		away = append(away, scan.Problem{Path: folder, Err: ErrEmptied})
	}
	return away
}
