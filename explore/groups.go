package explore

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"

	"clipsearch/index/store"
	"clipsearch/internal/vec"
)

const (
	sampleSize = 4_000 // vectors: grouped in a third of a second, and enough for a group of one picture in a hundred
	maxGroups  = 24    // a page of them
	minGroup   = 4     // pictures: fewer are no group
	perGroup   = 60    // pictures that there should be for each group, in the sample
	rounds     = 12    // of k-means: what moves later is not seen
	shownOf    = 4     // pictures of a group that are named
)

// Group is some pictures of the library that look alike.
type Group struct {
	Word     string     // from their captions, other groups' captions having it less; "" if there is none
	Middle   store.ID   // the picture that is most like all of them
	Pictures []store.ID // the nearest to the middle, itself first
	Share    float64    // of the library's pictures, from a sample
}

// Groups returns the groups of the library, the largest first; none if it has few vectors. They are kept until a part of the
// library has changed.
func (e *Explorer) Groups(ctx context.Context) ([]Group, error) {
	e.grouping.Lock()
	defer e.grouping.Unlock()
	now := e.store.Sequence()
	if e.grouped > 0 && now-e.grouped <= e.grouped/8 { // they hardly move with fewer changes
		return e.groups, nil
	}
	s, err := e.sample(now)
	if err != nil {
		return nil, err
	}
	clusters, err := kMeans(ctx, s.rows, min(maxGroups, len(s.rows)/perGroup+2))
	if err != nil {
		return nil, err
	}
	groups, err := e.name(s, clusters)
	if err == nil {
		e.groups, e.grouped = groups, now
	}
	return groups, err
}

// sample are vectors drawn at random, of searchable documents, with their captions.
type sample struct {
	rows    [][]float32 // unit norm
	records []store.Record
}

// sample draws from the library.
func (e *Explorer) sample(last uint64) (s sample, err error) {
	if last == 0 {
		return s, nil
	}
	rng := rand.New(rand.NewPCG(1, 2))
	seen := map[store.ID]bool{}
	for round := 0; round < 8 && len(s.rows) < sampleSize; round++ {
		var ids []store.ID
		for range sampleSize {
			if id := 1 + rng.Uint64N(last); !seen[id] {
				seen[id] = true
				ids = append(ids, id)
			}
		}
		slices.Sort(ids)
		if err := e.read(&s, ids); err != nil {
			return s, err
		}
	}
	return s, nil
}

// read adds the documents of ids that are searchable and have a vector.
func (e *Explorer) read(s *sample, ids []store.ID) error {
	vectors := map[store.ID][]float32{}
	err := e.store.VectorsOf(ids, func(i int, half []uint16) {
		row := make([]float32, len(half))
		vec.FromF16(row, half)
		if vec.Normalize(row) > 0 {
			vectors[ids[i]] = row
		}
	})
	if err != nil {
		return err
	}
	records, err := e.store.Records(ids)
	if err != nil {
		return err
	}
	for _, r := range inOrder(records, ids) {
		if row := vectors[r.Document.ID]; row != nil && !r.Document.Hidden && len(s.rows) < sampleSize {
			s.rows, s.records = append(s.rows, row), append(s.records, r)
		}
	}
	return nil
}

// name turns clusters into groups.
func (e *Explorer) name(s sample, clusters []cluster) ([]Group, error) {
	clusters = slices.DeleteFunc(clusters, func(c cluster) bool { return len(c.rows) < minGroup })
	slices.SortStableFunc(clusters, func(a, b cluster) int { return cmp.Compare(len(b.rows), len(a.rows)) })
	words := wordsOf(s.records, clusters)
	var groups []Group
	for i, c := range clusters {
		g := Group{Word: words[i], Share: float64(len(c.rows)) / float64(len(s.rows))}
		near := slices.Clone(c.rows)
		slices.SortStableFunc(near, func(a, b int) int { return cmp.Compare(vec.Dot(c.middle, s.rows[b]), vec.Dot(c.middle, s.rows[a])) })
		for _, row := range near[:min(shownOf, len(near))] {
			g.Pictures = append(g.Pictures, s.records[row].Document.ID)
		}
		g.Middle = g.Pictures[0]
		groups = append(groups, g)
	}
	return groups, nil
}
