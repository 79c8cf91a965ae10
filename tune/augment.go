package tune

import (
	"encoding/binary"
	"fmt"
	"image"
	"math"
	"math/rand/v2"
	"slices"
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
	part := a.crop(img.Rect, rng)
	columns, rows := newLerps(part.Dx(), side), newLerps(part.Dy(), side)
	if coin(a.FlipX, rng) {
		slices.Reverse(columns)
	}
	if coin(a.FlipY, rng) {
		slices.Reverse(rows)
	}
	right, below := 1, side // from a pixel to the next of its row, and of its column
	if coin(a.Turn, rng) {
		right, below = side, 1 // a quarter turn, or a flip of one: with the flips all eight
	}
	m := a.jitter(img, rng)
	area := side * side
	red, green, blue := dst[:area], dst[area:2*area], dst[2*area:3*area]
	for y, row := range rows {
		upper := img.Pix[img.PixOffset(part.Min.X, part.Min.Y+row.first):]
		lower := img.Pix[img.PixOffset(part.Min.X, part.Min.Y+row.second):]
		at := y * below
		for _, c := range columns {
			p := mixPixels(c.of(upper), c.of(lower), row.weight)
			r, g, b := int32(p&0xff), int32(p>>8&0xff), int32(p>>16&0xff)
			red[at], green[at], blue[at] = m.value(0, r, g, b), m.value(1, r, g, b), m.value(2, r, g, b)
			at += right
		}
	}
}

// coin is true half of the times, if it may be.
func coin(may bool, rng *rand.Rand) bool { return may && rng.IntN(2) == 1 }

// lerp says which two pixels of a line one of the scaled line lies between, and how much of the second it has, of 256.
type lerp struct {
	first, second int
	weight        uint32
}

// newLerps returns the plan for scaling n pixels to size, without a filter: pictures are kept little larger than what the tower
// takes, and training wants thousands a second.
func newLerps(n, size int) []lerp {
	all := make([]lerp, size)
	for i := range all {
		at := max(0, (float64(i)+0.5)*float64(n)/float64(size)-0.5)
		first := min(int(at), n-1)
		all[i] = lerp{first, min(first+1, n-1), uint32((at - float64(first)) * 256)}
	}
	return all
}

// of returns the pixel between two of a row.
func (l lerp) of(row []byte) uint32 {
	return mixPixels(binary.LittleEndian.Uint32(row[4*l.first:]), binary.LittleEndian.Uint32(row[4*l.second:]), l.weight)
}

// mixPixels returns a pixel with weight/256 of b and the rest of a, two channels at a time.
func mixPixels(a, b, weight uint32) uint32 {
	const even = 0x00ff00ff
	low := ((a&even)*(256-weight) + (b&even)*weight + 0x00800080) >> 8 & even
	high := ((a>>8&even)*(256-weight) + (b>>8&even)*weight + 0x00800080) & (even << 8)
	return low | high
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
