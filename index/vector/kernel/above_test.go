package kernel

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// checkAbove compares all kernels with Above's definition, a row at a time.
func checkAbove(t *testing.T, dots []int32, rows Rows, e Estimate) {
	t.Helper()
	want := make([]uint64, len(dots)/64+2)
	for i, dot := range dots {
		// Only a conversion surely rounds a product before it is added.
		sum := e.Base + float32(e.Tilt*rows.Bias[i])
		sum += float32(float32(e.Unit*rows.Scale[i]) * float32(dot))
		sum += float32(e.Spread * rows.Margin[i])
		if !(sum < e.Floor) {
			want[i/64] |= 1 << (i % 64)
		}
	}
	for _, k := range Available() {
		got := slices.Repeat([]uint64{math.MaxUint64}, len(want))
		k.Above(got, dots, rows, e)
		if !slices.Equal(got, want) {
			t.Fatalf("%s, %d rows, %+v: %x, want %x", k.Name, len(dots), e, got, want)
		}
	}
}

// Every kernel chooses the same rows, whatever their number, with floors right among the estimates.
func TestAbove(t *testing.T) {
	rng := rand.New(rand.NewPCG(4, 5))
	value := func() float32 { return float32(rng.NormFloat64()) }
	for n := range 280 {
		dots, rows := make([]int32, n), Rows{}
		for i := range dots {
			dots[i] = rng.Int32N(1<<22) - 1<<21
			rows.Bias, rows.Scale, rows.Margin = append(rows.Bias, value()), append(rows.Scale, value()), append(rows.Margin, value())
		}
		e := Estimate{value(), value(), value() / (1 << 20), value(), value()}
		for i := 0; i < n; i += 7 { // as high as one row's estimate, and right above
			e.Floor = e.Base + float32(e.Tilt*rows.Bias[i])
			e.Floor += float32(e.Unit * rows.Scale[i] * float32(dots[i]))
			e.Floor += float32(e.Spread * rows.Margin[i])
			checkAbove(t, dots, rows, e)
			e.Floor = math.Nextafter32(e.Floor, 100)
			checkAbove(t, dots, rows, e)
		}
		for _, floor := range []float64{math.Inf(-1), math.Inf(1), math.NaN(), 0} {
			e.Floor = float32(floor)
			checkAbove(t, dots, rows, e)
		}
	}
}

// FuzzAbove takes any numbers for values, NaN and infinities included.
func FuzzAbove(f *testing.F) {
	f.Add([]byte{}, uint32(0), uint32(0))
	f.Add([]byte("sixteen bytes a row, for some rows of any numbers that come along here"), uint32(0x3f800000), uint32(0xff800000))
	f.Add(slices.Repeat([]byte{0, 0, 192, 127, 255}, 100), uint32(0x7fc00000), uint32(1))
	f.Fuzz(func(t *testing.T, data []byte, one, floor uint32) {
		next := func() (bits uint32) {
			for i := range 4 {
				bits |= uint32(data[i]) << (8 * i)
			}
			data = data[4:]
			return bits
		}
		dots, rows := []int32{}, Rows{}
		for len(data) >= 16 {
			dots = append(dots, int32(next()))
			rows.Bias = append(rows.Bias, math.Float32frombits(next()))
			rows.Scale = append(rows.Scale, math.Float32frombits(next()))
			rows.Margin = append(rows.Margin, math.Float32frombits(next()))
		}
		x := math.Float32frombits(one)
		checkAbove(t, dots, rows, Estimate{x, 1 - x, x / 2, 1, math.Float32frombits(floor)})
	})
}

func TestAboveWrongLengths(t *testing.T) {
	values := make([]float32, 65)
	for _, tc := range []struct{ dst, bias, scale, margin int }{{1, 65, 65, 65}, {2, 64, 65, 65}, {2, 65, 64, 65}, {2, 65, 65, 64}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("no panic for %+v", tc)
				}
			}()
			Best().Above(make([]uint64, tc.dst), make([]int32, 65), Rows{values[:tc.bias], values[:tc.scale], values[:tc.margin]}, Estimate{})
		}()
	}
}

// BenchmarkAbove reports ns/vector for a block of 256 of which few are chosen.
func BenchmarkAbove(b *testing.B) {
	const n = 256
	dst, dots, values := make([]uint64, n/64), make([]int32, n), make([]float32, n)
	for _, k := range Available() {
		b.Run(k.Name, func(b *testing.B) {
			for b.Loop() {
				k.Above(dst, dots, Rows{values, values, values}, Estimate{Floor: 1})
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/vector")
		})
	}
}
