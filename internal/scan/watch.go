package scan

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/fsnotify/fsnotify"
)

// Reason says why it is time to walk again.
type Reason string

// The reasons of Wait.
const (
	Changed    Reason = "changes"
	Overflowed Reason = "more changes than the system could list"
	Returned   Reason = "a folder is back"
	Rescan     Reason = "rescan"
)

// ErrWatchLimit: the system lets this user watch no more folders.
var ErrWatchLimit = errors.New("the system lets you watch no more folders")

// WatchOptions says how long a Watcher waits. The zero value of each field is its default.
type WatchOptions struct {
	Picture  func(path string) bool // as in Options; nil: no file is a picture
	Quiet    time.Duration          // without changes before they count as finished; 0 is 1 s
	Patience time.Duration          // from the first change, when they don't end; 0 is 10 s
	Rescan   time.Duration          // without any change: network drives tell nobody of theirs; 0 is 15 min

	poll time.Duration             // between looks at folders that are away; 0 is 5 s
	add  func(folder string) error // nil: fsnotify's; tests put the system's limit here
}

// Watcher waits for changes in the folders of walks. Give its Enter to each walk: folders are watched from before they
// are listed, so nothing is missed between the two. Enter may be called while nobody waits; Wait, Await and Close are
// called from one goroutine.
type Watcher struct {
	opts    WatchOptions
	system  *fsnotify.Watcher // nil if there is none
	events  chan Reason       // one slot
	ended   chan struct{}
	folders sync.Map // watched: path → struct{}

	mu    sync.Mutex
	limit error // why a folder is not watched

	away map[string]fs.FileInfo // folders to look for; nil: nothing was there
}

// NewWatcher returns a Watcher that watches nothing yet. Where the system has no way to watch folders it only waits for
// the next rescan, and Limit says why.
func NewWatcher(opts WatchOptions) *Watcher {
	for _, d := range []struct {
		value    *time.Duration
		fallback time.Duration
	}{{&opts.Quiet, time.Second}, {&opts.Patience, 10 * time.Second}, {&opts.Rescan, 15 * time.Minute}, {&opts.poll, 5 * time.Second}} {
		if *d.value <= 0 {
			*d.value = d.fallback
		}
	}
	w := &Watcher{opts: opts, events: make(chan Reason, 1), ended: make(chan struct{})}
	system, err := fsnotify.NewWatcher()
	if err != nil {
		w.limit = limitError(err)
		close(w.ended)
		return w
	}
	w.system = system
	if w.opts.add == nil {
		w.opts.add = system.Add
	}
	go w.listen()
	return w
}

// Enter begins to watch a folder; if it is watched already that is no error. It is made for Options.Enter.
func (w *Watcher) Enter(folder string) {
	if w.system == nil || w.Limit() != nil {
		return // one more would fail, too
	}
	err := w.opts.add(folder)
	switch {
	case err == nil:
		w.folders.Store(folder, struct{}{})
	case isLimit(err):
		w.mu.Lock()
		defer w.mu.Unlock()
		w.limit = limitError(err)
	}
	// Any other error the walk meets itself when it lists the folder.
}

// Limit returns why not all folders of the last walk are watched (ErrWatchLimit); nil if they are.
func (w *Watcher) Limit() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.limit
}

// Await has the next Wait look for folders that were away during the walk, such as Tree.Away, or unexpectedly empty.
func (w *Watcher) Await(away []Problem) {
	w.away = make(map[string]fs.FileInfo, len(away))
	for _, folder := range away {
		w.away[folder.Path] = nil
		if errors.Is(folder.Err, ErrNoFolder) {
			continue // whatever is there now came since
		}
		if info, err := os.Stat(folder.Path); err == nil {
			w.away[folder.Path] = info
		}
	}
}

// Wait returns when it is time to walk again: some quiet after changes, at once after too many, when a folder is back,
// or for the rescan. Changes since the walk began count. The only error is ctx's.
func (w *Watcher) Wait(ctx context.Context) (Reason, error) {
	rescan, poll := time.NewTimer(w.opts.Rescan), time.NewTicker(w.opts.poll)
	defer rescan.Stop()
	defer poll.Stop()
	defer w.retry()
	for {
		select {
		case reason := <-w.events:
			if reason == Changed {
				return w.settle(ctx)
			}
			return reason, nil
		case <-poll.C:
			if w.isBack() {
				return Returned, nil
			}
		case <-rescan.C:
			return Rescan, nil
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
}

// settle waits for the end of changes that have begun.
func (w *Watcher) settle(ctx context.Context) (Reason, error) {
	quiet, patience := time.NewTimer(w.opts.Quiet), time.NewTimer(w.opts.Patience)
	defer quiet.Stop()
	defer patience.Stop()
	for {
		select {
		case <-w.events:
			quiet.Reset(w.opts.Quiet)
		case <-quiet.C:
			return Changed, nil
		case <-patience.C:
			return Changed, nil
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
}

// retry lets the next walk try to watch what could not be watched: a limit may have been raised.
func (w *Watcher) retry() {
	if w.system != nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.limit = nil
	}
}

// isBack reports whether a folder that was away is another one now: there at all, or with a drive mounted on it.
func (w *Watcher) isBack() bool {
	for folder, before := range w.away {
		info, err := os.Stat(folder)
		if err == nil && (before == nil || !os.SameFile(before, info)) {
			return true
		}
	}
	return false
}

// Close stops watching.
func (w *Watcher) Close() error {
	if w.system == nil {
		return nil
	}
	err := w.system.Close()
	<-w.ended
	return err
}

// listen turns what the system tells into reasons until Close.
func (w *Watcher) listen() {
	defer close(w.ended)
	for {
		select {
		case event, ok := <-w.system.Events:
			if !ok {
				return
			}
			if w.matters(event) {
				w.note(Changed)
			}
		case _, ok := <-w.system.Errors:
			if !ok {
				return
			}
			w.note(Overflowed) // whatever else it is, something was not told
		}
	}
}

// note keeps a reason for Wait, unless one is kept already: all of them lead to the same walk.
func (w *Watcher) note(reason Reason) {
	select {
	case w.events <- reason:
	default:
	}
}

// matters reports whether a walk could find something else after an event. Most that happens in folders does not: other
// programs' files, the library itself, access rights and times of access.
func (w *Watcher) matters(event fsnotify.Event) bool {
	if event.Op == fsnotify.Chmod {
		return false
	}
	if event.Has(fsnotify.Remove) || event.Has(fsnotify.Rename) {
		if _, watched := w.folders.LoadAndDelete(event.Name); watched {
			_ = w.system.Remove(event.Name) // under a new name it is watched anew; most often the system was quicker
			return true
		}
	}
	switch name := filepath.Base(event.Name); {
	case name == IgnoreFile:
		return true
	case skippedByDefault(name):
		return false
	case strings.HasSuffix(name, ".txt"), w.opts.Picture != nil && w.opts.Picture(name):
		return true
	}
	if !event.Has(fsnotify.Create) {
		return false
	}
	info, err := os.Lstat(event.Name)
	return err == nil && info.IsDir()
}

// isLimit reports whether an error means that this user watches as much as the system allows: inotify answers ENOSPC for
// folders and EMFILE for watchers, kqueue EMFILE or ENFILE.
func isLimit(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
}

// limitError says what the system said, with what it means.
func limitError(err error) error { return fmt.Errorf("%w: %w", ErrWatchLimit, err) }
