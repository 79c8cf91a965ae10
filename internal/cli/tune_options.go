package cli

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"clipsearch/encode/checkpoint"
	"clipsearch/eval"
	"clipsearch/tune"
)

// tuneOptions are what tune's command line says.
type tuneOptions struct {
	common
	dataset string
	out     string
	resume  bool
	dtype   checkpoint.DType
	micro   int
	wise    string // "", a number or sweep
	recipe  recipe
	epochs  int
	samples int // an epoch; 0: every picture once
}

// tuneFlags are the flags that change a recipe. A recipe keeps its own setting where the flag was not given.
type tuneFlags struct {
	captions, labels, prompts, valCaptions, valLabels, freeze list
	split, published, scratch, schedule, augment              string
	batch, warmup, patience, lora                             int
	rate, decay, words                                        float64
	limit                                                     time.Duration
	seed                                                      uint64
	given                                                     map[string]bool // by the flag's name
}

// parseTune reads tune's arguments.
func parseTune(p Process, args []string) (opts tuneOptions, err error) {
	f := newFlags("tune")
	opts.modelFlags(f)
	opts.outputFlags(f)
	var n tuneFlags
	n.define(f)
	var dtype string
	f.IntVar(&opts.epochs, "epochs", 10, "")
	f.IntVar(&opts.samples, "samples-per-epoch", 0, "")
	f.IntVar(&opts.micro, "micro-batch", 0, "")
	f.StringVar(&opts.wise, "wise-ft", "", "")
	f.BoolVar(&opts.resume, "resume", false, "")
	f.StringVar(&dtype, "dtype", "f16", "")
	f.StringVar(&opts.out, "out", "", "")
	rest, err := f.parse(args)
	if err != nil {
		return opts, err
	}
	if len(rest) != 1 {
		return opts, usagef("tune: name one folder or recipe, for example: clipsearch tune ~/Pictures --captions captions.tsv --model DIR --out DIR")
	}
	n.given = f.given()
	opts.dataset, opts.out = p.path(rest[0]), p.path(opts.out)
	if opts.dtype, err = checkpoint.ParseDType(dtype); err != nil {
		return opts, usagef("tune: --dtype %v", err)
	}
	if opts.recipe, err = chooseRecipe(opts.dataset, n.published, n.scratch != ""); err != nil {
		return opts, err
	}
	if n.published == imageCLEF && !n.given["samples-per-epoch"] {
		opts.samples = imageCLEFSamples
	}
	if n.scratch != "" {
		opts.recipe.Architecture = n.scratch
	}
	if err := n.chooseSets(p, &opts); err != nil {
		return opts, err
	}
	n.change(&opts.recipe)
	if opts.samples > 0 {
		opts.recipe.Plan.Replace = true
	}
	return opts, opts.check()
}

// define adds the flags.
func (n *tuneFlags) define(f flags) {
	f.Var(&n.captions, "captions", "")
	f.Var(&n.labels, "labels", "")
	f.Var(&n.prompts, "prompt", "")
	f.StringVar(&n.split, "split", "", "")
	f.Var(&n.valCaptions, "val", "")
	f.Var(&n.valLabels, "val-labels", "")
	f.StringVar(&n.published, "recipe", "", "")
	f.StringVar(&n.scratch, "from-scratch", "", "")
	f.IntVar(&n.batch, "batch", 0, "")
	f.Float64Var(&n.rate, "lr", 0, "")
	f.StringVar(&n.schedule, "schedule", "", "")
	f.IntVar(&n.warmup, "warmup", 0, "")
	f.Float64Var(&n.decay, "weight-decay", 0, "")
	f.StringVar(&n.augment, "augment", "", "")
	f.Float64Var(&n.words, "word-drop", 0, "")
	f.IntVar(&n.patience, "patience", 0, "")
	f.Var(&n.freeze, "freeze", "")
	f.IntVar(&n.lora, "lora", 0, "")
	f.DurationVar(&n.limit, "limit", 0, "")
	f.Uint64Var(&n.seed, "seed", 0, "")
}

// chooseSets makes a folder the recipe's only set; a recipe file has its own.
func (n *tuneFlags) chooseSets(p Process, opts *tuneOptions) error {
	r := &opts.recipe
	if strings.HasSuffix(opts.dataset, recipeSuffix) {
		for _, name := range []string{"captions", "labels", "prompt", "split", "val", "val-labels"} {
			if n.given[name] {
				return usagef("tune: --%s goes with a folder; %s says itself what is learned", name, opts.dataset)
			}
		}
		return n.changeAugment(r)
	}
	set := recipeSet{
		Name: filepath.Base(opts.dataset), Dir: opts.dataset, Captions: p.paths(n.captions), Labels: p.paths(n.labels), Prompts: n.prompts, Split: n.split,
	}
	if len(r.Sets) > 0 { // a published recipe's augmentation
		set.Augment = r.Sets[0].Augment
	} else if n.augment == "" {
		n.augment = "photo"
	}
	r.Sets = []recipeSet{set}
	if len(n.valCaptions)+len(n.valLabels) > 0 {
		r.Validation = []recipeSet{{Name: set.Name, Dir: set.Dir, Captions: p.paths(n.valCaptions), Labels: p.paths(n.valLabels), Prompts: n.prompts}}
	}
	return n.changeAugment(r)
}

