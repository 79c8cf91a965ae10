package kernel

import "fmt"

// CrumbAlign is what the length of a query must be a multiple of to be multiplied with crumbs: the numbers in a cache line.
const CrumbAlign = 256

// Crumbs are numbers of two bits: c stands for 2·c − 3, that is −3, −1, 1 or 3. Of each CrumbAlign numbers, byte j holds
// those at j, 64+j, 128+j and 192+j, the first in its lowest bits: so that a register that is masked and shifted gives 64
// numbers that follow one another.

// CrumbPadded returns n, rounded up to a multiple of CrumbAlign.
func CrumbPadded(n int) int { return (n + CrumbAlign - 1) / CrumbAlign * CrumbAlign }

// PackCrumbs writes numbers from 0 to 3, a multiple of CrumbAlign of them, to dst, which has room for them.
func PackCrumbs(dst, crumbs []uint8) {
	for len(crumbs) >= CrumbAlign {
		c, packed := (*[CrumbAlign]uint8)(crumbs), (*[CrumbAlign / 4]uint8)(dst)
		for j := range packed {
			packed[j] = c[j] | c[64+j]<<2 | c[128+j]<<4 | c[192+j]<<6
		}
		crumbs, dst = crumbs[CrumbAlign:], dst[CrumbAlign/4:]
	}
}

// HasCrumbs reports whether CrumbDots is faster than Dots.
func (k Kernel) HasCrumbs() bool { return k.crumbDots != nil }

// CrumbDots writes the inner product of q with each of len(dst) rows to dst: the sum of q[i]·(2·row[i] − 3). q holds
// numbers from −Limit to Limit and has a multiple of CrumbAlign of them, at most 1<<16; rows has a fourth as many bytes a
// row, one row after the other. Wrong lengths panic.
func (k Kernel) CrumbDots(dst []int32, q []int8, rows []uint8) {
	if len(q)%CrumbAlign != 0 || 4*len(rows) != len(dst)*len(q) {
		panic(fmt.Sprintf("kernel: %d bytes of crumbs for %d rows of %d", len(rows), len(dst), len(q)))
	}
	switch {
	case len(rows) == 0:
		clear(dst)
	case k.crumbDots == nil:
		crumbDotsPlain(dst, q, rows)
	default:
		k.crumbDots(dst, q, rows)
	}
}

func crumbDotsPlain(dst []int32, q []int8, rows []uint8) {
	var sum int32
	for _, x := range q {
		sum += int32(x)
	}
	stride := len(q) / 4
	for r := range dst {
		dst[r] = 2*crumbDotPlain(q, rows[r*stride:(r+1)*stride]) - 3*sum
	}
}

// crumbDotPlain returns the sum of q[i]·row[i].
func crumbDotPlain(q []int8, row []uint8) (sum int32) {
	for len(row) >= CrumbAlign/4 && len(q) >= CrumbAlign {
		a := (*[CrumbAlign]int8)(q)
		for j, b := range row[:CrumbAlign/4] {
			sum += int32(a[j])*int32(b&3) + int32(a[64+j])*int32(b>>2&3) + int32(a[128+j])*int32(b>>4&3) + int32(a[192+j])*int32(b>>6)
		}
		q, row = q[CrumbAlign:], row[CrumbAlign/4:]
	}
	return sum
}
