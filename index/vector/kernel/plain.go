package kernel

// plain is the kernel of every processor.
func plain() Kernel { return Kernel{Name: "go", dots: dotsPlain, dotsAt: dotsAtPlain} }

func dotsPlain(dst []int32, q []int8, codes []uint8) {
	zero := offset(q)
	for r := range dst {
		dst[r] = dotPlain(q, codes[r*len(q):(r+1)*len(q)]) - zero
	}
}

func dotsAtPlain(dst []int32, q []int8, rows [][]uint8) {
	zero := offset(q)
	for r, row := range rows {
		dst[r] = dotPlain(q, row) - zero
	}
}

// offset returns what it adds to a sum of products with q that codes are Zero too large.
func offset(q []int8) (sum int32) {
	for _, x := range q {
		sum += int32(x) * Zero
	}
	return sum
}

// dotPlain returns the sum of q[i]·row[i]; the lengths are equal and a multiple of 8.
func dotPlain(q []int8, row []uint8) int32 {
	// Pieces of known length have no bounds checks; two sums needn't wait for each other.
	var even, odd int32
	for len(q) >= 8 && len(row) >= 8 {
		a, b := (*[8]int8)(q), (*[8]uint8)(row)
		even += int32(a[0])*int32(b[0]) + int32(a[2])*int32(b[2]) + int32(a[4])*int32(b[4]) + int32(a[6])*int32(b[6])
		odd += int32(a[1])*int32(b[1]) + int32(a[3])*int32(b[3]) + int32(a[5])*int32(b[5]) + int32(a[7])*int32(b[7])
		q, row = q[8:], row[8:]
	}
	return even + odd
}
