package search

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"

	"clipsearch/index/store"
)

// Sort is the order of hits.
//
// What is relevant is put in that order: all that is in the relevance window. Without a window (Query.All) it is every
// match of the words in mode text; else, since every picture is similar to a degree, the hits from Offset to Offset + K
// by relevance.
type Sort string

// The orders. Ties are broken by relevance.
const (
	SortRelevance Sort = "relevance" // by score; the zero value means this
	SortDate      Sort = "date"      // newest first, by Date
	SortName      Sort = "name"      // of the file, whatever its case
	SortFolder    Sort = "folder"    // then name
	SortRandom    Sort = "random"    // the same for the same Query.Seed
)

// Sorts returns the orders.
func Sorts() []Sort {
	return []Sort{SortRelevance, SortDate, SortName, SortFolder, SortRandom}
}

// arrange puts candidates, given by relevance, in the order asked for.
func arrange(found []candidate, order Sort, seed uint64) {
	var compare func(a, b store.Document) int
	switch order {
	case SortDate:
		compare = func(a, b store.Document) int { return Date(b).Compare(Date(a)) }
	case SortName:
		compare = compareNames
	case SortFolder:
		compare = func(a, b store.Document) int {
			return cmp.Or(strings.Compare(filepath.Dir(a.Path), filepath.Dir(b.Path)), compareNames(a, b))
		}
	case SortRandom:
		compare = func(a, b store.Document) int { return compareShuffled(seed, a.ID, b.ID) }
	default:
		return
	}
	slices.SortStableFunc(found, func(a, b candidate) int { return compare(a.record.Document, b.record.Document) })
}

// compareNames orders documents by file name, whatever its case, then by path.
func compareNames(a, b store.Document) int {
	return cmp.Or(
		strings.Compare(strings.ToLower(filepath.Base(a.Path)), strings.ToLower(filepath.Base(b.Path))),
		strings.Compare(a.Path, b.Path))
}

// compareShuffled orders IDs at random, the same way for the same seed.
func compareShuffled(seed uint64, a, b store.ID) int {
	return cmp.Compare(shuffled(seed, a), shuffled(seed, b))
}

// shuffled maps IDs one to one to an order that looks random (splitmix64's finaliser; Steele, Lea, Flood 2014).
func shuffled(seed uint64, id store.ID) uint64 {
	z := id + seed*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}
