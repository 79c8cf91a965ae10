package cli

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
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

// recipe says what is learned from and how. It is the JSON of a recipe file.
type recipe struct {
	Name         string      `json:"name"`
	Architecture string      `json:"architecture,omitempty"` // trained from scratch
	Sets         []recipeSet `json:"sets"`
	Validation   []recipeSet `json:"validation"`
	Metric       string      `json:"metric"` // of captioned sets; what decides which weights are the best
	Plan         tune.Plan   `json:"plan"`
	Learn        learning    `json:"learn"`
}

// recipeSet is a folder with what is said about its pictures. Paths are relative to the recipe's folder.
type recipeSet struct {
	Name     string              `json:"name"`
	Dir      string              `json:"dir"`
	Captions []string            `json:"captions,omitempty"`
	Labels   []string            `json:"labels,omitempty"`
	Split    string              `json:"split,omitempty"`
	Prompts  []string            `json:"prompts,omitempty"` // of labels
	Names    map[string][]string `json:"names,omitempty"`   // how a label is called; the label itself where it is not listed
	Share    float64             `json:"share,omitempty"`   // of each batch; of a validation set: its weight
	Augment  augmentation        `json:"augment"`
}

// learning are the settings of the trainer.
type learning struct {
	Decay       float64  `json:"weight_decay"`
	Beta1       float64  `json:"beta1"`
	Beta2       float64  `json:"beta2"`
	Epsilon     float64  `json:"epsilon"`
	Clip        float64  `json:"clip"`
	Smoothing   float64  `json:"smoothing"`
	PictureLoss float64  `json:"picture_loss"`
	Distill     float64  `json:"distill"`
	PatchDrop   float64  `json:"patch_drop"`
	DropPath    float64  `json:"drop_path"`
	Average     float64  `json:"average"`
	Freeze      []string `json:"freeze,omitempty"`
	LowRank     int      `json:"low_rank,omitempty"`
}

// augmentation is a ready-made one by name, or one spelled out.
type augmentation struct {
	name string
	tune.Augment
}

// UnmarshalJSON reads either form.
func (a *augmentation) UnmarshalJSON(data []byte) (err error) {
	if json.Unmarshal(data, &a.name) == nil {
		a.Augment, err = tune.AugmentNamed(a.name)
		return err
	}
	return json.Unmarshal(data, &a.Augment)
}

// MarshalJSON writes the name where there is one.
func (a augmentation) MarshalJSON() ([]byte, error) {
	if a.name != "" {
		return json.Marshal(a.name)
	}
	return json.Marshal(a.Augment)
}

// defaultRecipe returns what holds where nothing else is said.
func defaultRecipe(scratch bool) recipe {
	r := recipe{
		Metric: "mrr@10",
		Plan:   tune.Plan{Batch: 64, Rate: 5e-5, Schedule: tune.Cosine, Seed: 1},
		Learn:  learning{Decay: 0.1, Beta1: 0.9, Beta2: 0.98, Epsilon: 1e-6, Clip: 1}, // CLIP's paper, table 19
	}
	if scratch {
		r.Plan.Batch, r.Plan.Rate = 256, 1e-3
		r.Learn.Decay = 0.2
		r.Learn.DropPath, r.Learn.PatchDrop, r.Learn.Smoothing, r.Learn.Average = 0.1, 0.25, 0.1, 0.998
	}
	return r
}

