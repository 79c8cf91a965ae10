package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"clipsearch/encode"
	"clipsearch/encode/checkpoint"
	"clipsearch/eval"
	"clipsearch/tune"
)

const tuneHelp = `Usage: clipsearch tune [flags] DATASET --out DIR (--model NAME|DIR | --from-scratch ARCH)

Trains a model on captioned pictures: fine-tunes a checkpoint, or trains one from nothing. DATASET is a folder of pictures
with captions or labels as eval takes them, or a recipe file (.json) that names several and says how to train. The result
is a checkpoint that --model takes everywhere, with a model card and a report. doc/tuning.md explains it all.

  --captions FILE       captions to learn from; may be repeated. Without it NAME.txt beside NAME.jpg counts
  --labels FILE         labels to learn from, put into --prompt; may be repeated
  --prompt TEXT         how a label is said, which stands at {}; may be repeated (default "a photo of {}")
  --split NAME          only lines of these files whose split column says NAME
  --val FILE            captions of the pictures to validate on (default: a tenth of all, chosen by content)
  --val-labels FILE     the same with labels

  --recipe NAME         rsicd or imageclef: the published settings; flags change them
  --epochs N            of all pictures, or of --samples-per-epoch (default 10)
  --samples-per-epoch N draw so many with replacement in place of every picture once
  --batch N             samples whose captions are told apart (default 64)
  --micro-batch N       of these go through the model at once (default: all, fewer when memory is short)
  --lr RATE             learning rate (default 5e-5; from scratch 1e-3)
  --schedule NAME       cosine, linear or constant after the warm-up (default cosine)
  --warmup N            steps in which the rate rises (default: a tenth of all)
  --weight-decay W      of matrices (default 0.1)
  --augment NAME        photo, aerial, medical or none (default photo)
  --word-drop P         leave out each word with this probability (default 0)
  --patience N          end after so many validations without a better one (default: never)
  --freeze PART         image, text or layers=N (the first N blocks of both towers); may be repeated
  --lora RANK           train updates of this rank in place of the matrices
  --wise-ft A           weigh the trained weights with A against the base's; "sweep" takes what validates best
  --limit TIME          end after this time, such as 40m
  --seed N              of everything that is drawn by chance (default 1)
  --resume              go on with an interrupted run with the same arguments
  --dtype T             of the weights in the file: f32, f16, bf16 or int8 (default f16)
  --from-scratch ARCH   train a model with random weights; clipsearch help model lists the architectures
` + modelFlagsHelp + `  --quiet               no progress
  --json                the report as one JSON object on stdout

Exit status: 0 done, 1 failed, 2 usage, 3 done but some pictures could not be read, 7 no native backend, 130 interrupted
(--resume goes on).

  clipsearch tune ~/Pictures --captions ~/Pictures/captions.tsv --model openai/clip-vit-base-patch32 --out ~/my-model
`

// runTune trains a model.
func runTune(ctx context.Context, p Process, args []string) error {
	opts, err := parseTune(p, args)
	if err != nil {
		return err
	}
	state, err := opts.checkPlaces()
	if err != nil {
		return err
	}
	base, release, err := opts.openBase(ctx, p)
	if err != nil {
		return err
	}
	defer release()
	t := &tuning{opts: opts, base: base, printer: newTunePrinter(p, opts.quiet)}
	if err := t.readSets(ctx, p); err != nil {
		return err
	}
	if err = t.train(ctx, state); err == nil {
		err = t.finish(ctx, p, state)
	}
	if err != nil {
		return resumable(err, state)
	}
	if t.skipped > 0 {
		return errSomeSkipped
	}
	return nil
}

// resumable adds to an error that a run can go on, where that is so and nothing else is to be done.
func resumable(err error, state string) error {
	var known interface{ Hint() string }
	if errors.As(err, &known) {
		return err
	}
	if saved, none := tune.LastState(state); none == nil {
		return withHint(err, "what was learned is saved in %s; the same command with --resume goes on", saved)
	}
	return err
}

// stateSuffix is what a run's own folder is called behind the name of the result.
const stateSuffix = ".tuning"

// checkPlaces makes sure that the result can be written, before the work, and returns the folder of the run's state.
func (o *tuneOptions) checkPlaces() (state string, err error) {
	if entries, err := os.ReadDir(o.out); err == nil && len(entries) > 0 {
		return "", withHint(fmt.Errorf("%s is there already", o.out), "name another folder with --out")
	}
	if info, err := os.Stat(o.out); err == nil && !info.IsDir() {
		return "", withHint(fmt.Errorf("%s is a file", o.out), "name another folder with --out")
	}
	state = strings.TrimRight(o.out, "/") + stateSuffix
	_, err = tune.LastState(state)
	switch {
	case err == nil && !o.resume:
		return "", withHint(fmt.Errorf("%s holds an interrupted run", state), "go on with it with --resume, or remove it")
	case errors.Is(err, tune.ErrNoState) && o.resume:
		return "", withHint(err, "leave out --resume to begin a run")
	case err != nil && !errors.Is(err, tune.ErrNoState):
		return "", err
	}
	return state, os.MkdirAll(filepath.Dir(state), 0o755)
}

// openBase opens the checkpoint that training begins with. release closes it and removes what was made for this run only.
func (o *tuneOptions) openBase(ctx context.Context, p Process) (base *checkpoint.Checkpoint, release func(), err error) {
	if !encode.HasBackend() {
		return nil, nil, encode.ErrNoBackend
	}
	if o.recipe.Architecture == "" {
		dir, err := resolveModel(p.modelNamed(o.model), findPlaces(p))
		if err != nil {
			return nil, nil, err
		}
		if base, err = checkpoint.Open(dir); err != nil {
			return nil, nil, err
		}
		return base, func() { base.Close() }, nil
	}
	a, err := checkpoint.ArchitectureNamed(o.recipe.Architecture)
	if err != nil {
		return nil, nil, err
	}
	temp, err := os.MkdirTemp("", "clipsearch-tune-*")
	if err != nil {
		return nil, nil, err
	}
	dir := filepath.Join(temp, a.Name)
	if err = checkpoint.Create(ctx, dir, a.Config, o.recipe.Plan.Seed, checkpoint.F32); err == nil {
		base, err = checkpoint.Open(dir)
	}
	if err != nil {
		return nil, nil, errors.Join(err, os.RemoveAll(temp))
	}
	return base, func() { base.Close(); os.RemoveAll(temp) }, nil
}

// tuning is one run of the command.
type tuning struct {
	opts    tuneOptions
	base    *checkpoint.Checkpoint
	printer *tunePrinter
	sets    []tune.Set
	hash    string // of all data
	skipped int    // pictures that could not be read

	validation []validationSet
	result     *tune.Result
	changes    []*eval.Report // of each validation set, against the base
	wise       float64        // share of the trained weights; 1 unless --wise-ft says otherwise
	device     string
	precision  string
}
