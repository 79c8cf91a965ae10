package index

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"sync"

	"errors"

	"clipsearch/index/store"
	"clipsearch/internal/imgio"
	"clipsearch/internal/progress"
	"clipsearch/internal/scan"
)

// run carries one call of Run.
type run struct {
	store   *store.Store
	opts    Options
	meter   *progress.Meter
	summary Summary

	tree   scan.Tree
	known  map[string]store.File  // what the library holds, by path; the searchable one where several share it
	wake   chan<- struct{}        // see follow
	notes  notes                  // captions and labels of the files given
	done   map[store.ID]scan.File // documents whose picture needs no more work but whose captions may
	bad    map[string]store.Skip  // unreadable files of earlier runs, by path
	hidden map[store.ID]bool      // documents that this run hid because their path was gone

	mu      sync.Mutex            // guards what follows, which decoding workers use
	sources map[[32]byte][]source // documents by content
	claimed map[store.ID]bool     // vacated documents that a file at another path has taken over
	running map[[32]byte]bool     // contents being decoded now
	later   []job                 // files whose content was being decoded when they came up
}

// all does the steps of a run in order.
func (r *run) all(ctx context.Context) error {
	if err := r.checkModel(ctx); err != nil {
		return err
	}
	r.meter.Phase("looking for pictures")
	if err := r.walk(ctx); err != nil {
		return err
	}
	if err := r.readNotes(); err != nil {
		return err
	}
	if err := r.load(ctx); err != nil {
		return err
	}
	work, err := r.plan(ctx)
	if err != nil {
		return err
	}
	follow := r.startFollowing(ctx)
	err = r.take(ctx, work)
	if err == nil {
		err = r.attach(ctx)
	}
	if err == nil {
		err = r.recordRoots(ctx)
	}
	r.meter.Phase("bringing the caption index in step")
	if followErr := follow.finish(ctx); err == nil {
		err = followErr
	}
	return errors.Join(err, r.complaints(err))
}

// checkModel compares the encoder with the library's model and records it where there is none.
func (r *run) checkModel(ctx context.Context) error {
	if r.opts.Encoder == nil {
		return nil
	}
	have, mine := r.store.Model(), r.opts.Encoder.Model()
	if have.ID != "" && have.ID != mine.ID {
		return fmt.Errorf("%w: it was made with %s (%s), this one is %s (%s)", ErrModel, have.ID, have.Dir, mine.ID, mine.Dir)
	}
	if have == mine {
		return nil
	}
	return r.store.SetModel(ctx, mine)
}

// walk lists the pictures.
func (r *run) walk(ctx context.Context) error {
	tree, err := scan.Walk(ctx, r.opts.Dirs, scan.Options{Picture: imgio.PictureExtension, Exclude: r.opts.Exclude})
	if err != nil {
		return err
	}
	r.tree = tree
	r.summary.Found, r.summary.Problems, r.summary.Excluded = len(tree.Files), tree.Problems, tree.Excluded
	return nil
}

// load reads what the library knows of files.
func (r *run) load(ctx context.Context) error {
	r.known = make(map[string]store.File)
	r.sources = make(map[[32]byte][]source)
	r.claimed = make(map[store.ID]bool)
	r.running = make(map[[32]byte]bool)
	r.done = make(map[store.ID]scan.File)
	r.bad = make(map[string]store.Skip)
	r.hidden = make(map[store.ID]bool)
	err := r.store.EachFile(ctx, func(f store.File) error {
		if old, ok := r.known[f.Path]; !ok || old.Hidden {
			r.known[f.Path] = f
		}
		r.sources[f.Hash] = append(r.sources[f.Hash], source{File: f, vacated: f.Hidden && !exists(f.Path)})
		return nil
	})
	if err != nil {
		return err
	}
	return r.store.EachSkip(ctx, func(s store.Skip) error {
		r.bad[s.Path] = s
		return nil
	})
}

// exists reports whether there is a file at path.
func exists(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// recordRoots remembers the folders with their settings.
func (r *run) recordRoots(ctx context.Context) error {
	for _, root := range r.tree.Roots {
		if err := r.recordRoot(ctx, root); err != nil {
			return err
		}
	}
	return nil
}

// complaints returns the errors that a run reports although it did all the work that could be done. err is what ended
// it early; then there is nothing to add.
func (r *run) complaints(err error) error {
	if err != nil {
		return nil
	}
	var all []error
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
