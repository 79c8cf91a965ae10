package cli

import (
	"context"
	"crypto/sha256"
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
	vectors, err := model.EncodePixels(ctx, v.inputs)
	if err != nil {
		return 0, err
	}
	report := eval.Report{Prompts: v.prompts, Seed: 1}
	for i, picture := range v.report.Set.Pictures {
		picture.Vector = vectors[i]
		report.Set.Pictures = append(report.Set.Pictures, picture)
	}
	var values []float64
	take := func(task eval.Task, way string, metric eval.Metric) {
		value := report.Result(task, way).Figures[metric].Value
		name := v.name + " " + string(metric)
		if way != "" {
			name = v.name + " " + way + " " + string(metric)
		}
		figures[name] = value
		values = append(values, value)
	}
	if report.Set.Captions() > 0 {
		if err := report.Retrieve(ctx, model); err != nil {
			return 0, err
		}
		take(eval.Retrieval, eval.TextToImage, metric)
		take(eval.Retrieval, eval.ImageToText, metric)
	}
	if len(report.Set.Classes()) > 1 {
		if err := report.Classify(ctx, model); err != nil {
			return 0, err
		}
		take(eval.ZeroShot, "", "hits@1")
	}
	var sum float64
	for _, value := range values {
		sum += value
	}
	return sum / float64(len(values)), nil
}
