package search

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"clipsearch/index/store"
)

// catalog keeps in memory what lists of pictures are filtered and ordered by, some 100 bytes a picture, and follows the store's
// log: reading all documents takes seconds where there are many. It is read in when first needed. It is safe for concurrent
// use.
type catalog struct {
	store *store.Store

	mu       sync.Mutex
	known    bool
	sequence uint64 // of the store up to which rows are
	rows     []row  // by ID
	folders  table[string]
	tags     table[[]string]
	formats  table[string]
	orders   map[Sort][]int32 // indices of all rows in the orders that were asked for
	lists    []listed         // the ones used last, the newest at the end
	facets   *Facets          // nil: not counted yet
}

// row is what is kept of a document.
type row struct {
	id            store.ID
	seconds       int64  // its Date, in Unix time
	hash          uint64 // the first bytes of the file's; 0: there is none
	name          string // of the file
	nanos         int32  // of its Date
	folder, root  int32  // numbers in folders
	width, height int32  // px
	tags          int32  // number in tags
	format        int16  // number in formats
	shown         bool   // it is there, and not hidden
}

// table numbers values that many rows share.
type table[T any] struct {
	numbers map[string]int32
	values  []T
}

// number returns the number of a value that key stands for.
func (t *table[T]) number(key string, value T) int32 {
	n, ok := t.numbers[key]
	if !ok {
		if t.numbers == nil {
			t.numbers = map[string]int32{}
		}
		n = int32(len(t.values))
		t.numbers[key], t.values = n, append(t.values, value)
	}
	return n
}

// sync brings the rows in step with the store. The caller holds mu.
func (c *catalog) sync(ctx context.Context) error {
	now := c.store.Sequence()
	if c.known && c.sequence == now {
		return nil
	}
	if c.known {
		err := c.follow(ctx)
		if !errors.Is(err, store.ErrLogPruned) {
			return err
		}
	}
	return c.load(ctx, now)
}

// load reads all documents anew.
func (c *catalog) load(ctx context.Context, sequence uint64) error {
	c.known, c.rows, c.orders, c.lists = false, nil, map[Sort][]int32{}, nil
	c.folders, c.tags, c.formats = table[string]{}, table[[]string]{}, table[string]{}
	c.facets = nil
	err := c.store.EachDocument(ctx, func(d store.Document) error {
		c.rows = append(c.rows, c.row(d))
		return nil
	})
	if err != nil {
		return fmt.Errorf("list the pictures: %w", err)
	}
	c.known, c.sequence = true, sequence
	return nil
}

