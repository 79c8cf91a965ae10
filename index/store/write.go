package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"
)

// writer is one write transaction: it hands out numbers, appends to the log, and
// knows which paths to check at the end.
type writer struct {
	tx    *txn
	now   time.Time
	model Model
	last  counters
	paths map[string]bool // that gained a searchable document
}

// write runs fn, which is to write n things, in a transaction and makes what it did
// durable, log and counters included. Errors name the operation and the library.
func (s *Store) write(ctx context.Context, operation string, n int, fn func(w *writer) error) error {
	if err := ctx.Err(); n == 0 || err != nil {
		return err
	}
	s.writing.Lock()
	defer s.writing.Unlock()
	var w *writer
	err := s.update(func(tx *txn) error {
		w = &writer{tx: tx, now: s.now(), paths: map[string]bool{}}
		if err := w.begin(); err != nil {
			return err
		}
		if err := fn(w); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		return w.end()
	})
	if err != nil {
		return s.failed(operation, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last, s.model = w.last, w.model
	return nil
}

func (w *writer) begin() (err error) {
	// IDs and sequence numbers ascend: fill pages instead of splitting them.
	for _, name := range [][]byte{bucketDocuments, bucketCaptions, bucketVectors, bucketThumbs, bucketLog} {
		w.tx.Bucket(name).FillPercent = 0.95
	}
	meta := w.tx.Bucket(bucketMeta)
	if w.last, err = readCounters(meta); err != nil {
		return err
	}
	w.model, err = readModel(meta)
	return err
}

func (w *writer) end() error {
	for _, path := range slices.Sorted(maps.Keys(w.paths)) {
		_, searchable, err := atPath(w.tx, path)
		if err != nil {
			return err
		}
		if searchable > 1 {
			return fmt.Errorf("%s: %w: another document has it", path, ErrPath)
		}
	}
	return put(w.tx.Bucket(bucketMeta), bucketMeta, keyCounters, encodeCounters(w.last))
}

// set stores payload under id; delete removes what is there.
func (w *writer) set(bucket []byte, id ID, payload []byte) error {
	return put(w.tx.Bucket(bucket), bucket, idKey(id), payload)
}

func (w *writer) delete(bucket []byte, id ID) error {
	return w.tx.Bucket(bucket).Delete(idKey(id))
}

func (w *writer) has(bucket []byte, id ID) bool {
	return w.tx.Bucket(bucket).Get(idKey(id)) != nil
}

// log appends a change.
func (w *writer) log(op Op, id ID) error {
	w.last.sequence++
	return w.set(bucketLog, w.last.sequence, encodeChange(Change{Op: op, ID: id}))
}

// document returns a document that must exist; the error names it.
func (w *writer) document(id ID) (Document, error) {
	d, err := readDocument(w.tx, id)
	if err != nil {
		return Document{}, fmt.Errorf("document %d: %w", id, err)
	}
	return d, nil
}

// setDocument stores d and what is derived from it: file and hash.
func (w *writer) setDocument(d *Document) error {
	if err := checkPath(d.Path); err != nil {
		return fmt.Errorf("%q: %w", d.Path, err)
	}
	if err := w.set(bucketDocuments, d.ID, encodeDocument(d)); err != nil {
		return err
	}
	if err := w.setFile(d); err != nil {
		return err
	}
	if d.Hash == ([32]byte{}) {
		return nil
	}
	return put(w.tx.Bucket(bucketHashes), bucketHashes, hashKey(d.Hash, d.ID), nil)
}

// setFile stores the file record of d.
func (w *writer) setFile(d *Document) error {
	if !d.Hidden {
		w.paths[d.Path] = true
	}
	return put(w.tx.Bucket(bucketFiles), bucketFiles, fileKey(d.Path, d.ID), encodeFile(d, w.has(bucketVectors, d.ID)))
}

// unsetDocument removes what setDocument derived from d.
func (w *writer) unsetDocument(d *Document) error {
	if err := w.tx.Bucket(bucketFiles).Delete(fileKey(d.Path, d.ID)); err != nil {
		return err
	}
	return w.tx.Bucket(bucketHashes).Delete(hashKey(d.Hash, d.ID))
}

// setCaptions stores captions, or removes what is there if there are none.
func (w *writer) setCaptions(id ID, captions []Caption) error {
	if len(captions) == 0 {
		return w.delete(bucketCaptions, id)
	}
	return w.set(bucketCaptions, id, encodeCaptions(captions))
}

// each calls fn with the keys of m in order, so that errors and the log don't depend on chance.
func each[V any](m map[ID]V, fn func(ID, V) error) error {
	for _, id := range slices.Sorted(maps.Keys(m)) {
		if err := fn(id, m[id]); err != nil {
			return err
		}
	}
	return nil
}
