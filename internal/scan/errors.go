package scan

import "errors"

// Errors of opening the folders of a walk.
var (
	ErrNoFolder  = errors.New("no such folder")
	ErrNotFolder = errors.New("not a folder")
	// ErrWentAway: the folder was there when the walk began and is not, or another one is, now.
	ErrWentAway = errors.New("went away while it was read")
)
