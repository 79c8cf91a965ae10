package store

import (
	"context"
	"encoding/binary"
)

// chunkWriter cuts what is written into the chunks of one generation and stores
// commitChunks of them at a time.
type chunkWriter struct {
	ctx        context.Context
	s          *Store
	name       string
	generation uint64
	bytes      int64
	chunks     uint64   // stored
	full       [][]byte // records still to be stored; the last one may have room
	spare      [][]byte // stored ones, to be filled again
}

// Write never returns less than len(p) without an error.
func (w *chunkWriter) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		rec, err := w.room()
		if err != nil {
			return len(p) - len(rest), err
		}
		n := min(len(rest), 1+chunkBytes-len(*rec))
		*rec = append(*rec, rest[:n]...)
		rest = rest[n:]
		w.bytes += int64(n)
	}
	return len(p), nil
}

// room returns a chunk's unfinished record that isn't full.
func (w *chunkWriter) room() (*[]byte, error) {
	last := len(w.full) - 1
	if last >= 0 && len(w.full[last]) < 1+chunkBytes {
		return &w.full[last], nil
	}
	if len(w.full) == commitChunks {
		if err := w.flush(); err != nil {
			return nil, err
		}
	}
	var rec []byte
	if n := len(w.spare); n > 0 {
		rec, w.spare = w.spare[n-1][:0], w.spare[:n-1]
	} else {
		rec = make([]byte, 0, chunkBytes+recordOverhead)
	}
	w.full = append(w.full, append(rec, recordVersion))
	return &w.full[len(w.full)-1], nil
}

// flush stores the chunks that there are, durably.
func (w *chunkWriter) flush() error {
	if err := w.ctx.Err(); err != nil || len(w.full) == 0 {
		return err
	}
	err := w.s.update(func(tx *txn) error {
		b := tx.Bucket(bucketChunks)
		for i, rec := range w.full {
			key := chunkKey(w.name, w.generation, w.chunks+uint64(i))
			sum := checksum(bucketChunks, key, rec)
			if err := b.Put(key, binary.LittleEndian.AppendUint32(rec, sum)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	w.chunks += uint64(len(w.full))
	w.spare, w.full = append(w.spare, w.full...), w.full[:0]
	return nil
}

func encodeHead(h head) []byte {
	var w fieldWriter
	w.number(1, uint64(h.Version))
	w.number(2, h.Sequence)
	w.number(3, uint64(h.Bytes))
	w.number(4, h.generation)
	w.number(5, h.chunks)
	return w.buf
}

func decodeHead(payload []byte) (head, error) {
	var h head
	r := fieldReader{buf: payload}
	for r.next() {
		switch r.field {
		case 1:
			h.Version = uint32(r.number())
			if uint64(h.Version) != r.num {
				r.fail("version %d of a snapshot", r.num)
			}
		case 2:
			h.Sequence = r.number()
		case 3:
			h.Bytes = int64(r.number())
		case 4:
			h.generation = r.number()
		case 5:
			h.chunks = r.number()
		default:
			r.unknown()
		}
	}
	if r.err == nil && (h.generation == 0 || h.Bytes < 0) {
		r.fail("snapshot of generation %d with %d bytes", h.generation, h.Bytes)
	}
	return h, r.err
}