// changeAugment gives all sets the augmentation that --augment names, if it was given.
func (n *tuneFlags) changeAugment(r *recipe) error {
	if n.augment == "" {
		return nil
	}
	a, err := tune.AugmentNamed(n.augment)
	if err != nil {
		return usagef("tune: --%v", err)
	}
	for i := range r.Sets {
		r.Sets[i].Augment = augmentation{n.augment, a}
	}
	return nil
}

// change puts the flags that were given in the place of the recipe's settings.
func (n *tuneFlags) change(r *recipe) {
	for name, change := range map[string]func(){
		"epochs":            func() { r.Plan.Steps = 0 }, // follows from the data, as does
		"samples-per-epoch": func() { r.Plan.Epoch = 0 },
		"batch":             func() { r.Plan.Batch = n.batch },
		"lr":                func() { r.Plan.Rate = n.rate },
		"schedule":          func() { r.Plan.Schedule = n.schedule },
		"warmup":            func() { r.Plan.Warmup = n.warmup },
		"weight-decay":      func() { r.Learn.Decay = n.decay },
		"word-drop":         func() { r.Plan.WordDrop = n.words },
		"patience":          func() { r.Plan.Patience = n.patience },
		"lora":              func() { r.Learn.LowRank = n.lora },
		"limit":             func() { r.Plan.Limit = n.limit },
		"seed":              func() { r.Plan.Seed = n.seed },
		"freeze":            func() { r.Learn.Freeze = n.freeze },
	} {
		if n.given[name] {
			change()
		}
	}
}

// check finds what makes no sense, before anything is read.
func (o *tuneOptions) check() error {
	r := &o.recipe
	switch {
	case o.out == "":
		return usagef("tune: say with --out DIR where the trained model shall go")
	case r.Architecture == "" && o.model == "":
		return usagef("tune: name the model to begin with by --model, or train one with --from-scratch ARCH")
	case r.Architecture != "" && o.model != "":
		return usagef("tune: --model and --from-scratch exclude each other")
	case o.epochs < 1:
		return usagef("tune: --epochs is %d; it is 1 or more", o.epochs)
	case o.micro < 0 || o.samples < 0:
		return usagef("tune: --micro-batch and --samples-per-epoch are numbers of pictures")
	case len(r.Sets) == 0:
		return usagef("tune: %s names no sets", o.dataset)
	}
	if o.wise != "" && o.wise != wiseSweep {
		if a, err := strconv.ParseFloat(o.wise, 64); err != nil || !(a >= 0 && a <= 1) {
			return usagef("tune: --wise-ft is %q; it is a number from 0 to 1, or sweep", o.wise)
		}
		if r.Architecture != "" {
			return usagef("tune: --wise-ft goes with a base to return to, not with --from-scratch")
		}
	}
	if err := checkSets(r.Sets, r.Validation); err != nil {
		return err
	}
	if err := r.Learn.check(); err != nil {
		return usagef("tune: %v", err)
	}
	if m := eval.Metric(r.Metric); m == eval.MedianRank || !slices.Contains(eval.Result{Task: eval.Retrieval}.Metrics(), m) {
		return usagef("tune: metric is %q; it is one of retrieval's, of which more is better, such as mrr@10", r.Metric)
	}
	plan := r.Plan
	plan.Steps, plan.Epoch = max(plan.Steps, 1), max(plan.Epoch, 1) // follow from the data
	if plan.Warmup == warmupByLength {
		plan.Warmup = 0
	}
	if err := plan.Check(); err != nil {
		return usagef("tune: %v", err)
	}
	return nil
}

// checkSets finds what no set can have, and gives labels without a prompt the usual one.
func checkSets(learned, validated []recipeSet) error {
	for _, sets := range [][]recipeSet{learned, validated} {
		named := make(map[string]bool)
		for i := range sets {
			s := &sets[i]
			if named[s.Name] {
				return usagef("tune: two sets are called %s; give one of them another name", s.Name)
			}
			named[s.Name] = true
			if !(s.Share >= 0) {
				return usagef("tune: the share of %s is %v; it is 0 or more", s.Name, s.Share)
			}
			if len(s.Prompts) == 0 {
				s.Prompts = []string{eval.DefaultPrompt}
			}
			if err := eval.CheckPrompts(s.Prompts); err != nil {
				return usagef("tune: --prompt %v", err)
			}
		}
	}
	return nil
}

// wiseSweep is the --wise-ft that tries several.
const wiseSweep = "sweep"
