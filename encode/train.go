package encode

import (
	"context"
	"fmt"

	"clipsearch/encode/checkpoint"
	"clipsearch/encode/torch"
)

// The types that a Trainer is used with; package torch describes them.
type (
	TrainOptions = torch.TrainOptions
	TrainBatch   = torch.Batch
	Learned      = torch.Learned
	AdamW        = torch.AdamW
)

// ErrDiverged says that a trainer's loss or gradient is not a finite number any more.
var ErrDiverged = torch.ErrDiverged

// Trainer holds the weights of both towers and moves them along the gradient of the contrastive loss; torch.Trainer describes
// its methods. It is safe for concurrent use.
type Trainer interface {
	Step(ctx context.Context, b *TrainBatch, rate float64, micro int) error
	Learned(ctx context.Context) ([]Learned, error)
	Weights(ctx context.Context, averaged bool) ([]checkpoint.Tensor, error)
	State(ctx context.Context) (steps int64, state []checkpoint.Tensor, err error)
	Restore(ctx context.Context, steps int64, state torch.Weights) error
	Device() string
	Precision() string
	Close() error
}

// OpenTrainer returns a trainer with the weights of a checkpoint, which may be closed afterwards; options' Mean and Std are set to
// the checkpoint's. The caller closes it. ErrNoBackend in a program built without the native backend.
func OpenTrainer(c *checkpoint.Checkpoint, options TrainOptions) (Trainer, error) {
	options.Mean, options.Std = c.Pixels.Mean, c.Pixels.Std
	t, err := openTrainer(c, options)
	if err != nil {
		return nil, fmt.Errorf("train %s: %w", c.Dir, err)
	}
	return t, nil
}

// TensorsByName is how a Trainer and OpenTrained find tensors.
type TensorsByName map[string]checkpoint.Tensor

// ByName makes tensors findable.
func ByName(tensors []checkpoint.Tensor) TensorsByName {
	m := make(TensorsByName, len(tensors))
	for _, t := range tensors {
		m[t.Name] = t
	}
	return m
}

// Tensor returns the tensor of that name, checkpoint.ErrNoTensor if there is none.
func (m TensorsByName) Tensor(name string) (checkpoint.Tensor, error) {
	t, ok := m[name]
	if !ok {
		return checkpoint.Tensor{}, fmt.Errorf("tensor %s: %w", name, checkpoint.ErrNoTensor)
	}
	return t, nil
}

// OpenTrained returns a model of a checkpoint's architecture, pre-processing and tokenizer with other weights. Its ID is the
// checkpoint's, which such a model is not. The caller closes it.
func OpenTrained(c *checkpoint.Checkpoint, weights []checkpoint.Tensor, options Options) (*Model, error) {
	if !haveBackend {
		return nil, ErrNoBackend
	}
	b, err := openBackendWith(c, ByName(weights), options)
	if err != nil {
		return nil, fmt.Errorf("model %s: %w", c.Dir, err)
	}
	m := newModel(c, b, options)
	m.trained = true
	return m, nil
}
