package kernel

import (
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"runtime"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// oracle is what Dots is defined as, in 64 bits.
func oracle(q []int8, codes []uint8, rows int) []int32 {
	dst := make([]int32, rows)
	for r := range dst {
		var sum int64
		for i, x := range q {
			sum += int64(x) * (int64(codes[r*len(q)+i]) - Zero)
		}
		dst[r] = int32(sum)
	}
	return dst
}

// checkAll compares all kernels of this processor with the oracle. What lies beside dst and codes must not matter.
func checkAll(t *testing.T, q []int8, codes []uint8, rows int) {
	t.Helper()
	want := append(oracle(q, codes, rows), slices.Repeat([]int32{-7}, 8)...)
	for _, k := range Available() {
		dst := slices.Repeat([]int32{-7}, rows+8)
		k.Dots(dst[:rows], q, codes)
		if !slices.Equal(dst, want) { // cmp is slow on many
			t.Fatalf("%s, %d rows of %d (-want +got):\n%s", k.Name, rows, len(q), cmp.Diff(want, dst))
		}
	}
}

// Every kernel gives the same integers, whatever the number of rows, with random and extreme values.
func TestDots(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	values := map[string]func() int{
		"random":  func() int { return rng.IntN(2*Limit+1) - Limit },
		"extreme": func() int { return []int{-Limit, Limit}[rng.IntN(2)] },
		"highest": func() int { return Limit },
		"lowest":  func() int { return -Limit },
		"zero":    func() int { return 0 },
	}
	for ofQuery, first := range values {
		for ofCodes, second := range values {
			t.Run(fmt.Sprintf("%s by %s", ofQuery, ofCodes), func(t *testing.T) {
				for _, dims := range []int{0, 64, 128, 192, 512, 768, 4096} {
					for _, rows := range []int{0, 1, 2, 3, 4, 5, 7, 8, 11} {
						q, codes := make([]int8, dims), make([]uint8, rows*dims)
						for i := range q {
							q[i] = int8(first())
						}
						for i := range codes {
							codes[i] = uint8(second() + Zero)
						}
						checkAll(t, q, codes, rows)
					}
				}
			})
		}
	}
}

// The longest rows that Dots allows don't overflow.
func TestLongest(t *testing.T) {
	const dims = 1 << 16
	q, codes := slices.Repeat([]int8{-Limit}, dims), slices.Repeat([]uint8{Zero + Limit}, 5*dims)
	checkAll(t, q, codes, 5)
	if got := oracle(q, codes, 1)[0]; got != -Limit*Limit*dims {
		t.Errorf("the oracle overflows: %d", got)
	}
}

// FuzzDots pads vectors of any length, as users of the package do, at any alignment.
func FuzzDots(f *testing.F) {
	f.Add([]byte{}, uint8(0), uint8(0))
	f.Add([]byte{255}, uint8(1), uint8(1))
	f.Add(slices.Repeat([]byte{0, 255, 128, 127}, 200), uint8(65), uint8(3))
	f.Add(slices.Repeat([]byte{255, 0, 1}, 1000), uint8(255), uint8(63))
	f.Fuzz(func(t *testing.T, data []byte, length, shift uint8) {
		dims := int(length) + 1
		padded := Padded(dims)
		if padded < dims || padded >= dims+Align || padded%Align != 0 {
			t.Fatalf("%d padded to %d", dims, padded)
		}
		rows := max(0, len(data)/dims-1)
		q := make([]int8, int(shift)+padded)[shift:]
		codes := slices.Repeat([]uint8{Zero}, int(shift)+rows*padded)[shift:]
		for i, b := range data {
			switch row, column := i/dims-1, i%dims; {
			case row < 0:
				q[column] = int8(max(1, int(b)) - Zero)
			case row < rows:
				codes[row*padded+column] = max(1, b)
			}
		}
		checkAll(t, q, codes, rows)
	})
}

// Where the processor says that it has the instructions, the kernel is there, so that no test passes by leaving it out.
func TestAvailable(t *testing.T) {
	names := []string{}
	for _, k := range Available() {
		names = append(names, k.Name)
	}
	t.Log(names)
	if Best().Name != names[0] || names[len(names)-1] != "go" {
		t.Errorf("best %s of %v", Best().Name, names)
	}
	if runtime.GOARCH == "arm64" && runtime.GOOS == "linux" && !slices.Contains(names, "neon") {
		t.Errorf("%v on an arm64", names)
	}
	if runtime.GOARCH != "amd64" {
		return // what /proc/cpuinfo says is about amd64, also under an emulator
	}
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		t.Skipf("needs Linux to know the processor's instructions: %v; there: go test -run TestAvailable ./index/vector/kernel", err)
	}
	for flag, name := range map[string]string{"avx2": "avx2", "avx512_vnni": "avx512-vnni"} {
		has := regexp.MustCompile(`(?m)^flags\s*:.*\b` + flag + `\b`).Match(info)
		if slices.Contains(names, name) != has {
			t.Errorf("%v, but the processor's %s: %v", names, flag, has)
		}
	}
}

func TestWrongLengths(t *testing.T) {
	for _, tc := range []struct{ rows, dims, codes int }{{1, 63, 63}, {1, 64, 63}, {1, 64, 128}, {2, 64, 64}} {
		for _, k := range Available() {
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("%s: no panic for %+v", k.Name, tc)
					}
				}()
				k.Dots(make([]int32, tc.rows), make([]int8, tc.dims), make([]uint8, tc.codes))
			}()
		}
	}
}

// BenchmarkDots512 reports ns/vector in the cache.
func BenchmarkDots512(b *testing.B) {
	const rows, dims = 64, 512
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
