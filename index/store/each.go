package store

import "context"

// EachDocument calls fn with every document, hidden ones included, in order of
// ID. An error of fn ends it and is returned. Documents that change meanwhile
// are seen before or after the change.
func (s *Store) EachDocument(ctx context.Context, fn func(Document) error) error {
	return eachRow(ctx, s, bucketDocuments, nil, func(tx *txn, key, payload []byte) (Document, bool, error) {
		id, err := parseID(key)
		if err != nil {
			return Document{}, false, err
		}
		d, err := fillDocument(tx, id, payload)
		return d, true, err
	}, fn)
}

// EachRecord is EachDocument with captions.
func (s *Store) EachRecord(ctx context.Context, fn func(Record) error) error {
	return eachRow(ctx, s, bucketDocuments, nil, func(tx *txn, key, _ []byte) (Record, bool, error) {
		id, err := parseID(key)
		if err != nil {
			return Record{}, false, err
		}
		return readRecord(tx, id)
	}, fn)
}

// EachFile calls fn with the file of every document, in order of path and ID, as
// EachDocument does, but several times faster.
func (s *Store) EachFile(ctx context.Context, fn func(File) error) error {
	return eachRow(ctx, s, bucketFiles, nil, func(tx *txn, key, payload []byte) (File, bool, error) {
		f, err := decodeFile(key, payload)
		if err != nil {
			return File{}, false, err
		}
		hidden, err := get(tx.Bucket(bucketHidden), bucketHidden, idKey(f.ID))
		if hidden != nil {
			f.Hidden = true
			f.Since, err = decodeHidden(hidden)
		}
		return f, true, err
	}, fn)
}

// Changes calls fn with every change after sequence number from, in order.
// ErrLogPruned, before any call, if the log does not go back so far: whoever
// follows it has to start anew from the documents that there are.
func (s *Store) Changes(ctx context.Context, from uint64, fn func(Change) error) error {
	if from < s.Pruned() {
		return s.failed("read changes", ErrLogPruned)
	}
	return eachRow(ctx, s, bucketLog, idKey(from), func(_ *txn, key, payload []byte) (Change, bool, error) {
		sequence, err := parseID(key)
		if err != nil {
			return Change{}, false, err
		}
		c, err := decodeChange(sequence, payload)
		return c, true, err
	}, fn)
}
