package store

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"io"
)

// The pages of the file, as bbolt 1.5 lays them out (internal/common/page.go,
// inode.go, meta.go), in the byte order of the machine:
//
//	page     id 8, flags 2, count 2, overflow 4; elements; keys and values
//	branch   element: position of the key from the element's start 4, key size 4, page 8
//	leaf     element: flags 4, position 4, key size 4, value size 4
//	freelist IDs, 8 bytes each; if count is 65535, the true count comes first
//	meta     magic 4, version 4, page size 4, flags 4, root 8, sequence 8,
//	         freelist 8, pages 8, transaction 8, FNV-64a of the 56 bytes before 8
//
// bbolt writes keys and values one after the other behind the elements, and takes
// no more pages than they need. So a page's header and elements say everything
// twice, and one that was changed anywhere can be told. bbolt itself follows
// whatever they say: out of the file, or round in circles until the stack is full,
// which no Go program survives.

const (
	flagBranch   = 0x01
	flagLeaf     = 0x02
	flagFreelist = 0x10

	pageHeader  = 16 // bytes
	elementSize = 16 // bytes, of branches and leaves

	leafIsBucket = 0x01 // flag of an element
	bucketHeader = 16   // bytes: root 8, sequence 8; root 0: a leaf follows
)

// page is a page with its overflow whose layout is as bbolt writes it.
type page struct {
	id       uint64
	flags    uint16
	count    int
	overflow uint64
	data     []byte // of all its pages
}

// parseHeader reads the header of a page; data holds at least that.
func parseHeader(data []byte) page {
	return page{
		id:       binary.NativeEndian.Uint64(data),
		flags:    binary.NativeEndian.Uint16(data[8:]),
		count:    int(binary.NativeEndian.Uint16(data[10:])),
		overflow: uint64(binary.NativeEndian.Uint32(data[12:])),
		data:     data,
	}
}

// checkLayout returns ErrCorrupt unless the elements of a branch or leaf lie as
// bbolt puts them. It returns where they end.
func (p *page) checkLayout() (end int, err error) {
	if p.flags != flagBranch && p.flags != flagLeaf {
		return 0, fmt.Errorf("%w: page %d is neither branch nor leaf (%#x)", ErrCorrupt, p.id, p.flags)
	}
	at := pageHeader + p.count*elementSize
	if at > len(p.data) {
		return 0, fmt.Errorf("%w: page %d has no room for %d elements", ErrCorrupt, p.id, p.count)
	}
	for i := range p.count {
		position, key, value := p.sizes(i)
		if position != at || key == 0 || key > len(p.data)-at || value > len(p.data)-at-key {
			return 0, fmt.Errorf("%w: element %d of page %d is out of place", ErrCorrupt, i, p.id)
		}
		at += key + value
	}
	return at, nil
}

// sizes returns where an element's key begins and how long key and value are.
func (p *page) sizes(i int) (position, key, value int) {
	e := p.data[pageHeader+i*elementSize:]
	u32 := func(at int) int { return int(binary.NativeEndian.Uint32(e[at:])) }
	if p.flags == flagBranch {
		return pageHeader + i*elementSize + u32(0), u32(4), 0
	}
	return pageHeader + i*elementSize + u32(4), u32(8), u32(12)
}

// key returns the key of an element; it aliases the page.
func (p *page) key(i int) []byte {
	position, key, _ := p.sizes(i)
	return p.data[position:][:key]
}

// value returns the value of a leaf's element; it aliases the page.
func (p *page) value(i int) []byte {
	position, key, value := p.sizes(i)
	return p.data[position+key:][:value]
}

// child returns the page that a branch's element names.
func (p *page) child(i int) uint64 {
	return binary.NativeEndian.Uint64(p.data[pageHeader+i*elementSize+8:])
}

// isBucket tells whether a leaf's element is a bucket; an error if it is neither
// that nor a record.
func (p *page) isBucket(i int) (bool, error) {
	flags := binary.NativeEndian.Uint32(p.data[pageHeader+i*elementSize:])
	if flags > leafIsBucket {
		return false, fmt.Errorf("%w: element %d of page %d has flags %#x", ErrCorrupt, i, p.id, flags)
	}
	return flags == leafIsBucket, nil
}

// checkKeys returns ErrCorrupt unless the keys ascend from low, if not nil, to
// below high, if not nil.
func (p *page) checkKeys(low, high []byte) error {
	for i := range p.count {
		key := p.key(i)
		if i == 0 && bytes.Compare(key, low) < 0 || i > 0 && bytes.Compare(key, low) <= 0 || high != nil && bytes.Compare(key, high) >= 0 {
			return fmt.Errorf("%w: key %d of page %d is out of order", ErrCorrupt, i, p.id)
		}
		low = key
	}
	return nil
}

// bucketRoot reads the header of a bucket; inline is its only page if root is 0.
func bucketRoot(value []byte) (root uint64, inline page, err error) {
	if len(value) < bucketHeader {
		return 0, page{}, fmt.Errorf("%w: bucket of %d bytes", ErrCorrupt, len(value))
	}
	root = binary.NativeEndian.Uint64(value)
	if root != 0 {
		return root, page{}, nil
	}
	if len(value) < bucketHeader+pageHeader {
		return 0, page{}, fmt.Errorf("%w: bucket of %d bytes without a page", ErrCorrupt, len(value))
	}
	inline = parseHeader(value[bucketHeader:])
	end, err := inline.checkLayout()
	if err == nil && (inline.flags != flagLeaf || inline.id != 0 || inline.overflow != 0 || end != len(inline.data)) {
		err = fmt.Errorf("%w: page in a bucket", ErrCorrupt)
	}
	return 0, inline, err
}

// meta is what bbolt knows of the file as of one transaction.
type meta struct {
	pageSize    uint64 // bytes
	root        uint64 // page of the bucket of buckets
	freelist    uint64 // page
	pages       uint64 // in use or free
	transaction uint64
}

// metaBytes is the size of a meta page's content.
const metaBytes = 64

// parseMeta reads a meta page's content; ok is false if it is damaged.
func parseMeta(data []byte) (m meta, ok bool) {
	u64 := func(at int) uint64 { return binary.NativeEndian.Uint64(data[at:]) }
	sum := fnv.New64a()
	sum.Write(data[:metaBytes-8])
	m = meta{
		pageSize: uint64(binary.NativeEndian.Uint32(data[8:])),
		root:     u64(16), freelist: u64(32), pages: u64(40), transaction: u64(48),
	}
	return m, binary.NativeEndian.Uint32(data) == boltMagic && sum.Sum64() == u64(56)
}

// readMetas reads both meta pages of a file whose pages have pageSize bytes; ok is
// false for a damaged one. Their headers mean nothing: bbolt doesn't read them.
func readMetas(f io.ReaderAt, pageSize int) (metas [2]meta, ok [2]bool, err error) {
	for i := range metas {
		var data [pageHeader + metaBytes]byte
		if _, err := f.ReadAt(data[:], int64(i*pageSize)); err != nil {
			return metas, ok, err
		}
		metas[i], ok[i] = parseMeta(data[pageHeader:])
	}
	return metas, ok, nil
}
