package vector

import (
	"clipsearch/index/vector/kernel"
	"clipsearch/internal/pages"
)

// The codes of the first blocks are in Go's heap; those of further ones share areas of huge pages, so many each: their
// codes, and so their sketches, are then of whole huge pages whatever the vectors' length.
//
// A slice of an area is no reference to it. So whatever uses codes does so below a function that keeps their snapshot
// alive: search, Build, edit, Save and Check do.
const (
	heapBlocks = 16
	areaBlocks = 128
)

// newCodes returns room for the codes of the block that follows those that s has, which no other snapshot has.
func (s *snapshot) newCodes() *codes {
	size, sketchSize := blockRows*kernel.Padded(s.dims), blockRows*sketchStride(s.dims)
	n := len(s.codes) - heapBlocks
	if n < 0 {
		return &codes{values: make([]uint8, size)}
	}
	var area *pages.Area
	if n%areaBlocks == 0 {
		area = pages.New(areaBlocks * (size + sketchSize))
	} else {
		area = s.codes[len(s.codes)-1].area
	}
	at, sketchAt := n%areaBlocks*size, areaBlocks*size+n%areaBlocks*sketchSize
	return &codes{
		area:         area,
		values:       area.Bytes[at : at+size : at+size],
		sketchMemory: area.Bytes[sketchAt : sketchAt+sketchSize : sketchAt+sketchSize],
	}
}
