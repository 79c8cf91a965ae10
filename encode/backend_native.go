//go:build native

package encode

import (
	"clipsearch/encode/checkpoint"
	"clipsearch/encode/torch"
)

// haveBackend says whether openBackend can succeed.
const haveBackend = true

// openBackend loads the checkpoint's weights into libtorch. They are copied: the checkpoint may be closed afterwards.
func openBackend(c *checkpoint.Checkpoint, options Options) (backend, error) {
	return openBackendWith(c, c, options)
}

// openBackendWith is openBackend with other weights than the checkpoint's.
func openBackendWith(c *checkpoint.Checkpoint, weights torch.Weights, options Options) (backend, error) {
	return torch.Open(c.Config, c.Pixels, weights, torch.Options{
		Device:    options.Device,
		Precision: options.Precision,
		Threads:   options.Threads,
	})
}

// openTrainer copies the checkpoint's weights into libtorch.
func openTrainer(c *checkpoint.Checkpoint, options TrainOptions) (Trainer, error) {
	return torch.OpenTrainer(c.Config, c, options)
}
