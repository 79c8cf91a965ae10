package store

import (
	"bytes"
	"fmt"

	bolt "go.etcd.io/bbolt"
)

// Document returns a document; ErrNoDocument if there is none.
func (s *Store) Document(id ID) (Document, error) {
	var d Document
	err := s.view(func(tx *txn) (err error) {
		d, err = readDocument(tx, id)
		return err
	})
	return d, s.failed(fmt.Sprintf("read document %d", id), err)
}

// Records returns the documents with the given IDs and their captions in the
// order asked for, from one moment. IDs that don't exist are left out.
func (s *Store) Records(ids []ID) ([]Record, error) {
	records := make([]Record, 0, len(ids))
	err := s.view(func(tx *txn) error {
		for _, id := range ids {
			rec, ok, err := readRecord(tx, id)
			if err != nil {
				return err
			}
			if ok {
				records = append(records, rec)
			}
		}
		return nil
	})
	if err != nil {
		return nil, s.failed("read documents", err)
	}
	return records, nil
}

// ByPath returns the document at a path, the searchable one if there is one, else
// the newest hidden one. ErrNoDocument if there is neither.
func (s *Store) ByPath(path string) (Document, error) {
	var d Document
	err := s.view(func(tx *txn) error {
		if path == "" {
			return ErrNoDocument
		}
		id, _, err := atPath(tx, path)
		if err == nil {
			d, err = readDocument(tx, id)
		}
		return err
	})
	return d, s.failed("look up "+path, err)
}

// ByHash returns the documents, hidden ones included, whose file has that SHA-256,
// in order.
func (s *Store) ByHash(hash [32]byte) ([]ID, error) {
	var ids []ID
	err := s.view(func(tx *txn) error {
		c := tx.Bucket(bucketHashes).Cursor()
		for key, rec := c.Seek(hash[:]); bytes.HasPrefix(key, hash[:]); key, rec = c.Next() {
			if _, err := unseal(bucketHashes, key, rec); err != nil {
				return err
			}
			id, err := parseID(key[len(hash):])
			if err != nil {
				return err
			}
			ids = append(ids, id)
		}
		return nil
	})
	return ids, s.failed(fmt.Sprintf("look up hash %x", hash), err)
}

// Captions returns the captions of a document; ErrNoDocument if it doesn't exist.
func (s *Store) Captions(id ID) ([]Caption, error) {
	var captions []Caption
	err := s.read(bucketCaptions, id, func(payload []byte) (err error) {
		captions, err = decodeCaptions(payload)
		return err
	})
	return captions, s.failed(fmt.Sprintf("read captions of document %d", id), err)
}

// Thumbnail returns the JPEG of a document, nil if it has none; ErrNoDocument if
// it doesn't exist.
func (s *Store) Thumbnail(id ID) ([]byte, error) {
	var thumb []byte
	err := s.read(bucketThumbs, id, func(payload []byte) error {
		thumb = bytes.Clone(payload)
		return nil
	})
	return thumb, s.failed(fmt.Sprintf("read thumbnail of document %d", id), err)
}

// Vector returns the unit vector of a document, nil if it has none; ErrNoDocument
// if it doesn't exist.
func (s *Store) Vector(id ID) ([]float32, error) {
	var v []float32
	err := s.read(bucketVectors, id, func(payload []byte) (err error) {
		v, err = decodeVector(payload)
		return err
	})
	return v, s.failed(fmt.Sprintf("read vector of document %d", id), err)
}

// read calls fn with the payload of id in a bucket, if there is one.
func (s *Store) read(bucket []byte, id ID, fn func(payload []byte) error) error {
	return s.view(func(tx *txn) error {
		payload, err := get(tx.Bucket(bucket), bucket, idKey(id))
		if err != nil {
			return err
		}
		if payload != nil {
			return fn(payload)
		}
		if tx.Bucket(bucketDocuments).Get(idKey(id)) == nil {
			return ErrNoDocument
		}
		return nil
	})
}

// readDocument returns a document with its hidden state, or ErrNoDocument.
func readDocument(tx *txn, id ID) (Document, error) {
	payload, err := get(tx.Bucket(bucketDocuments), bucketDocuments, idKey(id))
	if err != nil {
		return Document{}, err
	}
	if payload == nil {
		return Document{}, ErrNoDocument
	}
	return fillDocument(tx, id, payload)
}

// fillDocument decodes a document and looks up its hidden state.
func fillDocument(tx *txn, id ID, payload []byte) (Document, error) {
	d, err := decodeDocument(id, payload)
	if err != nil {
		return Document{}, err
	}
	d.Hidden, err = isHidden(tx, id)
	return d, err
}

func isHidden(tx *txn, id ID) (bool, error) {
	payload, err := get(tx.Bucket(bucketHidden), bucketHidden, idKey(id))
	return payload != nil, err
}

// readRecord returns a document with its captions; ok is false if there is none.
func readRecord(tx *txn, id ID) (rec Record, ok bool, err error) {
	payload, err := get(tx.Bucket(bucketDocuments), bucketDocuments, idKey(id))
	if payload == nil || err != nil {
		return Record{}, false, err
	}
	if rec.Document, err = fillDocument(tx, id, payload); err != nil {
		return Record{}, false, err
	}
	payload, err = get(tx.Bucket(bucketCaptions), bucketCaptions, idKey(id))
	if err != nil {
		return Record{}, false, err
	}
	rec.Captions, err = decodeCaptions(payload)
	return rec, err == nil, err
}

// atPath returns the document at path: the searchable one, else the newest hidden
// one, else ErrNoDocument; searchable counts the searchable ones.
func atPath(tx *txn, path string) (id ID, searchable int, err error) {
	prefix := filePrefix(path)
	c := tx.Bucket(bucketFiles).Cursor()
	for key, rec := c.Seek(prefix); bytes.HasPrefix(key, prefix); key, rec = c.Next() {
		if _, err := unseal(bucketFiles, key, rec); err != nil {
			return 0, 0, err
		}
		_, one, err := parseFileKey(key)
		if err != nil {
			return 0, 0, err
		}
		hidden, err := isHidden(tx, one)
		if err != nil {
			return 0, 0, err
		}
		if !hidden {
			searchable++
		}
		if !hidden || searchable == 0 {
			id = one
		}
	}
	if id == 0 {
		return 0, 0, ErrNoDocument
	}
	return id, searchable, nil
}

// readCounters and readModel return the records of bucketMeta.
func readCounters(meta *bolt.Bucket) (counters, error) {
	payload, err := get(meta, bucketMeta, keyCounters)
	if err != nil {
		return counters{}, err
	}
	if payload == nil {
		return counters{}, fmt.Errorf("%w: no counters", ErrCorrupt)
	}
	return decodeCounters(payload)
}

func readModel(meta *bolt.Bucket) (Model, error) {
	payload, err := get(meta, bucketMeta, keyModel)
	if payload == nil || err != nil {
		return Model{}, err
	}
	return decodeModel(payload)
}
