package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"clipsearch/encode"
	"clipsearch/eval"
	"clipsearch/internal/progress"
	"clipsearch/internal/regular"
)

const evalHelp = `Usage: clipsearch eval [flags] DATASET

Measures how well a model, and the search that uses it, finds what it should. DATASET is a folder of pictures with captions
or labels, or a library file, whose stored vectors are taken. doc/eval.md says what each figure means.

  --captions FILE       captions, as index takes them; may be repeated. Without it NAME.txt beside NAME.jpg counts.
                        Where captions or labels are named only the pictures that they name are measured on.
  --labels FILE         labels; may be repeated
  --split NAME          only lines of these files whose split column says NAME
  --first N             only the first N captions of each picture
  --task TASK           may be repeated; default: all that the data allow
                          retrieval  captions find pictures, and pictures captions, among all
                          inbatch    the same among 64 pictures at a time, in the order of the file
                          zeroshot   pictures find their label among all labels
                          search     captions find pictures through the search engine, by words, by vector and
                                     by both, while all other captions are indexed
  --classes WHAT        labels from elsewhere: folders (each picture's folder) or names (its file name without numbers)
  --protocol NAME       a published measure: rsicd is zeroshot with "An aerial photograph of {}" and classes from file
                        names where no labels are given; imageclef is inbatch
  --prompt TEXT         how zeroshot asks for a class, which stands at {}; several are averaged (default "a photo of {}")
  --baseline REPORT     compare with what --json wrote on the same pictures before
  --tolerance T         how far below the baseline a share may fall before that is a failure (default 0.01)
  --html FILE           write the report as a page with curves and the best and worst queries
  --save                keep the report where the web page lists it ($XDG_DATA_HOME/clipsearch/reports)
  --seed N              of the resampling that gives the intervals (default 1)
` + modelFlagsHelp + `  --quiet               no progress
  --json                the report as one JSON object on stdout

Exit status: 0 done, 1 failed or fell below the baseline, 2 usage, 3 done but some pictures could not be read, 4 no such
folder or library, 5 library in use, 6 the model does not fit the library, 7 no native backend, 130 interrupted.

  clipsearch eval ~/Pictures --captions ~/Pictures/captions.tsv --task retrieval
`

// evalOptions are what eval's command line says.
type evalOptions struct {
	common
	dataset          string
	captions, labels list
	split            string
	first            int
	tasks            []eval.Task // nil: those that the data allow
	prompts          list
	classes          string // "", folders or names: where labels come from besides files
	baseline         string
	tolerance        float64
	seed             uint64
	html             string // where to write the page; "": nowhere
	save             bool   // keep the report
}

// parseEval reads eval's arguments.
func parseEval(p Process, args []string) (opts evalOptions, err error) {
	f := newFlags("eval")
	opts.modelFlags(f)
	opts.outputFlags(f)
	var tasks list
	f.Var(&opts.captions, "captions", "")
	f.Var(&opts.labels, "labels", "")
	f.StringVar(&opts.split, "split", "", "")
	f.IntVar(&opts.first, "first", math.MaxInt, "")
	f.Var(&tasks, "task", "")
	f.Var(&opts.prompts, "prompt", "")
	f.StringVar(&opts.classes, "classes", "", "")
	protocol := f.String("protocol", "", "")
	f.StringVar(&opts.baseline, "baseline", "", "")
	f.Float64Var(&opts.tolerance, "tolerance", 0.01, "")
	f.Uint64Var(&opts.seed, "seed", 1, "")
	f.StringVar(&opts.html, "html", "", "")
	f.BoolVar(&opts.save, "save", false, "")
	rest, err := f.parse(args)
	if err != nil {
		return opts, err
	}
	switch {
	case len(rest) != 1:
		return opts, usagef("eval: name one folder or library, for example: clipsearch eval ~/Pictures --captions captions.tsv")
	case opts.first < 1:
		return opts, usagef("eval: --first is %d; it is a number of captions", opts.first)
	case !(opts.tolerance >= 0):
		return opts, usagef("eval: --tolerance is %v; it is 0 or more", opts.tolerance)
	case opts.split != "" && len(opts.captions)+len(opts.labels) == 0:
		return opts, usagef("eval: --split chooses lines of --captions and --labels; give those, too")
	}
	for _, task := range tasks {
		if !slices.Contains(eval.Tasks(), eval.Task(task)) {
			return opts, usagef("eval: --task %q: %v; it is retrieval, inbatch, zeroshot or search", task, eval.ErrTask)
		}
		opts.tasks = append(opts.tasks, eval.Task(task))
	}
	if opts.classes != "" && opts.classes != classesFromFolders && opts.classes != classesFromNames {
		return opts, usagef("eval: --classes %q; it is folders or names", opts.classes)
	}
	if err := opts.follow(*protocol); err != nil {
		return opts, err
	}
	if err := eval.CheckPrompts(opts.prompts); err != nil {
		return opts, usagef("eval: --prompt %v", err)
	}
	if len(opts.prompts) == 0 {
		opts.prompts = list{eval.DefaultPrompt}
	}
	opts.dataset = p.path(rest[0])
	opts.captions, opts.labels = p.paths(opts.captions), p.paths(opts.labels)
	opts.baseline, opts.html = p.path(opts.baseline), p.path(opts.html)
	return opts, nil
}

