package store

import (
	"context"
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
func (s *Store) PutSkips(ctx context.Context, skips []Skip) error { panic("todo") }

// RemoveSkips forgets unreadable files. Paths that are not known are no error.
func (s *Store) RemoveSkips(ctx context.Context, paths ...string) error { panic("todo") }

// EachSkip calls fn with every remembered file in order of path, as EachDocument does.
func (s *Store) EachSkip(ctx context.Context, fn func(Skip) error) error { panic("todo") }
