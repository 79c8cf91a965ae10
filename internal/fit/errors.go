package fit

import (
	"errors"
	"fmt"
	"strings"
)

// Finding libtorch.
var (
	// ErrNoLibtorch is returned when no libtorch is found; its text says where one was looked for.
	ErrNoLibtorch = errors.New("no libtorch: looked in $LIBTORCH, in the torch of python3, in /usr/local and in /usr; " +
		"on Debian run: sudo apt-get install libtorch-dev libopenblas0-pthread")
	// ErrOld is returned for a libtorch older than 1.13, for which nothing was tried.
	ErrOld = errors.New("libtorch is older than 1.13")
)

// A CutError names functions of gotch that the project calls although the libtorch at hand lacks them.
type CutError struct {
	Torch Libtorch
	Calls []Call // sorted by Function; never empty
}

func (e *CutError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "libtorch %s in %s lacks functions that the project calls:", e.Torch, e.Torch.Root)
	for _, c := range e.Calls {
		fmt.Fprintf(&b, "\n\t%s, used as %s at %s: %s", c.Function, c.Name, c.Position, c.Reason)
	}
	return b.String()
}

// A CompileError holds compiler errors that no cut can mend: they lie outside every function of gotch,
// or persist in one whose body is gone already.
type CompileError struct {
	Command string       // what was run
	Errors  []Diagnostic // in the order of the compiler's output; may be empty if it printed none
	Output  string       // the end of the compiler's output
}

func (e *CompileError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "gotch does not compile, and cutting functions does not mend it:")
	for i, d := range e.Errors {
		if i == shownErrors {
			fmt.Fprintf(&b, "\n\t… and %d more", len(e.Errors)-i)
			break
		}
		fmt.Fprintf(&b, "\n\t%s:%d: %s", d.File, d.Line, d.Message)
	}
	if len(e.Errors) == 0 {
		fmt.Fprintf(&b, "\n%s", e.Output)
	}
	fmt.Fprintf(&b, "\nthe command was: %s", e.Command)
	return b.String()
}

const shownErrors = 10 // the first few tell the cause; the rest mostly follow from them
