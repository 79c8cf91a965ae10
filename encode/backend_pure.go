//go:build !native

package encode

import "clipsearch/encode/checkpoint"

// haveBackend says whether openBackend can succeed.
const haveBackend = false

// openBackend returns ErrNoBackend.
func openBackend(*checkpoint.Checkpoint, Options) (backend, error) { return nil, ErrNoBackend }
