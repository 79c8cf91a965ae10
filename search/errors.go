package search

import (
	"errors"

	"clipsearch/index/text"
)

// Errors of what was asked for. Each is wrapped with the detail.
var (
	// ErrEmptyQuery: there is nothing to look for: no word, picture or document.
	ErrEmptyQuery = errors.New("nothing to search for")
	// ErrBadQuery: a value is out of range, unknown or contradicts another.
	ErrBadQuery = errors.New("bad query")
	// ErrBadPicture: the picture to search by cannot be read.
	ErrBadPicture = errors.New("this picture cannot be searched by")
	// ErrGone: the document to search by is not in the library, or its file is gone.
	ErrGone = errors.New("not in the library any more")
)

// Errors of the vector leg. In mode hybrid with words they become a note.
var (
	// ErrNoEncoder: no model is at hand to turn the query into a vector, or it failed at it. An Encoder that opens its model
	// on the first call wraps it where that goes wrong.
	ErrNoEncoder = errors.New("no model to turn the query into a vector")
	// ErrNoVectors: the library, or the document to search by, has no vectors.
	ErrNoVectors = errors.New("there are no vectors")
	// ErrCancelled: the weighted terms add up to nothing.
	ErrCancelled = errors.New("the terms cancel each other out")
)

// ErrNotReady: the captions are still being prepared; the words leg alone was asked. A moment later it answers.
var ErrNotReady = text.ErrNotReady
