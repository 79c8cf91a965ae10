package kernel

// signedBlocks does what Signed says for as many whole blocks of Align codes as there are, and returns how many codes
// that is. Every amd64 processor has the instructions.
func signedBlocks(dst []int8, codes []uint8) int {
	n := len(codes) / Align * Align
	if n > 0 {
		signedSSE2(&dst[0], &codes[0], n)
	}
	return n
}

// signedSSE2 writes codes ^ Zero to dst, n of them, a multiple of Align and not 0.
//
//go:noescape
func signedSSE2(dst *int8, codes *uint8, n int)
