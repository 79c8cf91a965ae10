package store

import (
	"encoding/binary"
	"fmt"
	"math"
	"time"

	"clipsearch/internal/vec"
)

// Payloads of the records; the field numbers are part of the file format and are
// listed in doc/format.md.

func encodeDocument(d *Document) []byte {
	var w fieldWriter
	w.string(1, d.Path)
	w.string(2, d.Root)
	w.number(3, uint64(d.Size))
	w.time(4, d.ModTime)
	w.hash(5, d.Hash)
	w.string(6, d.Format)
	w.number(7, uint64(d.Width))
	w.number(8, uint64(d.Height))
	w.time(9, d.Taken)
	w.string(10, d.Camera)
	if d.HasGPS {
		w.place(11, d.Latitude, d.Longitude)
	}
	for _, tag := range d.Tags {
		w.element(12, []byte(tag))
	}
	w.time(13, d.Indexed)
	w.string(14, d.Place)
	for _, label := range d.Labels {
		w.element(15, []byte(label))
	}
	return w.buf
}

func decodeDocument(id ID, payload []byte) (Document, error) {
	d := Document{ID: id}
	r := fieldReader{buf: payload}
	for r.next() {
		switch r.field {
		case 1:
			d.Path = r.string()
		case 2:
			d.Root = r.string()
		case 3:
			d.Size = int64(r.number())
		case 4:
			d.ModTime = r.time()
		case 5:
			d.Hash = r.hash()
		case 6:
			d.Format = r.string()
		case 7:
			d.Width = int(r.number())
		case 8:
			d.Height = int(r.number())
		case 9:
			d.Taken = r.time()
		case 10:
			d.Camera = r.string()
		case 11:
			d.Latitude, d.Longitude = r.place()
			d.HasGPS = true
		case 12:
			d.Tags = append(d.Tags, r.string())
		case 13:
			d.Indexed = r.time()
		case 14:
			d.Place = r.string()
		case 15:
			d.Labels = append(d.Labels, r.string())
		default:
			r.unknown()
		}
	}
	if r.err == nil && d.Path == "" {
		r.fail("document without a path")
	}
	return d, r.err
}

func encodeCaptions(captions []Caption) []byte {
	var w fieldWriter
	for _, c := range captions {
		var inner fieldWriter
		inner.string(1, c.Text)
		inner.string(2, c.Source)
		inner.string(3, c.Lang)
		w.element(1, inner.buf)
	}
	return w.buf
}

func decodeCaptions(payload []byte) ([]Caption, error) {
	var captions []Caption
	r := fieldReader{buf: payload}
	for r.next() {
		if r.field != 1 {
			r.unknown()
			break
		}
		c, err := decodeCaption(r.bytes())
		if err != nil {
			return nil, err
		}
		captions = append(captions, c)
	}
	return captions, r.err
}

func decodeCaption(payload []byte) (Caption, error) {
	var c Caption
	r := fieldReader{buf: payload}
	for r.next() {
		switch r.field {
		case 1:
			c.Text = r.string()
		case 2:
			c.Source = r.string()
		case 3:
			c.Lang = r.string()
		default:
			r.unknown()
		}
	}
	return c, r.err
}

// Flags of a file record.
const flagVector = 1 // the document has a vector

func encodeFile(d *Document, hasVector bool) []byte {
	var w fieldWriter
	w.number(1, uint64(d.Size))
	w.time(2, d.ModTime)
	w.hash(3, d.Hash)
	if hasVector {
		w.number(4, flagVector)
	}
	return w.buf
}

func decodeFile(key, payload []byte) (File, error) {
	path, id, err := parseFileKey(key)
	if err != nil {
		return File{}, err
	}
	f := File{Path: path, ID: id}
	r := fieldReader{buf: payload}
	for r.next() {
		switch r.field {
		case 1:
			f.Size = int64(r.number())
		case 2:
			f.ModTime = r.time()
		case 3:
			f.Hash = r.hash()
		case 4:
			f.HasVector = r.number()&flagVector != 0
		default:
			r.unknown()
		}
	}
	return f, r.err
}

// encodeVector returns v, normalised, in half precision. The reason of an
// ErrVector doesn't name the document.
func encodeVector(v []float32, dims int) ([]byte, error) {
	if dims == 0 {
		return nil, fmt.Errorf("%w: the library has no model", ErrVector)
	}
	if len(v) != dims {
		return nil, fmt.Errorf("%w: it has %d values, the library's model gives %d", ErrVector, len(v), dims)
	}
	unit := append([]float32(nil), v...)
	norm := float64(vec.Normalize(unit))
	if norm == 0 || math.IsNaN(norm) || math.IsInf(norm, 0) {
		return nil, fmt.Errorf("%w: its norm is %v", ErrVector, norm)
	}
	half := make([]uint16, dims)
	vec.ToF16(half, unit)
	out := make([]byte, 0, 2*dims)
	for _, h := range half {
		out = binary.LittleEndian.AppendUint16(out, h)
	}
	return out, nil
}

