package store

import (
	"encoding/binary"
	"fmt"

	bolt "go.etcd.io/bbolt"
)

// readFormat returns the file's format version, whose record is the same in all
// versions; ErrNewer if this program doesn't know it.
func readFormat(meta *bolt.Bucket) (uint64, error) {
	payload, err := get(meta, bucketMeta, keyFormat)
	if err != nil {
		return 0, err
	}
	version, n := binary.Uvarint(payload)
	switch {
	case n <= 0 || n != len(payload) || version == 0:
		return 0, fmt.Errorf("%w: no format version", ErrCorrupt)
	case version > formatVersion:
		return 0, fmt.Errorf("%w: format %d, this program knows %d", ErrNewer, version, formatVersion)
	}
	return version, nil
}

func writeFormat(meta *bolt.Bucket, version uint64) error {
	return put(meta, bucketMeta, keyFormat, binary.AppendUvarint(nil, version))
}

// migrations[v] turns a file of format v into one of format v+1.
var migrations = map[uint64]func(tx *txn) error{
	1: addSnapshots,
	2: addFields,
}

// migrate brings the file to the present format in one transaction: a crash leaves
// it as it was.
func (s *Store) migrate() error {
	if s.format == formatVersion {
		return nil
	}
	err := s.update(func(tx *txn) error {
		for version := s.format; version < formatVersion; version++ {
			if err := migrations[version](tx); err != nil {
				return fmt.Errorf("from format %d: %w", version, err)
			}
		}
		return writeFormat(tx.Bucket(bucketMeta), formatVersion)
	})
	if err != nil {
		return fmt.Errorf("bring it to format %d: %w", formatVersion, err)
	}
	s.format = formatVersion
	return nil
}

// addFields: format 3 has places, labels and sizes of thumbnails, of which older files say nothing.
func addFields(*txn) error { return nil }

// addSnapshots: format 2 has room for what derived indexes save.
func addSnapshots(tx *txn) error {
	for _, name := range [][]byte{bucketSnapshots, bucketChunks} {
		if _, err := tx.CreateBucketIfNotExists(name); err != nil {
			return err
		}
	}
	return nil
}
