package kernel

// plain is the kernel of every processor.
func plain() Kernel { return Kernel{Name: "go", dots: dotsPlain} }

func dotsPlain(dst []int32, q []int8, codes []uint8) {
	var zero int32 // what the offset of the codes adds to a sum
	for _, x := range q {
		zero += int32(x) * Zero
	}
	for r := range dst {
		row := codes[r*len(q) : (r+1)*len(q)]
		dst[r] = dotPlain(q, row) - zero
	}
}

// dotPlain returns the sum of q[i]·row[i]; the lengths are equal and a multiple of 4.
func dotPlain(q []int8, row []uint8) int32 {
	// Four sums, so that additions needn't wait for each other; both lengths in the
	// condition, so that the compiler drops the bounds checks.
	var s0, s1, s2, s3 int32
	for len(q) >= 4 && len(row) >= 4 {
		s0 += int32(q[0]) * int32(row[0])
		s1 += int32(q[1]) * int32(row[1])
		s2 += int32(q[2]) * int32(row[2])
		s3 += int32(q[3]) * int32(row[3])
		q, row = q[4:], row[4:]
	}
	return s0 + s1 + s2 + s3
}
