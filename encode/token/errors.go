package token

import "errors"

// What is wrong with the files of a tokenizer.
var (
	// ErrKind says that a tokenizer.json describes another kind of tokenizer than CLIP's.
	ErrKind = errors.New("not CLIP's byte-level BPE")
	// ErrMalformed says that a vocabulary is damaged or does not fit its merges.
	ErrMalformed = errors.New("malformed vocabulary")
)
