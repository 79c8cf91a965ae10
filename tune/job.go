package tune

import (
	"context"

	"clipsearch/encode/checkpoint"
)

// Job is all that a run needs.
type Job struct {
	Plan      Plan
	Sets      []Set
	Tokenizer Tokenizer
	Context   int // tokens of a text
	Side      int // px of the image tower's input
	Micro     int // samples that go through the towers at once; 0: all
	Lag       int // steps that may run before what they found is read; 0: none
	Trainer   Trainer
	Validator Validator // nil: the last weights are kept
	Folder    string    // where the run keeps its state; "": nowhere
	Resume    bool      // go on from the state in Folder
	Terms     Terms     // what else must be the same to go on
	Averaged  bool      // the running average is what is measured and kept
	Watch     func(Event)
}

// Terms are, by their names for people, what a run depends on beside its plan: data, base, settings of the trainer. A saved run
// goes on only under the terms that it was begun with.
type Terms map[string]string

// Weights are named arrays of numbers.
type Weights []checkpoint.Tensor

// Trainer holds a model's weights and moves them. Steps may run on while Step has returned; Learned waits for them.
type Trainer interface {
	// Step moves the weights along the gradient of a batch's loss, micro samples at a time (0: all).
	Step(ctx context.Context, b *Batch, rate float64, micro int) error
	// Learned returns what the steps since the last call found; ErrDiverged if a loss is no number.
	Learned(ctx context.Context) ([]Learned, error)
	// Weights returns the checkpoint's weights as they are now, or their running average.
	Weights(ctx context.Context, averaged bool) (Weights, error)
	// State and Restore are for going on later, exactly here.
	State(ctx context.Context) (steps int64, state Weights, err error)
	Restore(ctx context.Context, steps int64, state Weights) error
}

// Learned is what one step found.
type Learned struct {
	Step  int64   // from 1
	Loss  float64 // before the step
	Norm  float64 // of the gradient, before it was cut
	Scale float64 // logit scale's logarithm, before the step
}

// Validator measures weights. ErrDiverged if they give no numbers.
type Validator interface {
	Validate(ctx context.Context, w Weights) (Scores, error)
}

// Scores are what a validation found. Score is what decides which weights are the best: more is better.
type Scores struct {
	Score   float64            `json:"score"`
	Figures map[string]float64 `json:"figures,omitempty"`
}
