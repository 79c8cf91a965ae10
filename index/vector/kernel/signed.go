package kernel

// Signed makes a row of codes a query: it writes the numbers that codes stand for to dst, which has as many at least.
func Signed(dst []int8, codes []uint8) {
	dst = dst[:len(codes)]
	done := signedBlocks(dst, codes)
	for i, c := range codes[done:] {
		dst[done+i] = int8(c ^ Zero)
	}
}
