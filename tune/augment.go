package tune

import (
	"fmt"
	"image"
	"math"
	"math/rand/v2"

	"clipsearch/internal/resample"
)

// Augment says how a picture is changed by chance each time that it is drawn. The zero value scales it and changes nothing.
type Augment struct {
	Area   [2]float64 `json:"area"`   // share of the picture that a crop keeps, at least and at most; zero: all of it
	Aspect float64    `json:"aspect"` // by which factor a crop's aspect may differ from the picture's; 0 is 1
	FlipX  bool       `json:"flip_x"` // left and right may be exchanged
	FlipY  bool       `json:"flip_y"` // so may top and bottom
	Turn   bool       `json:"turn"`   // quarter turns
	Light  float64    `json:"light"`  // brightness and contrast change by up to this share
	Colour float64    `json:"colour"` // saturation changes by up to this share
	Grey   float64    `json:"grey"`   // probability with which all colour goes
}

// Augments are the ready-made ones by name.
func Augments() map[string]Augment {
	return map[string]Augment{
		"photo":   {Area: [2]float64{0.4, 1}, Aspect: 4.0 / 3, FlipX: true, Light: 0.4, Colour: 0.4, Grey: 0.05},
		"aerial":  {Area: [2]float64{0.5, 1}, Aspect: 4.0 / 3, FlipX: true, FlipY: true, Turn: true, Light: 0.3, Colour: 0.3},
		"medical": {Area: [2]float64{0.7, 1}, Aspect: 1.15, Light: 0.2},
		"none":    {},
	}
}

// AugmentNamed returns the ready-made one of that name.
func AugmentNamed(name string) (Augment, error) {
	a, ok := Augments()[name]
	if !ok {
		return Augment{}, fmt.Errorf("augment is %q; it is photo, aerial, medical or none", name)
	}
	return a, nil
}

// apply writes img, changed by chance, to dst as planes of R, G and B of side×side px.
func (a Augment) apply(img *image.RGBA, side int, rng *rand.Rand, dst []byte) {
	part := img.SubImage(a.crop(img.Rect, rng)).(*image.RGBA)
	scaled := resample.Scale(part, image.Pt(side, side), image.Rect(0, 0, side, side), resample.Bicubic)
	at := a.orient(side, rng)
	m := a.jitter(scaled, rng)
	area := side * side
	for y := range side {
		row := scaled.Pix[y*scaled.Stride:][:4*side]
		for x := range side {
			r, g, b := int32(row[4*x]), int32(row[4*x+1]), int32(row[4*x+2])
			k := at(x, y)
			dst[k] = m.value(0, r, g, b)
			dst[area+k] = m.value(1, r, g, b)
			dst[2*area+k] = m.value(2, r, g, b)
		}
	}
}

// crop draws the part of a picture that is kept (Szegedy et al. 2015, section 6: area and aspect, then the place). Without Area
// it is the square in the middle, which is what a model sees in use.
func (a Augment) crop(r image.Rectangle, rng *rand.Rand) image.Rectangle {
	w, h := float64(r.Dx()), float64(r.Dy())
	if a.Area[1] == 0 {
		side := min(r.Dx(), r.Dy())
		return image.Rect(0, 0, side, side).Add(r.Min).Add(image.Pt((r.Dx()-side)/2, (r.Dy()-side)/2))
	}
	area := w * h * (a.Area[0] + (a.Area[1]-a.Area[0])*rng.Float64())
	aspect := 1.0
	if a.Aspect > 1 {
		aspect = math.Exp((2*rng.Float64() - 1) * math.Log(a.Aspect))
	}
	cw := int(min(w, max(1, math.Round(math.Sqrt(area*aspect)))))
	ch := int(min(h, max(1, math.Round(math.Sqrt(area/aspect)))))
	return image.Rect(0, 0, cw, ch).Add(r.Min).Add(image.Pt(rng.IntN(r.Dx()-cw+1), rng.IntN(r.Dy()-ch+1)))
}

// orient draws flips and turns and returns where a pixel goes to.
func (a Augment) orient(side int, rng *rand.Rand) func(x, y int) int {
	coin := func(may bool) bool { return may && rng.IntN(2) == 1 }
	flipX, flipY, turn := coin(a.FlipX), coin(a.FlipY), coin(a.Turn) // a quarter turn and flips make all eight
	return func(x, y int) int {
		if flipX {
			x = side - 1 - x
		}
		if flipY {
			y = side - 1 - y
		}
		if turn {
			x, y = y, x
		}
		return y*side + x
	}
}

// one is 1 in the fixed point of a mix.
const one = 1 << 12

// mix is an affine map of colours in fixed point: brightness, contrast and saturation together.
type mix struct {
	from   [3][3]int32
	offset [3]int32
}

func (m *mix) value(c int, r, g, b int32) byte {
	v := (m.from[c][0]*r + m.from[c][1]*g + m.from[c][2]*b + m.offset[c]) >> 12
	return byte(min(255, max(0, v)))
}

// jitter draws a change of colours for a picture.
func (a Augment) jitter(img *image.RGBA, rng *rand.Rand) *mix {
	vary := func(by float64) float64 { return 1 + by*(2*rng.Float64()-1) }
	bright, contrast, saturation := vary(a.Light), vary(a.Light), vary(a.Colour)
	if a.Grey > 0 && rng.Float64() < a.Grey {
		saturation = 0
	}
	luma := [3]float64{0.299, 0.587, 0.114} // ITU-R BT.601, as Pillow's L
	m := &mix{}
	grey := 0.0
	if contrast != 1 {
		grey = mean(img, luma)
	}
	for c := range 3 {
		for k := range 3 {
			share := (1 - saturation) * luma[k]
			if c == k {
				share += saturation
			}
			m.from[c][k] = int32(math.Round(share * bright * contrast * one))
		}
		m.offset[c] = int32(math.Round((1-contrast)*grey*bright*one)) + one/2
	}
	return m
}

// mean returns a picture's mean grey.
func mean(img *image.RGBA, luma [3]float64) float64 {
	var sum [3]int
	for i := 0; i < len(img.Pix); i += 4 {
		sum[0] += int(img.Pix[i])
		sum[1] += int(img.Pix[i+1])
		sum[2] += int(img.Pix[i+2])
	}
	grey := 0.0
	for c := range 3 {
		grey += luma[c] * float64(sum[c])
	}
	return grey / float64(len(img.Pix)/4)
}
