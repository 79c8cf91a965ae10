package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"

	"clipsearch/index"
	"clipsearch/index/captions"
	"clipsearch/index/store"
	"clipsearch/internal/jobs"
	"clipsearch/internal/progress"
	"clipsearch/internal/scan"
)

const indexHelp = `Usage: clipsearch index [flags] [DIR...]

Takes the pictures below each DIR into a library, with their captions, and keeps it in step: run it again and only what
is new, changed, moved or gone costs anything. Without a DIR it looks again at all folders that the library knows, with
the captions, labels and patterns they were last given. It can be stopped at any moment. The folders are never written to.
Searches and pages beside it see what is finished; a second index on the same library takes its turn.

  --captions FILE       captions for the pictures; may be repeated. TSV or CSV (file, caption), JSON lines,
                        COCO or Karpathy JSON. A NAME.txt beside NAME.jpg is read without being asked for,
                        and so are descriptions inside the pictures.
  --labels FILE         labels for the pictures, "file<TAB>label" a line; may be repeated
  --exclude PATTERN     leave out what matches, in gitignore syntax; may be repeated. A .clipsearchignore in
                        any folder does the same for what is below it. What was indexed before is hidden,
                        and comes back without work when it is not excluded any more.
  --watch               go on: look again whenever something changed, and every --rescan DURATION (default 15m)
                        as network drives tell nobody of their changes. Stop it with Ctrl-C.
  --thumbnails SIZE     256, 384, 512 (pixels of the longer side) or none, for the pictures of these folders
                        that are read from now on (default: as before, at first 384)
  --batch N             pictures that go through the model together (default 32; 512 on a CUDA device)
` + libraryHelp + modelFlagsHelp + kindHelp + `  --quiet               no progress
  --json                the summary as one JSON object on stdout

Hidden files and folders and what systems leave behind (Thumbs.db, @eaDir, lost+found, recycle bins) are passed over, and
so are symbolic links to folders. A DIR of the library that is missing, unreadable or suddenly empty hides nothing.

Exit status: 0 done, 1 failed or a folder is away, 2 usage, 3 done but some files could not be read, 5 library in use,
6 the model does not fit the library, 130 interrupted (what was done is kept). Stopping --watch while it waits is no
interrupt: 0.

  clipsearch index ~/Pictures --captions ~/Pictures/captions.tsv
`

// indexFlags are the flags of the index command.
type indexFlags struct {
	common
	captions, labels, exclude list
	batch                     int
	thumbnails                string
	watch                     bool
	rescan                    time.Duration
}

// thumbSizes are what --thumbnails takes.
var thumbSizes = map[string]int{"256": 256, "384": index.DefaultThumb, "512": 512, "none": index.NoThumb}

func runIndex(ctx context.Context, p Process, args []string) error {
	var opts indexFlags
	f := newFlags("index")
	opts.libraryFlag(f)
	opts.indexFlag(f)
	opts.modelFlags(f)
	opts.outputFlags(f)
	f.Var(&opts.captions, "captions", "")
	f.Var(&opts.labels, "labels", "")
	f.Var(&opts.exclude, "exclude", "")
	f.IntVar(&opts.batch, "batch", 0, "")
	f.StringVar(&opts.thumbnails, "thumbnails", "", "")
	f.BoolVar(&opts.watch, "watch", false, "")
	f.DurationVar(&opts.rescan, "rescan", 0, "")
	dirs, err := f.parse(args)
	switch {
	case err != nil:
		return err
	case len(dirs) == 0 && len(opts.captions)+len(opts.labels)+len(opts.exclude) > 0:
		return usagef("index: name the folders that --captions, --labels and --exclude are for")
	case opts.batch < 0:
		return usagef("index: --batch is %d; it is a number of pictures", opts.batch)
	case opts.thumbnails != "" && thumbSizes[opts.thumbnails] == 0:
		return usagef("index: --thumbnails is %q; it is 256, 384, 512 or none", opts.thumbnails)
	case opts.rescan != 0 && !opts.watch:
		return usagef("index: --rescan says how often --watch looks again; give --watch, too")
	case opts.rescan < 0:
		return usagef("index: --rescan is %s; it is a time such as 15m or 1h", opts.rescan)
	}
	dirs = p.paths(dirs)
	if opts.captions, err = p.whole(opts.captions); err != nil { // the library remembers them
		return err
	}
	if opts.labels, err = p.whole(opts.labels); err != nil {
		return err
	}
	if err := scan.CheckPatterns(opts.exclude); err != nil {
		return usagef("index: --exclude: %v", err)
	}
	// A folder that isn't there must not leave an empty library behind; of one that exists, the folder may be away.
	if _, err := os.Stat(p.path(findPlaces(p).libraryPath(opts.library))); errors.Is(err, fs.ErrNotExist) {
		if len(dirs) == 0 {
			return usagef("index: name the folders to take in, for example: clipsearch index ~/Pictures")
		}
		if _, err := scan.Folders(dirs); err != nil {
			return err
		}
	}
	return indexFolders(ctx, p, opts, dirs)
}

