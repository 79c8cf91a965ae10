package ui

import (
	"context"
	"time"

	"clipsearch/search"
)

const (
	maxSearches   = 48              // at once: at 15 ms each the last of them waits less than a second
	maxUploading  = 4               // pictures that are being sent: each takes up to 65 MiB of memory
	crowdPatience = 2 * time.Second // for a place among them
)

// crowd is a Searcher that answers only so many at once. The others wait a while and are refused with errBusy then, so that a client
// that asks without end cannot have thousands of searches wait, and a person's among them for minutes.
type crowd struct {
	Searcher
	places chan struct{} // one slot a search
}

func newCrowd(searcher Searcher) *crowd {
	return &crowd{searcher, make(chan struct{}, maxSearches)}
}

// Search is Searcher's.
func (c *crowd) Search(ctx context.Context, q search.Query) (*search.Result, error) {
	leave, err := enter(ctx, c.places)
	if err != nil {
		return nil, err
	}
	defer leave()
	return c.Searcher.Search(ctx, q)
}

// Label is Searcher's.
func (c *crowd) Label(ctx context.Context, id search.ID, labels, prompts []string) ([]search.Label, error) {
	leave, err := enter(ctx, c.places)
	if err != nil {
		return nil, err
	}
	defer leave()
	return c.Searcher.Label(ctx, id, labels, prompts)
}

// enter waits a while for a place in a crowd; leave makes it free.
func enter(ctx context.Context, places chan struct{}) (leave func(), err error) {
	patience := time.NewTimer(crowdPatience)
	defer patience.Stop()
	select {
	case places <- struct{}{}:
		return func() { <-places }, nil
	case <-patience.C:
		return nil, errBusy
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
