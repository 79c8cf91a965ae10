package store

import (
	"context"
	"fmt"
	"time"
)

// Skip remembers a file that could not be read, so that it is not tried again
// before it changes.
type Skip struct {
	Path    string
	Size    int64 // bytes
	ModTime time.Time
	Reason  string // class, for counting: "truncated", "not a picture", …
	Detail  string // the error
	When    time.Time
}

// PutSkips remembers unreadable files, replacing what was known of their paths.
func (s *Store) PutSkips(ctx context.Context, skips []Skip) error {
	return s.write(ctx, "record unreadable files", len(skips), func(w *writer) error {
		for _, sk := range skips {
			if err := checkPath(sk.Path); err != nil {
				return fmt.Errorf("%q: %w", sk.Path, err)
			}
			if err := put(w.tx.Bucket(bucketSkips), bucketSkips, []byte(sk.Path), encodeSkip(sk)); err != nil {
				return err
			}
		}
		return nil
	})
}

// RemoveSkips forgets unreadable files. Paths that are not known are no error.
func (s *Store) RemoveSkips(ctx context.Context, paths ...string) error {
	return s.write(ctx, "forget unreadable files", len(paths), func(w *writer) error {
		for _, path := range paths {
			if err := w.tx.Bucket(bucketSkips).Delete([]byte(path)); err != nil {
				return err
			}
		}
		return nil
	})
}

// EachSkip calls fn with every remembered file in order of path, as EachDocument
// does.
func (s *Store) EachSkip(ctx context.Context, fn func(Skip) error) error {
	return eachRow(ctx, s, bucketSkips, nil, func(_ *txn, key, payload []byte) (Skip, bool, error) {
		sk, err := decodeSkip(string(key), payload)
		return sk, true, err
	}, fn)
}