// indexFolders opens the library, its caption index and the model, and runs the indexer.
func indexFolders(ctx context.Context, p Process, opts indexFlags, dirs []string) (err error) {
	lib, err := openLibrary(ctx, p, opts.library, indexing)
	if err != nil {
		return err
	}
	lib.searchBy(opts.kind)
	defer func() { err = errors.Join(err, lib.Close()) }()
	options, closeModel, err := indexOptions(p, opts, lib, dirs)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeModel()) }()
	meter := options.Meter
	if opts.watch {
		return watchFolders(ctx, p, opts, lib, options)
	}
	done, err := lib.turn(ctx, p, meter, opts.quiet)
	if err != nil {
		return err
	}
	defer func() { lib.leave(); done() }()
	finish := lib.jobs.Observe(jobs.Task{Kind: jobs.Index, Folders: dirs, Exclude: opts.exclude}, jobs.Command, meter)
	printer := startPrinter(p.Stderr, meter, opts.quiet)
	summary, runErr := index.Run(ctx, lib.store, options)
	whole := runErr == nil
	if whole {
		runErr = lib.save(ctx, meter)
	}
	printer.finish()
	finish(indexJSON(summary), runErr)
	if err := handedBack(ctx); err != nil {
		if !whole {
			return err // another process will go on, and report
		}
		runErr = nil // what could not be saved is made when it is needed
	}
	return reportIndex(p, opts, summary, runErr)
}

// indexOptions returns what a run needs, with the model if there is one, which closeModel releases.
func indexOptions(p Process, opts indexFlags, lib *library, dirs []string) (options index.Options, closeModel func() error, err error) {
	options = index.Options{
		Dirs: dirs, Captions: opts.captions, Labels: opts.labels, Exclude: opts.exclude, Batch: opts.batch,
		Thumb: thumbSizes[opts.thumbnails],
		Meter: new(progress.Meter), Followers: []index.Follower{lib}, Matched: func(reports []captions.Report) { printReports(p.Stderr, reports) },
	}
	model, err := openImageTower(p, opts.common, findPlaces(p), lib.store.Model())
	if err != nil || model == nil {
		return options, func() error { return nil }, err
	}
	options.Encoder = imageTower{model}
	if options.Batch == 0 && model.Info().Device != "cpu" {
		options.Batch = deviceBatch
	}
	return options, model.Close, nil
}

// deviceBatch is how many pictures go through a CUDA device together by default: with 256 an H200 is at nine tenths of its rate
// (doc/performance.md), and reading the next ones goes on meanwhile.
const deviceBatch = 512

// reportIndex prints what a run did and returns its error, or the one that stands for skipped pictures.
func reportIndex(p Process, opts indexFlags, s index.Summary, runErr error) error {
	if opts.json {
		if err := json.NewEncoder(p.Stdout).Encode(indexJSON(s)); err != nil {
			return err
		}
	}
	printProblems(p.Stderr, s.Problems)
	printSkips(p.Stderr, s.Skipped)
	if s.Found > 0 && !opts.quiet {
		fmt.Fprintf(p.Stderr, "clipsearch: %s\n", summaryLine(s))
	}
	if runErr == nil && len(s.Skipped)+len(s.Problems) > 0 {
		return errSomeSkipped
	}
	return runErr
}