// parseTune reads tune's arguments.
func parseTune(p Process, args []string) (opts tuneOptions, err error) {
	f := newFlags("tune")
	opts.modelFlags(f)
	opts.outputFlags(f)
	var set, val recipeSet
	var published, scratch, dtype string
	var captions, labels, prompts, valCaptions, valLabels, freeze list
	var n struct {
		batch, warmup, patience, lora int
		rate, decay, words            float64
		schedule, augment             string
		limit                         time.Duration
		seed                          uint64
	}
	f.Var(&captions, "captions", "")
	f.Var(&labels, "labels", "")
	f.Var(&prompts, "prompt", "")
	f.StringVar(&set.Split, "split", "", "")
	f.Var(&valCaptions, "val", "")
	f.Var(&valLabels, "val-labels", "")
	f.StringVar(&published, "recipe", "", "")
	f.IntVar(&opts.epochs, "epochs", 10, "")
	f.IntVar(&opts.samples, "samples-per-epoch", 0, "")
	f.IntVar(&n.batch, "batch", 0, "")
	f.IntVar(&opts.micro, "micro-batch", 0, "")
	f.Float64Var(&n.rate, "lr", 0, "")
	f.StringVar(&n.schedule, "schedule", "", "")
	f.IntVar(&n.warmup, "warmup", -1, "")
	f.Float64Var(&n.decay, "weight-decay", -1, "")
	f.StringVar(&n.augment, "augment", "", "")
	f.Float64Var(&n.words, "word-drop", -1, "")
	f.IntVar(&n.patience, "patience", -1, "")
	f.Var(&freeze, "freeze", "")
	f.IntVar(&n.lora, "lora", 0, "")
	f.StringVar(&opts.wise, "wise-ft", "", "")
	f.DurationVar(&n.limit, "limit", 0, "")
	f.Uint64Var(&n.seed, "seed", 0, "")
	f.BoolVar(&opts.resume, "resume", false, "")
	f.StringVar(&dtype, "dtype", "f16", "")
	f.StringVar(&scratch, "from-scratch", "", "")
	f.StringVar(&opts.out, "out", "", "")
	rest, err := f.parse(args)
	if err != nil {
		return opts, err
	}
	if len(rest) != 1 {
		return opts, usagef("tune: name one folder or recipe, for example: clipsearch tune ~/Pictures --captions captions.tsv --model DIR --out DIR")
	}
	opts.dataset, opts.out = p.path(rest[0]), p.path(opts.out)
	if opts.dtype, err = checkpoint.ParseDType(dtype); err != nil {
		return opts, usagef("tune: --dtype %v", err)
	}
	if opts.recipe, err = chooseRecipe(opts.dataset, published, scratch != ""); err != nil {
		return opts, err
	}
	r := &opts.recipe
	if scratch != "" {
		r.Architecture = scratch
	}
	if !strings.HasSuffix(opts.dataset, recipeSuffix) {
		set.Name, set.Dir = filepath.Base(opts.dataset), opts.dataset
		set.Captions, set.Labels, set.Prompts = p.paths(captions), p.paths(labels), prompts
		if len(r.Sets) > 0 { // a published recipe's augmentation
			set.Augment = r.Sets[0].Augment
		}
		r.Sets = []recipeSet{set}
		if len(valCaptions)+len(valLabels) > 0 {
			val = recipeSet{Name: set.Name, Dir: set.Dir, Captions: p.paths(valCaptions), Labels: p.paths(valLabels), Prompts: prompts}
			r.Validation = []recipeSet{val}
		}
		if n.augment == "" && set.Augment.name == "" {
			n.augment = "photo"
		}
	} else if len(captions)+len(labels)+len(valCaptions)+len(valLabels) > 0 {
		return opts, usagef("tune: %s names its captions and labels itself", opts.dataset)
	}
	if n.augment != "" {
		a, err := tune.AugmentNamed(n.augment)
		if err != nil {
			return opts, usagef("tune: --%v", err)
		}
		for i := range r.Sets {
			r.Sets[i].Augment = augmentation{n.augment, a}
		}
	}
	if n.batch > 0 {
		r.Plan.Batch = n.batch
	}
	if n.rate > 0 {
		r.Plan.Rate = n.rate
	}
	if n.schedule != "" {
		r.Plan.Schedule = n.schedule
	}
	if n.warmup >= 0 {
		r.Plan.Warmup = n.warmup
	}
	if n.decay >= 0 {
		r.Learn.Decay = n.decay
	}
	if n.words >= 0 {
		r.Plan.WordDrop = n.words
	}
	if n.patience >= 0 {
		r.Plan.Patience = n.patience
	}
	if n.lora > 0 {
		r.Learn.LowRank = n.lora
	}
	if n.limit > 0 {
		r.Plan.Limit = n.limit
	}
	if n.seed > 0 {
		r.Plan.Seed = n.seed
	}
	if len(freeze) > 0 {
		r.Learn.Freeze = freeze
	}
	if opts.samples > 0 {
		r.Plan.Replace = true
	}
	return opts, opts.check(n.warmup >= 0)
}

// check finds what makes no sense, before anything is read.
func (o *tuneOptions) check(warmup bool) error {
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
	if _, err := frozen(r.Learn.Freeze); err != nil {
		return usagef("tune: %v", err)
	}
	for i := range r.Sets {
		s := &r.Sets[i]
		if len(s.Prompts) == 0 {
			s.Prompts = []string{eval.DefaultPrompt}
		}
		if err := eval.CheckPrompts(s.Prompts); err != nil {
			return usagef("tune: --prompt %v", err)
		}
	}
	plan := r.Plan
	plan.Steps, plan.Epoch = max(plan.Steps, 1), max(plan.Epoch, 1) // follow from the data
	if err := plan.Check(); err != nil {
		return usagef("tune: %v", err)
	}
	return nil
}

