package text

import (
	"context"
	"math"
	"sync"
	"weak"

	"github.com/blevesearch/bleve/v2/index/scorch"
	index "github.com/blevesearch/bleve_index_api"
	segment "github.com/blevesearch/scorch_segment_api/v2"
)

const (
	// hotShare is the share of the index's places that a term must have to be worth unpacking: reading a place of an
	// array takes a sixteenth of the time of reading a posting of a segment.
	hotShare = 16
	// hotBytes bounds what is unpacked: the twenty most frequent terms of 200,000 documents.
	hotBytes = 16 << 20
	// maxHotKeys bounds the terms that are counted.
	maxHotKeys = 4096
)

// hot remembers the postings of frequent terms, unpacked: those that were asked for twice of one state of an index. The
// zero value is ready for use. Safe for concurrent use.
type hot struct {
	mu    sync.Mutex
	of    weak.Pointer[scorch.IndexSnapshot] // the state; when it changes, all is dropped
	terms map[hotKey]*unpacked               // nil: asked for once
	bytes int
}

// hotKey is a term in a field.
type hotKey struct{ field, term string }

// unpacked are postings by place. It never changes.
type unpacked struct {
	at    []uint32 // frequency·2¹⁶ + length of the field; 0: no posting
	count int
}

// get returns the postings of a term, nil if they are not unpacked. wanted reports whether they should be, if they are
// many enough.
func (h *hot) get(r *scorch.IndexSnapshot, key hotKey) (u *unpacked, wanted bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if of := weak.Make(r); of != h.of {
		h.of, h.terms, h.bytes = of, map[hotKey]*unpacked{}, 0
	}
	u, known := h.terms[key]
	if !known && len(h.terms) < maxHotKeys {
		h.terms[key] = nil
	}
	return u, known && u == nil
}

// put keeps postings of a state, if there is room.
func (h *hot) put(r *scorch.IndexSnapshot, key hotKey, u *unpacked) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if size := 4 * len(u.at); weak.Make(r) == h.of && h.terms[key] == nil && h.bytes+size <= hotBytes {
		h.terms[key] = u
		h.bytes += size
	}
}

// open is openPostings by way of what is remembered.
func (h *hot) open(ctx context.Context, r index.IndexReader, field, term string, stats fieldStats) (postings, error) {
	snapshot, key := r.(*scorch.IndexSnapshot), hotKey{field, term}
	u, wanted := h.get(snapshot, key)
	if u != nil {
		return postings{unpacked: u, count: u.count, slope: slopeOf(stats)}, nil
	}
	p, err := openPostings(r, field, term, stats)
	if err != nil || !wanted || len(p.parts) == 0 {
		return p, err
	}
	segments := snapshot.Segments()
	places := 0
	for _, s := range segments {
		places += int(s.FullSize())
	}
	if p.count < places/hotShare {
		return p, nil
	}
	if u, err = p.unpack(ctx, places); u == nil || err != nil {
		return p, err
	}
	h.put(snapshot, key, u)
	p.unpacked = u
	return p, nil
}

// unpack reads all postings; nil if a number has no room in 16 bits.
func (p postings) unpack(ctx context.Context, places int) (*unpacked, error) {
	u := &unpacked{at: make([]uint32, places), count: p.count}
	fits := true
	err := p.eachPosting(ctx, func(at uint32, d segment.Posting) error {
		length, err := lengthOf(d)
		if d.Frequency() > math.MaxUint16 || length > math.MaxUint16 {
			fits = false
		}
		u.at[at] = uint32(d.Frequency())<<16 | uint32(length)&math.MaxUint16
		return err
	})
	if !fits || err != nil {
		return nil, err
	}
	return u, nil
}

// each is postings.each.
func (u *unpacked) each(p postings, fn func(at uint32, f float64)) {
	for at, both := range u.at {
		if both != 0 {
			fn(uint32(at), p.relativeOf(uint64(both>>16), uint64(both&math.MaxUint16)))
		}
	}
}

// among is postings.among.
func (u *unpacked) among(p postings, places []uint32, fn func(at uint32, f float64)) {
	for _, at := range places {
		if both := u.at[at]; both != 0 {
			fn(at, p.relativeOf(uint64(both>>16), uint64(both&math.MaxUint16)))
		}
	}
}

// has is postings.has.
func (u *unpacked) has(places []uint32) (n int) {
	for _, at := range places {
		if u.at[at] != 0 {
			n++
		}
	}
	return n
}

// appendPlaces is postings.appendPlaces.
func (u *unpacked) appendPlaces(places []uint32) []uint32 {
	for at, both := range u.at {
		if both != 0 {
			places = append(places, uint32(at))
		}
	}
	return places
}
