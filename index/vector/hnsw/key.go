package hnsw

import (
	"math"
	"slices"
)

// key is a node and its similarity in one number, so that a nearer one is a larger
// number and of equally near ones the first is:
//
//	bits 63–32  the similarity's bits, made to ascend with it
//	bits 31–1   the complement of the node
//	bit 0       expanded: its neighbours have been looked at
type key uint64

const expanded key = 1

func keyOf(similarity float32, node uint32) key {
	b := math.Float32bits(similarity)
	b ^= uint32(int32(b)>>31) | 1<<31 // negative ones reversed and below the others
	return key(b)<<32 | key(^node<<1)
}

func (k key) node() uint32 { return ^uint32(k) >> 1 }

func (k key) similarity() float32 {
	b := uint32(k >> 32)
	return math.Float32frombits(b ^ (b>>31 - 1 | 1<<31))
}

// ranking is the best keys so far, best first.
type ranking []key

// empty returns a ranking for n keys, out of the memory of r.
func (r *ranking) empty(n int) ranking {
	if len(*r) < n {
		*r = make(ranking, n)
	}
	return (*r)[:0:n]
}

// full reports whether a key that is added takes the place of the last.
func (r ranking) full() bool { return len(r) == cap(r) }

// offer inserts k unless r is full of better ones.
func (r *ranking) offer(k key) {
	if !r.full() || k > (*r)[len(*r)-1] {
		r.insert(k)
	}
}

// insert adds k, which is better than the last if the ranking is full, and returns its
// place.
func (r *ranking) insert(k key) int {
	at := r.place(k)
	if len(*r) < cap(*r) {
		*r = (*r)[:len(*r)+1]
	}
	s := *r
	copy(s[at+1:], s[at:])
	s[at] = k
	return at
}

// place returns how many keys of r are better than k.
func (r ranking) place(k key) int {
	low, high := 0, len(r)
	for low < high {
		if middle := int(uint(low+high) / 2); r[middle] > k {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return low
}

// heap gives the best key first.
type heap []key

func (h *heap) push(k key) {
	s := append(*h, k)
	i := len(s) - 1
	for i > 0 {
		parent := (i - 1) / 2
		if s[parent] >= k {
			break
		}
		s[i] = s[parent]
		i = parent
	}
	s[i] = k
	*h = s
}

// pop takes the best key out of h, which is not empty.
func (h *heap) pop() key {
	s := *h
	best, last := s[0], s[len(s)-1]
	s = s[:len(s)-1]
	*h = s
	if len(s) == 0 {
		return best
	}
	i := 0
	for {
		child := 2*i + 1
		if child >= len(s) {
			break
		}
		if child+1 < len(s) && s[child+1] > s[child] {
			child++
		}
		if s[child] <= last {
			break
		}
		s[i] = s[child]
		i = child
	}
	s[i] = last
	return best
}

// sortKeys sorts best first.
func sortKeys(keys []key) {
	slices.Sort(keys)
	slices.Reverse(keys)
}
