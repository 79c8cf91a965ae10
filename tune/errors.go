package tune

import "errors"

// What data can be wrong with.
var (
	ErrNoExamples = errors.New("no picture with a text to learn from")
	ErrOneText    = errors.New("all pictures say the same, so there is nothing to tell apart")
	ErrFewToTell  = errors.New("too few pictures for validation")
)

// What a trainer or a validator can meet. Their errors wrap these.
var (
	// ErrDiverged: the loss or what the weights give is no number any more. The weights kept so far are good.
	ErrDiverged = errors.New("training diverged")
	// ErrMemory: a step did not fit. Nothing has changed.
	ErrMemory = errors.New("out of memory")
)
