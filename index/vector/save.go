package vector

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"

	"clipsearch/index/store"
)

// SnapshotName is the name under which a store keeps what Save writes.
const SnapshotName = "vectors"

// snapshotVersion is the version of what Save writes: little-endian numbers, one after the other,
//
//	uint32 dims, uint32 rows, uint32 repaired, uint32 replaced
//	uint32 center rows, float32 reach, float32 [dims] mean, rotated
//	for each block of 256 rows, of which the last has fewer, n:
//	  uint64 [n] IDs, uint64 [4] bitmap of dead rows
//	  float32 [n] scales, float32 [n] biases, float32 [n] margins
//	  uint8 [n, dims padded to a multiple of 64] codes
//	uint8 1 and a graph as package hnsw writes it, or uint8 0
//
// Version 1 had codes of vectors that were not rotated, version 2 no count of replaced rows.
const snapshotVersion = 3

// An index is saved if it has so many vectors that reading them again takes longer than one notices, and if a share of
// them has changed since it was saved last: until then the changes are read from the log.
const (
	savedRows  = 10_000
	savedShare = 1.0 / 16
)

// Save writes the index to its store, so that the next Load need not read all vectors and build the graph again. It does
// nothing if that would take no time anyway, or little has changed since the last time.
func (x *Index) Save(ctx context.Context) error {
	x.following.Lock()
	defer x.following.Unlock()
	s := x.current.Load()
	defer runtime.KeepAlive(s) // see areaBlocks
	if x.st == nil || s.rows < savedRows || s.graph == x.savedGraph && float64(x.sequence-x.savedSequence) < savedShare*float64(s.rows) {
		return nil
	}
	info := store.SnapshotInfo{Version: snapshotVersion, Sequence: x.sequence}
	if err := x.st.SaveSnapshot(ctx, SnapshotName, info, s.write); err != nil {
		return fmt.Errorf("save the vector index: %w", err)
	}
	x.savedGraph, x.savedSequence = s.graph, x.sequence
	return nil
}

// write writes a snapshot.
func (s *snapshot) write(w io.Writer) error {
	buffer := putUint32s(nil, uint32(s.dims), uint32(s.rows), uint32(s.repaired), uint32(s.replaced), uint32(s.center.rows))
	buffer = putFloat32s(putFloat32s(buffer, s.reach), s.center.mean...)
	if _, err := w.Write(buffer); err != nil {
		return err
	}
	for block := range s.blocks {
		buffer = s.appendBlock(buffer[:0], block)
		if _, err := w.Write(buffer); err != nil {
			return err
		}
	}
	if s.graph == nil {
		_, err := w.Write([]byte{0})
		return err
	}
	if _, err := w.Write([]byte{1}); err != nil {
		return err
	}
	_, err := s.graph.WriteTo(w)
	return err
}

// appendBlock appends a block to buffer.
func (s *snapshot) appendBlock(buffer []byte, block int) []byte {
	n, b, c := s.rowsOf(block), s.blocks[block], s.codes[block]
	for _, id := range b.ids[:n] {
		buffer = binary.LittleEndian.AppendUint64(buffer, id)
	}
	dead := bitmap{}
	if bits := s.deadOf(block); bits != nil {
		dead = *bits
	}
	for _, bits := range dead {
		buffer = binary.LittleEndian.AppendUint64(buffer, bits)
	}
	buffer = putFloat32s(buffer, c.scale[:n]...)
	buffer = putFloat32s(buffer, c.bias[:n]...)
	buffer = putFloat32s(buffer, c.margin[:n]...)
	return append(buffer, c.values[:n*len(c.values)/blockRows]...)
}

func putUint32s(buffer []byte, values ...uint32) []byte {
	for _, v := range values {
		buffer = binary.LittleEndian.AppendUint32(buffer, v)
	}
	return buffer
}

func putFloat32s(buffer []byte, values ...float32) []byte {
	for _, v := range values {
		buffer = binary.LittleEndian.AppendUint32(buffer, math.Float32bits(v))
	}
	return buffer
}

// errStale says that a store has no snapshot that this program can use.
var errStale = errors.New("no usable snapshot of the vectors")

// restore reads what Save wrote; errStale if there is none for the store's model or it is damaged.
func (x *Index) restore(ctx context.Context) error {
	err := x.st.LoadSnapshot(ctx, SnapshotName, func(info store.SnapshotInfo, r io.Reader) error {
		if info.Version != snapshotVersion || info.Sequence > x.st.Sequence() {
			return errStale
		}
		s, err := readSnapshot(r, x.st)
		if err != nil {
			return err
		}
		x.mu.Lock()
		defer x.mu.Unlock()
		s.numbering = x.current.Load().numbering + 1
		x.rows, x.sequence = nil, info.Sequence
		x.savedGraph, x.savedSequence = s.graph, info.Sequence
		if !x.wantsGraph(s) {
			s.graph = nil // the next Save leaves it out
		}
		x.publish(s)
		return nil
	})
	if err != nil && ctx.Err() == nil {
		return fmt.Errorf("%w: %w", errStale, err)
	}
	return err
}
