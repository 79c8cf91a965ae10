package store

import (
	"fmt"
	"slices"
	"sync/atomic"

	bolt "go.etcd.io/bbolt"
)

// txn is a transaction whose buckets are safe to follow.
type txn struct {
	*bolt.Tx
	s *Store
}

// Bucket returns a bucket, nil if there is none. A reader checks its pages at the
// first use; a writer has checked all. If they are damaged it panics, and guard
// makes that ErrCorrupt.
func (tx *txn) Bucket(name []byte) *bolt.Bucket {
	b := tx.Tx.Bucket(name)
	if b == nil || !tx.s.readOnly {
		return b
	}
	checked := tx.s.checked[string(name)]
	if checked != nil && !checked.Load() {
		if err := tx.s.checkBucket(newPageCheck(tx.s.file, tx.Tx, firstBytes), name, uint64(b.Root())); err != nil {
			panic(err)
		}
		checked.Store(true)
	}
	return b
}

// newChecked returns the set of checked buckets, empty.
func newChecked() map[string]*atomic.Bool {
	checked := map[string]*atomic.Bool{}
	for _, name := range allBuckets {
		checked[string(name)] = new(atomic.Bool)
	}
	return checked
}

// checkBucket checks the branches of a bucket and its first leaves.
func (s *Store) checkBucket(c *pageCheck, name []byte, root uint64) error {
	if root == 0 {
		return nil // seen with the bucket of buckets
	}
	c.leaves = firstBytes
	c.leaf = checkRecords
	if err := c.tree(name, root); err != nil {
		return fmt.Errorf("bucket %q: %w", name, err)
	}
	return nil
}

// checkRecords checks that a leaf holds no bucket. It leaves checksums for when a record is
// read: one bad record shall not keep others from being read.
func checkRecords(bucket []byte, p *page) error {
	for i := range p.count {
		is, err := p.isBucket(i)
		if err == nil && is {
			err = fmt.Errorf("%w: page %d holds a bucket", ErrCorrupt, p.id)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// checkRoot checks the bucket of buckets.
func (s *Store) checkRoot() error {
	return s.guard(func() error {
		return s.db.View(func(tx *bolt.Tx) error {
			c := newPageCheck(s.file, tx, firstBytes)
			c.leaf = checkRecords
			_, err := c.roots(uint64(tx.Cursor().Bucket().Root()))
			return err
		})
	})
}

// checkForWriting checks the branches of all buckets, and that no page is both free
// and in use: bbolt would write over it. s is open for reading.
func (s *Store) checkForWriting() error {
	return s.guard(func() error {
		return s.db.View(func(tx *bolt.Tx) error {
			c := newPageCheck(s.file, tx, firstBytes)
			c.leaf = checkRecords
			roots, err := c.roots(uint64(tx.Cursor().Bucket().Root()))
			if err != nil {
				return err
			}
			for _, name := range allBuckets {
				if err := s.checkBucket(c, name, roots[string(name)]); err != nil {
					return err
				}
			}
			m, err := s.meta(tx)
			if err != nil {
				return err
			}
			return c.freelist(m.freelist)
		})
	})
}

// meta returns the meta page of a read transaction.
func (s *Store) meta(tx *bolt.Tx) (meta, error) {
	metas, ok, err := readMetas(s.file, tx.DB().Info().PageSize)
	if err != nil {
		return meta{}, err
	}
	i := slices.IndexFunc(metas[:], func(m meta) bool { return m.transaction == uint64(tx.ID()) })
	if i < 0 || !ok[i] {
		return meta{}, fmt.Errorf("%w: no meta page of transaction %d", ErrCorrupt, tx.ID())
	}
	return metas[i], nil
}
