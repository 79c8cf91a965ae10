package vec

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDot(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for n := range 70 {
		a, b := random(rng, n), random(rng, n+3)[:n]
		var want float64
		for i := range a {
			want += float64(a[i]) * float64(b[i])
		}
		if got := float64(Dot(a, b)); math.Abs(got-want) > 1e-5 {
			t.Errorf("length %d: %v, want %v", n, got, want)
		}
	}
}

func random(rng *rand.Rand, n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(rng.NormFloat64())
	}
	return v
}

func TestNormalize(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	for _, tc := range []struct {
		v, want []float32
		norm    float32
	}{
		{[]float32{3, 4}, []float32{0.6, 0.8}, 5},
		{[]float32{0, 0}, []float32{0, 0}, 0},
		{[]float32{3e30, 4e30}, []float32{0.6, 0.8}, 5e30}, // squares are beyond float32
		{[]float32{3e-30, 4e-30}, []float32{0.6, 0.8}, 5e-30},
		{[]float32{1, inf}, []float32{1, inf}, inf},
		{nil, nil, 0},
	} {
		v := slices.Clone(tc.v)
		norm := Normalize(v)
		if math.Abs(float64(norm-tc.norm)) > 1e-6*float64(tc.norm) || !near(v, tc.want) {
			t.Errorf("Normalize(%v) = %v, %v", tc.v, v, norm)
		}
	}
	if n := Normalize([]float32{1, nan}); !math.IsNaN(float64(n)) {
		t.Errorf("norm %v of a vector with NaN", n)
	}
}

func near(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return x == y || math.Abs(float64(x-y)) < 1e-6 })
}

// Every half-precision number survives; every float32 goes to its nearest
// neighbour, ties to the even one.
func TestHalf(t *testing.T) {
	one := make([]float32, 1)
	half := make([]uint16, 1)
	var finite []float32
	for h := range 1 << 16 {
		FromF16(one, []uint16{uint16(h)})
		ToF16(half, one)
		isNaN := h&0x7c00 == 0x7c00 && h&0x3ff != 0
		if math.IsNaN(float64(one[0])) != isNaN || !isNaN && half[0] != uint16(h) {
			t.Fatalf("%#04x → %v → %#04x", h, one[0], half[0])
		}
		if h < 0x7c00 {
			if want := halfValue(h); float64(one[0]) != want {
				t.Fatalf("%#04x is %v, want %v", h, one[0], want)
			}
			finite = append(finite, one[0])
		}
	}
	for i := range len(finite) - 1 { // neighbours, ascending
		low, high := finite[i], finite[i+1]
		middle := low + (high-low)/2 // exact
		even := i + i&1
		for _, tc := range []struct {
			x    float32
			want int
		}{
			{middle, even},
			{math.Nextafter32(middle, low), i},
			{math.Nextafter32(middle, high), i + 1},
			{-middle, even | 0x8000},
		} {
			if ToF16(half, []float32{tc.x}); int(half[0]) != tc.want {
				t.Fatalf("%v → %#04x, want %#04x", tc.x, half[0], tc.want)
			}
		}
	}
	for x, want := range map[float32]uint16{65519.996: 0x7bff, 65520: 0x7c00, 1e30: 0x7c00, -1e30: 0xfc00, float32(math.Inf(1)): 0x7c00, 1e-30: 0} {
		if ToF16(half, []float32{x}); half[0] != want {
			t.Errorf("%v → %#04x, want %#04x", x, half[0], want)
		}
	}
}

// halfValue is the definition of IEEE 754 binary16 for a finite non-negative number.
func halfValue(h int) float64 {
	exp, m := h>>10, float64(h&0x3ff)
	if exp == 0 {
		return math.Ldexp(m, -24)
	}
	return math.Ldexp(1024+m, exp-25)
}

func TestTopK(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for _, k := range []int{-1, 0, 1, 2, 10, 100} {
		for _, n := range []int{0, 1, 9, 10, 11, 500} {
			t.Run(fmt.Sprint(k, " of ", n), func(t *testing.T) {
				var all []Scored[float32]
				for id := range n {
					all = append(all, Scored[float32]{uint64(id), float32(rng.IntN(7))}) // many ties
				}
				rng.Shuffle(n, func(i, j int) { all[i], all[j] = all[j], all[i] })
				top := NewTopK[float32](k)
				for _, s := range all {
					threshold, full := top.Threshold()
					accepts := top.Accepts(s.ID, s.Score)
					if full && accepts && s.Score < threshold {
						t.Errorf("accepts %v below %v", s, threshold)
					}
					top.Push(s.ID, s.Score)
				}
				slices.SortFunc(all, func(a, b Scored[float32]) int {
					if a.Score != b.Score {
						return int(b.Score - a.Score)
					}
					return int(a.ID) - int(b.ID)
				})
				want := append([]Scored[float32]{}, all[:max(0, min(k, n))]...)
				if d := cmp.Diff(want, append([]Scored[float32]{}, top.Sorted()...)); d != "" {
					t.Errorf("-want +got:\n%s", d)
				}
			})
		}
	}
}

func BenchmarkDot512(b *testing.B) {
	rng := rand.New(rand.NewPCG(1, 1))
	x, y := random(rng, 512), random(rng, 512)
	var sum float32
	for b.Loop() {
		sum += Dot(x, y)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N), "ns/vector")
	_ = sum
}

// DotF16 converts every finite number as FromF16 does, subnormal ones included.
func TestDotF16(t *testing.T) {
	const n = 9 // eight at once and one more
	row := make([]float32, n)
	for bits := range 1 << 16 {
		if bits&0x7c00 == 0x7c00 {
			continue
		}
		for place := range n {
			unit, h := make([]float32, n), []uint16{0x3c00, 0x4000, 0xbc00, 0x3800, 0, 0, 0x3c00, 0, 0xc000}
			unit[place], h[place] = 1, uint16(bits)
			FromF16(row, h)
			dot, square := DotF16(unit, h)
			if want := Dot(row, row); dot != row[place] || math.Abs(float64(square-want)) > 1e-6*float64(want) {
				t.Fatalf("%#x at %d: %v, %v, want %v, %v", bits, place, dot, square, row[place], want)
			}
		}
	}
}

func TestEnsemble(t *testing.T) {
	x, y := []float32{1, 0}, []float32{0, 1}
	if got := Ensemble([][]float32{x}); &got[0] != &x[0] {
		t.Errorf("one vector became %v", got)
	}
	want := []float32{float32(2 / math.Sqrt(5)), float32(1 / math.Sqrt(5))}
	if got := Ensemble([][]float32{x, y, x}); got[0] != want[0] || got[1] != want[1] {
		t.Errorf("%v, want %v", got, want)
	}
}
