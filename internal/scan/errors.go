package scan

import "errors"

// Errors of opening the folders of a walk.
var (
	ErrNoFolder  = errors.New("no such folder")
	ErrNotFolder = errors.New("not a folder")
)
