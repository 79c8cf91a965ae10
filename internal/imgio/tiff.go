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

// readTIFF reads the first directory of a TIFF or BigTIFF file, which is its first page.
func readTIFF(data []byte, h *Header) error {
	d, ok := firstDirectory(data)
	if !ok {
		return endsEarly(formatTIFF)
	}
	width, _ := d.value(tagWidth)
	height, _ := d.value(tagHeight)
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

// value returns the first number of an integer tag.
func (d directory) value(tag uint16) (uint64, bool) {
	for e := d.entries; len(e) > 0; e = e[d.size:] {
		if d.order.Uint16(e) != tag {
			continue
		}
		at := e[d.size/2+2:] // behind tag, type and count: 8 bytes, in BigTIFF 12
		switch d.order.Uint16(e[2:]) {
		case 1: // byte
			return uint64(at[0]), true
		case 3: // short
			return uint64(d.order.Uint16(at)), true
		case 4: // long
			return uint64(d.order.Uint32(at)), true
		case 16: // long8, in BigTIFF alone
			if d.size == 20 {
				return d.order.Uint64(at), true
			}
		}
		return 0, false
	}
	return 0, false
}

// orientation returns 1–8; 1 where none is given or it is none of these.
func (d directory) orientation() int {
	v, _ := d.value(tagOrientation)
	if v < 1 || v > 8 {
		return 1
	}
	return int(v)
}

// ascii returns the bytes of a text tag up to its first NUL; nil if there is none.
func (d directory) ascii(tag uint16) []byte {
	for e := d.entries; len(e) > 0; e = e[d.size:] {
		if d.order.Uint16(e) != tag || d.order.Uint16(e[2:]) != 2 || d.size != 12 {
			continue
		}
		count := d.order.Uint32(e[4:])
		text := e[8:12]
		if count > 4 {
			offset := d.order.Uint32(e[8:])
			text = d.block[min(int64(offset), int64(len(d.block))):]
		}
		text = text[:min(int64(count), int64(len(text)))]
		text, _, _ = bytes.Cut(text, []byte{0})
		return text
	}
	return nil
}
