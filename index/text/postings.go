package text

import (
	"context"
	"fmt"

	"github.com/blevesearch/bleve/v2/index/scorch"
	index "github.com/blevesearch/bleve_index_api"
	segment "github.com/blevesearch/scorch_segment_api/v2"
)

// postings are the documents that have one term in one field. They are read from the
// segments themselves: scorch's reader across segments takes three times as long.
type postings struct {
	parts    []part
	unpacked *unpacked // in place of parts, if not nil
	count    int       // documents
	slope    float64   // see relative
}

// part is the postings in one segment that has some.
type part struct {
	list  segment.PostingsList
	first uint32 // place of the segment's first document
	end   uint32 // and of the next segment's
}

// openPostings returns the postings of a term in a field with these sums.
func openPostings(r index.IndexReader, field, term string, stats fieldStats) (postings, error) {
	if stats.Documents == 0 {
		return postings{}, nil
	}
	p := postings{slope: slopeOf(stats)}
	first := uint32(0)
	for _, s := range r.(*scorch.IndexSnapshot).Segments() {
		end := first + uint32(s.FullSize())
		dictionary, err := s.Segment().Dictionary(field)
		if err != nil {
			return p, err
		}
		list, err := dictionary.PostingsList([]byte(term), s.Deleted(), nil)
		if err != nil {
			return p, err
		}
		if n := int(list.Count()); n > 0 {
			p.parts = append(p.parts, part{list, first, end})
			p.count += n
		}
		first = end
	}
	return p, nil
}

// slopeOf returns b divided by the average length of a field.
func slopeOf(stats fieldStats) float64 {
	return lengthness * float64(stats.Documents) / float64(stats.Tokens)
}

// contextEvery is how many postings are read between looks at the context.
const contextEvery = 1 << 14

// each calls fn with the place and the relative frequency of each document.
func (p postings) each(ctx context.Context, fn func(at uint32, f float64)) error {
	if p.unpacked != nil {
		p.unpacked.each(p, fn)
		return ctx.Err()
	}
	return p.eachPosting(ctx, func(at uint32, d segment.Posting) error {
		f, err := p.relative(d)
		fn(at, f)
		return err
	})
}

// eachPosting calls fn with the place of each document and its posting.
func (p postings) eachPosting(ctx context.Context, fn func(at uint32, d segment.Posting) error) error {
	n := 0
	for _, part := range p.parts {
		it := part.list.Iterator(true, true, false, nil)
		for d, err := it.Next(); d != nil || err != nil; d, err = it.Next() {
			if err != nil {
				return err
			}
			if err := fn(part.first+uint32(d.Number()), d); err != nil {
				return err
			}
			if n++; n%contextEvery == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
		}
	}
	return nil
}

// among is each for those documents alone that are at one of the places, which are
// sorted and different.
func (p postings) among(ctx context.Context, places []uint32, fn func(at uint32, f float64)) error {
	if p.unpacked != nil {
		p.unpacked.among(p, places, fn)
		return ctx.Err()
	}
	return p.meet(ctx, places, true, func(at uint32, d segment.Posting) error {
		f, err := p.relative(d)
		fn(at, f)
		return err
	})
}

// has counts the places, which are sorted and different, that have a posting.
func (p postings) has(ctx context.Context, places []uint32) (n int, err error) {
	if p.unpacked != nil {
		return p.unpacked.has(places), ctx.Err()
	}
	err = p.meet(ctx, places, false, func(uint32, segment.Posting) error { n++; return nil })
	return n, err
}

// meet calls fn with the postings at some of the places, which are sorted and different.
func (p postings) meet(ctx context.Context, places []uint32, numbers bool, fn func(at uint32, d segment.Posting) error) error {
	for _, part := range p.parts {
		it := part.list.Iterator(numbers, numbers, false, nil)
		for places = skipTo(places, part.first); len(places) > 0 && places[0] < part.end; {
			d, err := it.Advance(uint64(places[0] - part.first))
			if err != nil {
				return err
			}
			if d == nil {
				break
			}
			at := part.first + uint32(d.Number())
			if places = skipTo(places, at); len(places) == 0 || places[0] != at {
				continue
			}
			if err := fn(at, d); err != nil {
				return err
			}
			places = places[1:]
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

// skipTo drops the places before at.
func skipTo(places []uint32, at uint32) []uint32 {
	for len(places) > 0 && places[0] < at {
		places = places[1:]
	}
	return places
}

// appendPlaces appends the places of all documents.
func (p postings) appendPlaces(places []uint32) ([]uint32, error) {
	if p.unpacked != nil {
		return p.unpacked.appendPlaces(places), nil
	}
	for _, part := range p.parts {
		it := part.list.Iterator(false, false, false, nil)
		for d, err := it.Next(); d != nil || err != nil; d, err = it.Next() {
			if err != nil {
				return nil, err
			}
			places = append(places, part.first+uint32(d.Number()))
		}
	}
	return places, nil
}

// relative returns frequency / (1 - b + b · length/average): scorch keeps the length
// of the field with each posting.
func (p postings) relative(d segment.Posting) (float64, error) {
	length, err := lengthOf(d)
	return p.relativeOf(d.Frequency(), length), err
}

func (p postings) relativeOf(frequency, length uint64) float64 {
	return float64(frequency) / (1 - lengthness + p.slope*float64(length))
}

// lengthOf returns the length of a posting's field.
func lengthOf(d segment.Posting) (uint64, error) {
	l, ok := d.(interface{ NormUint64() uint64 })
	if !ok {
		return 0, fmt.Errorf("segment without lengths: %T", d)
	}
	return l.NormUint64(), nil
}
