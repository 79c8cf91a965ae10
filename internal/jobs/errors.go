package jobs

import "errors"

// Errors of Queue's methods.
var (
	// ErrBadTask: a Worker refuses a task because of what it says. It is wrapped with the reason.
	ErrBadTask = errors.New("this cannot be done")
	// ErrFull: too many jobs are waiting.
	ErrFull = errors.New("too many jobs are waiting")
	// ErrNoJob: there is no job of that number, or not any more.
	ErrNoJob = errors.New("no such job")
	// ErrState: a job is not in a state in which that makes sense. It is wrapped with the state.
	ErrState = errors.New("not now")
)