// follow reads the documents that have changed since.
func (c *catalog) follow(ctx context.Context) error {
	last, changed := c.sequence, map[store.ID]bool{}
	err := c.store.Changes(ctx, c.sequence, func(change store.Change) error {
		last, changed[change.ID] = change.Sequence, true
		return nil
	})
	if err != nil {
		return err
	}
	ids := make([]store.ID, 0, len(changed))
	for id := range changed {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	var moved []int32
	for _, id := range ids {
		d, err := c.store.Document(id)
		if errors.Is(err, store.ErrNoDocument) {
			d, err = store.Document{ID: id, Hidden: true}, nil
		}
		if err != nil {
			return err
		}
		moved = append(moved, c.put(c.row(d)))
	}
	c.reorder(moved)
	c.sequence, c.lists, c.facets = last, nil, nil
	return nil
}

// put stores a row in its place and returns its index. New documents have the highest IDs, so that others keep theirs; where
// one lies between, all orders are made anew.
func (c *catalog) put(r row) int32 {
	at, ok := slices.BinarySearchFunc(c.rows, r.id, func(r row, id store.ID) int { return cmp.Compare(r.id, id) })
	switch {
	case ok:
		c.rows[at] = r
	case at == len(c.rows):
		c.rows = append(c.rows, r)
	default:
		c.rows = slices.Insert(c.rows, at, r)
		c.orders = map[Sort][]int32{}
	}
	return int32(at)
}

// reorder puts rows that have changed into their places in all orders.
func (c *catalog) reorder(moved []int32) {
	is := make(map[int32]bool, len(moved))
	for _, at := range moved {
		is[at] = true
	}
	for sort, order := range c.orders {
		compare := c.compare(sort)
		slices.SortFunc(moved, compare)
		merged, rest := make([]int32, 0, len(c.rows)), moved
		for _, at := range order {
			if is[at] {
				continue
			}
			for len(rest) > 0 && compare(rest[0], at) < 0 {
				merged, rest = append(merged, rest[0]), rest[1:]
			}
			merged = append(merged, at)
		}
		c.orders[sort] = append(merged, rest...)
	}
}

// row returns what is kept of a document.
func (c *catalog) row(d store.Document) row {
	when := Date(d)
	r := row{
		id: d.ID, seconds: when.Unix(), nanos: int32(when.Nanosecond()), name: filepath.Base(d.Path),
		folder: c.folder(filepath.Dir(d.Path)), root: c.folder(d.Root), width: int32(d.Width), height: int32(d.Height),
		tags: c.tags.number(strings.Join(d.Tags, "\x00"), d.Tags), format: int16(c.formats.number(d.Format, d.Format)), shown: !d.Hidden,
	}
	for _, b := range d.Hash[:8] {
		r.hash = r.hash<<8 | uint64(b)
	}
	return r
}

func (c *catalog) folder(path string) int32 { return c.folders.number(path, path) }

// date returns when a row's picture was taken.
func (r row) date() time.Time { return time.Unix(r.seconds, int64(r.nanos)).UTC() }

// document returns as much of a row's document as filters look at.
func (c *catalog) document(r row) store.Document {
	return store.Document{
		ID: r.id, Path: filepath.Join(c.folders.values[r.folder], r.name), Root: c.folders.values[r.root], Format: c.formats.values[r.format],
		Taken: r.date(), Width: int(r.width), Height: int(r.height), Tags: c.tags.values[r.tags], Hidden: !r.shown,
	}
}

// order returns the indices of all rows in an order of its own, not to be changed.
func (c *catalog) order(sort Sort) []int32 {
	order, ok := c.orders[sort]
	if !ok {
		order = make([]int32, len(c.rows))
		for i := range order {
			order[i] = int32(i)
		}
		slices.SortFunc(order, c.compare(sort))
		c.orders[sort] = order
	}
	return order
}

// compare returns the comparison of two rows, given by their indices, for an order that needs no seed.
func (c *catalog) compare(sort Sort) func(i, j int32) int {
	byName := func(a, b row) int {
		return cmp.Or(compareFolded(a.name, b.name), strings.Compare(c.folders.values[a.folder], c.folders.values[b.folder]),
			strings.Compare(a.name, b.name), cmp.Compare(a.id, b.id))
	}
	var by func(a, b row) int
	switch sort {
	case SortName:
		by = byName
	case SortFolder:
		by = func(a, b row) int {
			if a.folder == b.folder {
				return byName(a, b)
			}
			return strings.Compare(c.folders.values[a.folder], c.folders.values[b.folder])
		}
	default:
		by = func(a, b row) int {
			return cmp.Or(cmp.Compare(b.seconds, a.seconds), cmp.Compare(b.nanos, a.nanos), byName(a, b))
		}
	}
	return func(i, j int32) int { return by(c.rows[i], c.rows[j]) }
}

// compareFolded compares two names whatever their case, without making others of them where they are ASCII.
func compareFolded(a, b string) int {
	for i := range min(len(a), len(b)) {
		x, y := a[i], b[i]
		if x >= utf8.RuneSelf || y >= utf8.RuneSelf {
			return strings.Compare(strings.ToLower(a[i:]), strings.ToLower(b[i:]))
		}
		if x, y = lower(x), lower(y); x != y {
			return cmp.Compare(x, y)
		}
	}
	return cmp.Compare(len(a), len(b))
}

// lower returns an ASCII letter in lower case.
func lower(b byte) byte {
	if 'A' <= b && b <= 'Z' {
		b += 'a' - 'A'
	}
	return b
}
