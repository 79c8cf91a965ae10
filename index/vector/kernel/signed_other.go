//go:build !amd64

package kernel

// signedBlocks leaves all to Signed.
func signedBlocks([]int8, []uint8) int { return 0 }
