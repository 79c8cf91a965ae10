package store

import (
	"errors"
	"fmt"
	"io"

	bolt "go.etcd.io/bbolt"
)

const (
	// maxDepth bounds the levels of a bucket's tree. Two children a branch, the
	// least that bbolt makes of keys that fill a page, reach every page of a file of
	// 2^64 bytes in fewer.
	maxDepth = 52
	// firstBytes is how much of a bucket's leaves is checked before its first use: a
	// few milliseconds, and a small library whole.
	firstBytes = 4 << 20
	// allBytes is no limit.
	allBytes = 1 << 62
)

// pageCheck follows the pages of a file as of one transaction, which must stay open
// meanwhile. It reads the file, not bbolt's map: a wrong page number is an error.
type pageCheck struct {
	file     io.ReaderAt
	pageSize int    // bytes
	pages    uint64 // there are
	used     bitset // pages that are referred to
	leaves   int64  // bytes of leaves that may still be read; branches always are
	// leaf checks the content of a leaf that was read, in order of keys.
	leaf func(bucket []byte, p *page) error
	// report gets what is wrong; the subtree is left out. An error ends the check.
	report func(err error) error
}

// bitset is a set of pages.
type bitset []uint64

func newBitset(n uint64) bitset { return make(bitset, (n+63)/64) }

func (b bitset) has(i uint64) bool { return b[i/64]>>(i%64)&1 != 0 }
func (b bitset) set(i uint64)      { b[i/64] |= 1 << (i % 64) }

// newPageCheck returns a check of a transaction's pages that reads so many bytes of
// leaves, looks no further into them, and ends with the first error.
func newPageCheck(file io.ReaderAt, tx *bolt.Tx, leaves int64) *pageCheck {
	pageSize := tx.DB().Info().PageSize
	pages := uint64(tx.Size() / int64(pageSize))
	return &pageCheck{
		file: file, pageSize: pageSize, pages: pages, used: newBitset(pages), leaves: leaves,
		leaf:   func([]byte, *page) error { return nil },
		report: func(err error) error { return err },
	}
}

// take marks a page and its overflow as used; ErrCorrupt if any is used already or
// not in the file.
func (c *pageCheck) take(id, overflow uint64) error {
	if id < 2 || id >= c.pages || overflow >= c.pages-id {
		return fmt.Errorf("%w: page %d and %d more are not in the file", ErrCorrupt, id, overflow)
	}
	for i := id; i <= id+overflow; i++ {
		if c.used.has(i) {
			return fmt.Errorf("%w: page %d is used twice", ErrCorrupt, i)
		}
		c.used.set(i)
	}
	return nil
}

// read returns a page that has been taken, without its overflow; the rest of it is
// taken too, and read if it is to be looked into.
func (c *pageCheck) read(id uint64, flags uint16) (*page, error) {
	p, err := c.header(id)
	if err != nil {
		return nil, err
	}
	if p.id != id || p.flags != flags {
		return nil, fmt.Errorf("%w: page %d says it is %d, of kind %#x", ErrCorrupt, id, p.id, p.flags)
	}
	if p.overflow > 0 {
		if err := c.take(id+1, p.overflow-1); err != nil {
			return nil, err
		}
		p.data = make([]byte, (int(p.overflow)+1)*c.pageSize)
		if _, err := c.file.ReadAt(p.data, int64(id)*int64(c.pageSize)); err != nil {
			return nil, unreadable(id, err)
		}
	}
	return &p, nil
}

// header reads the first page of a page.
func (c *pageCheck) header(id uint64) (page, error) {
	data := make([]byte, c.pageSize)
	if _, err := c.file.ReadAt(data, int64(id)*int64(c.pageSize)); err != nil {
		return page{}, unreadable(id, err)
	}
	return parseHeader(data), nil
}

func unreadable(id uint64, err error) error {
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: page %d is beyond the end", ErrCorrupt, id)
	}
	return fmt.Errorf("read page %d: %w", id, err)
}

// tree checks the pages of a bucket.
func (c *pageCheck) tree(bucket []byte, root uint64) error {
	if err := c.take(root, 0); err != nil {
		return c.report(err)
	}
	depth, err := c.depth(root)
	if err != nil {
		return c.report(err)
	}
	return c.subtree(bucket, subtree{page: root}, depth)
}

// depth returns how many levels of branches there are above the first leaf; in
// bbolt's trees, above every leaf.
func (c *pageCheck) depth(root uint64) (int, error) {
	for depth, id := 0, root; depth <= maxDepth; depth++ {
		p, err := c.header(id)
		if err != nil {
			return 0, err
		}
		if p.flags != flagBranch {
			return depth, nil
		}
		if p.count == 0 {
			return 0, fmt.Errorf("%w: branch page %d is empty", ErrCorrupt, id)
		}
		if id = p.child(0); id >= c.pages {
			return 0, fmt.Errorf("%w: page %d is not in the file", ErrCorrupt, id)
		}
	}
	return 0, fmt.Errorf("%w: the branches below page %d don't end", ErrCorrupt, root)
}

// subtree is a page and the range of its keys: from low to below high, nil where
// there is no bound.
type subtree struct {
	page      uint64
	low, high []byte
}

// subtree checks a page that has been taken, and those below.
func (c *pageCheck) subtree(bucket []byte, t subtree, depth int) error {
	flags := uint16(flagBranch)
	if depth == 0 {
		flags = flagLeaf
	}
	p, err := c.read(t.page, flags)
	if err == nil {
		err = c.checkPage(p, t)
	}
	if err == nil && depth == 0 {
		c.leaves -= int64(len(p.data))
		err = c.leaf(bucket, p)
	}
	if err != nil {
		return c.report(err)
	}
	if depth == 0 {
		return nil
	}
	for _, child := range children(p, t) {
		if err := c.take(child.page, 0); err != nil {
			if err := c.report(err); err != nil {
				return err
			}
			continue
		}
		if depth == 1 && c.leaves <= 0 {
			continue
		}
		if err := c.subtree(bucket, child, depth-1); err != nil {
			return err
		}
	}
	return nil
}

// checkPage checks what a page says of itself.
func (c *pageCheck) checkPage(p *page, t subtree) error {
	end, err := p.checkLayout()
	if err != nil {
		return err
	}
	if need := max(1, (end+c.pageSize-1)/c.pageSize); need != int(p.overflow)+1 {
		return fmt.Errorf("%w: page %d has %d pages for %d", ErrCorrupt, p.id, p.overflow+1, need)
	}
	return p.checkKeys(t.low, t.high)
}

// children returns what is below a branch.
func children(p *page, t subtree) []subtree {
	list := make([]subtree, p.count)
	for i := range list {
		list[i] = subtree{page: p.child(i), low: p.key(i), high: t.high}
		if i > 0 {
			list[i-1].high = list[i].low
		}
	}
	return list
}