func runEval(ctx context.Context, p Process, args []string) (err error) {
	opts, err := parseEval(p, args)
	if err != nil {
		return err
	}
	base, err := openBaseline(opts.baseline) // before the work: a wrong name is found at once
	if err != nil {
		return err
	}
	meter := new(progress.Meter)
	printer := startPrinter(p.Stderr, meter, opts.quiet)
	e, err := openEvaluation(ctx, p, opts, meter)
	if e != nil {
		defer func() { err = errors.Join(err, e.close()) }()
	}
	if err == nil {
		err = e.measure(ctx, opts)
	}
	printer.finish()
	if err != nil {
		return err
	}
	printSkips(p.Stderr, e.skips)
	var other error // the baseline's set; what was measured is worth printing all the same
	if base != nil {
		if other = e.report.Compare(base); other != nil {
			other = fmt.Errorf("compare with %s: %w", opts.baseline, other)
		}
	}
	if err := errors.Join(e.publish(ctx, p, opts), other); err != nil {
		return err
	}
	return e.verdict(opts)
}

// openBaseline reads the report that --baseline names; nil if it names none.
func openBaseline(path string) (*eval.Baseline, error) {
	if path == "" {
		return nil, nil
	}
	file, err := regular.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close() // only read
	base, err := eval.ReadBaseline(file)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return base, nil
}

// hintLacking says how a set gets captions and labels.
const hintLacking = "name a file of captions with --captions, or of labels with --labels"

// measure runs the tasks. One that was not asked for by name is passed over where the data do not allow it.
func (e *evaluation) measure(ctx context.Context, opts evalOptions) error {
	tasks, named := opts.tasks, len(opts.tasks) > 0
	if !named {
		tasks = eval.Tasks()
	}
	var lacking []error
	for _, task := range eval.Tasks() {
		if !slices.Contains(tasks, task) {
			continue
		}
		e.meter.Phase("measuring " + string(task))
		err := e.run(ctx, task)
		if !named && isLacking(err) {
			lacking = append(lacking, err)
			continue
		}
		if err != nil {
			return fmt.Errorf("%s: %w", task, err)
		}
	}
	if len(e.report.Results) == 0 {
		return withHint(fmt.Errorf("nothing to measure in %s: %w, and %w", opts.dataset, lacking[0], lacking[2]), hintLacking)
	}
	return nil
}

// isLacking reports whether a task's error is that the data do not allow it.
func isLacking(err error) bool {
	return slices.ContainsFunc([]error{eval.ErrNoCaptions, eval.ErrOneCaption, eval.ErrNoLabels, eval.ErrOneClass}, func(lack error) bool { return errors.Is(err, lack) })
}

// run does one task.
func (e *evaluation) run(ctx context.Context, task eval.Task) error {
	if task == eval.Search {
		return e.report.SearchThrough(ctx, e.texts, e.openCopy)
	}
	if e.texts == nil {
		return withHint(encode.ErrNoBackend, "only --task search can do without a model, by words alone; the full program is built with: make")
	}
	switch task {
	case eval.Retrieval:
		return e.report.Retrieve(ctx, e.texts)
	case eval.InBatch:
		return e.report.RetrieveInBatches(ctx, e.texts)
	}
	return e.report.Classify(ctx, e.texts)
}

// publish writes the report in the forms asked for, to stdout first: a page that cannot be written takes nothing away.
func (e *evaluation) publish(ctx context.Context, p Process, opts evalOptions) (err error) {
	if opts.json {
		err = json.NewEncoder(p.Stdout).Encode(&e.report)
	} else {
		err = printEvaluation(p.Stdout, &e.report)
	}
	if err != nil {
		return err
	}
	return e.publishPage(ctx, p, opts)
}

// verdict returns the error that the exit code stands for.
func (e *evaluation) verdict(opts evalOptions) error {
	if falls := e.report.Falls(opts.tolerance); len(falls) > 0 {
		worse := make([]string, len(falls))
		for i, f := range falls {
			worse[i] = fmt.Sprintf("%s %s by %.4f", wayName(f.Task, f.Way), f.Metric, -f.Difference.Value)
		}
		return fmt.Errorf("fell by more than %v below %s: %s", opts.tolerance, opts.baseline, strings.Join(worse, ", "))
	}
	if len(e.skips) > 0 {
		return errSomeSkipped
	}
	return nil
}
