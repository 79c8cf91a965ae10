// Package pages has memory for large arrays that are read all over: in huge pages where the system has them, so that the
// processor looks up addresses less often. New gives memory outside of Go's heap, which the garbage collector neither
// reads nor counts; Advise asks for huge pages for a slice.
//
// It does not pool or grow memory. Where the system has no such thing, New is make, and Advise does nothing.
package pages

import "unsafe"

// Huge is the size of a huge page; memory below is not worth asking.
const Huge = 2 << 20

// Area is memory that is given back once the garbage collector finds that nothing refers to the Area. Whoever uses a slice
// of Bytes must keep the Area reachable meanwhile: it is no reference to it.
type Area struct {
	Bytes []byte // zero at first; pages that are never touched take no memory
}

// New returns an area of n bytes, n > 0.
func New(n int) *Area {
	if a := mapArea(n); a != nil {
		return a
	}
	return &Area{Bytes: make([]byte, n)}
}

// Advise asks for huge pages for what s has room for and has not touched yet.
func Advise[T any](s []T) {
	s = s[:cap(s)]
	size := len(s) * int(unsafe.Sizeof(*new(T)))
	if size < 2*Huge {
		return
	}
	b := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), size)
	skip := -int(uintptr(unsafe.Pointer(&b[0]))) & (Huge - 1)
	advise(b[skip : skip+(size-skip)/Huge*Huge])
}
