package search

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
)

// Facets are the values that filters can have in a library.
type Facets struct {
	Years []Year // of pictures that have a date, the latest first
	Tags  []Tag  // the most frequent first
}

// Year is a year of Date with how many pictures it has.
type Year struct{ Year, Pictures int }

// Tag is a tag as it was spelled first, with how many pictures have it, whatever its case.
type Tag struct {
	Tag      string
	Pictures int
}

// Facets returns the values that the library's pictures have, not to be changed. Errors: ctx's, the store's.
func (e *Engine) Facets(ctx context.Context) (Facets, error) {
	c := e.catalog
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.sync(ctx); err != nil {
		return Facets{}, err
	}
	if c.facets == nil {
		f := c.count()
		c.facets = &f
	}
	return *c.facets, nil
}

// count counts years and tags. The caller holds mu.
func (c *catalog) count() Facets {
	years, sets := map[int]int{}, make([]int, len(c.tags.values))
	for _, r := range c.rows {
		if !r.shown {
			continue
		}
		sets[r.tags]++
		if when := r.date(); !when.IsZero() {
			years[when.Year()]++
		}
	}
	var f Facets
	for _, year := range slices.Backward(slices.Sorted(maps.Keys(years))) {
		f.Years = append(f.Years, Year{year, years[year]})
	}
	spelled, counts := map[string]string{}, map[string]int{}
	for n, tags := range c.tags.values {
		for _, tag := range tags {
			folded := strings.ToLower(tag)
			if spelled[folded] == "" {
				spelled[folded] = tag
			}
			counts[folded] += sets[n]
		}
	}
	for folded, n := range counts {
		if n > 0 {
			f.Tags = append(f.Tags, Tag{spelled[folded], n})
		}
	}
	slices.SortFunc(f.Tags, func(a, b Tag) int { return cmp.Or(cmp.Compare(b.Pictures, a.Pictures), strings.Compare(a.Tag, b.Tag)) })
	return f
}
