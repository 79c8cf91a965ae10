package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"clipsearch/encode"
	"clipsearch/eval"
	"clipsearch/tune"
)

// learner gives tune an encode.Trainer in the shape that it asks for.
type learner struct{ encode.Trainer }

func (l learner) Step(ctx context.Context, b *tune.Batch, rate float64, micro int) error {
	return translate(l.Trainer.Step(ctx, (*encode.TrainBatch)(b), rate, micro))
}

func (l learner) Learned(ctx context.Context) ([]tune.Learned, error) {
	found, err := l.Trainer.Learned(ctx)
	all := make([]tune.Learned, len(found))
	for i := range found {
		all[i] = tune.Learned(found[i])
	}
	return all, translate(err)
}

func (l learner) Weights(ctx context.Context, averaged bool) (tune.Weights, error) {
	return l.Trainer.Weights(ctx, averaged)
}

func (l learner) State(ctx context.Context) (int64, tune.Weights, error) {
	steps, state, err := l.Trainer.State(ctx)
	return steps, state, err
}

func (l learner) Restore(ctx context.Context, steps int64, state tune.Weights) error {
	return l.Trainer.Restore(ctx, steps, encode.ByName(state))
}

// translate makes the trainer's errors tune's.
func translate(err error) error {
	switch {
	case errors.Is(err, encode.ErrDiverged):
		return fmt.Errorf("%w: %w", tune.ErrDiverged, err)
	case errors.Is(err, encode.ErrMemory):
		return fmt.Errorf("%w: %w", tune.ErrMemory, err)
	}
	return err
}

// readEvery is how many steps may be under way on a device that is not waited for: enough to keep it busy, few enough to notice
// at once that the loss is no number any more.
const readEvery = 16

// train runs the recipe.
func (t *tuning) train(ctx context.Context, state string) error {
	t.complete()
	r := t.opts.recipe
	still, err := frozen(r.Learn.Freeze)
	if err != nil {
		return err
	}
	options := encode.TrainOptions{
		Device: t.opts.device, Precision: t.opts.precision,
		AdamW:     encode.AdamW{Beta1: r.Learn.Beta1, Beta2: r.Learn.Beta2, Epsilon: r.Learn.Epsilon, Decay: r.Learn.Decay},
		Clip:      r.Learn.Clip,
		MaxScale:  math.Log(100), // CLIP, section 2.5
		Smoothing: r.Learn.Smoothing, PictureLoss: r.Learn.PictureLoss, Distill: r.Learn.Distill,
		PatchDrop: r.Learn.PatchDrop, DropPath: r.Learn.DropPath, Average: r.Learn.Average,
		Frozen: still, LowRank: r.Learn.LowRank, LowRankScale: 1,
	}
	trainer, err := encode.OpenTrainer(t.base, options)
	if err != nil {
		return err
	}
	defer trainer.Close()
	t.device, t.precision = trainer.Device(), trainer.Precision()
	lag := 0
	if t.device != "cpu" {
		lag = readEvery
	}
	job := tune.Job{
		Plan: r.Plan, Sets: t.sets, Tokenizer: t.base.Tokenizer, Context: t.base.Config.Text.Context,
		Side: t.base.Config.Vision.ImageSize, Micro: t.opts.micro, Lag: lag,
		Trainer:   learner{trainer},
		Validator: t.validator(),
		Folder:    state, Resume: t.opts.resume, Terms: t.terms(), Averaged: r.Learn.Average > 0, Watch: t.printer.show,
	}
	t.printer.begin(t)
	t.result, err = tune.Run(ctx, job)
	t.printer.end()
	switch {
	case errors.Is(err, tune.ErrDiverged):
		return t.diverged(ctx, state, err)
	case errors.Is(err, tune.ErrOtherRun):
		return withHint(err, "go on with the arguments and the data that it was begun with, or remove it to begin anew")
	}
	return err
}

// diverged keeps the best weights so far as a checkpoint in the run's folder, and returns err with a hint to it.
func (t *tuning) diverged(ctx context.Context, state string, err error) error {
	best := bestStep(t.result.Measurements)
	switch {
	case t.result.Best == nil:
		return withHint(err, "the base itself gives no numbers; clipsearch model verify checks its files")
	case best == 0:
		return withHint(err, "no weights were better than the base's before; try a lower --lr, with another --out")
	}
	dir := filepath.Join(state, "best")
	if failed := errors.Join(os.RemoveAll(dir), t.write(ctx, dir, t.result.Best, nil)); failed != nil {
		return errors.Join(err, failed)
	}
	return withHint(err, "the best weights so far, of step %d, are the model %s; try a lower --lr, with another --out", best, dir)
}

// terms are what a saved run must have in common with this one, beside the plan, to go on. Device, precision and micro-batch are
// not among them: another machine may go on, though not bit for bit.
func (t *tuning) terms() tune.Terms {
	r := t.opts.recipe
	terms := tune.Terms{"base": t.base.ID, "data": t.hash, "validation data": t.validationHash(), "metric": r.Metric}
	for _, set := range t.sets {
		terms["augmentation of "+set.Name], terms["share of "+set.Name] = fmt.Sprint(set.Augment), fmt.Sprint(set.Share)
	}
	learn := reflect.ValueOf(r.Learn)
	for i := range learn.NumField() {
		name, _, _ := strings.Cut(learn.Type().Field(i).Tag.Get("json"), ",")
		terms[name] = fmt.Sprint(learn.Field(i))
	}
	return terms
}

// validationHash is of all that is validated on.
func (t *tuning) validationHash() string {
	sum := sha256.New()
	for _, v := range t.validation {
		fmt.Fprintf(sum, "%s %v %q\n", v.name, v.weight, v.prompts)
		for i, picture := range v.report.Set.Pictures {
			fmt.Fprintf(sum, "%x %q %q\n", v.hashes[i], picture.Captions, picture.Labels)
		}
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// validator returns what measures weights.
func (t *tuning) validator() *validator {
	return &validator{
		base: t.base, options: encode.Options{Device: t.opts.device, Precision: t.opts.precision},
		metric: eval.Metric(t.opts.recipe.Metric), sets: t.validation,
	}
}

// complete fills in what of the plan follows from the data.
func (t *tuning) complete() {
	plan := &t.opts.recipe.Plan
	samples := t.opts.samples
	if samples == 0 {
		for _, set := range t.sets {
			samples += len(set.Examples)
		}
	}
	if plan.Epoch == 0 {
		plan.Epoch = max(1, samples/plan.Batch)
	}
	if plan.Steps == 0 {
		plan.Steps = plan.Epoch * t.opts.epochs
	}
	if plan.Warmup == warmupByLength {
		plan.Warmup = plan.Steps / 10
	}
}
