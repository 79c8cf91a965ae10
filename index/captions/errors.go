package captions

import (
	"errors"
	"fmt"
)

// What a caption file can be instead of one.
var (
	// ErrNotText: the file holds NUL bytes, as pictures and archives do.
	ErrNotText = errors.New("not a text file")
	// ErrNone: the file can be read but holds no caption (or label) at all.
	ErrNone = errors.New("nothing in it")
)

// LineError says which line of a file can't be read and why.
type LineError struct {
	Path    string
	Line    int // from 1
	Problem string
}

func (e *LineError) Error() string { return fmt.Sprintf("%s:%d: %s", e.Path, e.Line, e.Problem) }
