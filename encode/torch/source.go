package torch

import "clipsearch/encode/checkpoint"

// Weights gives a checkpoint's tensors by their Hugging Face names. Their shapes have been checked against the
// architecture.
type Weights interface {
	Tensor(name string) (checkpoint.Tensor, error)
}
