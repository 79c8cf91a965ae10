package store

import (
	"bytes"
	"context"
	"fmt"

	bolt "go.etcd.io/bbolt"
)

// pass reads all records of a transaction page by page, as they lie in the file,
// without bbolt's help: what is damaged costs the page it is on, no more.
type pass struct {
	ctx      context.Context
	progress func(done, total int64) // may be nil
	done     int64                   // bytes of leaves
	total    int64                   // bytes of the file
	inline   map[string]*page        // buckets within the bucket of buckets
	ended    error                   // of problem

	// record is called with every record that is whole, in order of keys; key and
	// payload are its own until the next call. An error is this record's problem,
	// unless it ends ctx.
	record func(bucket, key, payload []byte) error
	// problem is called with whatever is damaged; an error ends the pass.
	problem func(bucket []byte, err error) error
}

// start checks the bucket of buckets and returns the pages of the others.
func (p *pass) start(s *Store, tx *bolt.Tx) (c *pageCheck, roots map[string]uint64, err error) {
	c = newPageCheck(s.file, tx, allBytes)
	p.total, p.inline = tx.Size(), map[string]*page{}
	c.leaf = func(bucket []byte, leaf *page) error {
		p.inline[string(bucket)] = leaf
		return nil
	}
	roots, err = c.roots(uint64(tx.Cursor().Bucket().Root()))
	return c, roots, err
}

// run reads buckets of a library, in order, in one transaction.
func (p *pass) run(s *Store, buckets [][]byte) error {
	return s.view(func(tx *txn) error {
		c, roots, err := p.start(s, tx.Tx)
		for _, name := range buckets {
			if err == nil {
				err = p.bucket(c, name, roots[string(name)])
			}
		}
		return err
	})
}

// bucket reads a bucket. The error is ctx's or problem's.
func (p *pass) bucket(c *pageCheck, name []byte, root uint64) error {
	p.ended = nil
	if small, ok := p.inline[string(name)]; ok {
		return p.leaf(name, small)
	}
	if root == 0 {
		return p.problem(name, fmt.Errorf("%w: no bucket %q", ErrCorrupt, name))
	}
	c.leaf = p.leaf
	c.report = func(err error) error {
		if err := p.ctx.Err(); err != nil {
			return err
		}
		if p.ended != nil {
			return p.ended
		}
		return p.problem(name, fmt.Errorf("bucket %q: %w", name, err))
	}
	return c.tree(name, root)
}

// leaf reads the records of a leaf.
func (p *pass) leaf(bucket []byte, leaf *page) error {
	for i := range leaf.count {
		key := leaf.key(i)
		err := p.element(bucket, leaf, i)
		if ended := p.ctx.Err(); ended != nil {
			return ended
		}
		if err != nil {
			if p.ended = p.problem(bucket, fmt.Errorf("%s: %w", describe(bucket, key), err)); p.ended != nil {
				return p.ended
			}
		}
	}
	p.done += int64(len(leaf.data))
	if p.progress != nil {
		p.progress(p.done, p.total)
	}
	return nil
}

func (p *pass) element(bucket []byte, leaf *page, i int) error {
	is, err := leaf.isBucket(i)
	if err == nil && is {
		err = fmt.Errorf("%w: it is a bucket", ErrCorrupt)
	}
	if err != nil {
		return err
	}
	payload, err := unseal(bucket, leaf.key(i), leaf.value(i))
	if err != nil {
		return err
	}
	return p.record(bucket, leaf.key(i), payload)
}

// describe names a record for people.
func describe(bucket, key []byte) string {
	if id, err := parseID(key); err == nil {
		switch {
		case bytes.Equal(bucket, bucketDocuments), bytes.Equal(bucket, bucketHidden):
			return fmt.Sprintf("document %d (%s)", id, bucket)
		case bytes.Equal(bucket, bucketCaptions), bytes.Equal(bucket, bucketVectors), bytes.Equal(bucket, bucketThumbs):
			return fmt.Sprintf("%s of document %d", bucket, id)
		case bytes.Equal(bucket, bucketLog):
			return fmt.Sprintf("change %d", id)
		}
	}
	return fmt.Sprintf("record %q of %s", key, bucket)
}

// isDerived tells whether what a bucket holds can be made again from the others, or
// by looking at the pictures.
func isDerived(bucket []byte) bool {
	for _, name := range [][]byte{bucketFiles, bucketHashes, bucketLog, bucketSnapshots, bucketChunks, bucketSkips} {
		if bytes.Equal(bucket, name) {
			return true
		}
	}
	return false
}