func decodeVector(payload []byte) ([]float32, error) {
	dims := len(payload) / 2
	if dims == 0 || len(payload)%2 != 0 {
		return nil, fmt.Errorf("%w: vector of %d bytes", ErrCorrupt, len(payload))
	}
	half := make([]uint16, dims)
	for i := range half {
		half[i] = binary.LittleEndian.Uint16(payload[2*i:])
	}
	v := make([]float32, dims)
	vec.FromF16(v, half)
	vec.Normalize(v)
	return v, nil
}

func encodeChange(c Change) []byte {
	var w fieldWriter
	w.number(1, uint64(c.Op))
	w.number(2, c.ID)
	return w.buf
}

func decodeChange(sequence uint64, payload []byte) (Change, error) {
	c := Change{Sequence: sequence}
	r := fieldReader{buf: payload}
	for r.next() {
		switch r.field {
		case 1:
			c.Op = Op(r.number())
		case 2:
			c.ID = r.number()
		default:
			r.unknown()
		}
	}
	return c, r.err
}

func encodeHidden(since time.Time) []byte {
	var w fieldWriter
	w.time(1, since)
	return w.buf
}

func decodeHidden(payload []byte) (since time.Time, err error) {
	r := fieldReader{buf: payload}
	for r.next() {
		if r.field != 1 {
			r.unknown()
			break
		}
		since = r.time()
	}
	return since, r.err
}

func encodeSkip(s Skip) []byte {
	var w fieldWriter
	w.number(1, uint64(s.Size))
	w.time(2, s.ModTime)
	w.string(3, s.Reason)
	w.string(4, s.Detail)
	w.time(5, s.When)
	return w.buf
}

func decodeSkip(path string, payload []byte) (Skip, error) {
	s := Skip{Path: path}
	r := fieldReader{buf: payload}
	for r.next() {
		switch r.field {
		case 1:
			s.Size = int64(r.number())
		case 2:
			s.ModTime = r.time()
		case 3:
			s.Reason = r.string()
		case 4:
			s.Detail = r.string()
		case 5:
			s.When = r.time()
		default:
			r.unknown()
		}
	}
	return s, r.err
}

const (
	noThumb  = 1 // in a root's record: no thumbnails; one of a pixel shows nothing
	maxThumb = 1 << 16
)

func encodeRoot(root Root) []byte {
	var w fieldWriter
	w.time(1, root.Added)
	w.time(2, root.Scanned)
	for _, s := range root.Excludes {
		w.element(3, []byte(s))
	}
	for _, s := range root.Captions {
		w.element(4, []byte(s))
	}
	for _, s := range root.Labels {
		w.element(5, []byte(s))
	}
	switch {
	case root.Thumb == NoThumb:
		w.number(6, noThumb)
	case root.Thumb > noThumb:
		w.number(6, uint64(root.Thumb))
	}
	return w.buf
}

func decodeRoot(path string, payload []byte) (Root, error) {
	root := Root{Path: path}
	r := fieldReader{buf: payload}
	for r.next() {
		switch r.field {
		case 1:
			root.Added = r.time()
		case 2:
			root.Scanned = r.time()
		case 3:
			root.Excludes = append(root.Excludes, r.string())
		case 4:
			root.Captions = append(root.Captions, r.string())
		case 5:
			root.Labels = append(root.Labels, r.string())
		case 6:
			root.Thumb = int(r.number())
			switch {
			case r.num == noThumb:
				root.Thumb = NoThumb
			case r.num > maxThumb:
				r.fail("thumbnails of %d pixels", r.num)
			}
		default:
			r.unknown()
		}
	}
	return root, r.err
}

func encodeModel(m Model) []byte {
	var w fieldWriter
	w.string(1, m.ID)
	w.string(2, m.Dir)
	w.number(3, uint64(m.Dims))
	return w.buf
}

func decodeModel(payload []byte) (Model, error) {
	var m Model
	r := fieldReader{buf: payload}
	for r.next() {
		switch r.field {
		case 1:
			m.ID = r.string()
		case 2:
			m.Dir = r.string()
		case 3:
			m.Dims = int(r.number())
		default:
			r.unknown()
		}
	}
	if r.err == nil && (m.Dims < 1 || m.Dims > maxDims) {
		r.fail("model with vectors of %d values", m.Dims)
	}
	return m, r.err
}

// counters are the last numbers given out, and the last that the log has lost.
type counters struct {
	id       ID
	sequence uint64
	pruned   uint64 // up to here the log's entries are gone
}

func encodeCounters(c counters) []byte {
	var w fieldWriter
	w.number(1, c.id)
	w.number(2, c.sequence)
	w.number(3, c.pruned)
	return w.buf
}

func decodeCounters(payload []byte) (counters, error) {
	var c counters
	r := fieldReader{buf: payload}
	for r.next() {
		switch r.field {
		case 1:
			c.id = r.number()
		case 2:
			c.sequence = r.number()
		case 3:
			c.pruned = r.number()
		default:
			r.unknown()
		}
	}
	if r.err == nil && c.pruned > c.sequence {
		r.fail("log of %d changes without the first %d", c.sequence, c.pruned)
	}
	return c, r.err
}
