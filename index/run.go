package index

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sync/semaphore"

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

	memory *semaphore.Weighted // bytes that decodes may hold

	roots  map[string]store.Root // the folders that the library knows, by path
	repeat bool                  // Options.Dirs is empty: the recorded folders with their recorded settings
	gone   []scan.Problem        // recorded caption and label files that are not there any more
	tree   scan.Tree
	known  map[string]store.File  // what the library holds, by path; the searchable one where several share it
	wake   chan<- struct{}        // see follow
	notes  notes                  // captions and labels of the files given
	done   map[store.ID]scan.File // documents whose picture needs no more work but whose captions may
	bad    map[string]store.Skip  // unreadable files of earlier runs, by path
	hidden map[store.ID]bool      // documents that this run hid because their path was gone

	mu      sync.Mutex            // guards what follows, which decoding workers use
	sources map[[32]byte][]source // documents by content; those that load found in order of source.compare
	claimed map[store.ID]bool     // vacated documents that a file at another path has taken over
	running map[[32]byte]bool     // contents being decoded now
	later   []job                 // files whose content was being decoded when they came up
	lost    map[string]bool       // roots that went away while their files were read
}

// all does the steps of a run in order.
func (r *run) all(ctx context.Context) error {
	if err := r.checkModel(ctx); err != nil {
		return err
	}
	if err := r.chooseRoots(); err != nil {
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
	return err
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

// walk lists the pictures. A folder that is missing is an error unless the library knows it.
func (r *run) walk(ctx context.Context) error {
	tree, err := r.opts.walk(ctx, r.opts.Dirs, scan.Options{Picture: imgio.PictureExtension, Exclude: r.excludes, Enter: r.opts.enter})
	if err != nil {
		return err
	}
	for _, away := range tree.Away {
		if _, known := r.roots[away.Path]; !known {
			return away.Err
		}
	}
	r.tree = tree
	r.summary.Away = tree.Away
	r.summary.Found, r.summary.Problems, r.summary.Excluded = len(tree.Files), append(r.gone, tree.Problems...), tree.Excluded
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
	r.lost = make(map[string]bool)
	err := r.store.EachFile(ctx, func(f store.File) error {
		if old, ok := r.known[f.Path]; !ok || old.Hidden {
			r.known[f.Path] = f
		}
		r.sources[f.Hash] = append(r.sources[f.Hash], source{File: f})
		return nil
	})
	if err != nil {
		return err
	}
	for _, all := range r.sources {
		slices.SortStableFunc(all, source.compare)
	}
	return r.store.EachSkip(ctx, func(s store.Skip) error {
		r.bad[s.Path] = s
		return nil
	})
}
