package ui

import (
	"context"
	"time"

	"clipsearch/search"
)

const (
	maxSearches   = 48              // at once: at 15 ms each the last of them waits less than a second
	maxUploading  = 4               // pictures that are being sent: each takes up to 65 MiB of memory
	crowdPatience = 2 * time.Second // for a place to upload
)

// crowd is a Searcher that answers only so many at once and refuses the others with errBusy, so that a client that asks without
// end cannot have thousands of searches wait in memory, and a person's among them for minutes.
type crowd struct {
	Searcher
	places chan struct{} // one slot a search
}

func newCrowd(searcher Searcher) *crowd {
	return &crowd{searcher, make(chan struct{}, maxSearches)}
}

// Search is Searcher's.
func (c *crowd) Search(ctx context.Context, q search.Query) (*search.Result, error) {
	leave, err := c.enter()
	if err != nil {
		return nil, err
	}
	defer leave()
	return c.Searcher.Search(ctx, q)
}

// Label is Searcher's.
func (c *crowd) Label(ctx context.Context, id search.ID, labels, prompts []string) ([]search.Label, error) {
	leave, err := c.enter()
	if err != nil {
		return nil, err
	}
	defer leave()
	return c.Searcher.Label(ctx, id, labels, prompts)
}

func (c *crowd) enter() (leave func(), err error) {
	select {
	case c.places <- struct{}{}:
		return func() { <-c.places }, nil
	default:
		return nil, errBusy
	}
}

// beginUpload waits a while for one of the places for uploads.
func (s *site) beginUpload(ctx context.Context) (end func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, crowdPatience)
	defer cancel()
	select {
	case s.uploading <- struct{}{}:
		return func() { <-s.uploading }, nil
	case <-ctx.Done():
		return nil, errBusy
	}
}
