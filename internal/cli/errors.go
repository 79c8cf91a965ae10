package cli

import (
	"context"
	"errors"
	"fmt"

	"clipsearch/encode"
	"clipsearch/index"
	"clipsearch/index/store"
)

// The exit codes of every command; scripts depend on them.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitSomeSkipped = 3 // done, but some pictures could not be read
	exitNoLibrary   = 4
	exitInUse       = 5
	exitModel       = 6 // the model does not fit the library
	exitNoBackend   = 7 // built without the native backend
	exitInterrupted = 130
)

// usageError is a command line that makes no sense.
type usageError struct{ message string }

func (e *usageError) Error() string { return e.message }

// usagef returns a usageError.
func usagef(format string, args ...any) error { return &usageError{fmt.Sprintf(format, args...)} }

// Errors that only set the exit code: what there is to say has been said.
var (
	errSilentUsage   = errors.New("usage")
	errSomeSkipped   = errors.New("some pictures could not be read")
	errSilentFailure = errors.New("failed")
)

// hinted is an error with a line for the user on what to do about it.
type hinted struct {
	error
	hint string
}

func (e *hinted) Unwrap() error { return e.error }

// Hint returns what to do about the error; errors of other packages may have one too.
func (e *hinted) Hint() string { return e.hint }

// withHint adds a hint to an error.
func withHint(err error, format string, args ...any) error {
	return &hinted{err, fmt.Sprintf(format, args...)}
}

// exitCode maps an error to the process's exit code.
func exitCode(err error) int {
	var usage *usageError
	var elsewhere handedOver
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &elsewhere):
		return int(elsewhere)
	case errors.As(err, &usage), errors.Is(err, errSilentUsage):
		return exitUsage
	case errors.Is(err, errSomeSkipped):
		return exitSomeSkipped
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	case errors.Is(err, store.ErrNotFound):
		return exitNoLibrary
	case errors.Is(err, store.ErrInUse):
		return exitInUse
	case errors.Is(err, index.ErrModel), errors.Is(err, store.ErrModel):
		return exitModel
	case errors.Is(err, encode.ErrNoBackend):
		return exitNoBackend
	}
	return exitFailed
}

// describe returns what a person reads of an error, without the program's name; "" where nothing is left to say.
func describe(err error) string {
	var elsewhere handedOver
	switch {
	case errors.As(err, &elsewhere), errors.Is(err, errSilentUsage), errors.Is(err, errSomeSkipped), errors.Is(err, errSilentFailure):
		return ""
	}
	message := err.Error()
	if errors.Is(err, context.Canceled) {
		message = "interrupted"
	}
	if hint := hintFor(err); hint != "" {
		message += "\n" + hintIndent + hint
	}
	return message
}

// hintIndent aligns a hint with the message behind "clipsearch: ".
const hintIndent = "            "

// hintFor returns the line that says what to do, "" if there is nothing to say.
func hintFor(err error) string {
	var h interface{ Hint() string }
	switch {
	case errors.As(err, &h):
		return h.Hint()
	case errors.Is(err, store.ErrNotFound):
		return "make one with: clipsearch index DIR"
	case errors.Is(err, store.ErrInUse):
		return "wait for it, stop it, or name another file with --library"
	case errors.Is(err, store.ErrCorrupt):
		return "see what is damaged, and repair it, with: clipsearch verify --repair"
	case errors.Is(err, encode.ErrNoBackend):
		return "build the full program with: make"
	}
	return ""
}
