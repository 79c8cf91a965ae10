package search

import (
	"context"
	"fmt"
	"slices"
	"time"

	"clipsearch/index/store"
)

// MaxListed is how far a listing can be read: Offset + K.
const MaxListed = 1 << 30

// keptLists is how many lists are kept for their next page: those of a few people or tabs.
const keptLists = 4

// Listing asks for pictures without a question: all that pass a filter.
type Listing struct {
	Filter Filter
	Sort   Sort   // "" is SortDate; SortRelevance needs a question
	Seed   uint64 // of SortRandom
	Dedupe bool   // of files with the same content show one
	K      int    // pictures wanted: 1 to MaxResults
	Offset int    // pictures left out before them
}

// Place is where a picture is in a listing.
type Place struct {
	Rank           int // from 1; 0: it is not there
	Total          int
	Previous, Next ID // the pictures beside it; 0 at the ends
}

// listed is what passes a filter, in an order.
type listed struct {
	key   string
	rows  []int32         // indices
	twins map[int32]int32 // files with the same content that are left out behind a row
}

// checked returns l with its values in their canonical spelling, or an ErrBadQuery.
func (l Listing) checked() (Listing, error) {
	if l.Sort == "" {
		l.Sort = SortDate
	}
	switch {
	case l.Sort == SortRelevance:
		return l, badQuery("without a question nothing is relevant; the order is date, name, folder or random")
	case !slices.Contains(Sorts(), l.Sort):
		return l, badQuery("there is no order %q; it is date, name, folder or random", l.Sort)
	case l.K < 1 || l.K > MaxResults:
		return l, badQuery("the number of pictures is %d; it is from 1 to %d", l.K, MaxResults)
	case l.Offset < 0 || l.Offset > MaxListed-l.K:
		return l, badQuery("pictures %d to %d cannot be shown; the first %d can", l.Offset+1, l.Offset+l.K, MaxListed)
	}
	var err error
	l.Filter, err = l.Filter.checked()
	return l, err
}

// List answers with the pictures of a listing. Their scores are 0, and Total is exact. Errors: ErrBadQuery, ctx's, the
// store's.
func (e *Engine) List(ctx context.Context, l Listing) (*Result, error) {
	started := time.Now()
	l, err := l.checked()
	if err != nil {
		return nil, err
	}
	result := &Result{Hits: []Hit{}}
	page, twins, total, err := e.catalog.page(ctx, e.sieve, l)
	if err != nil {
		return nil, err
	}
	result.Total = total
	records, err := e.store.Records(page)
	if err != nil {
		return nil, err
	}
	at := 0
	for _, r := range records { // in the order of page, without those that have gone since
		for page[at] != r.Document.ID {
			at++
		}
		hit := candidate{id: r.Document.ID, record: r, twins: twins[at]}.hit(Query{})
		hit.Rank = l.Offset + at + 1
		result.Hits = append(result.Hits, hit)
	}
	result.Took = time.Since(started)
	return result, nil
}

// Place returns where a picture is in a listing, whatever its K and Offset. Errors are List's.
func (e *Engine) Place(ctx context.Context, l Listing, id ID) (Place, error) {
	l.K, l.Offset = 1, 0
	l, err := l.checked()
	if err != nil {
		return Place{}, err
	}
	return e.catalog.place(ctx, e.sieve, l, id)
}

// page returns the documents of a page of a listing, how many others each stands for, and how many there are on all pages.
func (c *catalog) page(ctx context.Context, s *sieve, l Listing) (page []ID, twins []int, total int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	found, err := c.list(ctx, s, l)
	if err != nil {
		return nil, nil, 0, err
	}
	total = len(found.rows)
	for _, at := range found.rows[min(l.Offset, total):min(l.Offset+l.K, total)] {
		page, twins = append(page, c.rows[at].id), append(twins, int(found.twins[at]))
	}
	return page, twins, total, nil
}

// place finds a document in a listing.
func (c *catalog) place(ctx context.Context, s *sieve, l Listing, id ID) (Place, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	found, err := c.list(ctx, s, l)
	if err != nil {
		return Place{}, err
	}
	p := Place{Total: len(found.rows)}
	at := slices.IndexFunc(found.rows, func(at int32) bool { return c.rows[at].id == id })
	if at < 0 {
		return p, nil
	}
	p.Rank = at + 1
	if at > 0 {
		p.Previous = c.rows[found.rows[at-1]].id
	}
	if at+1 < len(found.rows) {
		p.Next = c.rows[found.rows[at+1]].id
	}
	return p, nil
}

// list returns what a listing lists. The caller holds mu.
func (c *catalog) list(ctx context.Context, s *sieve, l Listing) (listed, error) {
	if err := c.sync(ctx); err != nil {
		return listed{}, err
	}
	key := fmt.Sprintf("%+v %s %d %t", l.Filter, l.Sort, l.Seed, l.Dedupe)
	if i := slices.IndexFunc(c.lists, func(l listed) bool { return l.key == key }); i >= 0 {
		found := c.lists[i]
		c.lists = append(slices.Delete(c.lists, i, i+1), found)
		return found, nil
	}
	passes, err := c.passes(ctx, s, l.Filter)
	if err != nil {
		return listed{}, err
	}
	found := listed{key: key}
	order := c.order(SortDate)
	if l.Sort != SortRandom {
		order = c.order(l.Sort)
	}
	for _, at := range order {
		if passes(c.rows[at]) {
			found.rows = append(found.rows, at)
		}
	}
	if l.Sort == SortRandom {
		slices.SortFunc(found.rows, func(i, j int32) int { return compareShuffled(l.Seed, c.rows[i].id, c.rows[j].id) })
	}
	if l.Dedupe {
		found.collapse(c.rows)
	}
	if len(c.lists) == keptLists {
		c.lists = slices.Delete(c.lists, 0, 1)
	}
	c.lists = append(c.lists, found)
	return found, nil
}

// passes returns the test of a filter. What it asks of captions, which are not kept, the sieve knows.
func (c *catalog) passes(ctx context.Context, s *sieve, f Filter) (func(row) bool, error) {
	switch {
	case !f.active():
		return func(r row) bool { return r.shown && !slices.Contains(f.Without, r.id) }, nil
	case !f.readsCaptions():
		return func(r row) bool {
			return r.shown && f.passes(store.Record{Document: c.document(r)}) && !slices.Contains(f.Without, r.id)
		}, nil
	}
	keep, err := s.passing(ctx, f)
	return func(r row) bool {
		_, ok := keep[r.id]
		return ok && r.shown && !slices.Contains(f.Without, r.id)
	}, err
}

// collapse leaves the first of files with the same content.
func (l *listed) collapse(rows []row) {
	first := map[uint64]int32{}
	l.twins = map[int32]int32{}
	l.rows = slices.DeleteFunc(l.rows, func(at int32) bool {
		hash := rows[at].hash
		if hash == 0 {
			return false
		}
		if one, ok := first[hash]; ok {
			l.twins[one]++
			return true
		}
		first[hash] = at
		return false
	})
}
