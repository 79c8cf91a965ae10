package pixel

import (
	"fmt"
	"image"

	"clipsearch/internal/resample"
)

// Tensor writes img as the image tower wants it to dst [3, Crop, Crop]: planes R, G, B, row-major, normalised.
// img must not be empty and is taken as opaque sRGB; dst must have length Len and s must be valid (Validate),
// otherwise Tensor panics: those are programming errors. Only what the crop shows is computed, so memory
// depends on Crop and not on img's aspect. Safe for concurrent use.
func (s Spec) Tensor(img *image.RGBA, dst []float32) {
	if len(dst) != s.Len() {
		panic(fmt.Sprintf("pixel: tensor of %d values, want %d", len(dst), s.Len()))
	}
	size := s.resized(img.Rect.Dx(), img.Rect.Dy())
	left, columns := window(size.X, s.Crop)
	top, rows := window(size.Y, s.Crop)
	part := resample.Scale(img, size, image.Rect(left.from, top.from, left.from+columns, top.from+rows), s.Resample)

	table := s.table()
	area := s.Crop * s.Crop
	if columns < s.Crop || rows < s.Crop {
		for c := range 3 {
			plane := dst[c*area : (c+1)*area]
			for i := range plane {
				plane[i] = table[c][0]
			}
		}
	}
	for y := range rows {
		line := part.Pix[y*part.Stride : y*part.Stride+4*columns]
		at := (top.pad+y)*s.Crop + left.pad
		r, g, b := dst[at:at+columns], dst[area+at:area+at+columns], dst[2*area+at:2*area+at+columns]
		for x := range columns {
			p := line[4*x : 4*x+3 : 4*x+3]
			r[x] = table[0][p[0]]
			g[x] = table[1][p[1]]
			b[x] = table[2][p[2]]
		}
	}
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

// table returns the normalised value of every 8-bit value of every channel: (v/255 − mean)/std in float32.
func (s Spec) table() *[3][256]float32 {
	var t [3][256]float32
	for c := range t {
		for v := range t[c] {
			t[c][v] = (float32(float64(v)*(1.0/255)) - s.Mean[c]) / s.Std[c]
		}
	}
	return &t
}
