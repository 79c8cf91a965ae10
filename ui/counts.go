package ui

import (
	"context"
	"sync"
	"time"

	"clipsearch/search"
)

// counts keeps the library's statistics until it changes: counting reads all of it. Where that takes long they may lag
// behind, so that pages do not wait for it while the library is being written. It is safe for concurrent use.
type counts struct {
	library Library

	mu    sync.Mutex
	known bool
	stats search.Stats
	next  time.Time // not to be counted again before
}

const (
	countSlow  = 50 * time.Millisecond // a count that takes longer is one that a page should not wait for
	countShare = 20                    // of the time at most one part is spent on slow counts
)

// get returns the current statistics. The maps in them are shared and must not be changed.
func (c *counts) get(ctx context.Context) (search.Stats, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	started := time.Now()
	if c.known && (c.stats.Sequence == c.library.Sequence() || started.Before(c.next)) {
		return c.stats, nil
	}
	stats, err := c.library.Stats(ctx)
	if err == nil {
		c.stats, c.known = stats, true
		if took := time.Since(started); took > countSlow {
			c.next = time.Now().Add(countShare * took)
		}
	}
	return stats, err
}