// wiseSweep is the --wise-ft that tries several.
const wiseSweep = "sweep"

// recipeSuffix tells recipe files from folders.
const recipeSuffix = ".json"

// chooseRecipe returns the settings to begin with: a file's, the published ones of a name, or the defaults.
func chooseRecipe(dataset, published string, scratch bool) (recipe, error) {
	if strings.HasSuffix(dataset, recipeSuffix) {
		if published != "" {
			return recipe{}, usagef("tune: --recipe goes with a folder; %s is a recipe itself", dataset)
		}
		return readRecipe(dataset)
	}
	r := defaultRecipe(scratch)
	switch published {
	case "":
		return r, nil
	case "rsicd", "imageclef":
		return publishedRecipe(published), nil
	}
	return recipe{}, usagef("tune: --recipe is %q; it is rsicd or imageclef", published)
}

// readRecipe reads a recipe file.
func readRecipe(path string) (recipe, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return recipe{}, err
	}
	var probe struct {
		Architecture string `json:"architecture"`
	}
	if err := json.Unmarshal(data, &probe); err != nil {
		return recipe{}, fmt.Errorf("%s: %w", path, err)
	}
	r := defaultRecipe(probe.Architecture != "")
	decoder := json.NewDecoder(strings.NewReader(string(data)))
	decoder.DisallowUnknownFields() // a misspelled setting would be passed over
	if err := decoder.Decode(&r); err != nil {
		return recipe{}, fmt.Errorf("%s: %w", path, err)
	}
	folder := filepath.Dir(path)
	beside := func(name string) string {
		if filepath.IsAbs(name) {
			return name
		}
		return filepath.Join(folder, name)
	}
	for _, sets := range [][]recipeSet{r.Sets, r.Validation} {
		for i := range sets {
			s := &sets[i]
			s.Dir = beside(s.Dir)
			for _, files := range [][]string{s.Captions, s.Labels} {
				for k := range files {
					files[k] = beside(files[k])
				}
			}
			if s.Name == "" {
				s.Name = filepath.Base(s.Dir)
			}
		}
	}
	return r, nil
}

// publishedRecipe returns the settings of an experiment of the system that this project comes from.
func publishedRecipe(name string) recipe {
	r := defaultRecipe(false)
	r.Name = name
	r.Plan.Schedule = tune.Linear
	r.Learn.Beta2, r.Learn.Epsilon, r.Learn.Decay = 0.999, 1e-8, 0.01
	augment := "aerial"
	if name == "imageclef" {
		// Batch 64, 5e-5, ten epochs of 50,000 samples drawn with replacement.
		augment = "medical"
		r.Plan.Replace = true
	} else {
		r.Plan.Batch, r.Plan.Rate = 1024, 5e-6
	}
	a, err := tune.AugmentNamed(augment)
	if err != nil {
		panic(err) // the name is ours
	}
	r.Sets = []recipeSet{{Augment: augmentation{augment, a}}}
	return r
}

// frozen returns which weights --freeze names: image, text or layers=N.
func frozen(parts []string) (func(name string) bool, error) {
	if len(parts) == 0 {
		return nil, nil
	}
	var tests []func(name string) bool
	for _, part := range parts {
		switch n, numbered := strings.CutPrefix(part, "layers="); {
		case part == "image":
			tests = append(tests, func(name string) bool {
				return strings.HasPrefix(name, "vision_model.") || strings.HasPrefix(name, "visual_projection.")
			})
		case part == "text":
			tests = append(tests, func(name string) bool {
				return strings.HasPrefix(name, "text_model.") || strings.HasPrefix(name, "text_projection.")
			})
		case numbered:
			layers, err := strconv.Atoi(n)
			if err != nil || layers < 1 {
				return nil, fmt.Errorf("--freeze %q: layers=N with a number of blocks", part)
			}
			tests = append(tests, func(name string) bool { return depthOf(name) < layers })
		default:
			return nil, fmt.Errorf("--freeze %q: it is image, text or layers=N", part)
		}
	}
	return func(name string) bool {
		for _, test := range tests {
			if test(name) {
				return true
			}
		}
		return false
	}, nil
}

// depthOf returns the number of the block that a weight belongs to; -1 for what comes before the first one, a large number for
// what comes after the last.
func depthOf(name string) int {
	_, rest, inBlock := strings.Cut(name, ".encoder.layers.")
	if inBlock {
		number, _, _ := strings.Cut(rest, ".")
		if n, err := strconv.Atoi(number); err == nil {
			return n
		}
	}
	if strings.Contains(name, "embedding") || strings.Contains(name, "pre_layrnorm") {
		return -1
	}
	return math.MaxInt
}
