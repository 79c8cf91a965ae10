package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	bolt "go.etcd.io/bbolt"
)

// Compact is [Compact] for an open library: reads go on meanwhile, from the old file until the new one is there; writes wait.
// meet, unless nil, is called with the new file just before it takes the library's name: no other process can have opened it
// before, nor can afterwards, as its lock is held. If meet fails, the old file stays; else what it returns is told which file
// goes on: the new one also after an error that came once it had the name, such as that of a folder that cannot be synced.
// ErrReadOnly; else as Compact.
func (s *Store) Compact(ctx context.Context, opts CompactOptions, meet Meet) (CompactReport, error) {
	report, err := s.compact(ctx, opts, meet)
	return report, s.failed("compact", err)
}

// Meet prepares for a new file of a library and returns what is to be done once it is known whether the library has moved there.
type Meet func(next os.FileInfo) (settle func(moved bool), err error)

func (s *Store) compact(ctx context.Context, opts CompactOptions, meet Meet) (report CompactReport, err error) {
	if s.readOnly {
		return report, ErrReadOnly
	}
	s.saving.Lock()
	defer s.saving.Unlock()
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.broken.Load() {
		return report, ErrCorrupt
	}
	return s.rewrite(ctx, opts, func(c *compaction) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return s.swap(c, meet)
	})
}

// swap publishes the new file, which stays open under its lock, and goes on with it.
func (s *Store) swap(c *compaction, meet Meet) error {
	if err := c.dst.commitLast(); err != nil {
		return err
	}
	info, err := c.dst.file.Stat()
	if err != nil {
		return err
	}
	moved := false
	if meet != nil {
		settle, err := meet(info)
		if err != nil {
			return err
		}
		defer func() { settle(moved) }()
	}
	s.closing.Lock()
	defer s.closing.Unlock()
	if s.closed {
		return ErrClosed
	}
	s.open.Lock() // reads in progress end, those that come wait for a rename
	defer s.open.Unlock()
	if err := c.dst.rename(""); err != nil {
		return err
	}
	moved = true
	old := s.db
	s.db, s.file = c.dst.db, c.dst.file
	s.db.NoSync, s.db.NoGrowSync = false, false
	s.mu.Lock()
	s.last = c.last
	s.mu.Unlock()
	return errors.Join(syncDir(filepath.Dir(c.dst.path)), closeOld(old))
}

// closeOld closes the file that has lost its name.
func closeOld(db *bolt.DB) error {
	if err := db.Close(); err != nil {
		return fmt.Errorf("close the old file: %w", err)
	}
	return nil
}
