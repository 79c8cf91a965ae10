// Package kernel holds inner products of 8-bit integers, the inner loop of an exact
// scan, and what chooses rows by them.
//
// Available lists the ways this processor has of computing them, Best is the fastest.
// All give the same integers and choose the same rows.
//
// It does not know what the numbers mean; package index/vector does.
package kernel

import "fmt"

const (
	// Align is what the length of a row must be a multiple of: the bytes of an AVX-512 register.
	Align = 64
	// Zero is the code of the number 0. Codes are unsigned because the instructions of x86 multiply unsigned bytes by
	// signed ones.
	Zero = 128
	// Limit is the largest magnitude of a number.
	Limit = 127
)

// Kernel is one way of computing inner products. Safe for concurrent use.
type Kernel struct {
	Name string // "avx512-vnni", "avx2", "neon-dotprod", "neon" or "go"
	// dots does what Dots says, for at least one row of at least Align numbers.
	dots func(dst []int32, q []int8, codes []uint8)
	// dotsAt does what DotsAt says, likewise.
	dotsAt func(dst []int32, q []int8, rows [][]uint8)
	// above sets the bits of len(dots) rows, a multiple of group, as Above says; nil: there is none.
	above func(dst []uint64, dots []int32, rows Rows, e *Estimate)
	// crumbDots does what CrumbDots says, for at least one row of at least CrumbAlign numbers; nil: there is none that pays.
	crumbDots func(dst []int32, q []int8, rows []uint8)
}

// Best returns the fastest kernel of this processor.
func Best() Kernel { return Available()[0] }

// Padded returns n, rounded up to a multiple of Align.
func Padded(n int) int { return (n + Align - 1) / Align * Align }

// Dots writes the inner product of q with each of len(dst) rows to dst: the sum of
// q[i]·(row[i] − Zero). q holds numbers from −Limit to Limit and has a multiple of
// Align of them, at most 1<<16; codes has len(dst) rows as long as q, one after the
// other, of values from Zero−Limit to Zero+Limit. Numbers beyond Limit give results
// that depend on the kernel; wrong lengths panic.
func (k Kernel) Dots(dst []int32, q []int8, codes []uint8) {
	if len(q)%Align != 0 || len(codes) != len(dst)*len(q) {
		panic(fmt.Sprintf("kernel: %d codes for %d rows of %d", len(codes), len(dst), len(q)))
	}
	if len(codes) == 0 {
		clear(dst)
		return
	}
	k.dots(dst, q, codes)
}

// DotsAt is Dots for rows that lie anywhere: dst[i] becomes the inner product of q
// with rows[i], each as long as q. While it computes, it fetches the rows that come
// next, so that a few tens of rows in random places cost little more than their way
// from memory. Wrong lengths panic.
func (k Kernel) DotsAt(dst []int32, q []int8, rows [][]uint8) {
	if len(q)%Align != 0 || len(rows) != len(dst) {
		panic(fmt.Sprintf("kernel: %d rows for %d results of %d numbers", len(rows), len(dst), len(q)))
	}
	for _, row := range rows {
		if len(row) != len(q) {
			panic(fmt.Sprintf("kernel: a row of %d codes for %d numbers", len(row), len(q)))
		}
	}
	if len(rows) == 0 || len(q) == 0 {
		clear(dst)
		return
	}
	k.dotsAt(dst, q, rows)
}
