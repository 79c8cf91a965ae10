package store

import "context"

// Stats are the counts of a library. The maps are never nil.
type Stats struct {
	Documents      int   // searchable
	Hidden         int   // documents whose file is gone
	Vectors        int   // of searchable documents
	Captioned      int   // searchable documents with captions
	Captions       int   // of searchable documents
	Thumbnails     int   // of all documents
	ThumbnailBytes int64 // of all documents
	Bytes          int64 // size of the library file
	Sequence       uint64
	Languages      map[string]int // captions by Lang
	Formats        map[string]int // searchable documents by Format
	Skipped        map[string]int // unreadable files by Reason
	Model          Model
}

// Stats counts by reading the whole library but vectors and thumbnails: about a
// second for 500,000 documents.
func (s *Store) Stats(ctx context.Context) (Stats, error) { panic("todo") }
