package report

import "math"

// axis is the range of an axis and what is marked on it.
type axis struct {
	low, high float64
	ticks     []float64
}

// newAxis returns an axis from low to high, both widened to round numbers, with 4 to 8 ticks.
func newAxis(low, high float64) axis {
	if low == high { // one value, which is to be in the middle
		half := max(math.Abs(low)/2, 0.5)
		low, high = low-half, high+half
	}
	step := roundStep((high - low) / 5)
	a := axis{low: step * math.Floor(low/step+1e-9), high: step * math.Ceil(high/step-1e-9)}
	for i := 0; i <= 12; i++ { // rounding may make one more than there should be
		tick := a.low + float64(i)*step
		if tick > a.high+step/2 {
			break
		}
		if math.Abs(tick) < step/1e6 {
			tick = 0
		}
		a.ticks = append(a.ticks, tick)
	}
	return a
}

// roundStep returns the smallest of 1, 2 and 5 times a power of ten that is at least step.
func roundStep(step float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(step)))
	for _, m := range []float64{1, 2, 5} {
		if m*power >= step*(1-1e-9) {
			return m * power
		}
	}
	return 10 * power
}

// newLogAxis returns an axis with ticks at 1, 2 and 5 times powers of ten; at powers alone where those are many.
func newLogAxis(low, high float64) axis {
	a := axis{low: low, high: high}
	first, last := math.Floor(math.Log10(low)), math.Ceil(math.Log10(high))
	steps := []float64{1, 2, 5}
	if last-first > 4 {
		steps = steps[:1]
	}
	for e := first; e <= min(last, first+30); e++ {
		for _, m := range steps {
			if tick := m * math.Pow(10, e); tick >= low*(1-1e-9) && tick <= high*(1+1e-9) {
				a.ticks = append(a.ticks, tick)
			}
		}
	}
	return a
}
