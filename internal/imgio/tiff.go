package imgio

import (
	"bytes"
	"encoding/binary"
)

// Tags of the first directory of a TIFF file or EXIF block (TIFF 6.0, section 8).
const (
	tagWidth       = 0x100
	tagHeight      = 0x101
	tagDescription = 0x10e
	tagOrientation = 0x112
)

// Types of values (TIFF 6.0, section 2; BigTIFF).
const (
	typeByte  = 1
	typeASCII = 2
	typeShort = 3
	typeLong  = 4
	typeLong8 = 16
)

// readTIFF reads the first directory of a TIFF or BigTIFF file, which is its first page.
func readTIFF(data []byte, h *Header) error {
	d, ok := firstDirectory(data)
	if !ok {
		return endsEarly(formatTIFF)
	}
	width, height := d.value(tagWidth), d.value(tagHeight)
	if width > 1<<31-1 || height > 1<<31-1 {
		return corrupt(formatTIFF, "a size of %d×%d pixels", width, height)
	}
	h.Width, h.Height = int(width), int(height)
	return nil
}

// directory is a list of TIFF entries. The zero value is empty.
type directory struct {
	block   []byte // all of the file or block, which offsets count in
	order   binary.ByteOrder
	entries []byte // whole entries
	size    int    // bytes an entry: 12, in BigTIFF 20
}

// firstDirectory returns the first directory of a TIFF file, as much of it as is there; false if there is none.
func firstDirectory(data []byte) (directory, bool) {
	d := directory{block: data, order: binary.LittleEndian, size: 12}
	switch {
	case len(data) < 8:
		return directory{}, false
	case string(data[:2]) == "MM":
		d.order = binary.BigEndian
	case string(data[:2]) != "II":
		return directory{}, false
	}
	offset, count, head := uint64(d.order.Uint32(data[4:])), uint64(0), 2
	if d.order.Uint16(data[2:]) == 43 {
		if len(data) < 16 {
			return directory{}, false
		}
		offset, head, d.size = d.order.Uint64(data[8:]), 8, 20
	}
	if offset > uint64(len(data)) || uint64(len(data))-offset < uint64(head) {
		return directory{}, false
	}
	rest := data[offset:]
	if head == 2 {
		count = uint64(d.order.Uint16(rest))
	} else {
		count = d.order.Uint64(rest)
	}
	rest = rest[head:]
	count = min(count, uint64(len(rest)/d.size))
	d.entries = rest[:int(count)*d.size]
	return d, true
}

// find returns the type of a tag and its values, as far as they are there; false if the directory lacks it. The
// first of several entries counts.
func (d directory) find(tag uint16) (kind uint16, values []byte, ok bool) {
	for e := d.entries; len(e) > 0; e = e[d.size:] {
		if d.order.Uint16(e) != tag {
			continue
		}
		kind = d.order.Uint16(e[2:])
		var count, offset uint64
		at := e[d.size/2+2 : d.size] // behind tag, type and count: 8 bytes, in BigTIFF 12
		if d.size == 12 {
			count, offset = uint64(d.order.Uint32(e[4:])), uint64(d.order.Uint32(at))
		} else {
			count, offset = d.order.Uint64(e[4:]), d.order.Uint64(at)
		}
		size := uint64(valueSize(kind))
		if count > uint64(len(at))/size {
			at = d.block[min(offset, uint64(len(d.block))):] // they do not fit into the entry
		}
		return kind, at[:min(count, uint64(len(at))/size)*size], true
	}
	return 0, nil, false
}

// valueSize returns the bytes a value of a type takes, of those types that are asked for.
func valueSize(kind uint16) int {
	switch kind {
	case typeShort:
		return 2
	case typeLong:
		return 4
	case typeLong8:
		return 8
	}
	return 1
}

// value returns the first number of an integer tag, 0 if there is none.
func (d directory) value(tag uint16) uint64 {
	kind, values, ok := d.find(tag)
	if !ok || len(values) < valueSize(kind) {
		return 0
	}
	switch kind {
	case typeByte:
		return uint64(values[0])
	case typeShort:
		return uint64(d.order.Uint16(values))
	case typeLong:
		return uint64(d.order.Uint32(values))
	case typeLong8:
		return d.order.Uint64(values)
	}
	return 0
}

// orientation returns 1–8; 1 where none is given or it is none of these.
func (d directory) orientation() int {
	v := d.value(tagOrientation)
	if v < 1 || v > 8 {
		return 1
	}
	return int(v)
}

// ascii returns the bytes of a text tag up to its first NUL; nil if there is none.
func (d directory) ascii(tag uint16) []byte {
	kind, text, _ := d.find(tag)
	if kind != typeASCII {
		return nil
	}
	text, _, _ = bytes.Cut(text, []byte{0})
	return text
}
