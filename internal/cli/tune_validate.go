package cli

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"

	"clipsearch/encode"
	"clipsearch/encode/checkpoint"
	"clipsearch/eval"
	"clipsearch/tune"
)

// leastValidation is how many pictures a validation needs to tell one model from another at all.
const leastValidation = 10

// validationSet is a set that weights are measured on.
type validationSet struct {
	name    string
	weight  float64
	prompts []string
	report  eval.Report // with the set, its pictures without vectors
	inputs  [][]uint8   // of the pictures, as the image tower takes them
	hashes  [][sha256.Size]byte
}

// validateOn takes examples as a set to measure on.
func (t *tuning) validateOn(from recipeSet, examples []tune.Example) error {
	if len(examples) < leastValidation {
		return withHint(fmt.Errorf("%s: %w: %d, and %d are the least", from.Name, tune.ErrFewToTell, len(examples), leastValidation),
			"name more with --val FILE, or add pictures")
	}
	v := validationSet{name: from.Name, weight: from.Share, prompts: from.Prompts}
	if v.weight == 0 {
		v.weight = 1
	}
	for _, e := range examples {
		input := make([]uint8, t.base.Pixels.Len())
		t.base.Pixels.Planes(e.Image, input)
		v.inputs, v.hashes = append(v.inputs, input), append(v.hashes, e.Hash)
		picture := eval.Picture{Name: e.Name}
		for _, text := range e.Texts {
			if text.Class == "" {
				picture.Captions = append(picture.Captions, text.Text)
			} else if label := text.Class[len(from.Name)+1:]; len(picture.Labels) == 0 {
				picture.Labels = []string{label}
			}
		}
		v.report.Set.Pictures = append(v.report.Set.Pictures, picture)
	}
	t.validation = append(t.validation, v)
	return nil
}

// validator measures weights with the program's own model and its own eval.
type validator struct {
	base    *checkpoint.Checkpoint
	options encode.Options
	metric  eval.Metric
	sets    []validationSet
}

// Validate returns the weighted mean of what the sets give: of captioned ones the mean of the metric both ways, of labelled ones
// Hits@1.
func (v *validator) Validate(ctx context.Context, weights tune.Weights) (scores tune.Scores, err error) {
	model, err := encode.OpenTrained(v.base, weights, v.options)
	if err != nil {
		return scores, err
	}
	defer func() { err = errors.Join(err, model.Close()) }()
	scores.Figures = make(map[string]float64)
	var total float64
	for _, set := range v.sets {
		value, err := set.measure(ctx, model, v.metric, scores.Figures)
		if errors.Is(err, encode.ErrBadVector) {
			err = fmt.Errorf("%w: %w", tune.ErrDiverged, err)
		}
		if err != nil {
			return scores, fmt.Errorf("validate on %s: %w", set.name, err)
		}
		scores.Score += set.weight * value
		total += set.weight
	}
	scores.Score /= total
	return scores, nil
}

// measure returns a set's value, and puts what it consists of into figures.
func (v validationSet) measure(ctx context.Context, model *encode.Model, metric eval.Metric, figures map[string]float64) (float64, error) {
	report, err := v.evaluate(ctx, model)
	if err != nil {
		return 0, err
	}
	var values []float64
	for _, result := range report.Results {
		wanted := metric
		if result.Task == eval.ZeroShot {
			wanted = "hits@1"
		}
		value := result.Figures[wanted].Value
		figures[v.name+" "+wayName(result.Task, result.Way)+" "+string(wanted)] = value
		values = append(values, value)
	}
	var sum float64
	for _, value := range values {
		sum += value
	}
	return sum / float64(len(values)), nil
}

// evaluate measures all that the set allows, with the program's own eval.
func (v validationSet) evaluate(ctx context.Context, model *encode.Model) (*eval.Report, error) {
	vectors, err := model.EncodePixels(ctx, v.inputs)
	if err != nil {
		return nil, err
	}
	report := &eval.Report{Prompts: v.prompts, Seed: 1}
	for i, picture := range v.report.Set.Pictures {
		picture.Vector = vectors[i]
		report.Set.Pictures = append(report.Set.Pictures, picture)
	}
	if report.Set.Captions() > 0 {
		if err := report.Retrieve(ctx, model); err != nil {
			return nil, err
		}
	}
	if len(report.Set.Classes()) > 1 {
		if err := report.Classify(ctx, model); err != nil {
			return nil, err
		}
	}
	if len(report.Results) == 0 {
		return nil, eval.ErrOneClass
	}
	return report, nil
}

// compare evaluates other weights against the base's on all sets: one report a set, with what has changed.
func (v *validator) compare(ctx context.Context, base, weights tune.Weights) ([]*eval.Report, error) {
	before, err := v.reports(ctx, base)
	if err != nil {
		return nil, err
	}
	after, err := v.reports(ctx, weights)
	if err != nil {
		return nil, err
	}
	for i, report := range after {
		data, err := json.Marshal(before[i])
		if err != nil {
			return nil, err
		}
		baseline, err := eval.ReadBaseline(bytes.NewReader(data))
		if err == nil {
			err = report.Compare(baseline)
		}
		if err != nil {
			return nil, fmt.Errorf("compare on %s: %w", v.sets[i].name, err)
		}
	}
	return after, nil
}

// reports evaluates weights on all sets.
func (v *validator) reports(ctx context.Context, weights tune.Weights) (all []*eval.Report, err error) {
	model, err := encode.OpenTrained(v.base, weights, v.options)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, model.Close()) }()
	for _, set := range v.sets {
		report, err := set.evaluate(ctx, model)
		if err != nil {
			return nil, fmt.Errorf("evaluate on %s: %w", set.name, err)
		}
		all = append(all, report)
	}
	return all, nil
}
