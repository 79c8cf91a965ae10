package store

import (
	"encoding/binary"
	"fmt"
)

// freelist checks the list of free pages against those that are used, and marks
// them as used.
func (c *pageCheck) freelist(id uint64) error {
	if err := c.take(id, 0); err != nil {
		return err
	}
	p, err := c.read(id, flagFreelist)
	if err != nil {
		return err
	}
	count, ids := uint64(p.count), p.data[pageHeader:]
	if p.count == 0xFFFF {
		count, ids = binary.NativeEndian.Uint64(ids), ids[8:]
	}
	if count > uint64(len(ids)/8) {
		return fmt.Errorf("%w: %d free pages don't fit their list", ErrCorrupt, count)
	}
	before := uint64(0)
	for i := range count {
		free := binary.NativeEndian.Uint64(ids[i*8:])
		if free <= before {
			return fmt.Errorf("%w: free page %d after %d", ErrCorrupt, free, before)
		}
		if err := c.take(free, 0); err != nil {
			return fmt.Errorf("list of free pages: %w", err)
		}
		before = free
	}
	return nil
}

// roots checks the bucket of buckets and returns the pages that the buckets begin
// with, 0 for those that lie within a leaf of it.
func (c *pageCheck) roots(root uint64) (map[string]uint64, error) {
	found := map[string]uint64{}
	own := *c
	own.leaf = func(_ []byte, p *page) error {
		for i := range p.count {
			if is, err := p.isBucket(i); err != nil || !is {
				return fmt.Errorf("%w: page %d holds no buckets", ErrCorrupt, p.id)
			}
			name := p.key(i)
			root, inline, err := bucketRoot(p.value(i))
			if err == nil && root == 0 {
				err = c.inline(name, &inline)
			}
			if err != nil {
				return fmt.Errorf("bucket %q: %w", name, err)
			}
			found[string(name)] = root
		}
		return nil
	}
	own.leaves = allBytes
	return found, own.tree(nil, root)
}

// inline checks the only page of a small bucket.
func (c *pageCheck) inline(bucket []byte, p *page) error {
	if err := p.checkKeys(nil, nil); err != nil {
		return err
	}
	return c.leaf(bucket, p)
}
