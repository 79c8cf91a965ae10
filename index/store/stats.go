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

// Stats counts by reading the records of all documents, but neither vectors nor
// thumbnails as a whole.
func (s *Store) Stats(ctx context.Context) (Stats, error) {
	st := Stats{
		Sequence:  s.Sequence(),
		Model:     s.Model(),
		Languages: map[string]int{},
		Formats:   map[string]int{},
		Skipped:   map[string]int{},
	}
	s.open.RLock()
	info, err := s.file.Stat()
	s.open.RUnlock()
	if err == nil {
		st.Bytes = info.Size()
		err = s.count(ctx, &st)
	}
	if err != nil {
		return Stats{}, s.failed("count", err)
	}
	return st, nil
}

func (s *Store) count(ctx context.Context, st *Stats) error {
	type row struct {
		Record
		thumb  int // bytes, 0 if there is none
		vector bool
	}
	err := eachRow(ctx, s, bucketDocuments, nil, func(tx *txn, key, _ []byte) (r row, ok bool, err error) {
		id, err := parseID(key)
		if err != nil {
			return row{}, false, err
		}
		r.Record, ok, err = readRecord(tx, id)
		r.thumb = len(tx.Bucket(bucketThumbs).Get(key)) - recordOverhead
		r.vector = tx.Bucket(bucketVectors).Get(key) != nil
		return r, ok, err
	}, func(r row) error {
		st.add(r.Record, r.thumb, r.vector)
		return nil
	})
	if err != nil {
		return err
	}
	return s.EachSkip(ctx, func(sk Skip) error {
		st.Skipped[sk.Reason]++
		return nil
	})
}

func (st *Stats) add(rec Record, thumb int, vector bool) {
	if thumb > 0 {
		st.Thumbnails++
		st.ThumbnailBytes += int64(thumb)
	}
	if rec.Document.Hidden {
		st.Hidden++
		return
	}
	st.Documents++
	st.Formats[rec.Document.Format]++
	if vector {
		st.Vectors++
	}
	if len(rec.Captions) > 0 {
		st.Captioned++
	}
	for _, c := range rec.Captions {
		st.Captions++
		st.Languages[c.Lang]++
	}
}
