package store

import "time"

// ID names a document: from 1, never reused. 0 means "none" or "new".
type ID = uint64

// Document is one indexed picture, without its captions, vector and thumbnail.
// Times have nanosecond resolution; zero times are unknown.
type Document struct {
	ID      ID
	Path    string    // absolute; bytes, not necessarily UTF-8
	Root    string    // the indexed folder that Path was found under; "" if none
	Size    int64     // bytes
	ModTime time.Time // of the file
	Hash    [32]byte  // SHA-256 of the file; zero if there is no file

	Format              string // "jpeg", "png", …
	Width, Height       int    // px, upright
	Taken               time.Time
	Camera              string
	Latitude, Longitude float64 // degrees, meaningful if HasGPS
	HasGPS              bool
	Place               string // in words, as people wrote it into the picture; "" if they did not
	Tags                []string
	Labels              []string // those of Tags that label files gave, and nothing in the picture

	// Hidden: the file was gone when last looked for; never a search result.
	// Set by Hide and Unhide, ignored by Put.
	Hidden  bool
	Indexed time.Time // when the document was last written by Put
}

// Caption is one text that describes a picture.
type Caption struct {
	Text   string
	Source string // where it came from: "sidecar", "file", "iptc", …
	Lang   string // lower-case BCP 47 primary tag such as "de"; "" is English or unknown
}

// Entry is everything that Put stores of one picture.
type Entry struct {
	Document Document
	Captions []Caption
	Vector   []float32 // Model().Dims values of any non-zero norm; nil: none
	Thumb    []byte    // JPEG; nil: none

	// CopyOf, if not 0, is a document whose vector and thumbnail the new one
	// takes over, bit for bit, where Vector and Thumb are nil.
	CopyOf ID
}

// Record is a document with its captions.
type Record struct {
	Document Document
	Captions []Caption
}

// File is what deciding whether a file is unchanged needs.
type File struct {
	Path      string
	ID        ID
	Size      int64 // bytes
	ModTime   time.Time
	Hash      [32]byte
	Hidden    bool
	Since     time.Time // when it was hidden; zero if it is not
	HasVector bool
}

// Relocation says where the file of a document is now.
type Relocation struct {
	ID      ID
	Path    string
	Root    string
	ModTime time.Time // zero: unchanged
}

// Tags are what SetTags gives a document.
type Tags struct {
	All    []string
	Labels []string // see Document.Labels
}

// Stat is the size and modification time of a file.
type Stat struct {
	Size    int64 // bytes
	ModTime time.Time
}
