package kernel

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// checkCrumbs compares all kernels with the definition of CrumbDots. What lies beside dst and rows must not matter.
func checkCrumbs(t *testing.T, q []int8, crumbs []uint8, shift int) {
	t.Helper()
	n := 0
	if len(q) > 0 {
		n = len(crumbs) / len(q)
	}
	want := make([]int32, n, n+8)
	rows := make([]uint8, shift+len(crumbs)/4)[shift:]
	for r := range n {
		for i, x := range q {
			want[r] += int32(x) * (2*int32(crumbs[r*len(q)+i]) - 3)
		}
	}
	PackCrumbs(rows, crumbs)
	want = append(want, slices.Repeat([]int32{-7}, 8)...)
	for _, k := range Available() {
		dst := slices.Repeat([]int32{-7}, n+8)
		k.CrumbDots(dst[:n], q, rows)
		if !slices.Equal(dst, want) {
			t.Fatalf("%s, %d rows of %d: %v, want %v", k.Name, n, len(q), dst, want)
		}
	}
}

// Every kernel gives the same integers, whatever the number of rows, with random and extreme values.
func TestCrumbDots(t *testing.T) {
	rng := rand.New(rand.NewPCG(6, 7))
	queries := map[string]func() int8{
		"random":  func() int8 { return int8(rng.IntN(2*Limit+1) - Limit) },
		"highest": func() int8 { return Limit },
		"lowest":  func() int8 { return -Limit },
	}
	rows := map[string]func() uint8{
		"random":  func() uint8 { return uint8(rng.IntN(4)) },
		"highest": func() uint8 { return 3 },
		"lowest":  func() uint8 { return 0 },
	}
	for ofQuery, number := range queries {
		for ofRows, crumb := range rows {
			t.Run(fmt.Sprintf("%s by %s", ofQuery, ofRows), func(t *testing.T) {
				for _, dims := range []int{0, 256, 512, 768, 1 << 16} {
					for n := range 10 {
						q, crumbs := make([]int8, dims), make([]uint8, n*dims)
						for i := range q {
							q[i] = number()
						}
						for i := range crumbs {
							crumbs[i] = crumb()
						}
						checkCrumbs(t, q, crumbs, 0)
					}
				}
			})
		}
	}
}

// FuzzCrumbDots takes any numbers and crumbs, at any alignment.
func FuzzCrumbDots(f *testing.F) {
	f.Add([]byte{}, []byte{}, uint8(0))
	f.Add([]byte{255, 0, 127}, []byte{0x1b, 0xff, 0}, uint8(1))
	f.Add(slices.Repeat([]byte{0, 255, 128, 127}, 100), slices.Repeat([]byte{0xe4}, 900), uint8(63))
	f.Fuzz(func(t *testing.T, numbers, packed []byte, shift uint8) {
		q := make([]int8, int(shift)+max(CrumbAlign, CrumbPadded(len(numbers))))[shift:]
		for i, b := range numbers {
			q[i] = int8(max(1, int(b)) - Zero)
		}
		n := min(9, (4*len(packed)+len(q)-1)/len(q))
		crumbs := make([]uint8, n*len(q))
		for i := range crumbs {
			if i/4 < len(packed) {
				crumbs[i] = packed[i/4] >> (i % 4 * 2) & 3
			}
		}
		checkCrumbs(t, q, crumbs, int(shift))
	})
}

func TestCrumbWrongLengths(t *testing.T) {
	for _, tc := range []struct{ n, dims, bytes int }{{1, 64, 16}, {1, 256, 63}, {1, 256, 128}, {2, 256, 64}} {
		for _, k := range Available() {
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("%s: no panic for %+v", k.Name, tc)
					}
				}()
				k.CrumbDots(make([]int32, tc.n), make([]int8, tc.dims), make([]uint8, tc.bytes))
			}()
		}
	}
}

// BenchmarkCrumbDots512 reports ns/vector in the cache.
func BenchmarkCrumbDots512(b *testing.B) {
	const rows = 64
	dst, q, codes := make([]int32, rows), make([]int8, dims), make([]uint8, rows*dims/4)
	for _, k := range Available() {
		b.Run(k.Name, func(b *testing.B) {
			for b.Loop() {
				k.CrumbDots(dst, q, codes)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/vector")
		})
	}
}
