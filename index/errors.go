package index

import "errors"

// Errors of Run.
var (
	// ErrModel: the library's vectors were made by another model than opts.Encoder.
	ErrModel = errors.New("the model does not fit the library")
	// ErrNoFolders: no folders were named and the library knows none.
	ErrNoFolders = errors.New("the library knows no folders yet")
	// ErrNoPictures: the folders hold no file with a picture's name.
	ErrNoPictures = errors.New("no pictures there")
	// ErrNoCaptionMatched: a caption or label file names none of the pictures found.
	ErrNoCaptionMatched = errors.New("names no picture of these folders")
	// ErrEmptied: a folder that held indexed pictures has none now; its documents were kept.
	ErrEmptied = errors.New("holds no pictures now though it did before: is it mounted? nothing was hidden")
)
