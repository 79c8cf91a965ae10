package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"clipsearch/index"
	"clipsearch/index/store"
	"clipsearch/internal/jobs"
	"clipsearch/internal/progress"
	"clipsearch/internal/scan"
	"clipsearch/search"
)

// maxJobFolders is how many folders one job may name.
const maxJobFolders = 100

// worker does the jobs that a page asks for, on the library that it shows.
type worker struct {
	process Process
	flags   common
	library *library
}

// Check refuses tasks that cannot be done here.
func (w *worker) Check(task jobs.Task) error {
	switch {
	case !w.library.writable:
		return fmt.Errorf("%w: the library cannot be written to", jobs.ErrState)
	case task.Kind == jobs.Index:
		return w.checkIndex(task)
	case len(task.Folders)+len(task.Exclude) > 0:
		return fmt.Errorf("%w: %s takes no folders and patterns", jobs.ErrBadTask, task.Kind)
	case slices.Contains([]jobs.Kind{jobs.Verify, jobs.Rebuild, jobs.Compact}, task.Kind):
		return nil
	}
	return fmt.Errorf("%w: there is no job %q; it is index, verify, rebuild or compact", jobs.ErrBadTask, task.Kind)
}

// checkIndex refuses folders that are none.
func (w *worker) checkIndex(task jobs.Task) error {
	known, err := w.roots()
	switch {
	case err != nil:
		return err
	case len(task.Folders) == 0 && len(known) == 0:
		return fmt.Errorf("%w: the library has no folders yet; name one", jobs.ErrBadTask)
	case len(task.Folders) == 0 && len(task.Exclude) > 0:
		return fmt.Errorf("%w: name the folders that the patterns are for", jobs.ErrBadTask)
	case len(task.Folders) > maxJobFolders:
		return fmt.Errorf("%w: %d folders are too many; at most %d", jobs.ErrBadTask, len(task.Folders), maxJobFolders)
	}
	if err := scan.CheckPatterns(task.Exclude); err != nil {
		return fmt.Errorf("%w: %w", jobs.ErrBadTask, err)
	}
	for _, folder := range task.Folders {
		if !filepath.IsAbs(folder) {
			return fmt.Errorf("%w: %q is not a whole path, such as %q", jobs.ErrBadTask, folder, filepath.Join(string(filepath.Separator), "home", "me", "Pictures"))
		}
		if _, ok := known[filepath.Clean(folder)]; ok {
			continue // it may be away
		}
		if info, err := os.Stat(folder); err != nil || !info.IsDir() {
			return fmt.Errorf("%w: there is no folder %q", jobs.ErrBadTask, folder)
		}
	}
	return nil
}

// roots returns the folders that the library knows, by path.
func (w *worker) roots() (map[string]store.Root, error) {
	all, err := w.library.store.Roots()
	if err != nil {
		return nil, err
	}
	known := make(map[string]store.Root, len(all))
	for _, root := range all {
		known[root.Path] = root
	}
	return known, nil
}

// Work does a task.
func (w *worker) Work(ctx context.Context, task jobs.Task, report *jobs.Report) (any, error) {
	switch task.Kind {
	case jobs.Index:
		return w.index(ctx, task, report)
	case jobs.Verify:
		return w.verify(ctx, report)
	case jobs.Compact:
		return w.compact(ctx, report)
	}
	return w.rebuild(ctx, report)
}

// index takes folders in: known ones with the settings that they were last given, unless the task has others.
func (w *worker) index(ctx context.Context, task jobs.Task, report *jobs.Report) (any, error) {
	flags := indexFlags{common: w.flags}
	options, closeModel, err := indexOptions(w.process, flags, w.library, nil)
	if err != nil {
		return nil, err
	}
	defer closeModel() // its weights were only read
	options.Matched = nil
	options.Skipped = func(s store.Skip) {
		report.Skip(jobs.Skip{Path: s.Path, PathBytes: search.PathBytes(s.Path), Reason: s.Reason, Detail: s.Detail})
	}
	passes, err := w.passes(task)
	if err != nil {
		return nil, err
	}
	done, err := w.turn(ctx, report)
	if err != nil {
		return nil, err
	}
	defer done()
	var sum index.Summary
	for _, pass := range passes {
		options.Meter = report.Meter()
		w.library.setRunning(options.Meter)
		options.Dirs, options.Exclude, options.Captions, options.Labels = pass.dirs, pass.exclude, pass.captions, pass.labels
		summary, err := index.Run(ctx, w.library.store, options)
		sum = added(sum, summary)
		if err != nil {
			return indexJSON(sum), err
		}
	}
	return indexJSON(sum), w.library.save(ctx, options.Meter)
}

// pass is a run over folders with the same settings.
type pass struct{ dirs, exclude, captions, labels []string }

