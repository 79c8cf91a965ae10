package kernel

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
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

// sum returns the sum of all 64-bit numbers in data, whose length is a multiple of 64: a loop that does nothing but read.
func sum(data []uint8) uint64 {
	var s [4]uint64
	for len(data) >= 64 {
		line := data[:64]
		s[0] += binary.LittleEndian.Uint64(line) + binary.LittleEndian.Uint64(line[32:])
		s[1] += binary.LittleEndian.Uint64(line[8:]) + binary.LittleEndian.Uint64(line[40:])
		s[2] += binary.LittleEndian.Uint64(line[16:]) + binary.LittleEndian.Uint64(line[48:])
		s[3] += binary.LittleEndian.Uint64(line[24:]) + binary.LittleEndian.Uint64(line[56:])
		data = data[64:]
	}
	return s[0] + s[1] + s[2] + s[3]
}

// onThreads returns how long fn takes for all blocks, which the threads share.
func onThreads(threads int, blocks [][]uint8, fn func(block []uint8)) time.Duration {
	start := time.Now()
	var wg sync.WaitGroup
	for i := range threads {
		wg.Go(func() {
			for n := i; n < len(blocks); n += threads {
				fn(blocks[n])
			}
		})
	}
	wg.Wait()
	return time.Since(start)
}

// BenchmarkScan512 compares a scan with a loop that sums the same memory, in turns on as many threads. It reports the
// medians: the scan's ns/vector and GB/s, and its bandwidth as a share of what the sum before it reached.
func BenchmarkScan512(b *testing.B) {
	q := make([]int8, dims)
	for _, rows := range []int{50_000, 1_000_000} {
		blocks := blocksOf(rows)
		for threads := 1; threads <= min(2, runtime.NumCPU()); threads++ {
			for _, k := range Available() {
				b.Run(fmt.Sprintf("%d/%s/%dthreads", rows, k.Name, threads), func(b *testing.B) {
					var scans, shares []float64
					var total atomic.Uint64
					for b.Loop() {
						read := onThreads(threads, blocks, func(block []uint8) { total.Add(sum(block)) })
						scan := onThreads(threads, blocks, func(block []uint8) {
							var dst [256]int32
							k.Dots(dst[:], q, block)
						})
						scans, shares = append(scans, float64(scan)), append(shares, float64(read)/float64(scan))
					}
					slices.Sort(scans)
					slices.Sort(shares)
					scan := scans[len(scans)/2]
					b.ReportMetric(scan/float64(len(blocks)*256), "ns/vector")
					b.ReportMetric(float64(len(blocks)*256*dims)/scan, "GB/s")
					b.ReportMetric(shares[len(shares)/2], "share-of-sum")
				})
			}
		}
	}
}
