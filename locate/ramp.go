package locate

import (
	"image/color"
	"math"
)

// ramp returns colours for values from 0 to 1 in 255 equal steps of what the eye tells apart: dark violet over red to light
// yellow, ever lighter, so that it reads as well in grey. It is a curve through OKLab (Ottosson 2020) walked at even speed.
func ramp() (colours [256]color.RGBA) {
	const fine = 4096
	var far [fine + 1]float64 // the curve's length up to each of its points
	for i := 1; i <= fine; i++ {
		far[i] = far[i-1] + distance(curve(float64(i-1)/fine), curve(float64(i)/fine))
	}
	at := 0
	for i := range colours {
		for at < fine && far[at] < far[fine]*float64(i)/255 {
			at++
		}
		colours[i] = curve(float64(at) / fine).rgb()
	}
	return colours
}

// oklab is a colour by lightness in [0, 1] and two opponent axes: green to red and blue to yellow.
type oklab struct{ l, a, b float64 }

// curve returns the colour at t in [0, 1]: lightness grows, hue turns from violet to yellow by way of red, and chroma is what
// sRGB can show of a full arc.
func curve(t float64) oklab {
	hue := (295 + 165*t) * math.Pi / 180
	chroma := 0.19 * math.Sin(math.Pi*(0.2+0.65*t))
	for {
		c := oklab{0.14 + 0.8*t, chroma * math.Cos(hue), chroma * math.Sin(hue)}
		if chroma < 1e-3 || c.shown() {
			return c
		}
		chroma *= 0.995
	}
}

// distance returns how far apart two colours are to the eye.
func distance(p, q oklab) float64 { return math.Hypot(p.l-q.l, math.Hypot(p.a-q.a, p.b-q.b)) }

// linear returns the colour's linear sRGB components; outside [0, 1] no screen shows them.
func (c oklab) linear() [3]float64 {
	l := cube(c.l + 0.3963377774*c.a + 0.2158037573*c.b)
	m := cube(c.l - 0.1055613458*c.a - 0.0638541728*c.b)
	s := cube(c.l - 0.0894841775*c.a - 1.2914855480*c.b)
	return [3]float64{ // Ottosson's matrices
		4.0767416621*l - 3.3077115913*m + 0.2309699292*s,
		-1.2684380046*l + 2.6097574011*m - 0.3413193965*s,
		-0.0041960863*l - 0.7034186147*m + 1.7076147010*s,
	}
}

// shown reports whether sRGB has the colour.
func (c oklab) shown() bool {
	for _, x := range c.linear() {
		if x < 0 || x > 1 {
			return false
		}
	}
	return true
}

// rgb returns the colour in sRGB's 8 bits.
func (c oklab) rgb() color.RGBA {
	var v [3]uint8
	for i, x := range c.linear() {
		if x = min(max(x, 0), 1); x <= 0.0031308 { // IEC 61966-2-1
			x *= 12.92
		} else {
			x = 1.055*math.Pow(x, 1/2.4) - 0.055
		}
		v[i] = uint8(math.Round(255 * x))
	}
	return color.RGBA{v[0], v[1], v[2], 255}
}

func cube(x float64) float64 { return x * x * x }
