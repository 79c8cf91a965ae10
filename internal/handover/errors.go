package handover

import (
	"errors"
	"fmt"
)

// Errors of meeting another process.
var (
	// ErrNoHost: no process hosts the library.
	ErrNoHost = errors.New("no process hosts the library")
	// ErrHosted: another living process hosts the library, or is about to.
	ErrHosted = errors.New("another process hosts the library")
	// ErrNoPlace: there is no folder that is ours alone to meet in.
	ErrNoPlace = errors.New("no private folder for sockets")
	// ErrHandedBack: the client must do the command itself. A [Handler] returns it, having printed nothing that must not be printed
	// twice; it stands for the death of a host before it printed any; and it is the cause of the end of the context of a command
	// that the host cannot wait for.
	ErrHandedBack = errors.New("the host has handed the command back")
	// ErrCutShort: the host died when the command had printed a part of its result.
	ErrCutShort = errors.New("the process that did the work has ended")
)

// SilentError says that there is a host and that it doesn't answer.
type SilentError struct{ Holder Holder }

func (e *SilentError) Error() string { return fmt.Sprintf("%s does not answer", e.Holder) }

// RefusedError says that the host won't run the command, and why.
type RefusedError struct {
	Holder Holder
	Reason string
}

func (e *RefusedError) Error() string { return fmt.Sprintf("%s: %s", e.Holder, e.Reason) }
