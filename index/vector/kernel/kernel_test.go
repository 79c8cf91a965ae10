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
	scattered, order := scatter(codes, rows, len(q))
	for _, k := range Available() {
		dst := slices.Repeat([]int32{-7}, rows+8)
		k.Dots(dst[:rows], q, codes)
		if !slices.Equal(dst, want) { // cmp is slow on many
			t.Fatalf("%s, %d rows of %d (-want +got):\n%s", k.Name, rows, len(q), cmp.Diff(want, dst))
		}
		k.DotsAt(dst[:rows], q, scattered)
		for i, r := range order {
			if dst[i] != want[r] {
				t.Fatalf("%s, DotsAt, row %d of %d of %d: %d, want %d", k.Name, i, rows, len(q), dst[i], want[r])
			}
		}
		if !slices.Equal(dst[rows:], want[rows:]) {
			t.Fatalf("%s, DotsAt, %d rows of %d: %d beside the results", k.Name, rows, len(q), dst[rows:])
		}
	}
}

// scatter returns the rows in another order, some in memory of their own, and which each is.
func scatter(codes []uint8, rows, dims int) (scattered [][]uint8, order []int) {
	order = rand.New(rand.NewPCG(3, uint64(rows))).Perm(rows)
	for i, r := range order {
		row := codes[r*dims : (r+1)*dims]
		if i%3 == 0 {
			row = slices.Clone(row)
		}
		scattered = append(scattered, row)
	}
	return scattered, order
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
					for _, rows := range []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11} {
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
	for _, tc := range []struct {
		results, dims int
		rows          []int
	}{{1, 63, []int{63}}, {1, 64, []int{63}}, {2, 64, []int{64, 128}}, {2, 64, []int{64}}, {1, 64, []int{64, 64}}, {1, 64, nil}} {
		for _, k := range Available() {
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("%s: no panic for %+v", k.Name, tc)
					}
				}()
				var rows [][]uint8
				for _, length := range tc.rows {
					rows = append(rows, make([]uint8, length))
				}
				k.DotsAt(make([]int32, tc.results), make([]int8, tc.dims), rows)
			}()
		}
	}
}

// Signed gives the query whose products are those of the row that it is made of, and writes no more.
func TestSigned(t *testing.T) {
	for _, n := range []int{0, 1, 63, 64, 65, 256, 300} {
		codes, signed := make([]uint8, n), make([]int8, n+1)
		signed[n] = 77
		for i := range codes {
			codes[i] = uint8(i * 7)
		}
		Signed(signed, codes)
		for i, code := range codes {
			if want := int(code) - Zero; int(signed[i]) != want {
				t.Errorf("%d codes: code %d is %d, want %d", n, code, signed[i], want)
			}
		}
		if signed[n] != 77 {
			t.Errorf("%d codes: wrote %d beyond them", n, signed[n])
		}
	}
}
