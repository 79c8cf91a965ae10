package kernel

// Signed makes a row of codes a query: it writes the numbers that codes stand for to dst, which is as long.
func Signed(dst []int8, codes []uint8) {
	dst = dst[:len(codes)]
	for i, c := range codes {
		dst[i] = int8(c ^ Zero)
	}
}
