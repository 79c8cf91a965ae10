package store

import (
	"bytes"
	"context"
	"fmt"

	bolt "go.etcd.io/bbolt"
)

// get returns the payload under key, nil if there is none. It aliases the file:
// decode it before the transaction ends.
func get(b *bolt.Bucket, bucket, key []byte) ([]byte, error) {
	rec := b.Get(key)
	if rec == nil {
		return nil, nil
	}
	payload, err := unseal(bucket, key, rec)
	if err != nil {
		return nil, fmt.Errorf("record %q of %s: %w", key, bucket, err)
	}
	if payload == nil {
		payload = []byte{}
	}
	return payload, nil
}

// put stores payload under key.
func put(b *bolt.Bucket, bucket, key, payload []byte) error {
	return b.Put(key, seal(bucket, key, payload))
}

// pageSize is how many records a read transaction of eachRow copies: enough that
// its cost is negligible, little enough that a writer waits only milliseconds.
const pageSize = 512

// eachRow calls fn with every record of a bucket that decode accepts, in order of
// key. decode runs inside a read transaction and copies; fn runs outside.
func eachRow[T any](ctx context.Context, s *Store, bucket, after []byte,
	decode func(tx *txn, key, payload []byte) (row T, ok bool, err error), fn func(T) error,
) error {
	rows := make([]T, 0, pageSize)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		rows = rows[:0]
		end := false
		err := s.view(func(tx *txn) (err error) {
			after, end, err = readPage(tx, bucket, after, func(key, payload []byte) error {
				row, ok, err := decode(tx, key, payload)
				if ok && err == nil {
					rows = append(rows, row)
				}
				return err
			})
			return err
		})
		if err != nil {
			return err
		}
		for _, row := range rows {
			if err := fn(row); err != nil {
				return err
			}
		}
		if end {
			return nil
		}
	}
}

// readPage calls fn with at most pageSize records after the key given; it returns the
// last key read and whether it was the bucket's last.
func readPage(tx *txn, bucket, after []byte, fn func(key, payload []byte) error) (last []byte, end bool, err error) {
	c := tx.Bucket(bucket).Cursor()
	key, rec := c.Seek(after)
	if bytes.Equal(key, after) && key != nil {
		key, rec = c.Next()
	}
	for range pageSize {
		if key == nil {
			return after, true, nil
		}
		if bytes.Compare(key, after) <= 0 { // a damaged page could send us back for ever
			return nil, false, fmt.Errorf("%w: key %q of %s is out of order", ErrCorrupt, key, bucket)
		}
		payload, err := unseal(bucket, key, rec)
		if err == nil {
			err = fn(key, payload)
		}
		if err != nil {
			return nil, false, fmt.Errorf("record %q of %s: %w", key, bucket, err)
		}
		after = append([]byte(nil), key...)
		key, rec = c.Next()
	}
	return after, key == nil, nil
}
