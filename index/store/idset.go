package store

import "math/bits"

// idSet is a set of IDs.
type idSet struct{ bits bitset }

func (s *idSet) add(id ID) {
	for uint64(len(s.bits))*64 <= id {
		s.bits = append(s.bits, 0)
	}
	s.bits.set(id)
}

func (s *idSet) has(id ID) bool { return id/64 < uint64(len(s.bits)) && s.bits.has(id) }

func (s *idSet) subtract(other *idSet) {
	for i := range min(len(s.bits), len(other.bits)) {
		s.bits[i] &^= other.bits[i]
	}
}

func (s *idSet) intersect(other *idSet) {
	for i := range s.bits {
		if i < len(other.bits) {
			s.bits[i] &= other.bits[i]
		} else {
			s.bits[i] = 0
		}
	}
}

// count returns how many IDs there are, and the first.
func (s *idSet) count() (n int, first ID) {
	for id := range ID(len(s.bits) * 64) {
		if s.has(id) {
			if n == 0 {
				first = id
			}
			n++
		}
	}
	return n, first
}

// highest returns the highest ID, 0 if there is none.
func (s *idSet) highest() ID {
	for i := len(s.bits) - 1; i >= 0; i-- {
		if s.bits[i] != 0 {
			return ID(i*64 + bits.Len64(s.bits[i]) - 1)
		}
	}
	return 0
}