// passes returns the runs that a task takes. Without folders that is one, which takes all with their settings.
func (w *worker) passes(task jobs.Task) ([]pass, error) {
	if len(task.Folders) == 0 {
		return []pass{{}}, nil
	}
	known, err := w.roots()
	if err != nil {
		return nil, err
	}
	var passes []pass
	for _, folder := range task.Folders {
		next := pass{dirs: []string{folder}, exclude: task.Exclude}
		if root, ok := known[filepath.Clean(folder)]; ok {
			next.captions, next.labels = root.Captions, root.Labels
			if len(task.Exclude) == 0 {
				next.exclude = root.Excludes
			}
		}
		if last := len(passes) - 1; last >= 0 && passes[last].fits(next) {
			passes[last].dirs = append(passes[last].dirs, folder)
			continue
		}
		passes = append(passes, next)
	}
	return passes, nil
}

// fits reports whether two runs have the same settings.
func (p pass) fits(other pass) bool {
	return slices.Equal(p.exclude, other.exclude) && slices.Equal(p.captions, other.captions) && slices.Equal(p.labels, other.labels)
}

// turn waits until no other run writes to the library.
func (w *worker) turn(ctx context.Context, report *jobs.Report) (done func(), err error) {
	meter := report.Meter()
	meter.Phase("waiting for another run to end")
	return w.library.turn(ctx, w.process, meter, true)
}

// added returns what two runs have done together.
func added(a, b index.Summary) index.Summary {
	a.Found += b.Found
	a.Unchanged += b.Unchanged
	a.Added += b.Added
	a.Updated += b.Updated
	a.Moved += b.Moved
	a.Copied += b.Copied
	a.Returned += b.Returned
	a.Hidden += b.Hidden
	a.Encoded += b.Encoded
	a.Captioned += b.Captioned
	a.Excluded += b.Excluded
	a.Skipped = append(a.Skipped, b.Skipped...)
	a.Problems = append(a.Problems, b.Problems...)
	a.Away = append(a.Away, b.Away...)
	a.Emptied = append(a.Emptied, b.Emptied...)
	a.Elapsed += b.Elapsed
	a.Times = progress.Times{
		Decode: a.Times.Decode + b.Times.Decode, Encode: a.Times.Encode + b.Times.Encode,
		Write: a.Times.Write + b.Times.Write, Wait: a.Times.Wait + b.Times.Wait,
	}
	return a
}

// verify checks the library's records and what is derived from them, as it is open.
func (w *worker) verify(ctx context.Context, report *jobs.Report) (any, error) {
	st := w.library.store
	meter := report.Meter()
	found, err := st.Verify(ctx, countMiB(meter, "checking"))
	if err != nil {
		return nil, err
	}
	v := verdict{Library: st.Path(), Clean: found.Clean(), Problems: []problem{}, Omitted: found.Omitted, Records: found.Records, Bytes: found.Bytes, Lost: []string{}}
	for _, p := range found.Problems {
		v.Problems = append(v.Problems, problem{p.What, p.Lost})
	}
	if !v.Clean {
		return v, fmt.Errorf("the library is damaged: stop this server and run clipsearch verify --repair")
	}
	meter.Phase("checking what is derived")
	derived, err := w.derived(ctx)
	if err != nil {
		return v, err
	}
	for _, what := range derived {
		v.Clean, v.Problems = false, append(v.Problems, problem{What: what})
	}
	if !v.Clean {
		return v, fmt.Errorf("what is derived from the library differs from it: rebuild it")
	}
	return v, nil
}

// derived returns what is wrong with the caption index and the vectors in memory.
func (w *worker) derived(ctx context.Context) ([]string, error) {
	words, vectors, err := w.library.legs(ctx, "")
	if err != nil {
		return nil, err
	}
	problems, err := words.Check(ctx)
	if err != nil {
		return nil, err
	}
	more, err := vectors.Check(ctx)
	return append(problems, more...), err
}

// rebuild makes the caption index and the graph of vectors anew, with their copies in the file. Searches go on by vectors.
func (w *worker) rebuild(ctx context.Context, report *jobs.Report) (any, error) {
	done, err := w.turn(ctx, report)
	if err != nil {
		return nil, err
	}
	defer done()
	words, vectors, err := w.library.legs(ctx, "")
	if err != nil {
		return nil, err
	}
	meter := report.Meter()
	meter.Phase("reading all captions")
	if err := words.Rebuild(ctx); err != nil {
		return nil, err
	}
	meter.Phase("checking the vectors")
	problems, err := vectors.Check(ctx)
	if err != nil {
		return nil, err
	}
	if len(problems) > 0 {
		if err := w.library.dropVectors(ctx); err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("the vectors in memory differ from the library's (%s): stop this server and start it again, which reads them anew", problems[0])
	}
	if err := w.library.save(ctx, meter); err != nil {
		return nil, err
	}
	return map[string]int{"captions": words.Len(), "vectors": vectors.Len()}, nil
}