// printReports says how caption and label files matched the pictures.
func printReports(w io.Writer, reports []captions.Report) {
	for _, report := range reports {
		fmt.Fprintf(w, "clipsearch: %s: %d names matched pictures", printable(report.Path), report.Matched)
		if report.Unmatched > 0 {
			fmt.Fprintf(w, ", %d did not (such as %s)", report.Unmatched, printable(report.UnmatchedExamples[0]))
		}
		if report.Ambiguous > 0 {
			fmt.Fprintf(w, ", %d fit several pictures and were left out (such as %s)", report.Ambiguous, printable(report.AmbiguousExamples[0]))
		}
		fmt.Fprintln(w)
	}
}

// shownSkips is how many unreadable pictures are listed by name; stats lists them all.
const shownSkips = 10

// printProblems names folders, links and lists of patterns that could not be read.
func printProblems(w io.Writer, problems []scan.Problem) {
	for i, problem := range problems {
		if i == shownSkips {
			fmt.Fprintf(w, "clipsearch: … and %d more\n", len(problems)-shownSkips)
			return
		}
		fmt.Fprintf(w, "clipsearch: could not read %s: %s\n", printable(problem.Path), printable(problem.Err.Error()))
	}
}

// printSkips names pictures that could not be read.
func printSkips(w io.Writer, skips []store.Skip) {
	for i, skip := range skips {
		if i == shownSkips {
			fmt.Fprintf(w, "clipsearch: … and %d more; clipsearch stats --json counts them by reason\n", len(skips)-shownSkips)
			return
		}
		fmt.Fprintf(w, "clipsearch: skipped %s: %s\n", printable(skip.Path), printable(skip.Detail))
	}
}

// summaryLine is the last line of a run, for people.
func summaryLine(s index.Summary) string {
	line := fmt.Sprintf("%d pictures: %d new, %d changed, %d unchanged", s.Found, s.Added, s.Updated, s.Unchanged)
	for _, part := range []struct {
		n    int
		what string
	}{
		{s.Moved, "moved"}, {s.Copied, "of the new ones copies"}, {s.Returned, "came back"}, {s.Hidden, "gone"},
		{s.Captioned, "with other captions"}, {len(s.Skipped), "unreadable"},
	} {
		if part.n > 0 {
			line += fmt.Sprintf(", %d %s", part.n, part.what)
		}
	}
	line += " in " + seconds(s.Elapsed)
	if s.Encoded > 0 {
		line += fmt.Sprintf(", %.0f pictures/s", float64(s.Encoded)/s.Elapsed.Seconds())
	}
	var times []string
	for _, stage := range stagesOf(s) {
		times = append(times, stage.name+" "+seconds(stage.time))
	}
	if len(times) == 0 {
		return line
	}
	return line + " (" + strings.Join(times, ", ") + ")"
}

// stage is one kind of work and its time.
type stage struct {
	name, key string // for people and for scripts
	time      time.Duration
}

// stagesOf returns where the time of a run went: only what the run did, so nothing about an encoder it had not.
func stagesOf(s index.Summary) []stage {
	var all []stage
	if s.Times.Decode > 0 {
		all = append(all, stage{"decode", "decode", s.Times.Decode})
	}
	if s.Encoded > 0 {
		all = append(all, stage{"encode", "encode", s.Times.Encode})
	}
	if s.Times.Write > 0 {
		all = append(all, stage{"write", "write", s.Times.Write})
	}
	if s.Encoded > 0 {
		all = append(all, stage{"encoder waited", "wait", s.Times.Wait})
	}
	return all
}

// indexJSON is the summary as scripts see it; times are seconds.
func indexJSON(s index.Summary) any {
	skipped := make(map[string]int)
	for _, skip := range s.Skipped {
		skipped[skip.Reason]++
	}
	times := map[string]float64{"total": s.Elapsed.Seconds()}
	for _, stage := range stagesOf(s) {
		times[stage.key] = stage.time.Seconds()
	}
	return map[string]any{
		"found": s.Found, "added": s.Added, "updated": s.Updated, "unchanged": s.Unchanged, "moved": s.Moved, "copied": s.Copied,
		"returned": s.Returned, "hidden": s.Hidden, "encoded": s.Encoded, "captioned": s.Captioned, "excluded": s.Excluded, "skipped": skipped,
		"problems": len(s.Problems), "away": len(s.Away) + len(s.Emptied),
		"seconds": times,
	}
}
