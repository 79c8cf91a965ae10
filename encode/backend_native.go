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
	return torch.Open(c.Config, c.Pixels, c, torch.Options{
		Device:    options.Device,
		Precision: options.Precision,
		Threads:   options.Threads,
	})
}
