package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// dims of the vectors in benchmarks: those of CLIP ViT-B/32.
const dims = 512

// BenchmarkDots512 reports ns/vector in the cache.
func BenchmarkDots512(b *testing.B) {
	const rows = 64
	dst, q, codes := make([]int32, rows), make([]int8, dims), make([]uint8, rows*dims)
	for _, k := range Available() {
		b.Run(k.Name, func(b *testing.B) {
			for b.Loop() {
				k.Dots(dst, q, codes)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/vector")
		})
	}
}

// blocksOf returns codes of n rows in blocks of 256, as package vector keeps them.
func blocksOf(n int) (blocks [][]uint8) {
	for range n / 256 {
		block := make([]uint8, 256*dims)
		for i := range block {
			block[i] = uint8(i)
		}
		blocks = append(blocks, block)
	}
	return blocks
}

// BenchmarkDotsAt512 reports ns/vector of rows in random places, by how many a call has: of 32 KB, which the cache holds,
// and of 512 MB.
func BenchmarkDotsAt512(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 2))
	dst, q := make([]int32, 32), make([]int8, dims)
	for _, set := range []struct {
		name string
		rows int
	}{{"32KB", 64}, {"512MB", 1 << 20}} {
		blocks := blocksOf(max(256, set.rows))
		places := make([][]uint8, 1<<16)
		for i := range places {
			row := rng.IntN(set.rows)
			places[i] = blocks[row/256][row%256*dims : (row%256+1)*dims]
		}
		for _, k := range Available() {
			for _, n := range []int{1, 2, 4, 8, 16, 32} {
				b.Run(fmt.Sprintf("%s/%s/%d", set.name, k.Name, n), func(b *testing.B) {
					for i := 0; b.Loop(); i = (i + n) % len(places) {
						k.DotsAt(dst[:n], q, places[i:i+n])
					}
					b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/vector")
				})
			}
		}
	}
}
