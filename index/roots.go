package index

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"clipsearch/index/store"
	"clipsearch/internal/scan"
)

// chooseRoots learns which folders the library knows, and takes them with their settings if none were named.
func (r *run) chooseRoots() error {
	recorded, err := r.store.Roots()
	if err != nil {
		return err
	}
	r.roots = make(map[string]store.Root, len(recorded))
	for _, root := range recorded {
		r.roots[root.Path] = root
	}
	if len(r.opts.Dirs) > 0 {
		return nil
	}
	if len(recorded) == 0 {
		return ErrNoFolders
	}
	r.repeat = true
	for _, root := range recorded {
		r.opts.Dirs = append(r.opts.Dirs, root.Path)
		r.opts.Captions = merge(r.opts.Captions, root.Captions)
		r.opts.Labels = merge(r.opts.Labels, root.Labels)
	}
	r.opts.Captions, r.opts.Labels = r.still(r.opts.Captions), r.still(r.opts.Labels)
	return nil
}

// still returns recorded caption or label files if all of them are still there. Otherwise it returns none, so that the
// captions of the one that is gone stay as they are, and notes the problem.
func (r *run) still(names []string) []string {
	for _, name := range names {
		if _, err := os.Stat(name); err != nil {
			r.gone = append(r.gone, scan.Problem{Path: name, Err: err})
			return nil
		}
	}
	return names
}

// excludes returns the patterns for what lies below a root.
func (r *run) excludes(root string) []string {
	if r.repeat {
		return r.roots[root].Excludes
	}
	return r.opts.Exclude
}

// recordRoots remembers the folders that were taken in, with their settings.
func (r *run) recordRoots(ctx context.Context) error {
	now := time.Now()
	for _, path := range r.tree.Roots {
		if r.lost[path] {
			continue
		}
		root := r.roots[path]
		root.Path, root.Scanned = path, now
		if root.Added.IsZero() {
			root.Added = now
		}
		if !r.repeat {
			root.Excludes, root.Captions, root.Labels = r.opts.Exclude, r.opts.Captions, r.opts.Labels
		}
		if r.opts.Thumb != 0 {
			root.Thumb = r.opts.Thumb
		}
		if err := r.store.AddRoot(ctx, root); err != nil {
			return err
		}
	}
	return nil
}

// exists reports whether there is a file at path.
func exists(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// complaints returns the errors that a run reports although it did all the work that could be done.
func (r *run) complaints() error {
	var all []error
	for _, away := range r.summary.Away {
		all = append(all, fmt.Errorf("%w: nothing of it was hidden; is it mounted?", away.Err))
	}
	for _, root := range r.summary.Emptied {
		all = append(all, fmt.Errorf("%s: %w", root, ErrEmptied))
	}
	if len(r.tree.Files) == 0 && len(all) == 0 {
		all = append(all, fmt.Errorf("%s: %w", quoted(r.tree.Roots), ErrNoPictures))
	}
	for _, report := range r.summary.Captions {
		if report.Matched == 0 && len(r.tree.Files) > 0 {
			all = append(all, fmt.Errorf("%s: %w", report.Path, ErrNoCaptionMatched))
		}
	}
	return errors.Join(all...)
}
