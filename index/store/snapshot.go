package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
)

// SnapshotInfo says what a derived index has saved of itself.
type SnapshotInfo struct {
	Version  uint32 // of the index's own format
	Sequence uint64 // of the log, that the index had reached
	Bytes    int64  // of content; set by SaveSnapshot
}

// Snapshot is a saved snapshot and its name.
type Snapshot struct {
	Name string
	SnapshotInfo
}

// head is the record of a snapshot: which chunks are its own.
type head struct {
	SnapshotInfo
	generation uint64 // from 1
	chunks     uint64
}

const (
	// chunkBytes is the content of a chunk, except a snapshot's last. bbolt puts two
	// records into a leaf at least, so it is what lets two of them, their keys and 80 bytes
	// of headers fill 32 pages. Larger ones leave holes: the leaf that a transaction begins
	// with is written anew, elsewhere, by it.
	chunkBytes = 16*filePage - 64
	// maxChunk bounds the content of a chunk that is read: until 2026 they had a megabyte.
	maxChunk = 1 << 20
	// commitChunks is how many chunks a transaction writes. bbolt holds them in
	// memory about twice until it has written them.
	commitChunks = 128
	// dropChunks is how many chunks a transaction deletes: it rewrites at most the
	// leaf with the last of them.
	dropChunks = 1024
	// maxName bounds the length of a snapshot's name in bytes.
	maxName = 255
)

// SaveSnapshot stores what write writes under name, in place of what was there,
// in chunks of 64 KB and many transactions, so that it needs little memory
// and lets other writers in between. Until it returns nil, and whatever crashes,
// the snapshot that was there before can be read. write may call the store, but
// not SaveSnapshot or DeleteSnapshot.
func (s *Store) SaveSnapshot(ctx context.Context, name string, info SnapshotInfo, write func(w io.Writer) error) error {
	s.saving.Lock()
	defer s.saving.Unlock()
	return s.failed("save snapshot "+name, s.saveSnapshot(ctx, name, info, write))
}

func (s *Store) saveSnapshot(ctx context.Context, name string, info SnapshotInfo, write func(w io.Writer) error) error {
	if name == "" || len(name) > maxName || strings.ContainsRune(name, 0) {
		return fmt.Errorf("%q cannot be its name", name)
	}
	if s.readOnly {
		return ErrReadOnly
	}
	old, err := s.head(name)
	if err != nil && !errors.Is(err, ErrNoSnapshot) {
		return err
	}
	if err := s.dropGenerations(ctx, name, old.generation); err != nil { // of a save that was cut off
		return err
	}
	w := &chunkWriter{ctx: ctx, s: s, name: name, generation: old.generation + 1}
	if err := write(w); err != nil {
		return err
	}
	if err := w.flush(); err != nil {
		return err
	}
	info.Bytes = w.bytes
	next := head{SnapshotInfo: info, generation: w.generation, chunks: w.chunks}
	err = s.update(func(tx *txn) error {
		return put(tx.Bucket(bucketSnapshots), bucketSnapshots, []byte(name), encodeHead(next))
	})
	if err != nil {
		return err
	}
	return s.dropGenerations(ctx, name, next.generation)
}

// DeleteSnapshot removes a snapshot. ErrNoSnapshot if there is none.
func (s *Store) DeleteSnapshot(ctx context.Context, name string) error {
	s.saving.Lock()
	defer s.saving.Unlock()
	err := s.update(func(tx *txn) error {
		b := tx.Bucket(bucketSnapshots)
		if b.Get([]byte(name)) == nil {
			return ErrNoSnapshot
		}
		return b.Delete([]byte(name))
	})
	if err == nil {
		err = s.dropGenerations(ctx, name, 0)
	}
	return s.failed("delete snapshot "+name, err)
}

// Snapshots returns the snapshots in order of their names.
func (s *Store) Snapshots() ([]Snapshot, error) {
	var list []Snapshot
	if s.format == 1 {
		return nil, nil
	}
	err := eachRow(context.Background(), s, bucketSnapshots, nil, func(_ *txn, key, payload []byte) (Snapshot, bool, error) {
		h, err := decodeHead(payload)
		return Snapshot{string(key), h.SnapshotInfo}, true, err
	}, func(sn Snapshot) error {
		list = append(list, sn)
		return nil
	})
	return list, s.failed("list snapshots", err)
}

// head returns the head of a snapshot; ErrNoSnapshot.
func (s *Store) head(name string) (h head, err error) {
	if s.format == 1 {
		return head{}, ErrNoSnapshot
	}
	err = s.view(func(tx *txn) error {
		payload, err := get(tx.Bucket(bucketSnapshots), bucketSnapshots, []byte(name))
		if err != nil {
			return err
		}
		if payload == nil {
			return ErrNoSnapshot
		}
		h, err = decodeHead(payload)
		return err
	})
	return h, err
}

// chunkKey returns the key of a chunk: name, 0, generation, number from 0.
func chunkKey(name string, generation, number uint64) []byte {
	key := make([]byte, 0, len(name)+17)
	key = binary.BigEndian.AppendUint64(append(append(key, name...), 0), generation)
	return binary.BigEndian.AppendUint64(key, number)
}

// parseChunkKey is the inverse of chunkKey.
func parseChunkKey(key []byte) (name string, generation, number uint64, err error) {
	n := len(key) - 17
	if n < 1 || bytes.IndexByte(key, 0) != n {
		return "", 0, 0, fmt.Errorf("%w: key of a chunk has no name, generation and number", ErrCorrupt)
	}
	return string(key[:n]), binary.BigEndian.Uint64(key[n+1:]), binary.BigEndian.Uint64(key[n+9:]), nil
}

// dropGenerations deletes all chunks of a snapshot but those of one generation.
func (s *Store) dropGenerations(ctx context.Context, name string, keep uint64) error {
	for more := true; more; {
		if err := ctx.Err(); err != nil {
			return err
		}
		keys, err := s.otherChunks(name, keep)
		if err != nil || len(keys) == 0 {
			return err
		}
		err = s.update(func(tx *txn) error {
			b := tx.Bucket(bucketChunks)
			for _, key := range keys {
				if err := b.Delete(key); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		more = len(keys) == dropChunks
	}
	return nil
}

// otherChunks returns the keys of at most dropChunks chunks of other generations
// than keep.
func (s *Store) otherChunks(name string, keep uint64) (keys [][]byte, err error) {
	prefix := append([]byte(name), 0)
	err = s.view(func(tx *txn) error {
		c := tx.Bucket(bucketChunks).Cursor()
		key, _ := c.Seek(prefix)
		for len(keys) < dropChunks && bytes.HasPrefix(key, prefix) {
			_, generation, _, err := parseChunkKey(key)
			if err != nil {
				return err
			}
			if generation == keep {
				key, _ = c.Seek(chunkKey(name, keep+1, 0))
				continue
			}
			keys = append(keys, bytes.Clone(key))
			key, _ = c.Next()
		}
		return nil
	})
	return keys, err
}
