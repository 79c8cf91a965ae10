package search

import "clipsearch/index/store"

// What hits are about, under names that spare the callers of this package an import of the store.
type (
	// ID names a document; it is never reused.
	ID = store.ID
	// Document is one indexed picture.
	Document = store.Document
	// Caption is one text that describes a picture.
	Caption = store.Caption
	// Root is an indexed folder.
	Root = store.Root
	// File is what a library knows of a document's file.
	File = store.File
	// Skip is a file that could not be read.
	Skip = store.Skip
	// Stats are the counts of a library.
	Stats = store.Stats
)

// ErrNoDocument: the library has no document with that ID.
var ErrNoDocument = store.ErrNoDocument
