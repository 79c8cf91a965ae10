package vector

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"math/bits"

	"clipsearch/index/store"
	"clipsearch/index/vector/hnsw"
	"clipsearch/internal/vec"
)

// reader reads little-endian numbers; its first error stays.
type reader struct {
	r      *bufio.Reader
	buffer []byte
	err    error
}

// bytes returns the next n bytes, until the next call.
func (r *reader) bytes(n int) []byte {
	if cap(r.buffer) < n {
		r.buffer = make([]byte, n)
	}
	r.buffer = r.buffer[:n]
	r.full(r.buffer)
	return r.buffer
}

// full fills dst.
func (r *reader) full(dst []byte) {
	if r.err == nil {
		_, r.err = io.ReadFull(r.r, dst)
	}
	if r.err != nil {
		clear(dst)
	}
}

func (r *reader) uint32() uint32 { return binary.LittleEndian.Uint32(r.bytes(4)) }

func (r *reader) uint64s(dst []uint64) {
	for i, data := 0, r.bytes(8*len(dst)); i < len(dst); i++ {
		dst[i] = binary.LittleEndian.Uint64(data[8*i:])
	}
}

func (r *reader) float32s(dst []float32) {
	for i, data := 0, r.bytes(4*len(dst)); i < len(dst); i++ {
		dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
	}
}

// readSnapshot reads what snapshot.write wrote, for a store that has the vectors.
func readSnapshot(from io.Reader, st *store.Store) (*snapshot, error) {
	r := &reader{r: bufio.NewReaderSize(from, 1<<20)}
	dims, rows := int(r.uint32()), int(r.uint32())
	if r.err != nil || dims != st.Model().Dims || rows > hnsw.MaxRows {
		return nil, fmt.Errorf("%w: it has %d rows of %d values, the model %d: %w", errStale, rows, dims, st.Model().Dims, r.err)
	}
	s := emptySnapshot(dims, st)
	s.repaired = int(r.uint32())
	s.replaced = int(r.uint32())
	s.center.rows = int(r.uint32())
	s.reach = math.Float32frombits(r.uint32())
	r.float32s(s.center.mean)
	s.center.square = vec.Dot(s.center.mean, s.center.mean)
	for s.rows < rows && r.err == nil { // memory is taken as data comes
		s.readBlock(r, min(blockRows, rows-s.rows))
	}
	if s.repaired < 0 || s.repaired > s.rows-s.live {
		return nil, fmt.Errorf("%w: %d of %d dead rows repaired", errStale, s.repaired, s.rows-s.live)
	}
	if hasGraph := r.bytes(1)[0]; r.err != nil || hasGraph == 0 {
		return s, r.err
	}
	var err error
	s.graph, err = hnsw.Read(r.r, s.rows)
	return s, err
}

// readBlock appends a block of n rows.
func (s *snapshot) readBlock(r *reader, n int) {
	b, dead := new(block), new(bitmap)
	c := s.newCodes()
	r.uint64s(b.ids[:n])
	r.uint64s(dead[:])
	r.float32s(c.scale[:n])
	r.float32s(c.bias[:n])
	r.float32s(c.margin[:n])
	r.full(c.values[:n*len(c.values)/blockRows])
	gone := 0
	for i := range dead {
		if used := n - 64*i; used < 64 { // rows beyond are not dead
			dead[i] &= 1<<max(0, used) - 1
		}
		gone += bits.OnesCount64(dead[i])
	}
	if gone == 0 {
		dead = nil
	}
	s.blocks, s.codes, s.dead = append(s.blocks, b), append(s.codes, c), append(s.dead, dead)
	s.rows += n
	s.live += n - gone
}
