package ui

import (
	"context"
	"sync"

	"clipsearch/search"
)

// counts keeps the library's statistics until it changes: counting reads all of it. It is safe for concurrent use.
type counts struct {
	library Library

	mu    sync.Mutex
	known bool
	stats search.Stats
}

// get returns the current statistics. The maps in them are shared and must not be changed.
func (c *counts) get(ctx context.Context) (search.Stats, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known && c.stats.Sequence == c.library.Sequence() {
		return c.stats, nil
	}
	stats, err := c.library.Stats(ctx)
	if err == nil {
		c.stats, c.known = stats, true
	}
	return stats, err
}
