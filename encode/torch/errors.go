package torch

import "errors"

// ErrClosed says that the model was closed before or while it was asked for something.
var ErrClosed = errors.New("the model is closed")

// ErrMemory says that the memory of a CUDA device does not suffice for a single picture or text.
var ErrMemory = errors.New("the device's memory does not suffice")
