package store

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"time"
)

// A record is a value of the file: one byte of record version, the payload, and the
// CRC-32C (little-endian) of the bucket's name, the key, and all before it. A
// record that lies under the wrong key or in the wrong bucket is therefore detected.
//
// Most payloads are a sequence of fields. A field is a varint, number·2 + kind,
// then for kind 0 a varint and for kind 1 a varint length and that many bytes.
// Field numbers ascend; a field may repeat where its record says so; fields with
// the zero value are left out. Varints are those of encoding/binary (LEB128).

const (
	recordVersion  = 1
	recordOverhead = 5 // bytes around the payload
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

const (
	kindNumber = 0
	kindBytes  = 1
)

// seal returns the record of payload under key in bucket.
func seal(bucket, key, payload []byte) []byte {
	rec := make([]byte, 0, len(payload)+recordOverhead)
	rec = append(append(rec, recordVersion), payload...)
	return binary.LittleEndian.AppendUint32(rec, checksum(bucket, key, rec))
}

// unseal checks a record and returns its payload, which aliases rec.
func unseal(bucket, key, rec []byte) ([]byte, error) {
	if len(rec) < recordOverhead {
		return nil, fmt.Errorf("%w: record of %d bytes", ErrCorrupt, len(rec))
	}
	body, sum := rec[:len(rec)-4], binary.LittleEndian.Uint32(rec[len(rec)-4:])
	if checksum(bucket, key, body) != sum {
		return nil, fmt.Errorf("%w: checksum does not match", ErrCorrupt)
	}
	if body[0] != recordVersion {
		return nil, fmt.Errorf("%w: record version %d", ErrCorrupt, body[0])
	}
	return body[1:], nil
}

// checksum returns the CRC of a record; body is its version and payload, in any
// number of parts.
func checksum(bucket, key []byte, body ...[]byte) uint32 {
	sum := crc32.Update(0, castagnoli, bucket)
	sum = crc32.Update(sum, castagnoli, key)
	for _, part := range body {
		sum = crc32.Update(sum, castagnoli, part)
	}
	return sum
}

// fieldWriter appends fields to a payload; zero values are left out.
type fieldWriter struct{ buf []byte }

func (w *fieldWriter) number(field int, n uint64) {
	if n != 0 {
		w.buf = binary.AppendUvarint(w.buf, uint64(field)<<1|kindNumber)
		w.buf = binary.AppendUvarint(w.buf, n)
	}
}

func (w *fieldWriter) bytes(field int, b []byte) {
	if len(b) > 0 {
		w.element(field, b)
	}
}

func (w *fieldWriter) string(field int, s string) { w.bytes(field, []byte(s)) }

// element is bytes for repeated fields: it keeps the empty ones.
func (w *fieldWriter) element(field int, b []byte) {
	w.buf = binary.AppendUvarint(w.buf, uint64(field)<<1|kindBytes)
	w.buf = binary.AppendUvarint(w.buf, uint64(len(b)))
	w.buf = append(w.buf, b...)
}

func (w *fieldWriter) hash(field int, h [32]byte) {
	if h != ([32]byte{}) {
		w.element(field, h[:])
	}
}

// time writes Unix seconds (zigzag varint) and nanoseconds (varint).
func (w *fieldWriter) time(field int, t time.Time) {
	if !t.IsZero() {
		b := binary.AppendVarint(nil, t.Unix())
		w.element(field, binary.AppendUvarint(b, uint64(t.Nanosecond())))
	}
}

// place writes two float64, little-endian.
func (w *fieldWriter) place(field int, latitude, longitude float64) {
	b := binary.LittleEndian.AppendUint64(nil, math.Float64bits(latitude))
	w.element(field, binary.LittleEndian.AppendUint64(b, math.Float64bits(longitude)))
}

// fieldReader iterates over the fields of a payload. The first mistake ends the
// iteration and is kept in err.
type fieldReader struct {
	buf    []byte
	field  int
	kind   uint64
	num    uint64 // value of kindNumber
	value  []byte // value of kindBytes; aliases buf
	err    error
	before int
}

// next advances to the next field; it reports whether there is one.
func (r *fieldReader) next() bool {
	if r.err != nil || len(r.buf) == 0 {
		return false
	}
	key := r.uvarint()
	r.field, r.kind = int(key>>1), key&1
	if r.err == nil && (key>>1 == 0 || key>>1 > 1000) {
		r.fail("field number %d", key>>1)
	}
	if r.err == nil && r.field < r.before {
		r.fail("field %d after %d", r.field, r.before)
	}
	r.before = r.field
	n := r.uvarint()
	if r.kind == kindNumber {
		r.num, r.value = n, nil
		return r.err == nil
	}
	if r.err == nil && n > uint64(len(r.buf)) {
		r.fail("field %d is cut off", r.field)
	}
	if r.err != nil {
		return false
	}
	r.num, r.value, r.buf = 0, r.buf[:n], r.buf[n:]
	return true
}

func (r *fieldReader) uvarint() uint64 {
	n, size := binary.Uvarint(r.buf)
	if size <= 0 {
		r.fail("bad varint")
		return 0
	}
	r.buf = r.buf[size:]
	return n
}

func (r *fieldReader) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("%w: "+format, append([]any{ErrCorrupt}, args...)...)
	}
}

// unknown fails on a field that the record doesn't have.
func (r *fieldReader) unknown() { r.fail("unknown field %d", r.field) }

func (r *fieldReader) number() uint64 {
	if r.kind != kindNumber {
		r.fail("field %d is not a number", r.field)
	}
	return r.num
}

// bytes returns the field's value; it aliases the record.
func (r *fieldReader) bytes() []byte {
	if r.kind != kindBytes {
		r.fail("field %d is not a string", r.field)
	}
	return r.value
}

func (r *fieldReader) string() string { return string(r.bytes()) }

func (r *fieldReader) hash() (h [32]byte) {
	if copy(h[:], r.bytes()) != 32 || len(r.value) != 32 {
		r.fail("hash of %d bytes", len(r.value))
	}
	return h
}

func (r *fieldReader) time() time.Time {
	b := r.bytes()
	sec, n := binary.Varint(b)
	if n <= 0 {
		r.fail("bad time")
		return time.Time{}
	}
	nsec, m := binary.Uvarint(b[n:])
	if m <= 0 || n+m != len(b) || nsec >= 1e9 {
		r.fail("bad time")
		return time.Time{}
	}
	return time.Unix(sec, int64(nsec)).UTC()
}

func (r *fieldReader) place() (latitude, longitude float64) {
	b := r.bytes()
	if len(b) != 16 {
		r.fail("place of %d bytes", len(b))
		return 0, 0
	}
	return math.Float64frombits(binary.LittleEndian.Uint64(b)), math.Float64frombits(binary.LittleEndian.Uint64(b[8:]))
}
