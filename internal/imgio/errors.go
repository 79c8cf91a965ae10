package imgio

import "errors"

// What is wrong with a file. The errors that this package returns wrap one of these and read as whole messages
// without it, such as "not a picture (text)".
var (
	// ErrEmpty: the file has no bytes.
	ErrEmpty = errors.New("empty file")
	// ErrUnsupported: the file is not a picture, or of a kind that this build does not decode.
	ErrUnsupported = errors.New("not a supported picture")
	// ErrTooLarge: the picture has more pixels than the limit. Nothing was decoded.
	ErrTooLarge = errors.New("picture too large")
	// ErrSlow: Options.Deadline had passed.
	ErrSlow = errors.New("decoding takes too long")
	// ErrCorrupt: the file ends early or breaks its format's rules.
	ErrCorrupt = errors.New("damaged picture")
)

// fault is an error with its own message that is also one of the sentinels above.
type fault struct {
	kind    error
	message string
}

func (f *fault) Error() string { return f.message }
func (f *fault) Unwrap() error { return f.kind }
