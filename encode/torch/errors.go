package torch

import "errors"

// ErrClosed says that the model was closed before or while it was asked for something.
var ErrClosed = errors.New("the model is closed")
