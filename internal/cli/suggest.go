package cli

import (
	"cmp"
	"slices"

	"github.com/agext/levenshtein"
)

// suggest returns the name among known that typed was most likely meant to be, or "" where none is near: at most a third of
// its letters may be wrong, so that -n suggests nothing.
func suggest(typed string, known []string) string {
	if len(known) == 0 {
		return ""
	}
	distance := func(name string) int { return levenshtein.Distance(typed, name, nil) }
	nearest := slices.MinFunc(known, func(a, b string) int { return cmp.Compare(distance(a), distance(b)) })
	if distance(nearest) > (len(typed)+1)/3 {
		return ""
	}
	return nearest
}
