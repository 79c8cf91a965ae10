package checkpoint

import (
	"errors"
	"fmt"
)

// Errors of finding a checkpoint.
var (
	// ErrNotFound: no directory of that name in any of the places.
	ErrNotFound = errors.New("no such model")
	// ErrNotCheckpoint: the directory holds no CLIP checkpoint.
	ErrNotCheckpoint = errors.New("not a CLIP checkpoint")
	// ErrNoBuiltin: the program carries no model.
	ErrNoBuiltin = errors.New("no built-in model in this build")
)

// Errors of reading a checkpoint.
var (
	// ErrUnsupported: the file is sound but asks for something this program does
	// not do.
	ErrUnsupported = errors.New("not supported")
	// ErrCorrupt: the file is damaged, cut short, or contradicts itself.
	ErrCorrupt = errors.New("damaged")
	// ErrMisfit: two files of the checkpoint do not belong together.
	ErrMisfit = errors.New("does not fit")
	// ErrNotFinite: a weight is NaN or infinite.
	ErrNotFinite = errors.New("not a finite number")
)

// Errors of using and of making a checkpoint.
var (
	// ErrNoTensor: there is no weight of that name.
	ErrNoTensor = errors.New("no such tensor")
	// ErrClosed: the checkpoint has been closed.
	ErrClosed = errors.New("checkpoint is closed")
	// ErrExists: the directory to be made exists and is not empty.
	ErrExists = errors.New("exists and is not empty")
	// ErrConfig: no model can have this configuration.
	ErrConfig = errors.New("no model can have this shape")
)

// Error is what is wrong with one file or directory of a checkpoint. It wraps
// one of this package's sentinels or an error of the operating system.
type Error struct {
	Path   string // the file or directory
	Tensor string // the tensor, or "" if it is not about one
	Err    error  // what is wrong; not nil
	Advice string // what the user can do, or ""
}

// Error returns path, tensor and fault in one line, without the advice.
func (e *Error) Error() string {
	if e.Tensor != "" {
		return fmt.Sprintf("checkpoint %s: tensor %s: %v", e.Path, e.Tensor, e.Err)
	}
	return fmt.Sprintf("checkpoint %s: %v", e.Path, e.Err)
}

// Unwrap returns the fault.
func (e *Error) Unwrap() error { return e.Err }

// Hint returns one line on what the user can do, or "".
func (e *Error) Hint() string { return e.Advice }

// faultf returns an Error about a file; format should hold a %w.
func faultf(path, format string, args ...any) *Error {
	return &Error{Path: path, Err: fmt.Errorf(format, args...)}
}

// tensorFaultf returns an Error about a tensor of a file.
func tensorFaultf(path, tensor, format string, args ...any) *Error {
	return &Error{Path: path, Tensor: tensor, Err: fmt.Errorf(format, args...)}
}

// advise sets the advice.
func (e *Error) advise(advice string) *Error {
	e.Advice = advice
	return e
}
