package store

import (
	"bytes"
	"context"
	"fmt"
)

// Put stores entries in one durable transaction and returns their IDs in order.
// An entry with ID 0 is new; another replaces the whole document of that ID,
// captions, vector and thumbnail included. Nothing is stored if it fails:
// ErrVector, ErrPath (both name the path), ErrNoDocument for an unknown ID.
// A skip remembered for the path is dropped. A hidden document stays hidden.
func (s *Store) Put(ctx context.Context, entries []Entry) ([]ID, error) {
	vectors, err := encodeVectors(s.Model().Dims, entries) // the slow part, before others have to wait
	if err != nil {
		return nil, s.failed("store documents", err)
	}
	ids := make([]ID, len(entries))
	err = s.write(ctx, "store documents", len(entries), func(w *writer) error {
		for i := range entries {
			id, err := w.put(&entries[i], vectors[i])
			if err != nil {
				return fmt.Errorf("%s: %w", entries[i].Document.Path, err)
			}
			ids[i] = id
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return ids, nil
}

// encodeVectors returns the payloads of the entries' vectors, nil where there is none.
func encodeVectors(dims int, entries []Entry) ([][]byte, error) {
	out := make([][]byte, len(entries))
	for i, e := range entries {
		if e.Vector == nil {
			continue
		}
		payload, err := encodeVector(e.Vector, dims)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.Document.Path, err)
		}
		out[i] = payload
	}
	return out, nil
}

// put stores one entry whose vector has been encoded.
func (w *writer) put(e *Entry, vector []byte) (ID, error) {
	d := e.Document
	if err := w.identify(&d); err != nil {
		return 0, err
	}
	d.Indexed = w.now
	if e.CopyOf != 0 && !w.has(bucketDocuments, e.CopyOf) {
		return 0, fmt.Errorf("copy of document %d: %w", e.CopyOf, ErrNoDocument)
	}
	if err := w.setBlob(bucketVectors, d.ID, vector, e.CopyOf); err != nil {
		return 0, err
	}
	if err := w.setBlob(bucketThumbs, d.ID, e.Thumb, e.CopyOf); err != nil {
		return 0, err
	}
	if err := w.setCaptions(d.ID, e.Captions); err != nil {
		return 0, err
	}
	if err := w.setDocument(&d); err != nil {
		return 0, err
	}
	if err := w.tx.Bucket(bucketSkips).Delete([]byte(d.Path)); err != nil {
		return 0, err
	}
	return d.ID, w.log(OpPut, d.ID)
}

// identify gives a new document its ID, and prepares to replace an old one.
func (w *writer) identify(d *Document) error {
	if d.ID == 0 {
		w.last.id++
		d.ID, d.Hidden = w.last.id, false
		return nil
	}
	old, err := w.document(d.ID)
	if err != nil {
		return err
	}
	d.Hidden = old.Hidden
	return w.unsetDocument(&old)
}

// setBlob stores payload; if it is nil, the payload that document from has; if
// there is none, nothing.
func (w *writer) setBlob(bucket []byte, id ID, payload []byte, from ID) error {
	if payload == nil && from != 0 {
		found, err := get(w.tx.Bucket(bucket), bucket, idKey(from))
		if err != nil {
			return err
		}
		payload = bytes.Clone(found)
	}
	if len(payload) == 0 {
		return w.delete(bucket, id)
	}
	return w.set(bucket, id, payload)
}
