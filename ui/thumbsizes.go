package ui

import (
	"sync"

	"clipsearch/search"
)

// thumbSizes knows how large the library's own thumbnails are: folders are indexed with a size each. It is safe for concurrent
// use.
type thumbSizes struct {
	library Library

	mu       sync.Mutex
	known    bool
	sequence uint64         // of the library when long was read: a new size shows with the first picture that is read with it
	long     map[string]int // px of the longer side, by the folder's path; those without an own one are not there
}

// of returns the longer side in px of the thumbnail of a document whose picture is larger.
func (t *thumbSizes) of(d search.Document) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	if sequence := t.library.Sequence(); !t.known || t.sequence != sequence {
		roots, err := t.library.Roots()
		if err != nil {
			return storedLong // whoever asks next tries again
		}
		t.known, t.sequence, t.long = true, sequence, make(map[string]int, len(roots))
		for _, root := range roots {
			if root.Thumb > 0 {
				t.long[root.Path] = root.Thumb
			}
		}
	}
	if long := t.long[d.Root]; long > 0 {
		return long
	}
	return storedLong // also where there are none: they are made of that size then
}
