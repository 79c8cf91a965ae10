package store

import (
	"context"
	"encoding/binary"
	"fmt"
)

// VectorsOf calls fn with the vectors of documents as they are stored: i is the
// position in ids, half has Model().Dims values in IEEE 754 binary16 of about unit
// norm. IDs without a vector are left out; hidden documents have theirs. All come
// from one moment, in order of i. fn must not keep half, and must not call the
// store: it runs in a transaction. It allocates nothing per vector.
func (s *Store) VectorsOf(ids []ID, fn func(i int, half []uint16)) error {
	err := s.view(func(tx *txn) error {
		c := tx.Bucket(bucketVectors).Cursor()
		half := make([]uint16, s.Model().Dims)
		var key [8]byte
		for i, id := range ids {
			binary.BigEndian.PutUint64(key[:], id)
			found, rec := c.Seek(key[:])
			if string(found) != string(key[:]) {
				continue
			}
			payload, err := unseal(bucketVectors, found, rec)
			if err == nil {
				err = decodeHalf(half, payload)
			}
			if err != nil {
				return fmt.Errorf("vector of document %d: %w", id, err)
			}
			fn(i, half)
		}
		return nil
	})
	return s.failed("read vectors", err)
}

// EachHalf calls fn with the vector of every document that has one and is not
// hidden, in order of ID, as EachDocument does; the vectors are as VectorsOf gives
// them. fn must not keep half; it may call the store.
func (s *Store) EachHalf(ctx context.Context, fn func(id ID, half []uint16) error) error {
	type row struct {
		id   ID
		half []uint16
	}
	dims := s.Model().Dims
	slab := make([]uint16, pageSize*dims) // of one page of rows
	n := 0
	return eachRow(ctx, s, bucketVectors, nil, func(tx *txn, key, payload []byte) (row, bool, error) {
		id, err := parseID(key)
		if err != nil {
			return row{}, false, err
		}
		hidden, err := isHidden(tx, id)
		if hidden || err != nil {
			return row{}, false, err
		}
		half := slab[n%pageSize*dims:][:dims]
		n++
		return row{id, half}, true, decodeHalf(half, payload)
	}, func(r row) error { return fn(r.id, r.half) })
}

// decodeHalf copies the payload of a vector, which must have as many values as half.
func decodeHalf(half []uint16, payload []byte) error {
	if len(payload) != 2*len(half) {
		return fmt.Errorf("%w: vector of %d bytes for %d values", ErrCorrupt, len(payload), len(half))
	}
	for i := range half {
		half[i] = binary.LittleEndian.Uint16(payload[2*i:])
	}
	return nil
}
