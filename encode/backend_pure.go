//go:build !native

package encode

import (
	"clipsearch/encode/checkpoint"
	"clipsearch/encode/torch"
)

// haveBackend says whether openBackend can succeed.
const haveBackend = false

// openBackend returns ErrNoBackend.
func openBackend(*checkpoint.Checkpoint, Options) (backend, error) { return nil, ErrNoBackend }

// openBackendWith returns ErrNoBackend.
func openBackendWith(*checkpoint.Checkpoint, torch.Weights, Options) (backend, error) {
	return nil, ErrNoBackend
}

// openTrainer returns ErrNoBackend.
func openTrainer(*checkpoint.Checkpoint, TrainOptions) (Trainer, error) { return nil, ErrNoBackend }
