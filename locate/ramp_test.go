package locate

import (
	"math"
	"testing"
)

// Neighbours in the ramp are equally far apart to the eye, and each is lighter than the one before.
func TestRamp(t *testing.T) {
	far := 0.0
	const fine = 4096
	for i := range fine {
		far += distance(curve(float64(i)/fine), curve(float64(i+1)/fine))
	}
	colours := ramp()
	for i := range 255 - 16 { // over 16 steps, as 8 bits round single ones
		d := distance(labOf(colours[i].R, colours[i].G, colours[i].B), labOf(colours[i+16].R, colours[i+16].G, colours[i+16].B))
		if want := far * 16 / 255; math.Abs(d/want-1) > 0.16 { // the curve bends: where it turns most, the way is shorter
			t.Errorf("colours %d and %d are %.4f apart, want %.4f", i, i+16, d, want)
		}
		if a, b := labOf(colours[i].R, colours[i].G, colours[i].B), labOf(colours[i+16].R, colours[i+16].G, colours[i+16].B); b.l <= a.l {
			t.Errorf("colour %d is no lighter than colour %d", i+16, i)
		}
	}
}

// labOf is the inverse of oklab.rgb, from Ottosson's own matrices.
func labOf(r, g, b uint8) oklab {
	linear := func(v uint8) float64 {
		x := float64(v) / 255
		if x <= 0.04045 {
			return x / 12.92
		}
		return math.Pow((x+0.055)/1.055, 2.4)
	}
	x, y, z := linear(r), linear(g), linear(b)
	l := math.Cbrt(0.4122214708*x + 0.5363325363*y + 0.0514459929*z)
	m := math.Cbrt(0.2119034982*x + 0.6806995451*y + 0.1073969566*z)
	s := math.Cbrt(0.0883024619*x + 0.2817188376*y + 0.6299787005*z)
	return oklab{
		0.2104542553*l + 0.7936177850*m - 0.0040720468*s,
		1.9779984951*l - 2.4285922050*m + 0.4505937099*s,
		0.0259040371*l + 0.7827717662*m - 0.8086757660*s,
	}
}
