package encode

import (
	"errors"

	"clipsearch/encode/torch"
)

// Errors of opening a model.
var (
	// ErrNoBackend says that this program was built without libtorch. The program that make builds has it.
	ErrNoBackend = errors.New("this program was built without the native backend, so it cannot encode pictures or texts")
)

// Errors of using a model.
var (
	// ErrClosed says that the model was closed before or while it was asked for something.
	ErrClosed = torch.ErrClosed
	// ErrMemory says that memory does not suffice for one picture or text, or for what a step of a Trainer takes at a time. A
	// model on a CUDA device whose checkpoint is still there goes on with the CPU instead.
	ErrMemory = torch.ErrMemory
	// ErrBadVector says that a tower's output has no direction: it is zero, infinite or not a number. The weights are
	// damaged, or the precision is too low for them.
	ErrBadVector = errors.New("the embedding has no direction")
)
