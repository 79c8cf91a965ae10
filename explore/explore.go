// Package explore finds ways into a library for people who do not know what to look for: groups of pictures that look
// alike, each with a word from their captions, pictures at random, and those of this day in other years.
//
// New makes an Explorer of a store. It reads a sample of the vectors, not all of them, and writes nothing.
package explore

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"clipsearch/index/store"
)

// Store is what is explored. *store.Store is one.
type Store interface {
	Model() store.Model
	Sequence() uint64
	VectorsOf(ids []store.ID, fn func(i int, half []uint16)) error
	Records(ids []store.ID) ([]store.Record, error)
	EachDocument(ctx context.Context, fn func(store.Document) error) error
}

// Explorer looks around in one library. It is safe for concurrent use.
type Explorer struct {
	store Store

	grouping sync.Mutex
	grouped  uint64 // sequence of the store when groups were made; 0: not yet
	groups   []Group

	dating sync.Mutex
	dated  uint64    // sequence of the store when days were read
	when   time.Time // the day that was asked for
	days   []store.ID
}

// New returns an explorer of a store.
func New(s Store) *Explorer { return &Explorer{store: s} }

// Random returns up to n searchable documents, the same ones for the same seed and library.
func (e *Explorer) Random(n int, seed uint64) ([]store.ID, error) {
	last := e.store.Sequence() // IDs count from 1 and each took an entry of the log: none is above it
	if last == 0 {
		return nil, nil
	}
	rng := rand.New(rand.NewPCG(seed, 1))
	var found []store.ID
	for round := 0; round < 8 && len(found) < n; round++ {
		ids := make([]store.ID, 0, 4*n)
		for range cap(ids) {
			if id := 1 + rng.Uint64N(last); !slices.Contains(found, id) && !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
		records, err := e.store.Records(ids)
		if err != nil {
			return nil, err
		}
		for _, r := range inOrder(records, ids) {
			if !r.Document.Hidden && len(found) < n {
				found = append(found, r.Document.ID)
			}
		}
	}
	return found, nil
}

// inOrder returns the records that there are in the order of ids.
func inOrder(records []store.Record, ids []store.ID) []store.Record {
	byID := make(map[store.ID]store.Record, len(records))
	for _, r := range records {
		byID[r.Document.ID] = r
	}
	var all []store.Record
	for _, id := range ids {
		if r, ok := byID[id]; ok && r.Document.ID != 0 {
			all = append(all, r)
		}
	}
	return all
}

// OnThisDay returns up to n searchable documents taken on now's day of the year in years before, the latest first.
func (e *Explorer) OnThisDay(ctx context.Context, now time.Time, n int) ([]store.ID, error) {
	e.dating.Lock()
	defer e.dating.Unlock()
	sequence, today := e.store.Sequence(), now.Format(time.DateOnly)
	if e.dated != sequence || e.when.Format(time.DateOnly) != today {
		var found []store.Document
		err := e.store.EachDocument(ctx, func(d store.Document) error {
			if t := d.Taken; !d.Hidden && !t.IsZero() && t.Month() == now.Month() && t.Day() == now.Day() && t.Year() < now.Year() {
				found = append(found, d)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		slices.SortStableFunc(found, func(a, b store.Document) int { return b.Taken.Compare(a.Taken) })
		e.days = nil
		for _, d := range found {
			e.days = append(e.days, d.ID)
		}
		e.dated, e.when = sequence, now
	}
	return e.days[:min(n, len(e.days))], nil
}
