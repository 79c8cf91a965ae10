package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"clipsearch/index"
	"clipsearch/index/store"
	"clipsearch/internal/jobs"
	"clipsearch/internal/progress"
)

// watchFolders indexes, and again whenever something changed, until ctx ends.
func watchFolders(ctx context.Context, p Process, opts indexFlags, lib *library, options index.Options) error {
	var printer *printer
	done := func() {}
	var finish func(any, error)
	var meter *progress.Meter
	r := watchReport{p: p, opts: opts, skipped: make(map[string]time.Time)}
	err := index.Watch(ctx, lib.store, options, index.WatchOptions{
		Rescan: opts.rescan,
		Begin: func(counted *progress.Meter) {
			meter = counted
			if turn, err := lib.turn(ctx, p, meter, opts.quiet); err == nil { // else ctx has ended, as the pass will find
				done = turn
			}
			printer = startPrinter(p.Stderr, meter, opts.quiet)
			finish = lib.jobs.Observe(jobs.Task{Kind: jobs.Index, Folders: options.Dirs}, jobs.Watch, meter)
		},
		Done: func(pass index.Pass) {
			if pass.Err == nil && (pass.Number == 1 || pass.Changed()) {
				if err := lib.save(ctx, meter); ctx.Err() == nil { // now: nobody knows how the watch will end
					pass.Err = err
				}
			}
			printer.finish()
			if pass.Number == 1 || pass.Changed() || pass.Err != nil {
				finish(indexJSON(pass.Summary), pass.Err)
			} else {
				finish(nil, nil)
			}
			done()
			done = func() {}
			if handedBack(ctx) == nil {
				r.print(pass)
			}
		},
	})
	return errors.Join(err, handedBack(ctx))
}

// watchReport prints what passes did; what was said of an earlier one is not said again.
type watchReport struct {
	p         Process
	opts      indexFlags
	skipped   map[string]time.Time // unreadable pictures that were named, with the time of the file then
	complaint string
	limit     string
}

// print says what is new of one pass. The first one is reported as by index without --watch. An error that ends the watch
// is printed by Run.
func (r *watchReport) print(pass index.Pass) {
	s, w := pass.Summary, r.p.Stderr
	s.Skipped = r.unnamed(s.Skipped)
	if r.opts.json && (pass.Number == 1 || pass.Changed()) {
		_ = json.NewEncoder(r.p.Stdout).Encode(indexJSON(pass.Summary)) // a reader that went away doesn't end a watch
	}
	printProblems(w, s.Problems)
	printSkips(w, s.Skipped)
	switch {
	case r.opts.quiet:
	case pass.Number == 1 && s.Found > 0:
		fmt.Fprintf(w, "clipsearch: %s\n", summaryLine(s))
	case pass.Number > 1 && pass.Changed():
		fmt.Fprintf(w, "clipsearch: %s: %s\n", pass.Reason, summaryLine(s))
	}
	if pass.Ended {
		return
	}
	complaint := ""
	if pass.Err != nil {
		complaint = describe(pass.Err)
	}
	if complaint != "" && complaint != r.complaint {
		fmt.Fprintf(w, "clipsearch: %s\n", complaint)
	}
	r.complaint = complaint
	r.printLimit(pass.Limit)
	if pass.Number == 1 && !r.opts.quiet {
		fmt.Fprintln(w, "clipsearch: watching (stop with Ctrl-C)")
	}
}

// unnamed returns the skipped pictures that were not named before, or have changed since.
func (r *watchReport) unnamed(all []store.Skip) []store.Skip {
	var fresh []store.Skip
	for _, skip := range all {
		if seen, ok := r.skipped[skip.Path]; !ok || !seen.Equal(skip.ModTime) {
			fresh = append(fresh, skip)
			r.skipped[skip.Path] = skip.ModTime
		}
	}
	return fresh
}

// printLimit says once that not all folders are watched, and what that means.
func (r *watchReport) printLimit(limit error) {
	if limit == nil || limit.Error() == r.limit {
		return
	}
	r.limit = limit.Error()
	every := r.opts.rescan
	if every == 0 {
		every = 15 * time.Minute
	}
	fmt.Fprintf(r.p.Stderr, "clipsearch: %s; changes in the others are seen every %s (--rescan)\n%ssudo sysctl fs.inotify.max_user_watches=1048576 raises it on Linux\n",
		r.limit, every, hintIndent)
}
