package pixel

import (
	"fmt"
	"image"

	"clipsearch/internal/resample"
)

// Planes writes img as the image tower sees it to dst [3, Crop, Crop]: planes R, G, B of 8 bits, row-major, not normalised
// yet (see Normal). img must not be empty and is taken as opaque sRGB; dst must have length Len and s must be valid
// (Validate), otherwise Planes panics: those are programming errors. Only what the crop shows is computed, so memory
// depends on Crop and not on img's aspect. Safe for concurrent use.
func (s Spec) Planes(img *image.RGBA, dst []uint8) {
	if len(dst) != s.Len() {
		panic(fmt.Sprintf("pixel: planes of %d values, want %d", len(dst), s.Len()))
	}
	size := s.resized(img.Rect.Dx(), img.Rect.Dy())
	left, columns := window(size.X, s.Crop)
	top, rows := window(size.Y, s.Crop)
	part := resample.Scale(img, size, image.Rect(left.from, top.from, left.from+columns, top.from+rows), s.Resample)

	if columns < s.Crop || rows < s.Crop {
		clear(dst) // black
	}
	area := s.Crop * s.Crop
	for y := range rows {
		line := part.Pix[y*part.Stride : y*part.Stride+4*columns]
		at := (top.pad+y)*s.Crop + left.pad
		r, g, b := dst[at:at+columns], dst[area+at:area+at+columns], dst[2*area+at:2*area+at+columns]
		for x := range columns {
			p := line[4*x : 4*x+3 : 4*x+3]
			r[x], g[x], b[x] = p[0], p[1], p[2]
		}
	}
}

// Normal returns how the tower wants a channel (0 red, 1 green, 2 blue) normalised: 8 bits v become scale·v + shift, which
// is (v/255 − Mean)/Std.
func (s Spec) Normal(channel int) (scale, shift float64) {
	mean, std := float64(s.Mean[channel]), float64(s.Std[channel])
	return 1 / (255 * std), -mean / std
}

// place says where one axis of the crop begins: from px into the picture, or after pad px of black.
type place struct{ from, pad int }

// window returns where crop px lie centred in size px, and how many of them the picture fills
// (transformers 4.x, center_crop: the crop rounds down, the padding up).
func window(size, crop int) (place, int) {
	if crop <= size {
		return place{from: (size - crop) / 2}, crop
	}
	pad := (crop - size + 1) / 2
	// The crop of the padded picture starts at pad + floor((size-crop)/2), which is 0 or, where odd, still 0.
	return place{pad: pad}, size
}
