package text

import (
	"cmp"
	"slices"

	index "github.com/blevesearch/bleve_index_api"
)

// maxBeginnings bounds how many terms of a field a prefix stands for: the most
// frequent ones, which are what somebody who is still typing most likely means.
const maxBeginnings = 64

// expand returns the groups of a clause with its prefix spelled out.
func expand(r index.IndexReader, c clause) ([]group, error) {
	groups := c.groups
	if c.prefix == nil {
		return groups, nil
	}
	for _, field := range c.prefix.fields {
		terms, err := beginnings(r, field, c.prefix.text)
		if err != nil {
			return nil, err
		}
		for _, term := range terms {
			groups = append(groups, group{field, []string{term}, weightBeginning * weightOf(field)})
		}
	}
	return groups, nil
}

// beginnings returns the most frequent terms of a field that begin with prefix.
func beginnings(r index.IndexReader, field, prefix string) ([]string, error) {
	dict, err := r.FieldDictPrefix(field, []byte(prefix))
	if err != nil {
		return nil, err
	}
	defer dict.Close()
	var found []index.DictEntry
	for {
		e, err := dict.Next()
		if err != nil {
			return nil, err
		}
		if e == nil {
			break
		}
		found = append(found, *e)
	}
	slices.SortFunc(found, func(a, b index.DictEntry) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Term, b.Term))
	})
	var terms []string
	for _, e := range found[:min(len(found), maxBeginnings)] {
		terms = append(terms, e.Term)
	}
	return terms, nil
}
