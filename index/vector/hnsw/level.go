package hnsw

import "math"

// draw returns a number that looks random but follows from the seed and the row
// (splitmix64: Steele, Lea, Flood 2014).
func draw(seed uint64, row uint32) uint64 {
	z := seed + (uint64(row)+1)*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// level returns the highest layer for a draw: one row in M reaches layer 1, one in M²
// layer 2 (section 4.1 of the paper, mL = 1/ln M). The smaller the draw, the higher.
func level(draw uint64, m int) int {
	n := 0
	for limit := math.MaxUint64 / uint64(m); draw < limit; limit /= uint64(m) {
		n++
	}
	return n
}
