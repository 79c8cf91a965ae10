package store

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
)

// LoadSnapshot calls read with the content of a snapshot, of which it need not
// take all. Every byte that read gets has passed its checksum. ErrNoSnapshot if
// there is none; from the reader, and so from here, ErrCorrupt for a chunk that is
// damaged or missing, ErrReplaced if SaveSnapshot has replaced the snapshot
// meanwhile. read may call the store.
func (s *Store) LoadSnapshot(ctx context.Context, name string, read func(info SnapshotInfo, r io.Reader) error) error {
	h, err := s.head(name)
	if err == nil {
		err = read(h.SnapshotInfo, &chunkReader{ctx: ctx, s: s, name: name, head: h})
	}
	return s.failed("load snapshot "+name, err)
}

// chunkReader reads the chunks of one generation, each in a transaction of its own.
type chunkReader struct {
	ctx    context.Context
	s      *Store
	name   string
	head   head
	next   uint64 // chunk
	bytes  int64  // read, including rest
	rest   []byte // of the chunk before next, in buffer
	buffer []byte // maxChunk long
	err    error
}

// Read copies whole chunks straight to p where p has room for them.
func (r *chunkReader) Read(p []byte) (n int, err error) {
	if len(p) == 0 {
		return 0, r.err
	}
	if len(r.rest) == 0 && r.err == nil {
		if len(p) >= maxChunk {
			n, r.err = r.chunk(p)
			return n, r.err
		}
		if r.buffer == nil {
			r.buffer = make([]byte, maxChunk)
		}
		n, r.err = r.chunk(r.buffer)
		r.rest = r.buffer[:n]
	}
	if len(r.rest) == 0 {
		return 0, r.err
	}
	n = copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// chunk copies the next chunk to p and checks the copy; io.EOF after the last.
func (r *chunkReader) chunk(p []byte) (n int, err error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	if r.next == r.head.chunks {
		if r.bytes != r.head.Bytes {
			return 0, fmt.Errorf("%w: snapshot of %d bytes, not %d", ErrCorrupt, r.bytes, r.head.Bytes)
		}
		return 0, io.EOF
	}
	key := chunkKey(r.name, r.head.generation, r.next)
	err = r.s.view(func(tx *txn) error {
		rec := tx.Bucket(bucketChunks).Get(key)
		if rec == nil {
			return r.missing(tx)
		}
		if len(rec) <= recordOverhead || len(rec) > maxChunk+recordOverhead {
			return fmt.Errorf("%w: chunk %d has %d bytes", ErrCorrupt, r.next, len(rec))
		}
		n = copy(p, rec[1:len(rec)-4])
		// The sum is of the copy: the file may change under a map.
		sum := checksum(bucketChunks, key, rec[:1], p[:n])
		if rec[0] != recordVersion || sum != binary.LittleEndian.Uint32(rec[len(rec)-4:]) {
			return fmt.Errorf("%w: checksum of chunk %d does not match", ErrCorrupt, r.next)
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	r.next++
	r.bytes += int64(n)
	return n, nil
}

// missing says why the next chunk isn't there.
func (r *chunkReader) missing(tx *txn) error {
	payload, err := get(tx.Bucket(bucketSnapshots), bucketSnapshots, []byte(r.name))
	if err != nil {
		return err
	}
	if payload != nil {
		if now, err := decodeHead(payload); err != nil || now.generation == r.head.generation {
			return fmt.Errorf("%w: chunk %d is missing", ErrCorrupt, r.next)
		}
	}
	return ErrReplaced
}
