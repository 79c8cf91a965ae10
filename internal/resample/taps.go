package resample

import "math"

// precision is the number of fraction bits of a coefficient: 8 bits are left for the sample and 2 for the
// overshoot of filters with negative lobes (Pillow 9.4, Resample.c, PRECISION_BITS).
const precision = 32 - 8 - 2

// half is the rounding term of a fixed-point sum.
const half = 1 << (precision - 1)

// taps holds, for every output sample of one axis, the input samples it is a weighted sum of.
type taps struct {
	start []int   // [N] first input sample of each output sample
	count []int   // [N] number of input samples
	coef  []int64 // [N*width] fixed point, precision fraction bits
	width int     // coefficients kept per output sample
}

// newTaps computes the taps of output samples from..to-1 when in samples become out samples, out ≥ 1.
func newTaps(in, out, from, to int, f Filter) taps {
	scale := float64(in) / float64(out)
	stretch := max(scale, 1)
	support := f.support() * stretch
	t := taps{
		start: make([]int, to-from),
		count: make([]int, to-from),
		// No output sample sees more input samples than there are.
		width: min(int(math.Ceil(support))*2+1, in),
	}
	t.coef = make([]int64, (to-from)*t.width)
	weights := make([]float64, t.width)
	for i := range t.start {
		center := (float64(from+i) + 0.5) * scale
		low := max(int(center-support+0.5), 0)
		high := min(int(center+support+0.5), in)
		n := high - low
		sum := 0.0
		for x := range n {
			weights[x] = f.weight((float64(x+low) - center + 0.5) * (1 / stretch))
			sum += weights[x]
		}
		t.start[i], t.count[i] = low, n
		for x := range n {
			if sum != 0 {
				weights[x] /= sum
			}
			t.coef[i*t.width+x] = fixed(weights[x])
		}
	}
	return t
}

// fixed rounds w half away from zero to fixed point.
func fixed(w float64) int64 {
	if w < 0 {
		return int64(-0.5 + w*(1<<precision))
	}
	return int64(0.5 + w*(1<<precision))
}

// span returns the first input sample that any output sample needs and the one after the last.
func (t taps) span() (first, end int) {
	n := len(t.start)
	return t.start[0], t.start[n-1] + t.count[n-1]
}

func (f Filter) support() float64 {
	if f == Bilinear {
		return 1
	}
	return 2
}

func (f Filter) weight(x float64) float64 {
	x = math.Abs(x)
	if f == Bilinear {
		return max(1-x, 0)
	}
	const a = -0.5
	switch {
	case x < 1:
		return ((a+2)*x-(a+3))*x*x + 1
	case x < 2:
		return (((x-5)*x+8)*x - 4) * a
	}
	return 0
}
