package cli

import (
	"context"
	"fmt"
	"strconv"

	"clipsearch/encode/checkpoint"
	"clipsearch/tune"
)

// wiseSteps is into how many steps --wise-ft sweep parts the way from the base's weights to the trained ones.
const wiseSteps = 10

// mixIn weighs the trained weights against the base's (Wortsman et al. 2022, WiSE-FT), where --wise-ft asks for it.
func (t *tuning) mixIn(ctx context.Context) error {
	t.wise = 1
	switch t.opts.wise {
	case "":
		return nil
	case wiseSweep:
		return t.sweep(ctx)
	}
	share, err := strconv.ParseFloat(t.opts.wise, 64)
	if err != nil {
		return err
	}
	t.wise = share
	t.result.Best, err = t.mixed(share)
	return err
}

// sweep takes the share that validates best; of equal ones the larger.
func (t *tuning) sweep(ctx context.Context) error {
	v := t.validator()
	var best tune.Weights
	var most float64
	for i := wiseSteps; i >= 0; i-- {
		share := float64(i) / wiseSteps
		weights, err := t.mixed(share)
		if err != nil {
			return err
		}
		scores, err := v.Validate(ctx, weights)
		if err != nil {
			return err
		}
		t.printer.say(fmt.Sprintf("%.1f of the trained weights: score %.4f", share, scores.Score))
		if best == nil || scores.Score > most {
			best, most, t.wise = weights, scores.Score, share
		}
	}
	t.result.Best = best
	return nil
}

// mixed returns share of the best weights and the rest of the base's.
func (t *tuning) mixed(share float64) (tune.Weights, error) {
	all := make(tune.Weights, len(t.result.Best))
	for i, trained := range t.result.Best {
		base, err := t.base.Tensor(trained.Name)
		if err != nil {
			return nil, err
		}
		values, from := trained.Float32s(), base.Float32s()
		for k := range values {
			values[k] = from[k] + float32(share)*(values[k]-from[k])
		}
		all[i] = checkpoint.NewTensor(trained.Name, trained.Shape, values)
	}
	return all, nil
}

// baseWeights returns the weights that training began with.
func (t *tuning) baseWeights() (tune.Weights, error) {
	var all tune.Weights
	for _, name := range t.base.Names() {
		w, err := t.base.Tensor(name)
		if err != nil {
			return nil, err
		}
		all = append(all, w)
	}
	return all, nil
}
